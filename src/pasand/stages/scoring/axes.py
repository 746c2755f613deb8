"""The best of very many items by inner product, looked for along the query's own main axes.

Vectors lie axis by axis as well. A query is large on a few of its axes; summed along these alone,
products say roughly which items are best, and only those are scored exactly. On vectors of iALS
16 axes of 128 find .93 to .96 of the best 100 among a twentieth of the items, where clusters of
items (k-means) found .4: vectors of what few have taken point everywhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.stages.columns import greatest

__all__ = ["AXIS_COUNT", "by_axis", "promising_items"]

AXIS_COUNT = 16

Floats = NDArray[np.float32]


def by_axis(vector: Floats) -> tuple[Floats, Floats]:
    """Return vectors [item, axis] as [axis, item], and the mean square on each axis."""
    return np.ascontiguousarray(vector.T), np.square(vector).mean(axis=0)


def promising_items(
    axis: Floats, spread: Floats, query: Floats, count: int, axis_count: int = AXIS_COUNT
) -> NDArray[np.intp]:
    """Return about the ``count`` best items, as ``by_axis`` laid them out, in no order."""
    main = np.sort(greatest(np.square(query) * spread, axis_count))
    return greatest(query[main] @ axis[main], count)
