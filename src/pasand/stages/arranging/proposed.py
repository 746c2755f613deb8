"""The rows that compete for a page as one table: a line a row, its items from the best on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pasand.domain.page import Row

__all__ = ["Proposed", "worth_of"]


class Proposed:
    """``position`` [row, place] in the catalogue, padded with ``item_count``, and ``worth`` of the
    items there, padded with 0: of each row the first ``width`` places. ``order`` are a row's own
    cells in that order, where it is another than the row's. Worths are taken to the power of
    ``sharpness``: above 1 the best few decide which rows stand first.
    """

    __slots__ = ("order", "position", "rows", "worth")

    def __init__(
        self, rows: Sequence[Row], item_count: int, width: int, sharpness: float = 1.0
    ) -> None:
        self.rows = rows
        count = np.array([min(len(row), width) for row in rows], np.intp)
        filled = np.arange(int(count.max(initial=0))) < count[:, None]
        self.position = np.full(filled.shape, item_count, np.int32)
        self.worth = np.zeros(filled.shape, np.float32)
        self.order: dict[int, NDArray[np.intp]] = {}
        if not filled.size:
            return
        self.position[filled] = np.concatenate([row.position[:width] for row in rows])
        self.worth[filled] = np.concatenate([worth_of(row)[:width] for row in rows])
        rises = (self.worth[:, 1:] > self.worth[:, :-1]).any(axis=1)
        for number in np.flatnonzero(rises).tolist():
            # Cells with a rank or with progress keep their row's order, which is what they say.
            if rows[number].shape == "card":
                self._sort(number, width)
        if sharpness != 1.0:
            np.power(self.worth, sharpness, out=self.worth)

    def _sort(self, number: int, width: int) -> None:
        row = self.rows[number]
        worth = worth_of(row)
        order = self.order[number] = np.argsort(-worth, kind="stable")
        first = order[:width]
        self.position[number, : len(first)] = row.position[first]
        self.worth[number, : len(first)] = worth[first]

    def items(self, number: int) -> NDArray[np.int32]:
        """Return all items of a row, the best first."""
        order = self.order.get(number)
        position = self.rows[number].position
        return position if order is None else position[order]

    def cut(self, number: int, places: Sequence[int]) -> Row:
        """Return a row with the cells at these places only."""
        at = np.array(places, np.intp)
        order = self.order.get(number)
        return self.rows[number].take(at if order is None else order[at])


def worth_of(row: Row) -> NDArray[np.float32]:
    """Return what each cell is worth; rows without values are worth their positive scores."""
    return np.maximum(row.score, np.float32(0)) if row.value is None else row.value
