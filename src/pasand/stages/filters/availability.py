"""Only what can be had here and now: window, region, stock; episodes come with their series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.query import Query
from pasand.stages.models import Models
from pasand.stages.places import allowed_in

__all__ = ["AvailabilityFilter", "Config"]


@dataclass(frozen=True, slots=True)
class Config:
    """Nothing to set: the windows belong to the items."""


class AvailabilityFilter:
    """Keeps items that are offered at the time and place of the query."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> NDArray[np.bool_]:
        """Return which candidates can be had."""
        catalog, position = query.catalog, candidates.position
        return np.asarray(
            catalog.offerable[position]
            & (catalog.available_from_ms[position] <= query.at_ms)
            & (query.at_ms < catalog.available_until_ms[position])
            & (catalog.stock[position] != 0)
            & allowed_in(catalog.region, position, query.country)
        )
