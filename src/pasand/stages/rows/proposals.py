"""How row makers choose names that suit a member, and propose candidates, best cell first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Ragged
from pasand.domain.page import REASONS, Row
from pasand.domain.query import Query

__all__ = ["codes_by_taste", "propose", "wanted"]


def codes_by_taste(facet: Ragged, tastes: dict[str, float]) -> list[int]:
    """Return the codes of names that are not disliked, most liked first, then most frequent."""
    liking = np.zeros(len(facet.names))
    for name, value in tastes.items():
        if name in facet.code:
            liking[facet.code[name]] = value
    order = np.lexsort((-facet.size, -liking))
    codes: list[int] = order[liking[order] >= -0.5].tolist()
    return codes


def wanted(query: Query) -> int:
    """Return how many cells a proposal needs: spare ones for items that stand elsewhere."""
    return 3 * query.column_count + 20


def propose(
    query: Query,
    candidates: Candidates,
    chosen: NDArray[np.intp],
    order_by: NDArray[np.floating],
    *,
    row_id: str,
    kind: str,
    title: str,
    evidence: str = "",
    shape: str = "card",
    takes_finished: bool = False,
    reason: str = "",
    cause: int = -1,
    cell_count_min: int = 4,
    limit: int = 0,
) -> Row:
    """Return a row of the ``chosen`` candidates (indices), ordered by ``order_by`` over all.

    Ties keep catalogue order. Without ``reason`` each cell keeps the scorer's own. ``limit`` is
    how many cells are proposed, 0 for as many as usual.
    """
    if not takes_finished:
        chosen = chosen[candidates.column("finished")[chosen] == 0]
    value = order_by[chosen]
    limit = limit or wanted(query)
    if len(chosen) > 4 * limit:
        best = np.argpartition(-value, limit)[:limit]
        chosen, value = chosen[best], value[best]
    chosen = chosen[np.lexsort((candidates.position[chosen], -value))][:limit]
    count = len(chosen)
    own_reason, own_cause = candidates.column("reason"), candidates.column("cause_item", -1.0)
    return Row(
        row_id=row_id,
        kind=kind,
        title=title,
        evidence=evidence,
        shape=shape,
        takes_finished=takes_finished,
        cell_count_min=cell_count_min,
        position=candidates.position[chosen],
        score=candidates["score"][chosen].astype(np.float32),
        value=candidates.column("value")[chosen].astype(np.float32),
        reason=np.full(count, REASONS.index(reason), np.int8)
        if reason
        else own_reason[chosen].astype(np.int8),
        cause=np.full(count, cause, np.int32) if reason else own_cause[chosen].astype(np.int32),
        propensity=np.ones(count),
    )
