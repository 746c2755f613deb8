"""Trending: how much faster an item is taken now than it usually is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["PRIOR", "lift"]

#: Plays a day that an item must exceed to count.
PRIOR = 3.0


def lift(
    now: NDArray[np.floating], usual: NDArray[np.floating], prior: float = PRIOR
) -> NDArray[np.floating]:
    """Return log((now + prior) / (expected + prior)), positive where an item rises.

    Decayed sums with half-lives of 1 and 7 days hold 1.44 and 10.1 days' worth of a steady
    rate, so a steady item expects ``usual / 7`` in ``now``.
    """
    risen: NDArray[np.floating] = np.log((now + prior) / (usual / 7.0 + prior))
    return risen
