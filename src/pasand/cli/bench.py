"""``pasand bench``: how fast this installation is here; its proofs are in ``bench_proofs``."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pasand.cli.options import JsonOption, figure, print_figures, say

if TYPE_CHECKING:
    from pasand.bench.catalogue import Size
    from pasand.bench.figures import Measured

__all__ = ["Out", "Seed", "app", "own_folder", "tell"]

app = typer.Typer(
    help="Measure speed and size on this machine, and prove promises.", no_args_is_help=True
)

Out = Annotated[Path | None, typer.Option("--out", help="Also write the figures to this file.")]
Profiles = Annotated[int, typer.Option(help="How many members.")]
Items = Annotated[int, typer.Option(help="How many items.")]
LiveProfiles = Annotated[int, typer.Option("--profiles", help="How many members.")]
Seed = Annotated[int, typer.Option(help="Seed of the synthetic data.")]
Data = Annotated[Path | None, typer.Option(help="A MovieLens folder, to be measured too.")]


@app.command("page")
def page(
    items: Annotated[str, typer.Option(help="How many items, with commas.")] = "1000,10000,100000",
    profiles: Profiles = 2_000,
    pages: Annotated[int, typer.Option(help="Pages a round, each of another member.")] = 300,
    rounds: Annotated[int, typer.Option(help="Rounds; the median one counts.")] = 3,
    cold: Annotated[
        int, typer.Option(help="Also cold pages, with so many items and as many members.")
    ] = 0,
    cold_events: Annotated[int, typer.Option(help="Events of each of these members.")] = 10,
    cold_folder: Annotated[
        Path | None, typer.Option(help="Where their home lies, or is made to stay.")
    ] = None,
    seed: Seed = 1,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Time pages of a server with default settings, over HTTP.

    A home of 1,000,000 items and members takes hours to make; --cold-folder keeps it.

    Example: pasand bench page --items 1000,10000
    """
    from pasand.bench.catalogue import Size
    from pasand.bench.cold_pages import measure_cold_pages
    from pasand.bench.pages import measure_pages

    found: list[Measured] = []
    for count in _counts(items):
        say(f"{count:,} items: importing, learning, then {2 * (1 + rounds) * pages:,} pages ...")
        with own_folder() as folder:
            size = Size(count, profiles, seed=seed)
            found += measure_pages(folder, size, _now_ms(), page_count=pages, rounds=rounds)
    if cold:
        say(f"{cold:,} items and members: importing, learning, then pages ...")
        with own_folder() as folder:
            size = Size(cold, cold, cold_events, seed)
            found += measure_cold_pages(cold_folder or folder, size, _now_ms())
    tell("page", found, json, out, seed=seed)


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

    with own_folder() as folder:
        found = measure_import(folder, events, _now_ms(), seed)
        if data is not None:
            found += measure_import_data(folder, data)
    tell("import", found, json, out, data, seed)


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
        with own_folder() as folder:
            found += measure_learning(folder, Size(count, profiles, seed=seed), _now_ms())
    if data is not None:
        with own_folder() as folder:
            found += measure_learning_data(folder, data)
    tell("learn", found, json, out, data, seed)


@app.command("sequence")
def sequence(
    data: Annotated[Path, typer.Option(help="A folder of a known data set, or a table of events.")],
    seconds: Annotated[float, typer.Option(help="How long to train.")] = 300.0,
    members: Annotated[int, typer.Option(help="How many members are asked for.")] = 1_000,
    seed: Seed = 1,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Train the sequence model, time its serving, and compare its lists with the trainer's.

    Example: pasand bench sequence --data ~/Downloads/ml-1m --seconds 120
    """
    from pasand.adapters.interaction_files import read_data
    from pasand.bench.sequences import measure_sequence

    read = read_data(data)
    found = measure_sequence(read.interactions, read.name, seconds, seed, members)
    tell("sequence", found, json, out, data, seed)


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

    with own_folder() as folder:
        found = measure_install(folder, project or Path(__file__).resolve().parents[3])
    tell("install", found, json, out)


@app.command("ingest")
def ingest(
    batches: Annotated[str, typer.Option(help="Events a request, with commas.")] = "1,20,100",
    events: Annotated[int, typer.Option(help="Events for each; at most 20,000 batches.")] = 200_000,
    connections: Annotated[int, typer.Option(help="How many send at the same time.")] = 32,
    items: Items = 2_000,
    profiles: LiveProfiles = 10_000,
    seed: Seed = 1,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Time the taking of events over HTTP, and check that the log holds exactly those.

    Example: pasand bench ingest --batches 20 --events 1000000
    """
    from pasand.bench.ingest import measure_ingest

    wanted = [(count, min(events, count * 20_000)) for count in _counts(batches, "batches", 1)]
    with own_folder() as folder:
        size = _live_size(items, profiles, seed)
        found = measure_ingest(folder, size, _now_ms(), wanted, connections)
    tell("ingest", found, json, out, seed=seed)


@app.command("freshness")
def freshness(
    tries: Annotated[int, typer.Option(help="Thumbs down while nothing else goes on.")] = 300,
    seconds: Annotated[float, typer.Option(help="How long under load; 0 for not.")] = 30.0,
    items: Items = 2_000,
    profiles: LiveProfiles = 10_000,
    seed: Seed = 1,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Time from a thumb down to a page without its title, idle and under load.

    Example: pasand bench freshness --seconds 0
    """
    from pasand.bench.freshness import measure_freshness

    with own_folder() as folder:
        size = _live_size(items, profiles, seed)
        found = measure_freshness(folder, size, _now_ms(), tries, seconds)
    tell("freshness", found, json, out, seed=seed)


@app.command("mixed")
def mixed(
    seconds: Annotated[float, typer.Option(help="How long.")] = 30.0,
    pages: Annotated[float, typer.Option(help="Pages a second.")] = 50.0,
    events: Annotated[float, typer.Option(help="Events a second, 20 a request.")] = 1_000.0,
    items: Items = 2_000,
    profiles: LiveProfiles = 10_000,
    seed: Seed = 1,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Time pages and events that come at a steady rate while learning runs beside them.

    Example: pasand bench mixed --seconds 10
    """
    from pasand.bench.mixed import measure_mixed

    with own_folder() as folder:
        size = _live_size(items, profiles, seed)
        found = measure_mixed(folder, size, _now_ms(), seconds, pages, events)
    tell("mixed", found, json, out, seed=seed)


def _live_size(items: int, profiles: int, seed: int) -> Size:
    """Return the size of a home to be loaded; its history is short, so that it is made soon."""
    from pasand.bench.catalogue import Size

    return Size(items, profiles, events_each=10, seed=seed)


def tell(
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

    return dict(read_data(data).hashes)


def _counts(text: str, field: str = "items", least: int = 10) -> list[int]:
    from pasand.errors import InvalidInput

    try:
        counts = [int(part.replace("_", "")) for part in text.split(",") if part.strip()]
    except ValueError:
        counts = []
    if not counts or min(counts) < least:
        example = f"{least * 100},{least * 1_000}"
        raise InvalidInput(
            f"{field} is {text!r}.",
            field=field,
            fix=f"Give numbers from {least} on: {example}",
        )
    return counts


def _now_ms() -> int:
    from pasand.adapters.clocks import SystemClock

    return SystemClock().now_ms()


def _plain(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


@contextmanager
def own_folder() -> Iterator[Path]:
    """Yield a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="pasand-bench-") as name:
        yield Path(name)
