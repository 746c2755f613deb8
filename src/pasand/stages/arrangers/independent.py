"""Rows ranked each by its own worth, whatever else stands on the page.

It is a yardstick: what it is worth to choose each row given those above it shows beside it
(``pasand evaluate page``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pasand.domain.page import Page, Row
from pasand.domain.query import Query
from pasand.stages.models import Models
from pasand.stages.page_filling import Filling, worth

__all__ = ["Config", "IndependentArranger"]


@dataclass(frozen=True, slots=True)
class Config:
    """``column_decay``: attention left from one column to the next."""

    column_decay: float = 0.85


class IndependentArranger:
    """The hero, Continue watching, then rows by the worth of their own cells.

    A title that stands above leaves its row as the page is filled; no row's worth is counted
    again for it.
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, rows: Sequence[Row]) -> Page:
        """Return the page."""
        filling = Filling(query)
        filling.put_hero(rows)
        attention = self.config.column_decay ** np.arange(query.column_count)

        def value(row: Row) -> float:
            cells = worth(row)[: query.column_count]
            return float(cells @ attention[: len(cells)])

        for row in sorted(rows, key=lambda row: (row.kind != "continue", -value(row))):
            filling.put(row)
        return Page(rows=tuple(filling.rows[: query.row_count]))
