"""Chance among pictures: exact probabilities first, then a draw from them.

Each picture's worth is believed to be normal; it is shown as often as it would be the best were
all worths drawn (Thompson, 1933). With two pictures that is a normal probability. With more, a
fixed table of 64 shared draws is the policy itself, so the share of draws won is exact. A floor
leaves every open picture a chance.
"""

from __future__ import annotations

from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

__all__ = ["DRAWS", "drawn", "probabilities"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DRAW_COUNT = 64
#: So many pictures of an item have draws of their own; further ones share them.
_COLUMN_COUNT = 32


def _table() -> NDArray[np.float32]:
    """Return draws by column, each with mean 0 and variance 1 over the draws."""
    draws = np.random.default_rng(64).standard_normal((_COLUMN_COUNT, DRAW_COUNT))
    draws -= draws.mean(axis=1, keepdims=True)
    return np.asarray(draws / draws.std(axis=1, keepdims=True), np.float32)


DRAWS = _table()


def probabilities(mean: Floats, spread: Floats, opened: Bools, floor: float) -> Floats:
    """Return for each cell (row) the probability of each of its open pictures (columns).

    ``floor`` is the share that is spread evenly; a cell without an open picture has only zeros.
    """
    count = opened.sum(axis=1)
    found = opened.astype(np.float64)
    two, more = np.flatnonzero(count == 2), np.flatnonzero(count > 2)
    if len(two):
        at = np.nonzero(opened[two])[1].reshape(-1, 2)
        first, second = at.T
        apart = mean[two, first] - mean[two, second]
        wide = np.sqrt(spread[two, first] ** 2 + spread[two, second] ** 2)
        ratio = apart / (np.maximum(wide, 1e-9) * sqrt(2.0))
        wins = np.array([0.5 * erfc(-one) for one in ratio.tolist()])
        found[two, first], found[two, second] = wins, 1.0 - wins
    if len(more):
        found[more] = _shares(mean[more], spread[more], opened[more])
    even = opened / np.maximum(count, 1)[:, None]
    return np.where((count > 1)[:, None], (1.0 - floor) * found + floor * even, found)


def _shares(mean: Floats, spread: Floats, opened: Bools) -> Floats:
    """Return the share of the table's draws that each picture wins; the first of equals does."""
    low = np.float32(-1e30)
    worth = np.where(opened, mean, low).astype(np.float32)
    wide = np.where(opened, spread, 0.0).astype(np.float32)
    tried = []
    for column in range(mean.shape[1]):
        one = wide[:, column, None] * DRAWS[column % _COLUMN_COUNT]
        one += worth[:, column, None]
        tried.append(one)
    best = tried[0].copy()
    for one in tried[1:]:
        np.maximum(best, one, out=best)
    taken = np.zeros(len(mean), np.uint64)
    wins = np.empty((len(mean), len(tried)))
    for column, one in enumerate(tried):
        # The 64 draws of a cell are the bits of one number.
        won = np.packbits(one == best, axis=1).view(np.uint64)[:, 0] & ~taken
        taken |= won
        wins[:, column] = np.bitwise_count(won)
    return wins / DRAW_COUNT


def drawn(chance: Floats, rng: np.random.Generator) -> tuple[NDArray[np.int16], Floats]:
    """Return the drawn column of each cell, -1 where none has a chance, and its probability."""
    if not chance.shape[1]:
        return np.full(len(chance), -1, np.int16), np.ones(len(chance))
    edge = np.cumsum(chance, axis=1)
    luck = rng.random(len(chance)) * edge[:, -1]
    picked = np.minimum((luck[:, None] >= edge).sum(axis=1), chance.shape[1] - 1)
    # Rounding at the upper edge must not draw what has no chance.
    last = chance.shape[1] - 1 - (chance[:, ::-1] > 0).argmax(axis=1)
    picked = np.minimum(picked, last)
    at = np.arange(len(chance))
    none = edge[:, -1] <= 0
    return (
        np.where(none, -1, picked).astype(np.int16),
        np.where(none, 1.0, np.minimum(chance[at, picked], 1.0)),
    )
