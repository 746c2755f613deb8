"""How row makers choose names that suit a member, and propose candidates, best cell first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Ragged
from pasand.domain.page import REASONS, Row
from pasand.domain.query import Query

#: A small page's themed rows are chosen among so many titles.
PROMISING_COUNT_MIN = 1_200

__all__ = [
    "best_among", "best_first", "codes_by_taste", "has_name", "promising", "propose", "untaken",
    "wanted", "within",
]  # fmt: skip


def best_first(candidates: Candidates) -> NDArray[np.intp]:
    """Return the candidates (indices) that the member has neither taken nor finished, greatest
    score first; ties keep catalogue order. Every row maker of a page shares it.
    """

    def order() -> NDArray[np.intp]:
        gone = (candidates.column("taken") != 0) | (candidates.column("finished") != 0)
        fresh = np.flatnonzero(~gone)
        found: NDArray[np.intp] = fresh[np.argsort(-candidates["score"][fresh], kind="stable")]
        return found

    return candidates.remember("best-first", order)


def promising(query: Query, candidates: Candidates) -> NDArray[np.intp]:
    """Return the first of ``best_first``, enough for a page's themed rows: what stands behind
    them would not be shown, and looking at all of it costs a page's time.
    """
    most = max(PROMISING_COUNT_MIN, int(1.5 * query.row_count * query.column_count))
    return best_first(candidates)[:most]


def best_among(candidates: Candidates, position: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return which of ``best_first`` are among these positions (ascending), best first."""
    fresh = best_first(candidates)
    if not len(fresh) or not len(position):
        return fresh[:0]
    if len(position) > len(fresh):
        own = candidates.position[fresh]
        at = np.minimum(np.searchsorted(position, own), len(position) - 1)
        return np.asarray(fresh[position[at] == own])

    def places() -> NDArray[np.intp]:
        place = np.full(len(candidates), -1)
        place[fresh] = np.arange(len(fresh))
        return place

    at = np.minimum(np.searchsorted(candidates.position, position), len(candidates) - 1)
    place = candidates.remember("places", places)[at[candidates.position[at] == position]]
    return np.asarray(fresh[np.sort(place[place >= 0])])


def untaken(query: Query, position: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which items the member has not finished: the rule of every row that takes no
    finished titles.
    """
    done = query.catalog.positions(query.profile.finished)
    return ~np.isin(position, done)


def within(position: NDArray[np.int32], few: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which positions are among a few others, ascending."""
    if not len(few):
        return np.zeros(len(position), bool)
    at = np.minimum(np.searchsorted(few, position), len(few) - 1)
    return np.asarray(few[at] == position)


def has_name(facet: Ragged, name: object, position: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which items have a genre, tag or person."""
    found = np.zeros(len(position), bool)
    owner, codes = facet.pairs(position)
    found[owner[codes == facet.code.get(str(name), -1)]] = True
    return found


def codes_by_taste(facet: Ragged, tastes: Mapping[str, float]) -> list[int]:
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
    order_by: NDArray[np.floating] | None = None,
    *,
    row_id: str,
    kind: str,
    title: str,
    evidence: str = "",
    values: Mapping[str, str | int] | None = None,
    shape: str = "card",
    takes_finished: bool = False,
    reason: str = "",
    cause: int = -1,
    cell_count_min: int = 4,
    limit: int = 0,
) -> Row:
    """Return a row of the ``chosen`` candidates (indices), ordered by ``order_by`` over all.

    Without ``order_by`` they stand in the order given: best first. Ties keep catalogue order.
    ``title`` and ``evidence`` are keys of messages that ``values`` fill in, or texts. Without
    ``reason`` each cell keeps the scorer's own. ``limit`` is how many cells are proposed, 0 for
    as many as usual.
    """
    limit = limit or wanted(query)
    if order_by is not None:
        if not takes_finished:
            chosen = chosen[candidates.column("finished")[chosen] == 0]
        chosen = _ordered(candidates, chosen, order_by[chosen], limit)
    chosen = chosen[:limit]
    count = len(chosen)
    cells = candidates.remember("cells", lambda: _cells(candidates))
    return Row(
        row_id=row_id,
        kind=kind,
        title=title,
        evidence=evidence,
        title_values=values or {},
        shape=shape,
        takes_finished=takes_finished,
        cell_count_min=cell_count_min,
        position=candidates.position[chosen],
        score=cells.score[chosen],
        value=cells.value[chosen],
        reason=np.full(count, REASONS.index(reason), np.int8) if reason else cells.reason[chosen],
        cause=np.full(count, cause, np.int32) if reason else cells.cause[chosen],
        propensity=cells.certain[:count],
    )


class _Cells(NamedTuple):
    """What cells take from the candidates, as a row has it: made once for all rows of a page."""

    score: NDArray[np.float32]
    value: NDArray[np.float32]
    reason: NDArray[np.int8]
    cause: NDArray[np.int32]
    certain: NDArray[np.float64]


def _cells(candidates: Candidates) -> _Cells:
    return _Cells(
        candidates["score"].astype(np.float32),
        candidates.column("value").astype(np.float32),
        candidates.column("reason").astype(np.int8),
        candidates.column("cause_item", -1.0).astype(np.int32),
        np.ones(len(candidates)),
    )


def _ordered(
    candidates: Candidates, chosen: NDArray[np.intp], value: NDArray[np.floating], limit: int
) -> NDArray[np.intp]:
    """Return the first of the chosen, greatest value first."""
    if len(chosen) > 4 * limit:
        best = np.argpartition(-value, limit)[:limit]
        chosen, value = chosen[best], value[best]
    return chosen[np.lexsort((candidates.position[chosen], -value))]
