"""Top 10 in the country today: true ranks, not personalised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pasand.domain.candidates import Candidates
from pasand.domain.page import Row
from pasand.domain.query import Query
from pasand.stages.models import Models
from pasand.stages.places import allowed_in
from pasand.stages.rows.country_names import COUNTRY_NAMES
from pasand.stages.rows.proposals import propose

__all__ = ["Config", "TopTenRow"]


@dataclass(frozen=True, slots=True)
class Config:
    """``count``: how many ranks."""

    count: int = 10


class TopTenRow:
    """One numbered row. Ranks are counted over all that is offered in the country; a title that
    this member may not or does not want to see leaves a gap, so a rank shown is always true.
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose the ranking."""
        catalog = query.catalog
        place = query.country if query.country in COUNTRY_NAMES else ""
        scope = f"country:{query.country}" if place else ""
        ranked = query.counters.ranking(catalog, "trending", scope, 20 * self.config.count)
        offered = (
            catalog.offerable[ranked]
            & (catalog.available_from_ms[ranked] <= query.at_ms)
            & (query.at_ms < catalog.available_until_ms[ranked])
            & allowed_in(catalog.region, ranked, query.country)
        )
        ranked = ranked[offered][: self.config.count]
        at = np.minimum(np.searchsorted(candidates.position, ranked), len(candidates) - 1)
        there = candidates.position[at] == ranked if len(candidates) else np.zeros(0, bool)
        if there.sum() < 3:
            return []
        value = np.zeros(len(candidates))
        value[at[there]] = np.arange(len(ranked), 0, -1)[there]
        row = propose(
            query,
            candidates,
            at[there],
            value,
            row_id="top-10",
            kind="top-10",
            title=f"Top 10 in {COUNTRY_NAMES[place]} today" if place else "Top 10 today",
            shape="numbered",
            takes_finished=True,
            reason="popular",
            cell_count_min=3,
        )
        return [replace(row, rank=(np.flatnonzero(there) + 1).astype(np.int16))]
