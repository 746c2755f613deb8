"""``pasand map``: where the catalogue succeeds and where it fails, read from the log alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

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
    from pasand.bootstrap import Visit
    from pasand.domain.events import Event
    from pasand.flows.mapping import MapRow, SuccessMap

__all__ = ["map_"]

CUTS = {"title": "titles", "row": "rows", "genre": "genres", "cell": "cells"}
TOP = 200
SHOWN = 20
DAY_MS = 86_400_000


def map_(
    home: HomeOption = DEFAULT_HOME,
    by: Annotated[str, typer.Option(help="title, row, genre, cell or all.")] = "all",
    days: Annotated[int, typer.Option(help="Only the last days of the log; 0: all of it.")] = 0,
    json: JsonOption = False,
) -> None:
    """Show what members took against what its places usually yield.

    Example: pasand map --home ./shop --by title
    """
    from pasand.bootstrap import visit_home
    from pasand.errors import InvalidInput

    if by not in (*CUTS, "all"):
        raise InvalidInput(
            f"There is no map by {by}.", field="by", fix=f"Use {', '.join(CUTS)} or all."
        )
    visit = visit_home(home)
    try:
        found = _read(visit, days)
    finally:
        visit.close()
    cuts = [by] if by != "all" else list(CUTS)
    if json:
        tables = {CUTS[cut]: getattr(found, CUTS[cut])[:TOP] for cut in cuts}
        figures = [figure("map_rows", found.row_count, "rows", by="all", days=days)]
        figures += [
            figure("map_impressions", found.impression_count, "impressions", days=days),
            figure("map_plays", found.play_count, "plays", days=days),
        ]
        print_figures("map", figures, more={"map": tables})
        return
    if not found.impression_count:
        say("The log has no impressions, so only plays and opinions are listed.")
    for cut in cuts:
        _show(CUTS[cut], getattr(found, CUTS[cut]))


def _read(visit: Visit, days: int) -> SuccessMap:
    from pasand.flows.mapping import MAP_KINDS, success_map

    log, catalog = visit.stores.log, visit.catalog()
    show, total = bar("Reading the log"), sum(log.count(kind) for kind in MAP_KINDS)

    def events() -> Iterator[Event]:
        for done, stored in enumerate(log.read(kinds=MAP_KINDS), 1):
            if done % 10_000 == 0 or done == total:
                show(done, total)
            yield stored.event

    def genres_of(item_id: str) -> tuple[str, ...]:
        facts = catalog.facts(item_id)
        return facts.genres if facts else ()

    def title_of(item_id: str) -> str:
        position = catalog.find(item_id)
        return catalog.items[position].title if position >= 0 else ""

    def series_of(item_id: str) -> str:
        facts = catalog.facts(item_id)
        return facts.series_id if facts and facts.series_id else item_id

    since_ms = log.latest_ms() - days * DAY_MS if days else 0
    return success_map(events(), genres_of, title_of, series_of, since_ms)


def _show(name: str, rows: Sequence[MapRow]) -> None:
    print(f"\n{name} ({len(rows):,}; the most remarkable {min(SHOWN, len(rows))})")
    wide = "shown members plays take expected lift z quality finished left skipped likes dislikes"
    print(f"{'':<34}{'row':<14}" + "".join(f"{word:>9}" for word in wide.split()) + "  verdict")
    for row in rows[:SHOWN]:
        kind = row.row_kind if name == "cells" else ""
        numbers: tuple[Any, ...] = (
            row.impressions, row.members, row.plays, row.take, row.expected, row.lift, row.z,
            row.quality_plays, row.finishes, row.abandons, row.skips, row.likes, row.dislikes,
        )  # fmt: skip
        cells = "".join(f"{_number(value):>9}" for value in numbers)
        print(f"{row.name[:32]:<34}{kind[:13]:<14}{cells}  {row.verdict}")


def _number(value: float | int | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3g}"
