"""The best of very many items by inner product, looked for in the most promising clusters.

Items lie cluster by cluster (``learning/clusters.py``). A cluster promises as much as its mean;
of the most promising all items are scored, which reads memory in a few long pieces.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["best_clusters", "scores_within"]

Floats = NDArray[np.float32]


def best_clusters(
    centre: Floats, start: NDArray[np.int64], query: Floats, count: int
) -> NDArray[np.intp]:
    """Return the most promising clusters, ascending, that together hold ``count`` items."""
    order = np.argsort(-(centre @ query), kind="stable")
    held = np.cumsum(np.diff(start)[order])
    return np.sort(order[: int(np.searchsorted(held, count)) + 1])


def scores_within(
    vector: Floats, start: NDArray[np.int64], clusters: NDArray[np.intp], query: Floats
) -> tuple[NDArray[np.intp], Floats]:
    """Return the places of all items of some clusters, ascending, and their scores."""
    pieces = [(int(start[one]), int(start[one + 1])) for one in clusters]
    places = [np.arange(begin, end) for begin, end in pieces]
    scores = [vector[begin:end] @ query for begin, end in pieces]
    return np.concatenate(places), np.concatenate(scores)
