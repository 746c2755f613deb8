"""Only what can be had here and now: window, region, stock; episodes come with their series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Ragged
from pasand.domain.query import Query
from pasand.stages.models import Models

__all__ = ["AvailabilityFilter", "Config", "allowed_in"]


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


def allowed_in(region: Ragged, position: NDArray[np.int32], country: str) -> NDArray[np.bool_]:
    """Return which items name no region, or this country."""
    everywhere = np.diff(region.start)[position] == 0
    code = region.code.get(country)
    if code is None:
        return np.asarray(everywhere)
    return np.asarray(everywhere | np.isin(position, region.having(code)))
