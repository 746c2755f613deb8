"""Short tonight: what ends within the time that the member usually has at this hour."""

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
from pasand.stages.moments import is_evening, usual_visit_minutes
from pasand.stages.rows.proposals import promising, propose

__all__ = ["Config", "ShortRow"]


@dataclass(frozen=True, slots=True)
class Config:
    """``minutes_max``: what is longer is not short, however long the member stays;
    ``minutes_min``: who stays for less has no time for anything.
    """

    minutes_max: int = 95
    minutes_min: int = 20


class ShortRow:
    """One row, in the evening alone, in the order of the score."""

    kinds: ClassVar[tuple[str, ...]] = ("short",)

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose what fits."""
        if not is_evening(query):
            return []
        usual = candidates.remember("usual-visit", lambda: usual_visit_minutes(query))
        minutes = self._minutes(usual)
        if not minutes:
            return []
        fresh = promising(query, candidates)
        return [
            propose(
                query,
                candidates,
                fresh[_fits(query, candidates.position[fresh], minutes)],
                row_id="short",
                kind="short",
                title="row.short",
                evidence="why.short",
                values={"minutes": minutes},
            )
        ]

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return which cells end within the member's time this evening."""
        usual = usual_visit_minutes(query) if is_evening(query) else None
        return _fits(query, row.position, self._minutes(usual))

    def _minutes(self, usual: float | None) -> int:
        """Return how long a title may be, 0 where too little is known."""
        if usual is None or usual < self.config.minutes_min:
            return 0
        return int(min(usual, self.config.minutes_max))


def _fits(query: Query, position: NDArray[np.int32], minutes: int) -> NDArray[np.bool_]:
    return np.asarray(query.catalog.runtime_minutes[position] <= minutes)
