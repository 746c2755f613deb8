"""Scores from neighbours: each history entry proposes the items most like it.

Co-visitation and item-kNN differ in how neighbours are found and how a history is weighted; what
is done with a table of neighbours is the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["neighbour_scores"]


def neighbour_scores(
    neighbour: NDArray[np.int32],
    strength: NDArray[np.float32],
    entry: NDArray[np.integer],
    weight: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return a score for every item: the strengths of all entries' neighbours, weighted.

    Row i of ``neighbour`` and ``strength`` is item i's, padded with -1.
    """
    near = neighbour[entry]
    part = strength[entry] * weight[:, None]
    known = near >= 0
    total = np.bincount(near[known], part[known], minlength=len(neighbour))
    return total.astype(np.float32)
