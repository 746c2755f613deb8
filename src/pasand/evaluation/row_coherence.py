"""Whether every cell of a page keeps its row's own rule: what the row says of itself is so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pasand.domain.page import Page, Row
from pasand.domain.query import Query
from pasand.pipeline import RowMaker
from pasand.stages.rows.proposals import untaken

__all__ = ["Misplaced", "misplaced", "row_coherence"]

#: Kinds of row that say nothing of what is in them: the last rung's, and what operators pin.
FREE_KINDS = frozenset(("all", "featured"))


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A cell that its row's rule does not let stand there."""

    row_id: str
    item_id: str


def misplaced(query: Query, page: Page, row_makers: Iterable[RowMaker]) -> list[Misplaced]:
    """Return the cells of a page that break the rule of their row, by the makers of its plan.

    A row whose kind no maker answers for has no rule to keep, so all of its cells are returned.
    """
    of_kind = {kind: maker for maker in row_makers for kind in maker.kinds}
    return [
        Misplaced(row.row_id, query.catalog.item_ids[at])
        for row in page.rows
        if row.kind not in FREE_KINDS
        for at in row.position[~_held(query, row, of_kind.get(row.kind))].tolist()
    ]


def _held(
    query: Query, row: Row, maker: RowMaker | None
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if maker is None:
        return np.zeros(len(row), bool)
    held = maker.holds(query, row)
    assert held.shape == row.position.shape, f"{row.kind}: one answer a cell"
    return held if row.takes_finished else held & untaken(query, row.position)


def row_coherence(query: Query, page: Page, row_makers: Iterable[RowMaker]) -> float:
    """Return the share of cells that keep their row's rule, 1 on a page without cells."""
    count = page.cell_count
    return 1.0 - len(misplaced(query, page, row_makers)) / count if count else 1.0
