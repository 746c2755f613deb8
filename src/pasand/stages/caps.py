"""Operators' caps: at most so many items for which a rule holds, in a row or on the page.

Proposals are cut before the page is arranged, so that whatever the arranger does keeps the cap,
and the probabilities it draws with stay exact.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pasand.domain.page import Row
from pasand.domain.query import Query

__all__ = ["capped"]


def capped(query: Query, rows: Sequence[Row]) -> list[Row]:
    """Return the proposals without what no cap has room for, the best of each staying."""
    rows = list(rows)
    for rule in query.rules.of("cap"):
        holds = rule.mask(query.catalog, query.at_ms)
        if rule.does.per == "row":
            rows = [_first(row, holds, rule.does.count) for row in rows]
        else:
            over = holds.copy()
            over[_best(rows, holds, rule.does.count)] = False
            rows = [row.take(np.flatnonzero(~over[row.position])) for row in rows]
    return rows


def _first(row: Row, holds: NDArray[np.bool_], count: int) -> Row:
    """Return a proposal with its best ``count`` of the items for which a rule holds."""
    named = holds[row.position]
    return row.take(np.flatnonzero(~named | (np.cumsum(named) <= count)))


def _best(rows: Sequence[Row], holds: NDArray[np.bool_], count: int) -> NDArray[np.int32]:
    """Return which items may stand on the page: what the member has begun, then by score."""
    if not rows:
        return np.empty(0, np.int32)
    position = np.concatenate([row.position for row in rows])
    score = np.concatenate([row.score for row in rows]).astype(np.float64)
    begun = np.repeat([row.shape == "progress" for row in rows], [len(row) for row in rows])
    named = holds[position]
    order = np.lexsort((position[named], -score[named], ~begun[named]))
    ranked = position[named][order]
    _, first = np.unique(ranked, return_index=True)
    return np.asarray(ranked[np.sort(first)[:count]], np.int32)
