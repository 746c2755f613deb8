"""Picking: the best k items of a row of scores, equals in the order that popularity gives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["pick"]


def pick(
    score: NDArray[np.floating],
    allowed: NDArray[np.bool_],
    preference: NDArray[np.int64],
    k: int,
) -> NDArray[np.intp]:
    """Return the codes of the best allowed items, best first; fewer where fewer are allowed.

    ``preference`` is each item's place among those that score the same.
    """
    item = np.flatnonzero(allowed)
    if len(item) > k:
        least = np.partition(score[item], len(item) - k)[len(item) - k]
        item = item[score[item] >= least]
    order = np.lexsort((preference[item], -score[item]))
    return item[order][:k]
