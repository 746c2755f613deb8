"""``pasand bench``: how fast this installation is here, and proofs that it keeps its promises."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pasand.cli.options import JsonOption, bar, figure, print_figures, say

if TYPE_CHECKING:
    from pasand.bench.catalogue import Size
    from pasand.bench.figures import Measured

__all__ = ["app"]

app = typer.Typer(
    help="Measure speed and size on this machine, and prove promises.", no_args_is_help=True
)

Out = Annotated[Path | None, typer.Option("--out", help="Also write the figures to this file.")]
Profiles = Annotated[int, typer.Option(help="How many members.")]
Items = Annotated[int, typer.Option(help="How many items.")]
LiveProfiles = Annotated[int, typer.Option("--profiles", help="How many members.")]
Seed = Annotated[int, typer.Option(help="Seed of the synthetic data.")]
LifeSeed = Annotated[int, typer.Option("--seed", help="Seed of everything that is drawn.")]
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
    with _folder() as folder:
        size = _live_size(items, profiles, seed)
        found = measure_ingest(folder, size, _now_ms(), wanted, connections)
    _tell("ingest", found, json, out, seed=seed)


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

    with _folder() as folder:
        size = _live_size(items, profiles, seed)
        found = measure_freshness(folder, size, _now_ms(), tries, seconds)
    _tell("freshness", found, json, out, seed=seed)


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

    with _folder() as folder:
        size = _live_size(items, profiles, seed)
        found = measure_mixed(folder, size, _now_ms(), seconds, pages, events)
    _tell("mixed", found, json, out, seed=seed)


@app.command("powercut")
def powercut(
    cuts: Annotated[int, typer.Option(min=1, help="How often the power fails.")] = 2_000,
    control: Annotated[int, typer.Option(min=1, help="Cuts of the control run.")] = 200,
    seed: LifeSeed = 1,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Cut the power of a simulated disk at any moment: nothing acknowledged may be lost.

    The control run does not wait for the disk (synchronous=NORMAL) and must lose events.

    Example: pasand bench powercut --cuts 10000 --seed 7
    """
    from pasand.bench.powercuts import measure_powercuts

    _keep_quiet()
    found, findings = measure_powercuts(cuts, seed, control, bar("Power cuts"))
    _tell("powercut", found, json, out, seed=seed)
    if not next(m.value for m in found if m.name == "powercut_control_lost"):
        findings = [*findings, "the control run lost nothing: the proof proves nothing"]
    _must_be_empty(findings)


@app.command("diskfault")
def diskfault(
    faults: Annotated[int, typer.Option(min=1, help="How often a disk fails.")] = 1_000,
    seed: LifeSeed = 1,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Let a simulated disk fail, fill up and be read-only: nothing acknowledged may be lost.

    Example: pasand bench diskfault --faults 5000
    """
    from pasand.bench.faults import measure_faults

    _keep_quiet()
    found, findings = measure_faults(faults, seed, bar("Disk faults"))
    _tell("diskfault", found, json, out, seed=seed)
    _must_be_empty(findings)


@app.command("kill9")
def kill9(
    rounds: Annotated[int, typer.Option(min=1, help="How often the server is killed.")] = 10,
    seed: LifeSeed = 1,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Kill a server under load again and again: nothing acknowledged may be lost or doubled.

    Example: pasand bench kill9 --rounds 100
    """
    from pasand.bench.kills import measure_kills

    with _folder() as folder:
        found, findings = measure_kills(folder, rounds, seed, bar("Kills"))
    _tell("kill9", found, json, out, seed=seed)
    _must_be_empty(findings)


@app.command("tenants")
def tenants(
    steps: Annotated[int, typer.Option(min=10, help="Random steps of two tenants.")] = 1_000_000,
    seed: LifeSeed = 1,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Let two tenants of one store do everything at random: neither may read the other.

    Example: pasand bench tenants --steps 100000
    """
    from pasand.bench.tenants import measure_tenants

    with _folder() as folder:
        found, findings = measure_tenants(folder, steps, seed, bar("Steps"))
    _tell("tenants", found, json, out, seed=seed)
    _must_be_empty(findings)


@app.command("fuzz")
def fuzz(
    cases: Annotated[int, typer.Option(min=1, help="Requests, good and spoilt.")] = 1_000_000,
    seconds: Annotated[float, typer.Option(help="Stop after this long.")] = 3_600.0,
    seed: LifeSeed = 1,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Send a server what nobody should: it answers as its OpenAPI document says, and never 5xx.

    Example: pasand bench fuzz --cases 20000 --seed 3
    """
    from pasand.bench.fuzz import measure_fuzz

    with _folder() as folder:
        found, findings = measure_fuzz(folder, cases, seed, seconds, bar("Requests"))
    _tell("fuzz", found, json, out, seed=seed)
    _must_be_empty(findings)


def _keep_quiet() -> None:
    """Let the store not tell of every fault: here they are meant."""
    import logging

    logging.getLogger("pasand").setLevel(logging.CRITICAL)


def _must_be_empty(findings: list[str]) -> None:
    """End with an error where a proof found something; each finding names how to have it again."""
    from pasand.errors import OperatorError

    for finding in findings:
        say(finding)
    if findings:
        raise OperatorError("The promise was broken.", fix="The findings above say where.")


def _live_size(items: int, profiles: int, seed: int) -> Size:
    """Return the size of a home to be loaded; its history is short, so that it is made soon."""
    from pasand.bench.catalogue import Size

    return Size(items, profiles, events_each=10, seed=seed)


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
def _folder() -> Iterator[Path]:
    """Yield a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="pasand-bench-") as name:
        yield Path(name)
