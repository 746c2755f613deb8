"""Top 10 in the country today: true ranks, not personalised."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.page import Row
from pasand.domain.query import Query
from pasand.stages.models import Models
from pasand.stages.places import allowed_in
from pasand.stages.rows.proposals import propose

__all__ = ["COUNTRIES", "Config", "TopTenRow"]

#: Countries that the languages can name; in another one the world's ranking is shown.
COUNTRIES = frozenset(re.findall(
    "[A-Z]+",
    "AE AR AT AU BD BE BR CA CH CL CO CZ DE DK EG ES FI FR GB GR HU ID IE IL IN IT JP KE KR "
    "LK MX MY NG NL NO NP NZ PE PH PK PL PT RO SA SE SG TH TR TW UA US VN ZA",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Config:
    """``count``: how many ranks."""

    count: int = 10


class TopTenRow:
    """One numbered row. Ranks are counted over all that is offered in the country; a title that
    this member may not or does not want to see leaves a gap, so a rank shown is always true.
    """

    kinds: ClassVar[tuple[str, ...]] = ("top-10",)

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose the ranking."""
        ranked = self._ranking(query)
        at = np.minimum(np.searchsorted(candidates.position, ranked), len(candidates) - 1)
        there = candidates.position[at] == ranked if len(candidates) else np.zeros(0, bool)
        if there.sum() < 3:
            return []
        country = _country(query)
        value = np.zeros(len(candidates))
        value[at[there]] = np.arange(len(ranked), 0, -1)[there]
        row = propose(
            query,
            candidates,
            at[there],
            value,
            row_id="top-10",
            kind="top-10",
            title="row.top-10-in" if country else "row.top-10",
            values={"country": country} if country else {},
            shape="numbered",
            takes_finished=True,
            reason="popular",
            cell_count_min=3,
        )
        return [replace(row, rank=(np.flatnonzero(there) + 1).astype(np.int16))]

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return which cells stand at their true rank."""
        ranked = self._ranking(query)
        if row.rank is None or row.title_values.get("country", "") != _country(query):
            return np.zeros(len(row), bool)
        at = row.rank.astype(np.intp) - 1
        inside = (at >= 0) & (at < len(ranked))
        there = np.append(ranked, -1)[np.where(inside, at, len(ranked))]
        return np.asarray(there == row.position)

    def _ranking(self, query: Query) -> NDArray[np.int32]:
        """Return the first of what is offered here, most taken first."""
        catalog, country = query.catalog, _country(query)
        scope = f"country:{country}" if country else ""
        ranked = query.counters.ranking(catalog, "trending", scope, 20 * self.config.count)
        offered = (
            catalog.offerable[ranked]
            & (catalog.available_from_ms[ranked] <= query.at_ms)
            & (query.at_ms < catalog.available_until_ms[ranked])
            & allowed_in(catalog.region, ranked, query.country)
        )
        return ranked[offered][: self.config.count]


def _country(query: Query) -> str:
    return query.country if query.country in COUNTRIES else ""
