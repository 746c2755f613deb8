"""Who took what, once each: the sparse member × item matrix that several models are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions

__all__ = ["Rows", "by_row", "taken_once"]


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows: row r has the entries ``start[r]`` to ``start[r + 1]``."""

    start: NDArray[np.int64]
    column: NDArray[np.int32]
    weight: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.start) - 1


def taken_once(interactions: Interactions) -> NDArray[np.int64]:
    """Return the place of the newest interaction of each member with each item, in time order."""
    key = interactions.member.astype(np.int64) * len(interactions.item_ids) + interactions.item
    # The first of a reversed array is the last of the array.
    _, place = np.unique(key[::-1], return_index=True)
    return np.sort(len(key) - 1 - place).astype(np.int64)


def by_row(
    row: NDArray[np.integer],
    column: NDArray[np.integer],
    weight: NDArray[np.float32],
    row_count: int,
) -> Rows:
    """Return entries grouped by row; within a row they keep their order."""
    order = np.argsort(row, kind="stable")
    start = np.zeros(row_count + 1, np.int64)
    np.cumsum(np.bincount(row, minlength=row_count), out=start[1:])
    return Rows(start, column[order].astype(np.int32), weight[order])
