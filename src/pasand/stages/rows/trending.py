"""Trending now: what rises today, put in the order that suits the member."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.page import Row
from pasand.domain.query import Query
from pasand.stages.models import Models
from pasand.stages.rows.proposals import propose
from pasand.stages.scoring.trending import lift

__all__ = ["Config", "TrendingRow"]


@dataclass(frozen=True, slots=True)
class Config:
    """``lift_min``: how much of the strongest rise an item needs to count as rising."""

    lift_min: float = 0.15


class TrendingRow:
    """One row."""

    kinds: ClassVar[tuple[str, ...]] = ("trending",)

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose what rises."""
        rise = candidates.column("trending")
        chosen = np.flatnonzero((rise >= self.config.lift_min) & (candidates.column("taken") == 0))
        return [
            propose(
                query,
                candidates,
                chosen,
                rise + 0.3 * candidates["score"],
                row_id="trending",
                kind="trending",
                title="row.trending",
                evidence="why.trending",
                reason="trending",
            )
        ]

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return which cells are taken more now than they usually are."""
        view, catalog = query.counters, query.catalog
        now, usual = (
            view.popularity(catalog, speed, query.at_ms, query.country)[row.position]
            for speed in ("trending", "popular")
        )
        return np.asarray(lift(now, usual) > 0)
