"""A served page as JSON values: the answer of GET /v1/page and what the web page draws."""

from __future__ import annotations

from typing import Any

import numpy as np

from pasand.domain.catalog import Item
from pasand.domain.page import REASONS, Row
from pasand.domain.query import Query
from pasand.domain.times import write_time
from pasand.flows.served import Served

__all__ = ["PLAIN_REASONS", "artwork_url", "page_json"]

#: Reasons as words, where nothing more can be said.
PLAIN_REASONS = {
    "popular": "Popular with everybody these weeks",
    "trending": "Rising since yesterday",
    "because": "It follows from what you took last",
    "similar_taste": "Chosen by members with a history like yours",
    "genre": "Close to what you choose",
    "new": "New on the service",
    "continue": "You were watching this",
    "list": "You put this on your list",
    "untried": "On the service, and new to you",
}

#: What a member did with an item, by the code of a recent entry; all else is watching.
_VERBS = {3: "liked", 4: "rated", 5: "listed", 6: "viewed", 7: "chose", 8: "bought"}

_NEW_MS = 30 * 86_400_000
_LEAVING_MS = 14 * 86_400_000


def page_json(served: Served) -> dict[str, Any]:
    """Return the page as JSON values."""
    query, page = served.query, served.page
    degraded = page.degraded
    reasons = Reasons(query)
    return {
        "page_id": served.page_id,
        "member_id": query.member_id,
        "at": write_time(page.at_ms),
        "device": query.device,
        "locale": query.locale,
        "plan": page.plan,
        "snapshot": page.snapshot,
        "catalog_version": page.catalog_version,
        "profile_version": query.profile.event_count,
        "seed": query.seed,
        "degraded": degraded and {"level": degraded.level, "reasons": list(degraded.reasons)},
        "cursor": served.page_id if page.rows else None,
        "rows": [_row(served, row, reasons) for row in page.rows],
    }


def artwork_url(artwork_id: str) -> str:
    """Return where an artwork is served; ``?w=`` chooses a preset width."""
    return f"/artwork/{artwork_id}"


def _row(served: Served, row: Row, reasons: Reasons) -> dict[str, Any]:
    query = served.query
    match = _match(served, row)
    count = len(row)
    nothing = [None] * count
    assert row.artwork is not None and row.artwork_propensity is not None
    columns = zip(
        row.position.tolist(),
        row.artwork.tolist(),
        row.artwork_propensity.tolist(),
        nothing if row.propensity is None else row.propensity.tolist(),
        nothing if row.rank is None else row.rank.tolist(),
        nothing if row.reason is None else row.reason.tolist(),
        nothing if row.cause is None else row.cause.tolist(),
        match,
        strict=True,
    )
    return {
        "row_id": row.row_id,
        "kind": row.kind,
        "title": row.title,
        "evidence": row.evidence,
        "shape": row.shape,
        "cells": [_cell(query, reasons, row.shape == "hero", *values) for values in columns],
    }


def _cell(
    query: Query,
    reasons: Reasons,
    hero: bool,
    position: int,
    artwork: int,
    artwork_propensity: float,
    propensity: float | None,
    rank: int | None,
    reason: int | None,
    cause: int | None,
    match: int | None,
) -> dict[str, Any]:
    item, profile = query.catalog.items[position], query.profile
    item_id = item.item_id
    picture = item.artworks[artwork] if artwork >= 0 else None
    watch = profile.watching.get(item_id)
    thumb = profile.thumbs.get(item_id)
    cell = {
        "item_id": item_id,
        "title": item.title,
        "type": item.type,
        "year": item.year,
        "maturity": item.maturity,
        "runtime_minutes": item.runtime_minutes,
        "genres": item.genres[:3],
        "artwork_id": picture and picture.artwork_id,
        "artwork_url": picture and artwork_url(picture.artwork_id),
        "palette": picture.palette[:2] if picture else (),
        "reason": reasons.text(item, reason, cause),
        "match": match,
        "progress": round(watch.position_s / watch.duration_s, 3)
        if watch and watch.duration_s
        else None,
        "rank": rank,
        "badges": badges(query, item),
        "in_list": item_id in profile.listed,
        "thumb": thumb[0] if thumb else None,
        "propensity": propensity,
        "artwork_propensity": artwork_propensity,
    }
    if hero:
        cell["synopsis"] = item.synopsis
    return cell


class Reasons:
    """The reasons of one page's cells in words; they say only what the score was made from."""

    def __init__(self, query: Query) -> None:
        self._items = query.catalog.items
        self._did = {e.item_id: _VERBS.get(e.code, "watched") for e in query.profile.recent}
        self._liked = {name: value for name, value in query.profile.genres.items() if value > 0}
        self._because: dict[int, str] = {}

    def text(self, item: Item, reason: int | None, cause: int | None) -> str:
        """Return the reason of a cell; ``reason`` is a place in REASONS, ``cause`` a position."""
        word = REASONS[reason] if reason is not None and reason >= 0 else "untried"
        if word == "because" and cause is not None and cause >= 0:
            said = self._because.get(cause)
            if said is None:
                before = self._items[cause]
                did = self._did.get(before.item_id, "watched")
                said = self._because[cause] = f"Because you {did} {before.title}"
            return said
        if word == "genre":
            liked = max(item.genres, key=lambda name: self._liked.get(name, 0), default="")
            if liked in self._liked:
                return f"You often choose {liked}"
        return PLAIN_REASONS[word]


def badges(query: Query, item: Item) -> list[str]:
    """Return what is true of an item at the time of the page: New, Leaving soon."""
    found = []
    came = item.available_from_ms or item.released_ms
    if came and 0 <= query.at_ms - came < _NEW_MS:
        found.append("New")
    if item.available_until_ms and 0 < item.available_until_ms - query.at_ms < _LEAVING_MS:
        found.append("Leaving soon")
    return found


def _match(served: Served, row: Row) -> list[int | None]:
    """Return the share of candidates that suit the member less, where there is a history."""
    candidates = served.candidates
    if candidates is None or "match" not in candidates or not served.query.profile.recent:
        return [None] * len(row)
    at = np.searchsorted(candidates.position, row.position)
    percent = np.floor(100 * candidates["match"][at]).astype(int)
    return [int(value) if value >= 50 else None for value in percent]
