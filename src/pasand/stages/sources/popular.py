"""What everybody takes these weeks, leaning to the member's country and device class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pasand.domain.candidates import Candidates
from pasand.domain.query import Query
from pasand.stages.columns import candidate_count, unit
from pasand.stages.models import Models

__all__ = ["Config", "PopularSource"]


@dataclass(frozen=True, slots=True)
class Config:
    """``count``: how many items to propose at least."""

    count: int = 600


class PopularSource:
    """Column ``popular``: decayed count (half-life a week), log scaled to 0..1."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query) -> Candidates:
        """Propose the most popular items; the first of the catalogue while nothing is known."""
        count = candidate_count(query, self.config.count)
        view, catalog, place = query.counters, query.catalog, (query.country, query.device)
        position = view.best(catalog, "popular", count, *place)
        if len(position) < min(count, len(catalog)):
            # These are all that anybody took: who is not among them was taken by nobody.
            spare = np.setdiff1d(np.arange(min(2 * count, len(catalog))), position)
            position = np.union1d(position, spare[: count - len(position)]).astype(np.int32)
        value = view.popularity_of(catalog, position, "popular", query.at_ms, *place)
        return Candidates(position, {"popular": unit(np.log1p(value))})
