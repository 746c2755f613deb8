"""What a member thumbed down or hid is gone from their pages at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.query import Query
from pasand.stages.models import Models

__all__ = ["Config", "HiddenFilter"]


@dataclass(frozen=True, slots=True)
class Config:
    """``rating_max``: a rating at or below this hides the title too."""

    rating_max: float = 1.5


class HiddenFilter:
    """Keeps items the member has not turned down."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> NDArray[np.bool_]:
        """Return which candidates the member has not turned down."""
        profile = query.profile
        gone = {item_id for item_id, (value, _) in profile.thumbs.items() if value < 0}
        gone |= profile.hidden.keys()
        # Newest last: of two ratings of a title the newer one counts.
        rated = {entry.item_id: entry.value for entry in profile.recent if entry.code == _RATING}
        gone |= {name for name, value in rated.items() if 0 < value <= 10 * self.config.rating_max}
        if not gone:
            return np.ones(len(candidates), bool)
        return ~np.isin(candidates.position, query.catalog.positions(gone))


_RATING = 4
