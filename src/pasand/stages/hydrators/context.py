"""What suits the hour and the device: how much more a genre is taken then than on the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates, Column
from pasand.domain.events import DEVICES
from pasand.domain.query import Query
from pasand.stages.models import Models

__all__ = ["DAYPART_HOURS", "Config", "ContextHydrator", "daypart"]

#: A daypart is four hours: night, morning, forenoon, afternoon, evening, late evening.
DAYPART_HOURS = 4


@dataclass(frozen=True, slots=True)
class Config:
    """Nothing to set: the table comes with the snapshot."""


class ContextHydrator:
    """Column ``context``: mean log lift of the item's genres at this daypart on this device.

    The table ``context.lift`` [device, daypart, genre] is learned from the log; without one the
    column is 0 and the page does not depend on the hour.
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config
        self.lift: NDArray[np.float32] | None = models.get("context.lift")
        self.genres: tuple[str, ...] = tuple(models.arrays.get("context.genres", ()))

    def __call__(self, query: Query, candidates: Candidates) -> Mapping[str, Column]:
        """Return how well each candidate suits the moment."""
        facet = query.catalog.genre
        if self.lift is None or not facet.names:
            return {"context": np.zeros(len(candidates), np.float32)}
        row = self.lift[DEVICES.index(query.device), daypart(query.local.hour)]
        known = {genre: float(value) for genre, value in zip(self.genres, row, strict=True)}
        weight = np.array([known.get(name, 0.0) for name in facet.names])
        owner, codes = facet.pairs(candidates.position)
        total = np.bincount(owner, weight[codes], minlength=len(candidates))
        mean = total / np.maximum(facet.count[candidates.position], 1)
        return {"context": mean.astype(np.float32)}


def daypart(hour: int) -> int:
    """Return the part of the day an hour belongs to, 0 to 5."""
    return hour // DAYPART_HOURS
