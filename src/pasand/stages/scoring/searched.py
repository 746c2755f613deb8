"""What a member searched for, as scores of items: how clearly, and how long ago.

A search of the visit that goes on counts in full; an earlier one halves every two days, so that
after a week a tenth is left. Of several searches the one that says most of an item counts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog_words import matches
from pasand.domain.query import Query

__all__ = ["HALF_LIFE_DAYS", "search_behind", "searched"]

HALF_LIFE_DAYS = 2.0
#: What is left of a search when it is forgotten.
FRESHNESS_MIN = 0.02
_DAY_S = 86_400


def searched(
    query: Query, half_life_days: float = HALF_LIFE_DAYS
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the items that the member's searches speak of, ascending, and how much, up to 1."""
    parts = [
        (found.position, fresh * found.strength)
        for text, fresh in _remembered(query, half_life_days)
        if len((found := matches(query.catalog, text)).position)
    ]
    if not parts:
        return np.empty(0, np.int32), np.empty(0, np.float32)
    position, at = np.unique(np.concatenate([p for p, _ in parts]), return_inverse=True)
    strength = np.zeros(len(position), np.float32)
    np.maximum.at(strength, at, np.concatenate([s for _, s in parts]).astype(np.float32))
    return position.astype(np.int32), strength


def search_behind(query: Query, position: int) -> str:
    """Return the search that says most of an item, empty where none speaks of it."""
    best, said = 0.0, ""
    for text, fresh in _remembered(query, HALF_LIFE_DAYS):
        found = matches(query.catalog, text)
        at = int(np.searchsorted(found.position, position))
        if at < len(found.position) and found.position[at] == position:
            strength = fresh * float(found.strength[at])
            if strength >= best:
                best, said = strength, text
    return said


def _remembered(query: Query, half_life_days: float) -> list[tuple[str, float]]:
    """Return the searches that still count, with what is left of each, newest last."""
    visit, now_s = query.profile.visit_at(query.at_ms), query.at_ms // 1000
    left = []
    for text, at_s in query.profile.searches:
        going_on = visit is not None and visit.start_s <= at_s <= now_s
        age_days = max(now_s - at_s, 0) / _DAY_S
        fresh = 1.0 if going_on else 0.5 ** (age_days / half_life_days)
        if fresh >= FRESHNESS_MIN:
            left.append((text, fresh))
    return left
