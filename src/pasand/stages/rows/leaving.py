"""Leaving soon: what will not be here for long, the best for the member first."""

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
from pasand.stages.rows.proposals import best_first, propose

__all__ = ["Config", "LeavingRow"]

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Config:
    """``days``: how near the end of its window an item must be."""

    days: int = 14


class LeavingRow:
    """One row in the order of the score."""

    kinds: ClassVar[tuple[str, ...]] = ("leaving",)

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose what leaves soon."""
        fresh = best_first(candidates)
        return [
            propose(
                query,
                candidates,
                fresh[self._leaves(query, candidates.position[fresh])],
                row_id="leaving",
                kind="leaving",
                title="row.leaving",
                evidence="why.leaving",
                values={"days": self.config.days},
                reason="leaving",
                cell_count_min=3,
            )
        ]

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return which cells leave within the days that the row tells."""
        return self._leaves(query, row.position)

    def _leaves(self, query: Query, position: NDArray[np.int32]) -> NDArray[np.bool_]:
        left_ms = query.catalog.available_until_ms[position] - query.at_ms
        return np.asarray((left_ms > 0) & (left_ms <= self.config.days * _DAY_MS))
