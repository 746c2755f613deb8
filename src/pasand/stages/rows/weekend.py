"""For the weekend: long films and series, from the evening before it."""

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
from pasand.stages.moments import is_weekend
from pasand.stages.rows.proposals import promising, propose
from pasand.stages.series import is_series

__all__ = ["Config", "WeekendRow"]


@dataclass(frozen=True, slots=True)
class Config:
    """``minutes_min``: how long a film has to be to need a weekend."""

    minutes_min: int = 120


class WeekendRow:
    """One row, at the weekend alone, in the order of the score."""

    kinds: ClassVar[tuple[str, ...]] = ("weekend",)

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose what takes its time."""
        if not is_weekend(query):
            return []
        fresh = promising(query, candidates)
        return [
            propose(
                query,
                candidates,
                fresh[self._long(query, candidates.position[fresh])],
                row_id="weekend",
                kind="weekend",
                title="row.weekend",
                evidence="why.weekend",
                values={"minutes": self.config.minutes_min},
            )
        ]

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return which cells take their time, at the weekend."""
        return self._long(query, row.position) & is_weekend(query)

    def _long(self, query: Query, position: NDArray[np.int32]) -> NDArray[np.bool_]:
        minutes = query.catalog.runtime_minutes[position]
        return np.asarray((minutes >= self.config.minutes_min) | is_series(query.catalog)[position])
