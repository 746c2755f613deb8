"""Live counts: how often items were taken in the days before a moment, and nothing later.

Counters run while models stand still, so the protocols allow them up to the target's time. This
is the only way in which events after the split reach a model other than the member's own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions

__all__ = ["LiveCounts"]

DAY_MS = 86_400_000


class LiveCounts:
    """Counts over sliding windows of interactions in time order."""

    def __init__(self, interactions: Interactions) -> None:
        assert np.all(np.diff(interactions.at_ms) >= 0), "interactions are not in time order"
        self._item = interactions.item
        self._at_ms = interactions.at_ms
        self._item_count = len(interactions.item_ids)

    def before(self, at_ms: NDArray[np.int64], window_ms: int = 30 * DAY_MS) -> NDArray[np.float32]:
        """Return a row of counts per moment, of the window that ends strictly before it.

        Moments close to each other share their work, so hand them over in order of time.
        """
        high = np.searchsorted(self._at_ms, at_ms, side="left")
        low = np.searchsorted(self._at_ms, at_ms - window_ms, side="left")
        counts = np.empty((len(at_ms), self._item_count), np.float32)
        for r in range(len(at_ms)):
            jump = r == 0 or abs(high[r] - high[r - 1]) + abs(low[r] - low[r - 1]) > 2_000
            if jump:
                counts[r] = self._counted(low[r], high[r])
            else:
                counts[r] = counts[r - 1]
                np.add.at(counts[r], self._item[high[r - 1] : high[r]], 1.0)
                np.add.at(counts[r], self._item[high[r] : high[r - 1]], -1.0)
                np.add.at(counts[r], self._item[low[r - 1] : low[r]], -1.0)
                np.add.at(counts[r], self._item[low[r] : low[r - 1]], 1.0)
        return counts

    def _counted(self, low: int, high: int) -> NDArray[np.intp]:
        return np.bincount(self._item[low:high], minlength=self._item_count)
