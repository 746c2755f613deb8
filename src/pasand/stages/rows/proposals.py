"""How row makers choose names that suit a member, and propose candidates, best cell first."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Groups, Ragged
from pasand.domain.page import REASONS, Row
from pasand.domain.query import Query

__all__ = [
    "best_among", "best_first", "codes_by_taste", "grouped", "has_name", "propose", "untaken",
    "wanted",
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


def grouped(candidates: Candidates, facet: Ragged, name: str) -> Groups:
    """Return for every code of a facet which of ``best_first`` have it, best first."""
    return candidates.remember(
        f"grouped-{name}", lambda: facet.among(candidates.position[best_first(candidates)])
    )


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
) -> Row:
    """Return a row of the ``chosen`` candidates (indices), ordered by ``order_by`` over all.

    Without ``order_by`` they stand in the order given: best first. Ties keep catalogue order.
    ``title`` and ``evidence`` are keys of messages that ``values`` fill in, or texts. Without
    ``reason`` each cell keeps the scorer's own.
    """
    if order_by is not None:
        if not takes_finished:
            chosen = chosen[candidates.column("finished")[chosen] == 0]
        chosen = _ordered(candidates, chosen, order_by[chosen], wanted(query))
    chosen = chosen[: wanted(query)]
    count = len(chosen)
    own_reason, own_cause = candidates.column("reason"), candidates.column("cause_item", -1.0)
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
        score=candidates["score"][chosen].astype(np.float32),
        value=candidates.column("value")[chosen].astype(np.float32),
        reason=np.full(count, REASONS.index(reason), np.int8)
        if reason
        else own_reason[chosen].astype(np.int8),
        cause=np.full(count, cause, np.int32) if reason else own_cause[chosen].astype(np.int32),
        propensity=np.ones(count),
    )


def _ordered(
    candidates: Candidates, chosen: NDArray[np.intp], value: NDArray[np.floating], limit: int
) -> NDArray[np.intp]:
    """Return the first of the chosen, greatest value first."""
    if len(chosen) > 4 * limit:
        best = np.argpartition(-value, limit)[:limit]
        chosen, value = chosen[best], value[best]
    return chosen[np.lexsort((candidates.position[chosen], -value))]
