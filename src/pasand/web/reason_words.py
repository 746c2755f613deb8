"""The reasons of one page's cells in words; they say only what the score was made from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.domain.page import REASONS
from pasand.domain.query import Query

__all__ = ["PLAIN_REASONS", "ReasonWords"]

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
_BECAUSE, _GENRE = REASONS.index("because"), REASONS.index("genre")

Ints = NDArray[np.int64]


class ReasonWords:
    """What the reasons of one query's cells say. A reason is a place in REASONS, -1 for none; a
    cause the catalogue position of the item behind it, -1 for none.
    """

    def __init__(self, query: Query) -> None:
        self._genre = query.catalog.genre
        self._items = query.catalog.items
        self._ceiling = query.maturity_ceiling
        self._did = {e.item_id: _VERBS.get(e.code, "watched") for e in query.profile.recent}
        self._liked = {name: value for name, value in query.profile.genres.items() if value > 0}

    def codes(self, position: Ints, reason: Ints, cause: Ints) -> tuple[Ints, Ints, Ints]:
        """Return columns that are equal only where the words are."""
        liking = np.array([self._liked.get(name, 0.0) for name in self._genre.names])
        best = np.full(len(position), -1, np.int64)
        at = np.flatnonzero(reason == _GENRE)
        owner, code = self._genre.pairs(position[at].astype(np.int32))
        if len(code):
            order = np.lexsort((-np.arange(len(owner)), liking[code], owner))
            best[at[owner[order]]] = np.where(liking[code[order]] > 0, code[order], -1)
        return reason, np.where(reason == _BECAUSE, cause, -1), best

    def text(self, position: int, reason: int, cause: int) -> str:
        """Return the reason of one cell."""
        word = REASONS[reason] if reason >= 0 else "untried"
        if word == "because" and cause >= 0:
            before = self._items[cause]
            if before.maturity <= self._ceiling:
                return f"Because you {self._did.get(before.item_id, 'watched')} {before.title}"
        if word == "genre":
            genres = self._items[position].genres
            liked = max(genres, key=lambda name: self._liked.get(name, 0), default="")
            if liked in self._liked:
                return f"You often choose {liked}"
        return PLAIN_REASONS[word]
