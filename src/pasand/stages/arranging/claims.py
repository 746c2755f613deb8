"""What stands on the page before rows compete: the hero, and rows that claim their items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pasand.domain.page import Row
from pasand.domain.query import Query

__all__ = ["claimed", "hero_of", "within"]


def claimed(
    rows: Sequence[Row], kinds: Sequence[str], used: NDArray[np.bool_], column_count: int
) -> dict[str, Row]:
    """Return the first row of each of these kinds, cut to the cells it gets, and mark them used.

    The kinds claim in order: an item that an earlier one shows leaves a gap in a later one.
    """
    found: dict[str, Row] = {}
    for kind in kinds:
        row = next((row for row in rows if row.kind == kind), None)
        cut = None if row is None else within(row, used, column_count)
        if cut is not None:
            found[kind] = cut
            used[cut.position] = True
    return found


def within(row: Row, used: NDArray[np.bool_], column_count: int) -> Row | None:
    """Return a row with its first cells that are free, None where they are too few."""
    free = np.flatnonzero(~used[row.position])[:column_count]
    return None if len(free) < max(row.cell_count_min, 1) else row.take(free)


def hero_of(query: Query, rows: Sequence[Row], used: NDArray[np.bool_]) -> Row | None:
    """Return the best pick that has a picture, else the best pick; only a home has a hero."""
    picks = next((row for row in rows if row.kind == "top-picks" and len(row)), None)
    if picks is None or query.surface != "home":
        return None
    free = ~used[picks.position]
    pictured = free & (query.catalog.artwork_count[picks.position] > 0)
    at = np.flatnonzero(pictured if pictured.any() else free)
    if not len(at):
        return None
    return replace(picks.take(at[:1]), row_id="hero", kind="hero", shape="hero", title="")
