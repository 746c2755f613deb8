"""New: what came lately, the best for the member first."""

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
from pasand.stages.series import arrived_ms

__all__ = ["Config", "NewRow"]

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Config:
    """``days``: how long an item is new; ``bonus``: what the day of arrival is worth in score."""

    days: int = 60
    bonus: float = 0.5


class NewRow:
    """One row."""

    kinds: ClassVar[tuple[str, ...]] = ("new",)

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose new items."""
        fresh = best_first(candidates)
        age = self._age_days(query, candidates.position[fresh])
        here = (age >= 0) & (age < self.config.days)
        chosen = fresh[here]
        if not len(chosen):
            return []
        value = np.zeros(len(candidates))
        value[chosen] = candidates["score"][chosen]
        value[chosen] += self.config.bonus * (1.0 - age[here] / self.config.days)
        return [
            propose(
                query,
                candidates,
                chosen,
                value,
                row_id="new",
                kind="new",
                title="row.new",
                evidence="why.new",
                values={"days": self.config.days},
                reason="new",
            )
        ]

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return which cells arrived within the days that the row tells."""
        age = self._age_days(query, row.position)
        return np.asarray((age >= 0) & (age < self.config.days))

    def _age_days(self, query: Query, position: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return for how long items have been there; those that always were, for ever."""
        came = arrived_ms(query.catalog, position)
        return np.where(came > 0, (query.at_ms - came) / _DAY_MS, np.inf)
