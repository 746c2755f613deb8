"""Of boxes that overlap, only the surest stays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["overlaps", "surest"]

Floats = NDArray[np.floating[Any]]


def surest(
    corners: Floats,
    score: Floats,
    overlap_max: float,
    group: NDArray[np.integer[Any]] | None = None,
) -> NDArray[np.intp]:
    """Return the indices of the boxes that stay, surest first (at equal scores the first given).

    ``corners`` are left, top, right, bottom. Boxes of different ``group`` never oust each other.
    """
    order = np.argsort(-score, kind="stable")
    if group is not None and len(corners):
        # Moved apart by more than the picture's width, groups cannot overlap.
        reach = float(corners.max() - corners.min()) + 1.0
        corners = corners + (group * reach)[:, None]
    keep = []
    while len(order):
        first, rest = order[0], order[1:]
        keep.append(first)
        order = rest[overlaps(corners[first], corners[rest]) <= overlap_max]
    return np.array(keep, np.intp)


def overlaps(box: Floats, others: Floats) -> Floats:
    """Return, for each of ``others``, what it shares with ``box`` of what they cover together."""
    side = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = np.prod(np.maximum(side, 0.0), axis=1)
    one = np.prod(np.maximum(box[2:] - box[:2], 0.0))
    each = np.prod(np.maximum(others[:, 2:] - others[:, :2], 0.0), axis=1)
    found: Floats = shared / np.maximum(one + each - shared, 1e-12)
    return found
