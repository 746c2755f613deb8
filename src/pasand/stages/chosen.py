"""What a member chose, as arrays: the truth behind "you often choose it"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Ragged
from pasand.domain.labels import disliked, liked
from pasand.domain.profile import RECENT_CODES, Profile, Recent, Recents
from pasand.domain.query import Query

__all__ = [
    "OFTEN_COUNT",
    "Chosen",
    "chosen",
    "chosen_counts",
    "columns_of",
    "did_with",
    "often",
    "recents_of",
]

#: So many different titles make a habit, where they are also a share of all that was chosen.
OFTEN_COUNT = 3
OFTEN_SHARE = 0.15

_CHOICES = np.isin(RECENT_CODES, ("play", "complete", "purchase"))
#: All else is watching.
_DID = {
    "thumb": "liked", "list": "listed", "view": "viewed", "search_click": "chose",
    "purchase": "bought",
}  # fmt: skip
_RATING = RECENT_CODES.index("rating")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Each title once, with the second of the newest time, oldest first."""

    position: NDArray[np.int32]
    at_s: NDArray[np.int64]


def chosen(query: Query) -> Chosen:
    """Return what the member played, bought or rated above a dislike, in today's catalogue."""
    table = recents_of(query.profile)
    code, value, when_s = columns_of(table)
    counts = _CHOICES[code] | ((code == _RATING) & ~disliked(value / 10))
    position = query.catalog.positions(table.item_id)
    counts &= position >= 0
    position, at_s = position[counts], when_s[counts]
    # The newest entry of a title stands for all of them.
    _, first = np.unique(position[::-1], return_index=True)
    newest = np.sort(len(position) - 1 - first)
    return Chosen(position[newest], at_s[newest])


def recents_of(profile: Profile) -> Recents:
    """Return a profile's history as columns."""
    recent = profile.recent
    return recent if isinstance(recent, Recents) else Recents.of(recent)


def columns_of(
    recents: Recents,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return code, value and second of every entry."""
    count = len(recents)
    code, value, at_s = (
        np.fromiter(column, np.int64, count)
        for column in (recents.code, recents.value, recents.at_s)
    )
    return code, value, at_s


def did_with(entry: Recent) -> str:
    """Return what the member did with an item, as a title or a reason says it."""
    name = RECENT_CODES[entry.code]
    if name == "rating":
        return "liked" if liked(entry.value / 10) else "rated"
    return _DID.get(name, "watched")


def chosen_counts(facet: Ragged, position: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return for every code of a facet how many of these titles have it."""
    _, codes = facet.pairs(position)
    return np.bincount(codes, minlength=len(facet.names)).astype(np.int64)


def often(counts: NDArray[np.int64], title_count: int) -> NDArray[np.bool_]:
    """Return which names stand on so many of the chosen titles that they are a habit."""
    return (counts >= OFTEN_COUNT) & (counts >= OFTEN_SHARE * title_count)
