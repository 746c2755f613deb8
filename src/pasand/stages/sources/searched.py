"""What the member searched for of late: considered, whatever other sources say of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pasand.domain.candidates import Candidates
from pasand.domain.query import Query
from pasand.stages.columns import popularity_now
from pasand.stages.models import Models
from pasand.stages.scoring.searched import searched

__all__ = ["Config", "SearchedSource"]


@dataclass(frozen=True, slots=True)
class Config:
    """``count``: items to propose at most; of those that fit alike the more popular ones."""

    count: int = 80


class SearchedSource:
    """Without a column of its own: how much they were searched for, a hydrator says."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query) -> Candidates:
        """Propose what the member's searches speak of."""
        position, strength = searched(query)
        if len(position) > self.config.count:
            order = np.lexsort((-popularity_now(query)[position], -strength))
            position = np.sort(position[order[: self.config.count]])
        return Candidates(position)
