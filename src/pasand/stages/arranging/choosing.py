"""Which rows stand on the page, one after the other from the top.

A row is worth what it adds: each of its items at the attention of its cell, less the attention
the item has already where a row above wants it too (an item takes one cell, the better one). So
the worth of a row falls as the page fills, and only the rows that look best by what they were
worth before are counted again (after the lazy greedy of Minoux 1978).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.stages.arranging.proposed import Proposed

__all__ = ["BLOCKED", "Chooser", "Taste"]

Floats = NDArray[np.floating]
#: The attention of an item in a cell that it cannot leave: more than any cell has.
BLOCKED = np.float32(2.0)
#: So many rows are counted again at a time: one call for some costs little more than for one.
AMONG = 12
COUNTED_AGAIN = 2


@dataclass(frozen=True, slots=True)
class Taste:
    """What counts beside the cells: ``liking`` of each row, a factor; what is left of it after
    each further row of a kind (``repeat``); how many rows of a kind there may be (``cap``).

    ``held`` [row, title] says which row could show which title of last time, ``held_until`` down
    to which place that keeps the title near its own; a row that keeps them all is worth as much
    more as the share ``coherence`` of the best row.
    """

    liking: Floats
    repeat: float
    cap: Mapping[str, int]
    held: NDArray[np.bool_]
    held_until: NDArray[np.intp]
    coherence: float


class Chooser:
    """The page while rows are chosen. ``covered``: the attention that each item has by now."""

    def __init__(
        self, table: Proposed, attention: Floats, covered: NDArray[np.float32], taste: Taste
    ) -> None:
        self.table, self.covered, self.taste = table, covered, taste
        column_count = attention.shape[1]
        # What the cells of a row at each depth get: the first, the second, ..., and 0 for none.
        self.by_rank = np.zeros((len(attention), column_count + 2), np.float32)
        self.by_rank[:, 1:-1] = attention
        self.factor = taste.liking.astype(np.float32)
        kinds = [row.kind for row in table.rows]
        code = {kind: number for number, kind in enumerate(dict.fromkeys(kinds))}
        self.kinds = np.array([code[kind] for kind in kinds], np.intp)
        self.least = np.array([max(row.cell_count_min, 1) for row in table.rows], np.intp)
        self.loose = np.ones(taste.held.shape[1], bool)
        self.left = {code[kind]: count for kind, count in taste.cap.items() if kind in code}
        self.bound = np.full(len(table.rows), np.inf)
        self.best_row = 0.0
        #: The attention that a row's items would get where it was counted last.
        self.seen: dict[int, Floats] = {}
        #: The place that rows were counted for last, -1 before any were.
        self.depth = -1

    def best(self, depth: int, count: int) -> list[int]:
        """Return up to ``count`` rows for the places from ``depth`` on, the best first."""
        fresh = np.zeros(len(self.bound), bool)
        if self.depth < 0:
            again = np.flatnonzero(self.bound > -np.inf)
            self.bound[again] = self._worth(again, depth)
            fresh[again] = True
        else:
            # Everything is worth less further down; how much is known but for its items.
            self.bound *= self.by_rank[depth].sum() / self.by_rank[self.depth].sum()
        self.depth = depth
        for _ in range(COUNTED_AGAIN):
            order = np.argsort(-self.bound, kind="stable")
            order = order[self.bound[order] > -np.inf]
            again = order[~fresh[order]][: max(AMONG, count)]
            if fresh[order[:count]].all() or not len(again):
                break
            self.bound[again] = self._worth(again, depth)
            fresh[again] = True
        sure = np.where(fresh, self.bound, -np.inf)
        order = np.argsort(-sure, kind="stable")[:count]
        chosen: list[int] = order[sure[order] > -np.inf].tolist()
        return chosen

    def place(self, number: int, depth: int) -> None:
        """Note that a row stands at ``depth``."""
        # Counted a moment ago, except for a row that is pinned to its place.
        seen = self.seen.get(number)
        if seen is None:
            seen = self._cells(np.array([number]), depth)[0][0]
        items = self.table.position[number]
        self.covered[items] = np.maximum(self.covered[items], seen)
        kind = int(self.kinds[number])
        self.factor[self.kinds == kind] *= 1.0 - self.taste.repeat
        self.bound[number] = -np.inf
        if kind in self.left:
            self.left[kind] -= 1
            if self.left[kind] <= 0:
                self.bound[self.kinds == kind] = -np.inf
        if self.loose.any():
            self.loose &= ~(self.taste.held[number] & (self.taste.held_until >= depth))

    def _cells(self, numbers: NDArray[np.intp], depth: int) -> tuple[Floats, Floats]:
        """Return for each item of rows at ``depth`` the attention that it would get there (0: no
        cell), and the attention that it has.
        """
        by_rank = self.by_rank[depth]
        have = self.covered[self.table.position[numbers]]
        free = have < by_rank[1]
        rank = np.cumsum(free, axis=1, dtype=np.int32)
        np.minimum(rank, len(by_rank) - 1, out=rank)
        rank *= free
        return by_rank[rank], have

    def _worth(self, numbers: NDArray[np.intp], depth: int) -> Floats:
        seen, have = self._cells(numbers, depth)
        self.seen.update(zip(numbers.tolist(), seen, strict=True))
        added = np.maximum(seen - have, 0.0)
        worth = np.einsum("rc,rc->r", added, self.table.worth[numbers]) * self.factor[numbers]
        self.best_row = self.best_row or float(worth.max(initial=0.0))
        if self.loose.any():
            keeps = self.taste.held[numbers] & (self.loose & (self.taste.held_until >= depth))
            bonus = self.taste.coherence * self.best_row / len(self.loose)
            worth += bonus * keeps.sum(axis=1)
        worth[np.count_nonzero(have == 0, axis=1) < self.least[numbers]] = -np.inf
        return np.asarray(worth)
