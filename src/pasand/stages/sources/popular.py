"""What everybody takes these weeks, leaning to the member's country and device class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.query import Query
from pasand.stages.columns import best_positions, candidate_count, popularity_now, unit
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
        view, catalog = query.counters, query.catalog
        place = (catalog, query.country, query.device, query.at_ms // 60_000)
        popularity = popularity_now(query)
        position = view.remember(
            ("popular", count, *place), lambda: _most_popular(popularity, count)
        ).astype(np.int32)
        return Candidates(position, {"popular": unit(np.log1p(popularity[position]))})


def _most_popular(popularity: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the positions of the most popular items, the catalogue's first where too few are."""
    position = best_positions(popularity, count)
    if len(position) < min(count, len(popularity)):
        spare = np.flatnonzero(popularity <= 0)[: count - len(position)]
        position = np.union1d(position, spare).astype(np.int32)
    return position.astype(np.float64)
