"""Live counts: how often items were taken in the days before a moment, and nothing later.

Counters run while models stand still, so the protocols allow them up to the target's time. This
is the only way in which events after the split reach a model other than the member's own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.evaluation.decayed_counts import DecayedCounts

__all__ = ["LiveCounts"]

DAY_MS = 86_400_000

#: Cells of the table of counts so far; it makes any window two look-ups and two short sums.
_TABLE_CELLS = 8_000_000


class LiveCounts:
    """Counts over sliding windows of interactions in time order.

    A window ends where the step of its moment begins: 60,000 counts up to the minute. Data
    without times have no windows: every moment is given the counts of all.
    """

    def __init__(self, interactions: Interactions, step_ms: int = 1) -> None:
        assert np.all(np.diff(interactions.at_ms) >= 0), "interactions are not in time order"
        self._interactions = interactions
        self._item = interactions.item
        self._at_ms = interactions.at_ms
        self._item_count = len(interactions.item_ids)
        self._step_ms = step_ms
        self._timed = interactions.timed
        blocks = max(1, _TABLE_CELLS // max(self._item_count, 1))
        self._block = max(1_000, -(-len(self._item) // blocks))
        self._so_far = self._table()

    def before(self, at_ms: NDArray[np.int64], window_ms: int = 30 * DAY_MS) -> NDArray[np.float32]:
        """Return a row of counts per moment, of the window that ends strictly before it.

        Moments close to each other share their work, so hand them over in order of time.
        """
        end_ms = at_ms - at_ms % self._step_ms
        high = np.searchsorted(self._at_ms, end_ms, side="left")
        low = np.searchsorted(self._at_ms, end_ms - window_ms, side="left")
        if not self._timed:
            high, low = np.full(len(at_ms), len(self._item)), np.zeros(len(at_ms), np.int64)
        counts = np.empty((len(at_ms), self._item_count), np.float32)
        for r in range(len(at_ms)):
            jump = r == 0 or abs(high[r] - high[r - 1]) + abs(low[r] - low[r - 1]) > 2_000
            if jump:
                counts[r] = self._up_to(high[r]) - self._up_to(low[r])
            else:
                counts[r] = counts[r - 1]
                self._move(counts[r], high[r - 1], high[r], 1.0)
                self._move(counts[r], low[r - 1], low[r], -1.0)
        return counts

    def decayed(self, half_life_ms: float) -> DecayedCounts:
        """Return the counts of the same interactions that fade instead of ending."""
        return DecayedCounts(self._interactions, half_life_ms, self._step_ms)

    @property
    def interactions(self) -> Interactions:
        """Return what is counted."""
        return self._interactions

    def of(self, chosen: NDArray[np.bool_]) -> LiveCounts:
        """Return the counts of some of the interactions alone."""
        return LiveCounts(self._interactions.where(chosen), self._step_ms)

    def _table(self) -> NDArray[np.int32]:
        """Return the counts before every block of rows."""
        edges = range(0, len(self._item), self._block)
        table = np.zeros((len(edges) + 1, self._item_count), np.int32)
        for number, low in enumerate(edges):
            block = self._item[low : low + self._block]
            table[number + 1] = table[number] + np.bincount(block, minlength=self._item_count)
        return table

    def _up_to(self, row: int) -> NDArray[np.float32]:
        block = row // self._block
        counts: NDArray[np.float32] = self._so_far[block].astype(np.float32)
        self._move(counts, block * self._block, row, 1.0)
        return counts

    def _move(self, counts: NDArray[np.float32], old: int, new: int, sign: float) -> None:
        """Take an edge of a window from one row to another."""
        if new > old:
            np.add.at(counts, self._item[old:new], sign)
        elif old > new:
            np.add.at(counts, self._item[new:old], -sign)
