"""No title above the member's maturity ceiling, on any path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.query import Query
from pasand.stages.models import Models

__all__ = ["Config", "MaturityFilter"]


@dataclass(frozen=True, slots=True)
class Config:
    """Nothing to set: the ceiling belongs to the member."""


class MaturityFilter:
    """Keeps items whose age is at or below the ceiling."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> NDArray[np.bool_]:
        """Return which candidates the member may see."""
        return query.catalog.maturity[candidates.position] <= query.maturity_ceiling
