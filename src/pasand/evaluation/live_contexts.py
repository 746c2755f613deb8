"""What is read now, and by whom: counts that fade and run on, of items by context.

They stand for the counters of a running server: what they hold at a moment are the events handed
to ``add`` so far, so whoever adds minute by minute ranks by nothing later.
"""

from __future__ import annotations

from collections import defaultdict, deque

import numpy as np
from numpy.typing import NDArray

__all__ = ["FadingCounts", "Following"]

#: Halvings after which sums are taken down again; 2 ** 1023 is the largest number there is.
_HALVINGS_MAX = 400
#: Of an item's readers only the last so many say what is read after it.
FOLLOWER_COUNT = 600


class FadingCounts:
    """Counts [contexts, items], each event counting half after a half-life."""

    def __init__(self, context_count: int, item_count: int, half_life_ms: float) -> None:
        self._sum = np.zeros((context_count, item_count))
        self._whole = np.zeros(context_count)
        self._half_life_ms = half_life_ms
        self._from_ms = 0

    def add(
        self, context: NDArray[np.integer], item: NDArray[np.integer], at_ms: NDArray[np.int64]
    ) -> None:
        """Count events, none of them before those of earlier calls' last moment by much."""
        if not len(item):
            return
        halvings = (int(at_ms[-1]) - self._from_ms) / self._half_life_ms
        if halvings > _HALVINGS_MAX:
            self._sum *= 2.0**-halvings
            self._whole *= 2.0**-halvings
            self._from_ms = int(at_ms[-1])
        value = 2.0 ** ((at_ms - self._from_ms) / self._half_life_ms)
        np.add.at(self._sum, (context, item), value)
        np.add.at(self._whole, context, value)

    def at(self, now_ms: int, items: NDArray[np.integer]) -> NDArray[np.float64]:
        """Return the counts of some items at a moment, [contexts, items]."""
        return np.asarray(self._sum[:, items] * self._fade(now_ms))

    def whole(self, now_ms: int) -> NDArray[np.float64]:
        """Return the counts of all items together at a moment, one a context."""
        return self._whole * self._fade(now_ms)

    def leading(self, count: int) -> NDArray[np.int64]:
        """Return the items with the largest counts in all contexts together, in no order."""
        total = self._sum.sum(axis=0) if len(self._sum) > 1 else self._sum[0]
        count = min(count, int(np.count_nonzero(total)))
        return np.argpartition(-total, count - 1)[:count] if count else np.zeros(0, np.int64)

    def leading_each(self, count: int) -> NDArray[np.int64]:
        """Return the items with the largest counts in each context, in no order."""
        count = min(count, self._sum.shape[1])
        best = np.argpartition(-self._sum, count - 1, axis=1)[:, :count]
        return best[np.take_along_axis(self._sum, best, axis=1) > 0]

    def _fade(self, now_ms: int) -> float:
        return float(2.0 ** (-(now_ms - self._from_ms) / self._half_life_ms))


class Following:
    """What came next for the last who were at the same point: after the same item, in a visit's
    beginning (-1), and, where a context is given, in the same context.
    """

    def __init__(self) -> None:
        self._next: defaultdict[tuple[int, int], deque[int]] = defaultdict(
            lambda: deque(maxlen=FOLLOWER_COUNT)
        )

    def add(
        self, before: NDArray[np.integer], context: NDArray[np.integer], item: NDArray[np.integer]
    ) -> None:
        """Count that each ``item`` was taken after ``before`` in a context."""
        points = zip(before.tolist(), context.tolist(), strict=True)
        for point, taken in zip(points, item.tolist(), strict=True):
            self._next[point].append(taken)

    def counts(
        self,
        before: NDArray[np.integer],
        context: NDArray[np.integer],
        place: NDArray[np.integer],
        width: int,
    ) -> NDArray[np.float64]:
        """Return a row for each point: how many then took what stands at each place.

        ``place`` [items] is an item's place, -1 for the others; the last column counts those.
        """
        points, which = np.unique(np.stack([before, context]), axis=1, return_inverse=True)
        found = np.zeros((points.shape[1], width + 1))
        for row, point in enumerate(zip(*points.tolist(), strict=True)):
            if point in self._next:
                taken = place[np.fromiter(self._next[point], np.int64)]
                found[row] = np.bincount(np.where(taken < 0, width, taken), minlength=width + 1)
        return found[which.ravel()]
