"""New: what came lately, the best for the member first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pasand.domain.candidates import Candidates
from pasand.domain.page import Row
from pasand.domain.query import Query
from pasand.stages.models import Models
from pasand.stages.rows.proposals import propose

__all__ = ["Config", "NewRow"]


@dataclass(frozen=True, slots=True)
class Config:
    """Nothing to set: how long an item is new belongs to the source ``fresh``."""


class NewRow:
    """One row."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose new items."""
        fresh = candidates.column("fresh")
        chosen = np.flatnonzero((fresh > 0) & (candidates.column("taken") == 0))
        return [
            propose(
                query,
                candidates,
                chosen,
                candidates["score"] + 0.5 * fresh,
                row_id="new",
                kind="new",
                title="New on the service",
                evidence="arrived in the last two months",
                reason="new",
            )
        ]
