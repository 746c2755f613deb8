"""What has come to the catalogue lately, so that a new title is seen before anybody took it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.query import Query
from pasand.stages.columns import best_positions
from pasand.stages.models import Models

__all__ = ["Config", "FreshSource"]

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Config:
    """``count``: items to propose; ``days``: how long an item is new."""

    count: int = 150
    days: float = 60.0


class FreshSource:
    """Column ``fresh``: 1 on the day of arrival, falling to 0 after ``days``."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query) -> Candidates:
        """Propose the newest items that are already there."""
        catalog, config = query.catalog, self.config

        minute = query.at_ms // 60_000

        def newest() -> NDArray[np.float64]:
            fresh = freshness(catalog.released_ms, 60_000 * minute, config.days)
            return best_positions(fresh, config.count).astype(np.float64)

        found = query.counters.remember(("fresh", catalog, minute, config), newest)
        position = found.astype(np.int32)
        fresh = freshness(catalog.released_ms[position], query.at_ms, config.days)
        return Candidates(position, {"fresh": fresh.astype(np.float32)})


def freshness(released_ms: NDArray[np.int64], at_ms: int, days: float) -> NDArray[np.float64]:
    """Return 1 for what came just now, falling to 0 after ``days``; 0 for what is yet to come."""
    age_days = (at_ms - released_ms) / _DAY_MS
    return np.where(age_days >= 0, np.maximum(1.0 - age_days / days, 0.0), 0.0)
