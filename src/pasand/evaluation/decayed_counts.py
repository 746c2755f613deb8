"""Decayed counts: what was taken, each taking counting half after a half-life, at any moment.

They are the sums that ``domain/counters.py`` keeps for a running server, for many moments of the
past at once. Like ``LiveCounts`` they hold nothing of the moment itself or after it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.stages.scoring.decay import half_life_weight

__all__ = ["DecayedCounts"]

#: Cells of the table of sums so far, from which the sum at a moment is a short way.
_TABLE_CELLS = 8_000_000
_BLOCK_ROWS_MIN = 500


class DecayedCounts:
    """Sums over interactions in time order; data without times do not decay."""

    def __init__(self, interactions: Interactions, half_life_ms: float, step_ms: int = 1) -> None:
        self._item = interactions.item
        self._weight = interactions.weight
        self._at_ms = interactions.at_ms
        self._item_count = len(interactions.item_ids)
        self._half_life_ms = half_life_ms if interactions.timed else np.inf
        self._timed = interactions.timed
        self._step_ms = step_ms
        blocks = max(1, _TABLE_CELLS // max(self._item_count, 1))
        self._block = max(_BLOCK_ROWS_MIN, -(-len(self._item) // blocks))
        self._so_far = self._table()

    def before(self, at_ms: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return a row of sums per moment, of what was taken strictly before it."""
        end_ms = at_ms - at_ms % self._step_ms
        row = np.searchsorted(self._at_ms, end_ms, side="left")
        if not self._timed:
            row = np.full(len(at_ms), len(self._item))
        sums = np.empty((len(at_ms), self._item_count), np.float32)
        for number, (end, last) in enumerate(zip(end_ms.tolist(), row.tolist(), strict=True)):
            sums[number] = self._sum(last, end)
        return sums

    def _sum(self, last: int, at_ms: int) -> NDArray[np.float32]:
        """Return the sum of the first ``last`` rows at a moment."""
        block = last // self._block
        first = block * self._block
        total = self._fresh(first, last, at_ms)
        if block:
            age = at_ms - self._at_ms[first - 1]
            total += self._so_far[block] * half_life_weight(age, self._half_life_ms)
        return total.astype(np.float32)

    def _fresh(self, first: int, last: int, at_ms: int) -> NDArray[np.float64]:
        """Return the sum of some rows alone at a moment."""
        weight = half_life_weight(at_ms - self._at_ms[first:last], self._half_life_ms)
        weight *= self._weight[first:last]
        total = np.bincount(self._item[first:last], weight, minlength=self._item_count)
        return total.astype(np.float64)

    def _table(self) -> NDArray[np.float32]:
        """Return the sums before every block of rows, as they stood at the row before it."""
        edges = range(self._block, len(self._item) + 1, self._block)
        table = np.zeros((len(edges) + 1, self._item_count), np.float32)
        for number, edge in enumerate(edges, 1):
            before, low = int(self._at_ms[edge - 1]), edge - self._block
            table[number] = self._fresh(low, edge, before)
            if low:
                age = before - self._at_ms[low - 1]
                table[number] += table[number - 1] * half_life_weight(age, self._half_life_ms)
        return table
