"""A page as it was served: what is logged of it, so that it can be explained and learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Catalog, Item
from pasand.domain.events import Event
from pasand.domain.fold import ORDER_CELLS, ORDER_ROWS
from pasand.domain.page import REASONS, Page, Row
from pasand.domain.query import Query
from pasand.pipeline import Trace

__all__ = [
    "PARTS", "QUERY_FIELDS", "Served", "badges", "match_percent", "page_event", "row_blocks",
    "shortened",
]  # fmt: skip

Ints = NDArray[np.integer]

#: The parts of a score that are logged beside each cell, in thousandths.
PARTS = (
    "covisit", "ease", "ials", "sequence", "popular", "trending", "taste", "fresh", "context",
    "rules",
)  # fmt: skip

#: What of a query is logged as it was; all else is the page's own, or follows from the log.
QUERY_FIELDS = (
    "known", "time_zone", "device", "surface", "country", "locale", "maturity_ceiling", "search",
    "variants", "row_count", "column_count",
)  # fmt: skip

_NEW_MS = 30 * 86_400_000
_LEAVING_MS = 14 * 86_400_000


@dataclass(frozen=True, slots=True)
class Served:
    """A page with the query it answers and the candidates it was made from."""

    query: Query
    page: Page
    candidates: Candidates | None
    trace: Trace
    page_id: str
    #: positions left out because their item changed since the catalogue's snapshot
    withheld: frozenset[int] = frozenset()


def page_event(served: Served, after: str = "") -> Event:
    """Return the page_served event: one block with everything the page showed and why.

    ``after`` is the page that this one continues.
    """
    query, page = served.query, served.page
    more: dict[str, Any] = {}
    if query.rules.version:
        more["facts"] = dict(query.rules.facts)
    if served.withheld:
        more["withheld"] = [query.catalog.item_ids[at] for at in sorted(served.withheld)]
    return Event(
        event_id=served.page_id,
        kind="page_served",
        occurred_ms=query.at_ms,
        member_id=query.member_id,
        device=query.device,
        page_id=served.page_id,
        surface=query.surface,
        country=query.country,
        time_zone=query.time_zone,
        payload={
            "seed": query.seed,
            "after": after,
            "plan": page.plan,
            "snapshot": page.snapshot,
            "catalog_version": page.catalog_version,
            "profile_version": query.profile.event_count,
            "rules": query.rules.version,
            "counted": query.counters.offset,
            "query": {name: _plain(getattr(query, name)) for name in QUERY_FIELDS},
            **more,
            "degraded": page.degraded.level if page.degraded else 0,
            "rows": row_blocks(served),
        },
    )


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def row_blocks(served: Served) -> list[dict[str, Any]]:
    """Return what is logged of each row; cells are looked up for the whole page at once."""
    rows = served.page.rows
    if not rows:
        return []
    catalog = served.query.catalog
    ids, names = catalog.item_ids, catalog.artwork.names
    position = np.concatenate([row.position for row in rows])
    items = [ids[at] for at in position.tolist()]
    shown = _artwork_codes(catalog, position, np.concatenate([_of(row.artwork) for row in rows]))
    artworks = [names[code] if code >= 0 else "" for code in shown]
    score = _thousandths(np.concatenate([row.score for row in rows]))
    parts = _parts(served, position)
    match = match_percent(served)
    blocks, start = [], 0
    for row in rows:
        end = start + len(row)
        block: dict[str, Any] = {
            "row_id": row.row_id,
            "kind": row.kind,
            "title": row.title,
            "items": items[start:end],
            "artworks": artworks[start:end],
            "propensity": None if row.propensity is None else _thrifty(row.propensity),
            "artwork_propensity": _thrifty(_of(row.artwork_propensity)),
            "score": score[start:end],
        }
        if row.reason is not None and row.cause is not None:
            block["reason"] = [REASONS[code] for code in row.reason.tolist()]
            block["cause"] = [ids[at] if at >= 0 else "" for at in row.cause.tolist()]
        if any(value is not None for value in match[start:end]):
            block["match"] = match[start:end]
        if row.rank is not None:
            block["rank"] = row.rank.tolist()
        if badged := _badged(served.query, row):
            block["badges"] = badged
        if parts:
            block["parts"] = {name: values[start:end] for name, values in parts.items()}
        blocks.append(block)
        start = end
    return blocks


def match_percent(served: Served) -> list[int | None]:
    """Return for every cell the share of candidates that suit the member less, in percent, where
    there is a history.
    """
    candidates, rows = served.candidates, served.page.rows
    count = served.page.cell_count
    if candidates is None or "match" not in candidates or not served.query.profile.recent:
        return [None] * count
    if not count:
        return []
    at = np.searchsorted(candidates.position, np.concatenate([row.position for row in rows]))
    percent = np.floor(100 * candidates["match"][at]).astype(int).tolist()
    return [value if value >= 50 else None for value in percent]


def badges(query: Query, item: Item) -> list[str]:
    """Return what is true of an item at the time of the page: New, Leaving soon."""
    found = []
    came = item.available_from_ms or item.released_ms
    if came and 0 <= query.at_ms - came < _NEW_MS:
        found.append("New")
    if item.available_until_ms and 0 < item.available_until_ms - query.at_ms < _LEAVING_MS:
        found.append("Leaving soon")
    return found


def _badged(query: Query, row: Row) -> dict[str, list[int]]:
    """Return the columns of a row's cells that have a badge, by badge."""
    catalog, at = query.catalog, row.position
    came = np.maximum(catalog.released_ms[at], catalog.available_from_ms[at])
    left_ms = catalog.available_until_ms[at] - query.at_ms
    told = (query.at_ms - came < _NEW_MS) | (left_ms < _LEAVING_MS)
    found: dict[str, list[int]] = {}
    for column in np.flatnonzero(told).tolist():
        for badge in badges(query, catalog.items[int(at[column])]):
            found.setdefault(badge, []).append(column)
    return found


def _artwork_codes(catalog: Catalog, position: Ints, artwork: Ints) -> list[int]:
    """Return the code of each cell's picture, -1 where it has none."""
    facet = catalog.artwork
    if not len(facet.value):
        return [-1] * len(position)
    at = np.minimum(facet.start[position] + np.maximum(artwork, 0), len(facet.value) - 1)
    codes: list[int] = np.where(artwork >= 0, facet.value[at], -1).tolist()
    return codes


def _parts(served: Served, position: Ints) -> dict[str, list[int]]:
    """Return what each part added to the score of each cell, in thousandths."""
    candidates = served.candidates
    if candidates is None or not len(candidates):
        return {}
    at = np.searchsorted(candidates.position, position)
    return {
        name: _thousandths(candidates[f"part.{name}"][at])
        for name in PARTS
        if f"part.{name}" in candidates
    }


def _of(values: Any) -> Any:
    assert values is not None, "the flow fills in artworks before a page is served"
    return values


def _thousandths(values: Any) -> list[int]:
    thousandths: list[int] = np.rint(1000.0 * np.asarray(values)).astype(np.int64).tolist()
    return thousandths


def _thrifty(values: Any) -> Any:
    """Return one number where all cells share it, else the exact list."""
    numbers: list[float] = np.asarray(values, np.float64).tolist()
    return numbers[0] if numbers and numbers.count(numbers[0]) == len(numbers) else numbers


def shortened(event: Event) -> Event:
    """Return a page_served event with what a profile keeps of it: the order of its first cells."""
    rows = [{"items": row["items"][:ORDER_CELLS]} for row in event.payload["rows"][:ORDER_ROWS]]
    return structs.replace(event, payload={"rows": rows})
