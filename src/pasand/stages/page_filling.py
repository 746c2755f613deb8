"""What the plain arrangers share: the hero, and rows cut to the titles that are still free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pasand.domain.page import Row
from pasand.domain.query import Query

__all__ = ["Filling", "worth"]


class Filling:
    """A page that fills row by row; a title takes one cell, and the row that comes first has it."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._used = np.zeros(len(query.catalog), bool)
        self.rows: list[Row] = []

    @property
    def full(self) -> bool:
        """Whether the page has all its rows."""
        return len(self.rows) >= self._query.row_count

    def put_hero(self, rows: Sequence[Row]) -> None:
        """Put the best pick above all rows, one with a picture where there is any."""
        picks = next((row for row in rows if row.kind == "top-picks" and len(row)), None)
        if picks is None or self._query.surface != "home":
            return
        pictured = self._query.catalog.artwork_count[picks.position] > 0
        at = np.flatnonzero(pictured if pictured.any() else np.ones(len(picks), bool))[:1]
        self._put(replace(picks.take(at), row_id="hero", kind="hero", shape="hero", title=""))

    def put(self, row: Row) -> None:
        """Put a row below the others, where enough of its titles are free and there is room."""
        free = np.flatnonzero(~self._used[row.position])[: self._query.column_count]
        if not self.full and len(free) and len(free) >= row.cell_count_min:
            self._put(row.take(free))

    def _put(self, row: Row) -> None:
        self._used[row.position] = True
        self.rows.append(row)


def worth(row: Row) -> NDArray[np.floating]:
    """Return what each cell of a row is worth to a member who looks at it."""
    return row.score if row.value is None else row.value
