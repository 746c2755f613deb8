"""A page as it was served: what is logged of it, so that it can be explained and learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Catalog
from pasand.domain.events import Event
from pasand.domain.fold import ORDER_CELLS, ORDER_ROWS
from pasand.domain.names import texts_of
from pasand.domain.page import REASONS, Page, Row
from pasand.domain.picture_looks import looks_text
from pasand.domain.query import Query
from pasand.pipeline import Trace
from pasand.stages.scoring.ranker_features import item_features, request_features

__all__ = [
    "BADGES",
    "PARTS",
    "QUERY_FIELDS",
    "Served",
    "badge_codes",
    "features_of",
    "match_percent",
    "page_event",
    "row_blocks",
    "shortened",
]  # fmt: skip

Ints = NDArray[np.integer]

#: The parts of a score that are logged beside each cell, in thousandths.
PARTS = (
    "covisit", "ease", "ials", "sequence", "popular", "trending", "taste", "kind", "fresh",
    "context", "opinion", "searched", "looked", "seen", "own", "offer", "disliked",
    "rules",
)  # fmt: skip
#: Of one page in so many, the features of so many candidates are logged.
FEATURES_EVERY = 16
FEATURES_COUNT = 4

#: What of a query is logged as it was; all else is the page's own, or follows from the log.
QUERY_FIELDS = (
    "known", "time_zone", "device", "surface", "country", "locale", "maturity_ceiling", "search",
    "variants", "row_count", "column_count",
)  # fmt: skip

_NEW_MS = 30 * 86_400_000
_LEAVING_MS = 14 * 86_400_000
#: What may stand on a cell; the places are bits.
BADGES: tuple[tuple[str, ...], ...] = ((), ("new",), ("leaving",), ("new", "leaving"))


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
            **_chance(served),
            **features_of(served),
        },
    )


def _chance(served: Served) -> dict[str, Any]:
    """Return where chance may have entered, with the ids of what it may have chosen from."""
    chance = served.page.chance
    if not chance:
        return {}
    ids = served.query.catalog.item_ids
    draws = [
        {**draw, "items": [ids[at] for at in draw["items"].tolist()]}
        for draw in chance.get("explore", ())
    ]
    return {"chance": {**chance, "explore": draws} if draws else dict(chance)}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def features_of(served: Served) -> dict[str, Any]:
    """Return the features of a few candidates of some pages, in thousandths: by them it is found
    out whether training sees what pages see.
    """
    query, candidates = served.query, served.candidates
    if query.seed % FEATURES_EVERY or candidates is None or not len(candidates):
        return {}
    best = np.argsort(-candidates["score"], kind="stable")[:FEATURES_COUNT]
    ids = [query.catalog.item_ids[at] for at in candidates.position[best].tolist()]
    item = map(_thousandths, item_features(candidates)[best])
    request = _thousandths(request_features(query))
    return {"features": {"request": request, "items": dict(zip(ids, item, strict=True))}}


def row_blocks(served: Served) -> list[dict[str, Any]]:
    """Return what is logged of each row; cells are looked up for the whole page at once."""
    rows = served.page.rows
    if not rows:
        return []
    catalog = served.query.catalog
    position = np.concatenate([row.position for row in rows])
    ids = catalog.item_ids
    items = texts_of(ids, position)
    shown = _artwork_codes(catalog, position, np.concatenate([_of(row.artwork) for row in rows]))
    named = iter(texts_of(catalog.artwork.names, shown[shown >= 0]))
    artworks = [next(named) if there else "" for there in (shown >= 0).tolist()]
    score = _thousandths(np.concatenate([row.score for row in rows]))
    parts = _parts(served, position)
    match = match_percent(served.query, served.candidates, position)
    badge = badge_codes(served.query, position)
    blocks, start = [], 0
    for row in rows:
        end = start + len(row)
        block: dict[str, Any] = {
            "row_id": row.row_id,
            "kind": row.kind,
            "title": row.title,
            **({"values": dict(row.title_values)} if row.title_values else {}),
            "items": items[start:end],
            "artworks": artworks[start:end],
            "propensity": None if row.propensity is None else _thrifty(row.propensity),
            "artwork_propensity": _thrifty(_of(row.artwork_propensity)),
            "score": score[start:end],
        }
        if row.reason is not None and row.cause is not None:
            block["reason"] = [REASONS[code] for code in row.reason.tolist()]
            block["cause"] = [ids[at] if at >= 0 else "" for at in row.cause.tolist()]
        if (match[start:end] >= 0).any():
            block["match"] = [None if value < 0 else value for value in match[start:end].tolist()]
        if row.rank is not None:
            block["rank"] = row.rank.tolist()
        block |= _pictured(catalog, row)
        if badged := _badged(badge[start:end]):
            block["badges"] = badged
        if parts:
            block["parts"] = {name: values[start:end] for name, values in parts.items()}
        blocks.append(block)
        start = end
    return blocks


def match_percent(query: Query, candidates: Candidates | None, position: Ints) -> Ints:
    """Return for every cell the share of candidates that suit the member less, in percent, -1
    where it is less than half or there is no history.
    """
    if candidates is None or "match" not in candidates or not query.profile.recent:
        return np.full(len(position), -1, np.int64)
    at = np.searchsorted(candidates.position, position)
    percent = np.floor(100 * candidates["match"][at]).astype(np.int64)
    return np.where(percent >= 50, percent, -1)


def badge_codes(query: Query, position: Ints) -> Ints:
    """Return what is true of items at the time of the page, as places in ``BADGES``."""
    catalog, at_ms = query.catalog, query.at_ms
    from_ms, until_ms = catalog.available_from_ms[position], catalog.available_until_ms[position]
    came_ms = np.where(from_ms > 0, from_ms, catalog.released_ms[position])
    new = (came_ms > 0) & (came_ms <= at_ms) & (at_ms - came_ms < _NEW_MS)
    leaving = (until_ms > at_ms) & (until_ms - at_ms < _LEAVING_MS)
    return np.asarray(new + 2 * leaving, np.int64)


def _pictured(catalog: Catalog, row: Row) -> dict[str, Any]:
    """Return how the pictures of a row suit the member, and by what, where anything is known."""
    told: dict[str, Any] = {}
    if row.looks is not None and row.looks.any():
        told["looks"] = looks_text(row.looks)
    if row.picture_cause is not None and (row.picture_cause >= 0).any():
        names = catalog.component.names
        codes = row.picture_cause.tolist()
        told["shows"] = [names[at].partition("|")[2] if at >= 0 else "" for at in codes]
    return told


def _badged(codes: Ints) -> dict[str, list[int]]:
    """Return the columns of a row's cells that have a badge, by badge."""
    columns = {"new": np.flatnonzero(codes & 1), "leaving": np.flatnonzero(codes & 2)}
    return {name: at.tolist() for name, at in columns.items() if len(at)}


def _artwork_codes(catalog: Catalog, position: Ints, artwork: Ints) -> Ints:
    """Return the code of each cell's picture, -1 where it has none."""
    facet = catalog.artwork
    if not len(facet.value):
        return np.full(len(position), -1)
    at = np.minimum(facet.start[position] + np.maximum(artwork, 0), len(facet.value) - 1)
    return np.where(artwork >= 0, facet.value[at], -1)


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
    payload = {"rows": rows, "after": event.payload.get("after", "")}
    return structs.replace(event, payload=payload)
