"""Items whose vectors point alike, put beside each other: what makes an inexact search quick.

k-means (Lloyd 1982) on a sample, then every vector goes to its nearest centre. Serving scores the
clusters by their centres and looks only into the best (``stages/scoring/clusters.py``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["CLUSTERED_COUNT_MIN", "clustered"]

#: Below so many vectors all of them are scored within milliseconds.
CLUSTERED_COUNT_MIN = 50_000
CLUSTER_SIZE = 1_000
_SAMPLE_EACH = 40
_ROUNDS = 8
_CHUNK_COUNT = 20_000

Floats = NDArray[np.float32]


def clustered(
    vector: Floats, seed: int, size: int = CLUSTER_SIZE
) -> tuple[NDArray[np.intp], NDArray[np.int64], Floats]:
    """Return an order of the vectors that has each cluster in one piece, where each begins, and
    the mean of each.
    """
    draw = np.random.default_rng(seed)
    count = max(1, len(vector) // size)
    sample = vector[np.sort(draw.permutation(len(vector))[: _SAMPLE_EACH * count])]
    centre = sample[draw.permutation(len(sample))[:count]].copy()
    for _ in range(_ROUNDS):
        centre = means(sample, nearest(sample, centre), centre)
    which = nearest(vector, centre)
    order = np.argsort(which, kind="stable")
    start = np.searchsorted(which[order], np.arange(len(centre) + 1))
    return order, start.astype(np.int64), means(vector, which, centre)


def nearest(vector: Floats, centre: Floats) -> NDArray[np.int64]:
    """Return for each vector which centre is nearest."""
    half = np.square(centre).sum(axis=1) / 2
    which = np.zeros(len(vector), np.int64)
    for first in range(0, len(vector), _CHUNK_COUNT):
        part = slice(first, first + _CHUNK_COUNT)
        which[part] = (vector[part] @ centre.T - half).argmax(axis=1)
    return which


def means(vector: Floats, which: NDArray[np.int64], before: Floats) -> Floats:
    """Return the mean of each cluster; an empty one stays where it was."""
    order = np.argsort(which, kind="stable")
    held, first = np.unique(which[order], return_index=True)
    total = np.add.reduceat(vector[order], first, axis=0)
    centre = before.copy()
    centre[held] = total / np.diff(np.append(first, len(which)))[:, None]
    return centre
