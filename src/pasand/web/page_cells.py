"""Cells as JSON: those of a page, or what a search found.

Encoded, a cell is put together from two pieces that were encoded before: what its item and picture
say is the same on every page of a catalogue snapshot, and what a page says beside it is the same
for many cells. So a page of 1,600 cells costs as much as a few dozen cells do.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Catalog, Item
from pasand.domain.page import Row
from pasand.domain.query import Query
from pasand.flows.served import BADGES, badge_codes, match_percent
from pasand.web.language import Language
from pasand.web.picture_addresses import AddressOf, bare_address
from pasand.web.reason_words import ReasonWords

__all__ = ["Cells"]

#: Pieces of a catalogue's cells that are kept encoded: about 300 bytes each.
_KEPT_COUNT_MAX = 100_000

_encode = msgspec.json.Encoder().encode

Ints = NDArray[np.int64]


class Cells:
    """The cells of one page, row after row."""

    def __init__(
        self,
        query: Query,
        rows: Sequence[Row],
        language: Language,
        candidates: Candidates | None = None,
        address: AddressOf = bare_address,
    ) -> None:
        self._address = address
        self._query = query
        self._language = language
        self._words = ReasonWords(query, language)
        self._position = _column(rows, "position", -1)
        self._artwork = _column(rows, "artwork", -1)
        self._badge = badge_codes(query, self._position)
        self._rank = _column(rows, "rank", 0)
        self._reason = _column(rows, "reason", -1)
        self._cause = _column(rows, "cause", -1)
        self._match = match_percent(query, candidates, self._position)
        self._propensity = _shares(rows, "propensity")
        self._artwork_propensity = _shares(rows, "artwork_propensity")
        self._hero = np.repeat([row.shape == "hero" for row in rows], list(map(len, rows)))

    def values(self, start: int, end: int) -> list[dict[str, Any]]:
        """Return the cells from one place to before another as values."""
        items = self._query.catalog.items
        lasting = zip(
            self._position[start:end].tolist(), self._artwork[start:end].tolist(), strict=True
        )
        return [
            {
                **self._lasting(items[position], artwork),
                "reason": self._reason_of(at),
                **self._own(at),
            }
            for at, (position, artwork) in enumerate(lasting, start)
        ]

    def encoded(self, start: int, end: int) -> msgspec.Raw:
        """Return the same cells as a JSON array."""
        lasting, said, own = self._pieces
        pieces = [b","] * (4 * (end - start))
        pieces[0::4], pieces[1::4] = lasting[start:end], said[start:end]
        pieces[2::4] = own[start:end]
        return msgspec.Raw(b"[" + b"".join(pieces[:-1]) + b"]")

    @cached_property
    def _pieces(self) -> tuple[list[bytes], list[bytes], list[bytes]]:
        """Return for each cell what its item says, its reason, and what else the page says."""
        catalog = self._query.catalog
        # A picture's place among all pictures names its item too; an item without one has none.
        code = np.where(
            self._artwork >= 0,
            catalog.artwork.start[self._position] + self._artwork,
            -1 - self._position,
        )
        kept = _kept(catalog, "what items say")
        for at, name in enumerate(names := code.tolist()):
            if name not in kept:
                item = catalog.items[int(self._position[at])]
                kept[name] = _encode(self._lasting(item, int(self._artwork[at])))[:-1] + b","
        lasting = [kept[name] for name in names]
        first, alike = _alike(*self._words.codes(self._position, self._reason, self._cause))
        texts = [b'"reason":' + _encode(self._reason_of(at)) + b"," for at in first]
        first, kind = self._kinds()
        kept = _kept(catalog, f"what pages say ({self._language.code})")
        own = [self._encoded_own(at, kept) for at in first]
        return lasting, [texts[which] for which in alike], [own[which] for which in kind]

    def _kinds(self) -> tuple[list[int], list[int]]:
        """Return one cell of each kind of which a page says the same, and the kind of each cell."""
        return _alike(
            np.where(self._marked, self._position, -1),
            self._badge + 4 * (1 + self._match),
            self._rank,
            np.unique(self._propensity, return_inverse=True)[1],
            np.unique(self._artwork_propensity, return_inverse=True)[1],
        )

    @cached_property
    def _marked(self) -> NDArray[np.bool_]:
        """Which cells tell of what the member did with the item, or tell more of it."""
        profile, find = self._query.profile, self._query.catalog.find
        marks = {find(name) for name in chain(profile.watching, profile.thumbs, profile.listed)}
        return np.asarray(np.isin(self._position, np.fromiter(marks, np.int64)) | self._hero)

    def _encoded_own(self, at: int, kept: dict[Any, bytes]) -> bytes:
        if self._marked[at]:
            return _encode(self._own(at))[1:]
        columns = (self._badge, self._match, self._rank, self._propensity, self._artwork_propensity)
        name = tuple(column.item(at) for column in columns)
        found = kept.get(name)
        if found is None:
            found = kept[name] = _encode(self._own(at))[1:]
        return found

    def _lasting(self, item: Item, artwork: int) -> dict[str, Any]:
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
            "artwork_url": picture and self._address(picture),
            "palette": picture.palette[:2] if picture else (),
        }

    def _reason_of(self, at: int) -> str:
        return self._words.text(
            int(self._position[at]), int(self._reason[at]), int(self._cause[at])
        )

    def _own(self, at: int) -> dict[str, Any]:
        """Return what this page and this member make of a cell."""
        position = int(self._position[at])
        item, profile = self._query.catalog.items[position], self._query.profile
        item_id = item.item_id
        watch = profile.watching.get(item_id)
        thumb = profile.thumbs.get(item_id)
        match, rank, propensity = int(self._match[at]), int(self._rank[at]), self._propensity[at]
        own: dict[str, Any] = {
            "match": match if match >= 0 else None,
            "progress": round(watch.position_s / watch.duration_s, 3)
            if watch and watch.duration_s
            else None,
            "rank": rank or None,
            "badges": [self._language.say(f"badge.{name}") for name in BADGES[self._badge[at]]],
            "in_list": item_id in profile.listed,
            "thumb": thumb[0] if thumb else None,
            "propensity": None if propensity < 0 else float(propensity),
            "artwork_propensity": float(self._artwork_propensity[at]),
        }
        if self._hero[at]:
            own["synopsis"] = item.synopsis
        return own


def _kept(catalog: Catalog, what: str) -> dict[Any, bytes]:
    """Return encoded pieces that live as long as the catalogue's snapshot."""
    kept: dict[Any, bytes] = catalog.memory(what)
    if len(kept) >= _KEPT_COUNT_MAX:
        kept.clear()
    return kept


def _alike(*columns: Ints) -> tuple[list[int], list[int]]:
    """Return the first cell of each kind whose columns are equal, and the kind of each cell."""
    first = kind = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        low = int(column.min(initial=0))
        width = int(column.max(initial=0)) - low + 1
        code = kind * width + (column - low)
        _, first, kind = np.unique(code, return_index=True, return_inverse=True)
    return first.tolist(), kind.tolist()


def _column(rows: Sequence[Row], name: str, default: int) -> Ints:
    """Return one of the rows' columns over all cells, ``default`` where a row has none."""
    parts = [getattr(row, name) for row in rows]
    filled = [
        np.full(len(row), default, np.int64) if part is None else part
        for row, part in zip(rows, parts, strict=True)
    ]
    return np.concatenate([np.empty(0, np.int64), *filled]).astype(np.int64)


def _shares(rows: Sequence[Row], name: str) -> NDArray[np.float64]:
    """Return a column of probabilities over all cells, -1 where a row has none."""
    parts = [getattr(row, name) for row in rows]
    filled = [
        np.full(len(row), -1.0) if part is None else part
        for row, part in zip(rows, parts, strict=True)
    ]
    return np.concatenate([np.empty(0), *filled])
