"""How much likelier an item is taken in a context than on the whole, from counts.

A context is any code known before something is taken: an hour, a weekday, a device, a region. With
n(i, c) takes of item i in context c the lift is log P(c | i) / P(c), and P(c | i) is shrunk towards
P(c) by pseudo-counts, so that an item with a handful of takes has a lift near 0. Added to the
logarithm of popularity it ranks by P(i | c) (Bayes). The same formula serves counts of everybody
(what São Paulo reads), counts of one member (what I open in the morning) and counts that fade.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["alike_contexts", "context_lift"]

Values = NDArray[np.float64]


def context_lift(
    both: NDArray[np.floating], item: NDArray[np.floating], share: Any, prior: float
) -> Values:
    """Return the lift in nats of items taken ``both`` times in a context and ``item`` times in all.

    ``share`` is the context's part of all takes; where it is 0, nothing is known and the lift is
    0. ``prior``: takes an item needs before it says as much as the whole.
    """
    known = np.asarray(share, np.float64) > 0
    share = np.where(known, share, 1.0)
    chance = (both + prior * share) / (item + prior)
    return np.where(known, np.log(np.maximum(chance, 1e-12) / share), 0.0)


def alike_contexts(count: NDArray[np.floating], prior: float = 5.0) -> Values:
    """Return how much each context may hear of each other, [contexts, contexts], itself 1.

    ``count`` [contexts, items] are takes of a past. Two contexts are alike where the same items
    stand out in both: the squared correlation of their lifts, none where it is negative. A small
    context so borrows what its likes take instead of what everybody takes.
    """
    item = count.sum(axis=0)
    total = max(float(item.sum()), 1.0)
    share = count.sum(axis=1, keepdims=True) / total
    lift = np.log((count + prior) / (share * item + prior))
    weight = item / total
    lift = (lift - (lift * weight).sum(axis=1, keepdims=True)) * np.sqrt(weight)
    length = np.sqrt((lift**2).sum(axis=1))
    length[length == 0] = 1.0
    alike = np.maximum((lift @ lift.T) / np.outer(length, length), 0.0) ** 2
    np.fill_diagonal(alike, 1.0)
    return np.asarray(alike, np.float64)
