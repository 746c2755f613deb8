"""What operators' filter rules name is not shown where they hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.query import Query
from pasand.stages.models import Models

__all__ = ["Config", "RulesFilter"]


@dataclass(frozen=True, slots=True)
class Config:
    """Nothing to set: operators write the rules."""


class RulesFilter:
    """Keeps items for which no filter rule holds."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> NDArray[np.bool_]:
        """Return which candidates no rule takes out."""
        keep = np.ones(len(candidates), bool)
        for rule in query.rules.of("filter"):
            keep &= ~rule.mask(query.catalog, query.at_ms)[candidates.position]
        return keep
