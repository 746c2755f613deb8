"""What rises today: the last day against the last weeks, so that evergreens do not crowd it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.query import Query
from pasand.stages.columns import best_positions, unit
from pasand.stages.models import Models
from pasand.stages.scoring.trending import PRIOR, lift

__all__ = ["Config", "TrendingSource"]


@dataclass(frozen=True, slots=True)
class Config:
    """``count``: items to propose; ``prior``: plays a day that must be exceeded to count."""

    count: int = 100
    prior: float = PRIOR


class TrendingSource:
    """Column ``trending``: how much faster an item is taken now than usual, 0..1."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query) -> Candidates:
        """Propose what rises in the member's country."""
        view, catalog, config = query.counters, query.catalog, self.config
        minute = query.at_ms // 60_000

        def rising() -> NDArray[np.float64]:
            now, usual = (
                view.popularity(catalog, speed, 60_000 * minute, query.country)
                for speed in ("trending", "popular")
            )
            return np.asarray(lift(now, usual, config.prior), np.float64)

        value = view.remember(("rising", catalog, query.country, minute, config), rising)
        best = view.remember(
            ("risen", catalog, query.country, minute, config),
            lambda: best_positions(value, config.count).astype(np.float64),
        )
        position = best.astype(np.int32)
        return Candidates(position, {"trending": unit(value[position])})
