"""A served page as JSON values: the answer of GET /v1/page and what the web page draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from pasand.domain.catalog import Item
from pasand.domain.page import REASONS, Row
from pasand.domain.profile import taste_at
from pasand.domain.query import Query
from pasand.domain.times import write_time
from pasand.flows.served import Served, badges, match_percent

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
    "featured": "Featured by the service",
}

#: What a member did with an item, by the code of a recent entry; all else is watching.
_VERBS = {3: "liked", 4: "rated", 5: "listed", 6: "viewed", 7: "chose", 8: "bought"}

#: Cells of a catalogue that are kept encoded: about 300 bytes each.
_KEPT_COUNT_MAX = 100_000

#: Fresh plays of a genre from which on it is chosen often: the genres of one play share it.
_OFTEN = 1.0

_encode = msgspec.json.Encoder().encode


def page_json(served: Served, *, encoded: bool = False) -> dict[str, Any]:
    """Return the page as JSON values; with ``encoded``, its cells are JSON already."""
    query, page = served.query, served.page
    degraded = page.degraded
    cells = _Cells(query, encoded)
    percent = match_percent(served)
    rows, at = [], 0
    for row in page.rows:
        rows.append(
            {
                "row_id": row.row_id,
                "kind": row.kind,
                "title": row.title,
                "evidence": row.evidence,
                "shape": row.shape,
                "cells": cells.of_row(row, percent[at : at + len(row)]),
            }
        )
        at += len(row)
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
        "rows": rows,
    }


def artwork_url(artwork_id: str) -> str:
    """Return where an artwork is served; ``?w=`` chooses a preset width."""
    return f"/artwork/{artwork_id}"


class _Cells:
    """The cells of one page. What an item and its picture say of a cell is the same on every
    page of a catalogue snapshot, and kept encoded with it.
    """

    def __init__(self, query: Query, encoded: bool) -> None:
        self._query = query
        self._encoded = encoded
        self._kept: dict[tuple[int, int], bytes] = query.catalog.memory("cells")
        self._reasons = Reasons(query)

    def of_row(self, row: Row, percent: Sequence[int | None]) -> list[Any]:
        """Return a row's cells; ``percent`` is what each shows as its match."""
        nothing = [None] * len(row)
        assert row.artwork is not None and row.artwork_propensity is not None
        columns = zip(
            row.position.tolist(),
            row.artwork.tolist(),
            row.artwork_propensity.tolist(),
            nothing if row.propensity is None else row.propensity.tolist(),
            nothing if row.rank is None else row.rank.tolist(),
            nothing if row.reason is None else row.reason.tolist(),
            nothing if row.cause is None else row.cause.tolist(),
            percent,
            strict=True,
        )
        hero = row.shape == "hero"
        if self._encoded:
            return [self._encode(hero, *values) for values in columns]
        items = self._query.catalog.items
        return [
            {**_lasting(items[values[0]], values[1]), **self._own(hero, *values)}
            for values in columns
        ]

    def _encode(self, hero: bool, position: int, artwork: int, *values: Any) -> msgspec.Raw:
        lasting = self._kept.get((position, artwork))
        if lasting is None:
            if len(self._kept) >= _KEPT_COUNT_MAX:
                self._kept.clear()
            lasting = _encode(_lasting(self._query.catalog.items[position], artwork))[:-1] + b","
            self._kept[position, artwork] = lasting
        return msgspec.Raw(lasting + _encode(self._own(hero, position, artwork, *values))[1:])

    def _own(
        self,
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
        """Return what this page and this member make of a cell."""
        query = self._query
        item, profile = query.catalog.items[position], query.profile
        item_id = item.item_id
        watch = profile.watching.get(item_id)
        thumb = profile.thumbs.get(item_id)
        own = {
            "reason": self._reasons.text(item, reason, cause),
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
            own["synopsis"] = item.synopsis
        return own


def _lasting(item: Item, artwork: int) -> dict[str, Any]:
    """Return what a cell says of its item and picture on every page."""
    picture = item.artworks[artwork] if artwork >= 0 else None
    return {
        "item_id": item.item_id,
        "title": item.title,
        "type": item.type,
        "year": item.year,
        "maturity": item.maturity,
        "runtime_minutes": item.runtime_minutes,
        "genres": item.genres[:3],
        "artwork_id": picture and picture.artwork_id,
        "artwork_url": picture and artwork_url(picture.artwork_id),
        "palette": picture.palette[:2] if picture else (),
    }


class Reasons:
    """The reasons of one page's cells in words; they say only what the score was made from."""

    def __init__(self, query: Query) -> None:
        self._items = query.catalog.items
        self._ceiling = query.maturity_ceiling
        self._did = {e.item_id: _VERBS.get(e.code, "watched") for e in query.profile.recent}
        tastes = taste_at(query.profile.genres, query.at_ms)
        self._liked = {name: value for name, value in tastes.items() if value > 0}
        self._because: dict[int, str] = {}
        self._genre: dict[tuple[str, ...], str] = {}

    def text(self, item: Item, reason: int | None, cause: int | None) -> str:
        """Return the reason of a cell; ``reason`` is a place in REASONS, ``cause`` a position."""
        word = REASONS[reason] if reason is not None and reason >= 0 else "untried"
        if word == "because" and cause is not None and cause >= 0:
            said = self._because.get(cause)
            if said is None:
                before = self._items[cause]
                if before.maturity > self._ceiling:
                    return PLAIN_REASONS[word]
                did = self._did.get(before.item_id, "watched")
                said = self._because[cause] = f"Because you {did} {before.title}"
            return said
        if word == "genre":
            return self._genre_text(item.genres)
        if word == "untried" and item.item_id in self._did:
            return "On the service"
        return PLAIN_REASONS[word]

    def _genre_text(self, genres: tuple[str, ...]) -> str:
        """Return the reason of what suits by its genres, else by its themes and people; many cells
        share theirs.
        """
        said = self._genre.get(genres)
        if said is None:
            liked = max(genres, key=lambda name: self._liked.get(name, 0), default="")
            said = PLAIN_REASONS["genre"]
            if liked in self._liked:
                often = self._liked[liked] >= _OFTEN
                said = f"You often choose {liked}" if often else f"You have chosen {liked} before"
            self._genre[genres] = said
        return said
