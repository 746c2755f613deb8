"""What the member has begun, listed or finished: always considered, whatever its rank."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pasand.domain.candidates import Candidates
from pasand.domain.query import Query
from pasand.stages.models import Models

__all__ = ["Config", "OwnSource"]


@dataclass(frozen=True, slots=True)
class Config:
    """``count``: items to propose at most, newest first."""

    count: int = 200


class OwnSource:
    """Column ``own``: 1 for each item that stands in the member's own lists."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query) -> Candidates:
        """Propose the member's own items."""
        profile = query.profile
        names = [*profile.finished, *profile.listed, *profile.watching][-self.config.count :]
        position = np.unique(query.catalog.positions(names))
        position = position[position >= 0].astype(np.int32)
        return Candidates(position, {"own": np.ones(len(position), np.float32)})
