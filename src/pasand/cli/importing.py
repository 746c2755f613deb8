"""``pasand import``: a user's own tables, or a data set's folder as its owner ships it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from pasand.cli.options import (
    DEFAULT_HOME,
    HomeOption,
    JsonOption,
    bar,
    figure,
    print_figures,
    say,
)

if TYPE_CHECKING:
    from pasand.flows.importing import Report

__all__ = ["app", "copy_artworks", "import_movielens"]

app = typer.Typer(help="Read items, members and events into a home.", no_args_is_help=True)

DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and check, write nothing.")]
File = Annotated[Path, typer.Argument(help="A .csv, .tsv, .jsonl or .parquet file; .gz too.")]


@app.command("items")
def items(
    file: File, home: HomeOption = DEFAULT_HOME, dry_run: DryRun = False, json: JsonOption = False
) -> None:
    """Import items (films, series, products).

    Example: pasand import items examples/items.csv --home ./shop
    """
    _table("items", file, home, dry_run, json)


@app.command("members")
def members(
    file: File, home: HomeOption = DEFAULT_HOME, dry_run: DryRun = False, json: JsonOption = False
) -> None:
    """Import members.

    Example: pasand import members examples/members.csv --home ./shop
    """
    _table("members", file, home, dry_run, json)


@app.command("events")
def events(
    file: File, home: HomeOption = DEFAULT_HOME, dry_run: DryRun = False, json: JsonOption = False
) -> None:
    """Import events (plays, ratings, purchases and all other kinds).

    Example: pasand import events examples/events.csv --home ./shop
    """
    _table("events", file, home, dry_run, json)


@app.command("movielens")
def movielens(
    path: Annotated[Path, typer.Argument(help="The folder, as its owner ships it.")],
    home: HomeOption = DEFAULT_HOME,
    artwork: Annotated[
        Path | None, typer.Option("--artwork", help="Folder of pictures named by movie id.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Import a MovieLens data set (100K, 1M, latest-small).

    Example: pasand import movielens ~/Downloads/ml-1m --home ./movies
    """
    started = time.perf_counter()
    report, counts = import_movielens(path, home, artwork)
    _tell(report, json, time.perf_counter() - started, **counts)


@app.command("globo")
def globo(
    path: Annotated[Path, typer.Argument(help="The folder, as its owner ships it.")],
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """Import Globo.com's news clicks, with device, place and session.

    Example: pasand import globo ~/Downloads/globo --home ./news
    """
    from pasand.adapters.globo import read_globo

    started = time.perf_counter()
    found = read_globo(path)
    total = found.seen.click_count
    report, counts = _import_folder(found, found.items(), total, home, "Clicks")
    _tell(report, json, time.perf_counter() - started, **counts)


def import_movielens(path: Path, home: Path, artwork: Path | None) -> tuple[Report, dict[str, int]]:
    """Import a MovieLens folder into ``home``; return the report and the counts by record."""
    from pasand.adapters.movielens import artworks_for, read_movielens

    found = read_movielens(path)
    pictures = artworks_for(artwork) if artwork else {}
    titles = copy_artworks(found.items(), pictures, home / "artwork")
    return _import_folder(found, titles, len(found.ratings), home, "Ratings")


class Folder(Protocol):
    """A data set as its owner ships it, read by an adapter."""

    folder: Path

    @property
    def last_ms(self) -> int:
        """The time of the newest event: the data's now."""

    def members(self) -> Iterable[Any]:
        """Yield members, and rows set aside."""

    def events(self) -> Iterable[Any]:
        """Yield events, and rows set aside."""


def _import_folder(
    found: Folder, items: Iterable[Any], event_count: int, home: Path, label: str
) -> tuple[Report, dict[str, int]]:
    """Import items and members, then events, whose progress is shown under ``label``."""
    from pasand.bootstrap import visit_home
    from pasand.flows.importing import import_parsed

    visit = visit_home(home)
    now_ms, source = found.last_ms, found.folder.name
    try:
        show = bar("Items and members")
        report = import_parsed(items, source, visit.owner, now_ms)
        item_count = report.kept
        part = import_parsed(found.members(), source, visit.owner, now_ms)
        show(1, 1)
        show = bar(label)
        events = import_parsed(
            found.events(), source, visit.owner, now_ms, lambda done: show(done, event_count)
        )
        visit.owner.refresh()
    finally:
        visit.close()
    for other in (part, events):
        report.read += other.read
        report.kept += other.kept
        report.duplicate += other.duplicate
        report.set_aside.update(other.set_aside)
    return report, {"items": item_count, "members": part.kept, "events": events.kept}


def copy_artworks(entries: Any, pictures: dict[str, Path], folder: Path) -> Iterator[Any]:
    """Yield records, items with their picture, which is copied into the home."""
    from dataclasses import replace

    from pasand.domain.catalog import Artwork, Item

    folder.mkdir(parents=True, exist_ok=True)
    for entry in entries:
        picture = pictures.get(entry.item_id) if isinstance(entry, Item) else None
        if picture is not None:
            name = f"{entry.item_id}.a0{picture.suffix.lower()}"
            shutil.copyfile(picture, folder / name)
            artwork = Artwork(artwork_id=f"{entry.item_id}.a0", file=name)
            entry = replace(entry, artworks=(artwork,))
        yield entry


def _table(what: str, file: Path, home: Path, dry_run: bool, json: bool) -> None:
    from pasand.adapters.clocks import SystemClock
    from pasand.adapters.table_files import read_event_rows, read_rows
    from pasand.bootstrap import visit_home
    from pasand.flows.importing import import_rows

    started = time.perf_counter()
    rows = read_event_rows(file) if what == "events" else read_rows(file)
    show = bar(f"{what.capitalize()} of {file.name}")
    now_ms = SystemClock().now_ms()
    if dry_run:
        report = import_rows(rows, what, file.name, None, now_ms, lambda done: show(done, 0))
    else:
        visit = visit_home(home)
        try:
            report = import_rows(
                rows, what, file.name, visit.owner, now_ms, lambda done: show(done, 0)
            )
            visit.owner.refresh()
        finally:
            visit.close()
    _tell(report, json, time.perf_counter() - started, **{what: report.kept})


def _tell(report: Report, json: bool, took_s: float, **counts: int) -> None:
    plain = report.as_json()
    say(
        f"{plain['rows_read']:,} rows read, {plain['rows_kept']:,} kept,"
        f" {plain['rows_duplicate']:,} known already, {plain['rows_set_aside']:,} set aside"
        f" ({took_s:.1f} s, {plain['rows_read'] / max(took_s, 0.001):,.0f} rows/s)."
    )
    for reason, count in plain["reasons"].items():
        say(f"  {count:,} × {reason}")
    if json:
        figures = [figure(f"imported_{name}", count, "rows") for name, count in counts.items()]
        figures.append(figure("import_seconds", round(took_s, 2), "s", "lower"))
        rate = round(report.read / max(took_s, 0.001))
        figures.append(figure("import_rows_per_s", rate, "rows/s"))
        print_figures("import", figures, more={"report": plain})
