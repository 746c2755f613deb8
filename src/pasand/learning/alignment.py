"""Alignment: new item vectors turned into the space of the previous ones.

A model that is trained anew finds the same neighbourhoods in another orientation. What keeps
vectors of yesterday (member vectors, a cache, an index) could not be compared with those of today.
The orthogonal Procrustes problem has the closest rotation in closed form (Schönemann, "A
generalized solution of the orthogonal Procrustes problem", Psychometrika 1966): with the singular
value decomposition of newᵀ·old = U·S·Vᵀ it is U·Vᵀ. All inner products among the new vectors stay
as they are, so no ranking changes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["align"]


def align(
    vectors: NDArray[np.floating],
    previous_vectors: NDArray[np.floating],
    common: tuple[NDArray[np.integer], NDArray[np.integer]],
) -> NDArray[np.float32]:
    """Return the rotation R for which ``vectors @ R`` lies closest to the previous vectors.

    ``common`` are the rows of the same items in ``vectors`` and in ``previous_vectors``. Every
    item counts alike, whatever the length of its vector. Where no item is common, or the two
    spaces differ in width, R is the identity.
    """
    width = vectors.shape[1]
    new, old = common
    if not len(new) or previous_vectors.shape[1] != width:
        return np.eye(width, dtype=np.float32)
    crossed = unit_rows(vectors[new]).T @ unit_rows(previous_vectors[old])
    left, _, right = np.linalg.svd(crossed)
    rotation: NDArray[np.float32] = (left @ right).astype(np.float32)
    return rotation


def unit_rows(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the rows with length 1; what has no length stays."""
    wide = vectors.astype(np.float64)
    length = np.linalg.norm(wide, axis=1, keepdims=True)
    return np.asarray(wide / np.where(length > 0, length, 1.0))
