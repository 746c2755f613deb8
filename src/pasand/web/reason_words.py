"""The reasons of one page's cells in words; they say only what the score was made from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.domain.page import REASONS
from pasand.domain.query import Query
from pasand.stages.chosen import chosen, chosen_counts, did_with, often
from pasand.stages.scoring.searched import search_behind
from pasand.web.language import Language

__all__ = ["ReasonWords"]

_BECAUSE, _GENRE, _SEARCHED, _UNTRIED = map(
    REASONS.index, ("because", "genre", "searched", "untried")
)

Ints = NDArray[np.int64]


class ReasonWords:
    """What the reasons of one query's cells say. A reason is a place in REASONS, -1 for none; a
    cause the catalogue position of the item behind it, -1 for none.
    """

    def __init__(self, query: Query, language: Language) -> None:
        self._say = language.say
        self._query = query
        self._items = query.catalog.items
        self._ceiling = query.maturity_ceiling
        self._did = {entry.item_id: did_with(entry) for entry in query.profile.recent}
        self._known = query.catalog.positions(self._did)
        self._genre = facet = query.catalog.genre
        own = chosen(query)
        habit = often(chosen_counts(facet, own.position), len(own.position))
        liked = query.profile.genres
        #: How much each genre is liked that the member chooses often, else 0.
        self._liking = np.array([max(liked.get(name, 0), 0) for name in facet.names]) * habit

    def codes(self, position: Ints, reason: Ints, cause: Ints) -> tuple[Ints, Ints, Ints]:
        """Return columns that are equal only where the words are."""
        best = np.full(len(position), -1, np.int64)
        at = np.flatnonzero(reason == _GENRE)
        owner, code = self._genre.pairs(position[at].astype(np.int32))
        # Written in this order, the first of an item's most liked genres is the one that stays.
        order = np.lexsort((-np.arange(len(owner)), self._liking[code], owner))
        best[at[owner[order]]] = np.where(self._liking[code[order]] > 0, code[order], -1)
        # Of what the member had before, "new to you" would be no truth.
        known = (reason == _UNTRIED) & np.isin(position, self._known)
        reason = np.where(known, len(REASONS), reason)
        return (
            reason,
            np.where(reason == _BECAUSE, cause, -1),
            np.where(reason == _SEARCHED, position, best),
        )

    def text(self, position: int, reason: int, cause: int) -> str:
        """Return the reason of one cell."""
        word = REASONS[reason] if reason >= 0 else "untried"
        if word == "because" and cause >= 0:
            before = self._items[cause]
            if before.maturity <= self._ceiling:
                did = self._did.get(before.item_id, "watched")
                return self._say(f"row.because.{did}", {"title": before.title})
        if word == "genre":
            codes = self._genre.of(position)
            best = max(codes.tolist(), key=lambda code: float(self._liking[code]), default=-1)
            if best >= 0 and self._liking[best] > 0:
                return self._say("reason.genre-liked", {"genre": self._genre.names[best]})
        if word == "searched" and (said := search_behind(self._query, position)):
            return self._say("row.searched", {"search": said})
        if word == "untried" and position in self._known:
            word = "there"
        return self._say(f"reason.{word}")
