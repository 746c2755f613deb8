"""Metrics of a target's rank: one relevant item per list, so all follow from the rank alone.

Rank 1 is best. Ranks may be halves where items tie (see ``ranking.py``). Aggregation is here
too: micro (every target alike) and macro (every member alike).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "DEPTHS",
    "RANK_METRICS",
    "coverage",
    "hit",
    "macro_mean",
    "micro_mean",
    "ndcg",
    "reciprocal",
]

Values = NDArray[np.float64]

DEPTHS = (10, 20, 50, 200)


def hit(rank: Values, k: int) -> Values:
    """Return 1 where the target is among the first ``k``, else 0."""
    return (rank <= k).astype(np.float64)


def ndcg(rank: Values, k: int) -> Values:
    """Return 1 / log2(1 + rank) where the target is among the first ``k``, else 0."""
    return np.where(rank <= k, 1.0 / np.log2(1.0 + rank), 0.0)


def reciprocal(rank: Values, k: int | None = None) -> Values:
    """Return 1 / rank, over the whole list or 0 beyond the first ``k``."""
    return 1.0 / rank if k is None else np.where(rank <= k, 1.0 / rank, 0.0)


def _metrics() -> dict[str, Callable[[Values], Values]]:
    found: dict[str, Callable[[Values], Values]] = {}
    # HR and Recall agree where a list has one target; both names are kept for readers of each.
    for name, metric in (("ndcg", ndcg), ("hr", hit), ("mrr", reciprocal), ("recall", hit)):
        found |= {f"{name}@{k}": partial(metric, k=k) for k in DEPTHS}
    return found | {"mrr": reciprocal}


RANK_METRICS: Mapping[str, Callable[[Values], Values]] = MappingProxyType(_metrics())


def micro_mean(value: Values) -> float:
    """Return the mean over targets, 0 when there are none."""
    return float(value.mean()) if len(value) else 0.0


def macro_mean(value: Values, member: NDArray[np.integer]) -> float:
    """Return the mean over members of each member's own mean, 0 when there are none."""
    if len(value) == 0:
        return 0.0
    _, code = np.unique(member, return_inverse=True)
    return float((np.bincount(code, value) / np.bincount(code)).mean())


def coverage(top: NDArray[np.integer], item_count: int) -> float:
    """Return the share of all items that stand in at least one of the lists ``top``."""
    if item_count == 0:
        return 0.0
    return len(np.unique(top[top >= 0])) / item_count
