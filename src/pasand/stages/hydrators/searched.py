"""How well each candidate fits what the member searched for, now and on the days before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pasand.domain.candidates import Candidates, Column
from pasand.domain.query import Query
from pasand.stages.models import Models
from pasand.stages.scoring.searched import HALF_LIFE_DAYS, searched

__all__ = ["Config", "SearchedHydrator"]


@dataclass(frozen=True, slots=True)
class Config:
    """``half_life_days``: in how long a search of an earlier visit counts half."""

    half_life_days: float = HALF_LIFE_DAYS


class SearchedHydrator:
    """Column ``searched``: 1 where title, people, genres and tags have all that was searched in
    this visit; 0 where they have none of it, or nothing was searched of late.
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Mapping[str, Column]:
        """Return how much each candidate was searched for."""
        position, strength = searched(query, self.config.half_life_days)
        column = np.zeros(len(candidates), np.float32)
        if len(position) and len(candidates):
            at = np.minimum(np.searchsorted(position, candidates.position), len(position) - 1)
            column = np.where(position[at] == candidates.position, strength[at], column)
        return {"searched": column}
