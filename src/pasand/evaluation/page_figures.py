"""What is measured of pages as they are: how they keep from visit to visit, what stands where.

A page is given as its rows below the hero, each a list of items.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["first_row_shared", "kept_near", "strongest_first"]

Rows = Sequence[Sequence[object]]
#: Titles of so many rows are looked for, each within so many rows of its place.
FIRST_ROWS = 3
MOVED_MAX = 2


def kept_near(
    before: Rows, after: Rows, acted_on: Collection[object] = (), column_count: int = 6
) -> tuple[int, int]:
    """Return how many titles of the first rows of one page stand within two rows of their place
    on the next, and how many there were that the member did not act on.

    Those in the first ``column_count`` cells count: further ones were hardly seen.
    """
    place = {item: depth for depth, row in enumerate(after) for item in row}
    seen = [
        (item, depth)
        for depth, row in enumerate(before[:FIRST_ROWS])
        for item in row[:column_count]
        if item not in acted_on
    ]
    near = sum(abs(place.get(item, 1_000) - depth) <= MOVED_MAX for item, depth in seen)
    return near, len(seen)


def first_row_shared(one: Rows, other: Rows) -> float:
    """Return the share of the shorter first row's titles that stand in the longer one too."""
    first, second = sorted((one[0] if one else (), other[0] if other else ()), key=len)
    return len(set(first) & set(second)) / max(len(first), 1)


def strongest_first(
    worth: Sequence[NDArray[np.floating]], attention: NDArray[np.floating]
) -> float:
    """Return the rank correlation of what cells are worth and the attention they get, row by
    row; ties share their ranks. 0 for a page without differences.
    """
    seen = np.concatenate([attention[depth, : len(row)] for depth, row in enumerate(worth)])
    ranks = [_ranks(np.concatenate(list(worth))), _ranks(seen)]
    if len(seen) < 2 or any(np.ptp(one) == 0 for one in ranks):
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _ranks(value: NDArray[np.floating]) -> NDArray[np.float64]:
    _, place, count = np.unique(value, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2.0)[place])
