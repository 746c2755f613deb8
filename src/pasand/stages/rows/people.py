"""People rows: actors and directors the member returns to, each with what they are in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.page import Row
from pasand.domain.profile import taste_at
from pasand.domain.query import Query
from pasand.stages.chosen import chosen
from pasand.stages.models import Models
from pasand.stages.rows.proposals import has_name, promising, propose

__all__ = ["Config", "PeopleRow"]


@dataclass(frozen=True, slots=True)
class Config:
    """``row_count``: how many such rows to propose at most; ``title_count_min``: whoever is in
    fewer of the titles that the member chose is nobody they return to.
    """

    row_count: int = 4
    title_count_min: int = 2


class PeopleRow:
    """One row a person, the dearest first."""

    kinds: ClassVar[tuple[str, ...]] = ("people",)

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose people rows."""
        tastes = taste_at(query.profile.people, query.at_ms)
        own = candidates.remember("chosen", lambda: chosen(query))
        known = {name: count for name, count in _counts(query, own.position) if name in tastes}
        dear = [
            name
            for name in sorted(known, key=lambda name: (-tastes[name], name))
            if known[name] >= self.config.title_count_min and tastes[name] > 0
        ]
        dear = dear[: 4 * self.config.row_count]
        rows: list[Row] = []
        for name, held in zip(dear, _held(query, candidates, dear), strict=True):
            if len(rows) == self.config.row_count or len(held) < 3:
                continue
            rows.append(
                propose(
                    query,
                    candidates,
                    held,
                    row_id=f"people:{name}",
                    kind="people",
                    title="row.person",
                    evidence="why.person",
                    values={"person": name, "count": known[name]},
                    cell_count_min=3,
                )
            )
        return rows

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return which cells have the person, who is in as many chosen titles as the row says."""
        name, said = row.title_values.get("person"), row.title_values.get("count")
        counts = dict(_counts(query, chosen(query).position))
        if counts.get(str(name), 0) != said or counts[str(name)] < self.config.title_count_min:
            return np.zeros(len(row), bool)
        return has_name(query.catalog.person, name, row.position)


def _held(query: Query, candidates: Candidates, names: Sequence[str]) -> list[NDArray[np.intp]]:
    """Return for each name which candidates have it, best first: there may be ten thousands of
    names, so all are looked up at once.
    """
    facet, fresh = query.catalog.person, promising(query, candidates)
    slot_of = np.full(len(facet.names), -1, np.int16)
    slot_of[[facet.code[name] for name in names]] = np.arange(len(names))
    owner, codes = facet.pairs(candidates.position[fresh])
    slot = slot_of[codes]
    owner, slot = owner[slot >= 0], slot[slot >= 0]
    order = np.argsort(slot, kind="stable")
    bounds = np.searchsorted(slot[order], np.arange(len(names) + 1)).tolist()
    held = fresh[owner[order]]
    return [held[start:stop] for start, stop in pairwise(bounds)]


def _counts(query: Query, position: NDArray[np.int32]) -> list[tuple[str, int]]:
    """Return who is in the chosen titles, and in how many of them."""
    facet = query.catalog.person
    _, codes = facet.pairs(position)
    found, counts = np.unique(codes, return_counts=True)
    return [(facet.names[c], n) for c, n in zip(found.tolist(), counts.tolist(), strict=True)]
