"""What has come to the catalogue lately, so that a new title is seen before anybody took it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
        age_days = (query.at_ms - query.catalog.released_ms) / _DAY_MS
        fresh = np.where(age_days >= 0, np.maximum(1.0 - age_days / self.config.days, 0.0), 0.0)
        position = best_positions(fresh, self.config.count)
        return Candidates(position, {"fresh": fresh[position].astype(np.float32)})
