"""``pasand bench``: how fast pages, imports, learning and the install are, on this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pasand.cli.options import JsonOption, figure, print_figures, say

if TYPE_CHECKING:
    from pasand.bench.figures import Measured

__all__ = ["app"]

app = typer.Typer(help="Measure speed and size on this machine.", no_args_is_help=True)

Out = Annotated[Path | None, typer.Option("--out", help="Also write the figures to this file.")]
Profiles = Annotated[int, typer.Option(help="How many members.")]
Seed = Annotated[int, typer.Option(help="Seed of the synthetic data.")]
Data = Annotated[Path | None, typer.Option(help="A MovieLens folder, to be measured too.")]


@app.command("page")
def page(
    items: Annotated[str, typer.Option(help="How many items, with commas.")] = "1000,10000,100000",
    profiles: Profiles = 2_000,
    pages: Annotated[int, typer.Option(help="Pages a round, each of another member.")] = 300,
    rounds: Annotated[int, typer.Option(help="Rounds; the median one counts.")] = 3,
    seed: Seed = 1,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Time pages of a server with default settings, over HTTP.

    Example: pasand bench page --items 1000,10000
    """
    from pasand.bench.catalogue import Size
    from pasand.bench.pages import measure_pages

    found: list[Measured] = []
    for count in _counts(items):
        say(f"{count:,} items: importing, learning, then {2 * (1 + rounds) * pages:,} pages ...")
        with _folder() as folder:
            size = Size(count, profiles, seed=seed)
            found += measure_pages(folder, size, _now_ms(), page_count=pages, rounds=rounds)
    _tell("page", found, json, out, seed=seed)


@app.command("import")
def import_(
    events: Annotated[int, typer.Option(help="How many synthetic events.")] = 200_000,
    data: Data = None,
    seed: Seed = 1,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Time the import of events into a fresh home.

    Example: pasand bench import --data ~/Downloads/ml-1m
    """
    from pasand.bench.imports import measure_import, measure_import_data

    with _folder() as folder:
        found = measure_import(folder, events, _now_ms(), seed)
        if data is not None:
            found += measure_import_data(folder, data)
    _tell("import", found, json, out, data, seed)


@app.command("learn")
def learn(
    items: Annotated[str, typer.Option(help="How many items, with commas.")] = "10000",
    profiles: Profiles = 2_000,
    data: Data = None,
    seed: Seed = 1,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Time learning with default settings.

    Example: pasand bench learn --data ~/Downloads/ml-1m
    """
    from pasand.bench.catalogue import Size
    from pasand.bench.learns import measure_learning, measure_learning_data

    found: list[Measured] = []
    for count in _counts(items):
        with _folder() as folder:
            found += measure_learning(folder, Size(count, profiles, seed=seed), _now_ms())
    if data is not None:
        with _folder() as folder:
            found += measure_learning_data(folder, data)
    _tell("learn", found, json, out, data, seed)


@app.command("install")
def install(
    project: Annotated[Path | None, typer.Option(help="A checkout; the one in use else.")] = None,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Build the wheel, install it into an empty environment, and weigh what came along.

    Example: pasand bench install
    """
    from pasand.bench.install import measure_install

    with _folder() as folder:
        found = measure_install(folder, project or Path(__file__).resolve().parents[3])
    _tell("install", found, json, out)


def _tell(
    name: str,
    found: list[Measured],
    json: bool,
    out: Path | None,
    data: Path | None = None,
    seed: int | None = None,
) -> None:
    """Print the figures, for machines or for people, and write them where asked."""
    figures = [figure(m.name, m.value, m.unit, m.better, **m.at) for m in found]
    if out is not None:
        _to_file(out, lambda: print_figures(f"bench {name}", figures, _hashes(data), seed))
    if json:
        print_figures(f"bench {name}", figures, _hashes(data), seed)
        return
    for measured in found:
        where = ", ".join(f"{key} {_plain(value)}" for key, value in measured.at.items())
        print(f"{measured.name:<22}{measured.value:>12,g} {measured.unit:<14} {where}")


def _to_file(out: Path, write: Callable[[], Mapping[str, Any]]) -> None:
    """Write the object for machines into a file, with the day it was measured."""
    import contextlib
    import io
    import json
    from datetime import UTC, datetime

    with contextlib.redirect_stdout(io.StringIO()):
        report = write()
    out.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**report, "date": f"{datetime.now(UTC):%Y-%m-%d}"}, indent=2)
    out.write_text(text + "\n", "utf-8")


def _hashes(data: Path | None) -> dict[str, str]:
    if data is None:
        return {}
    from pasand.adapters.interaction_files import read_data

    return read_data(data)[1]


def _counts(text: str) -> list[int]:
    from pasand.errors import InvalidInput

    try:
        counts = [int(part.replace("_", "")) for part in text.split(",") if part.strip()]
    except ValueError:
        counts = []
    if not counts or min(counts) < 10:
        raise InvalidInput(
            f"items is {text!r}.", field="items", fix="Give numbers from 10 on: 1000,10000"
        )
    return counts


def _now_ms() -> int:
    from pasand.adapters.clocks import SystemClock

    return SystemClock().now_ms()


def _plain(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


@contextmanager
def _folder() -> Iterator[Path]:
    """Yield a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="pasand-bench-") as name:
        yield Path(name)
