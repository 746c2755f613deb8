"""What suits the day: its season, a weekend, the country, a day of the market's calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates, Column
from pasand.domain.occasions import occasions
from pasand.domain.query import Query
from pasand.stages.models import Models

__all__ = ["Config", "OccasionHydrator"]

#: A column of each, by the kind of occasion.
_KINDS = {"season": "season", "weekend": "weekend", "country": "country", "day": "calendar"}


@dataclass(frozen=True, slots=True)
class Config:
    """Nothing to set: the table comes with the snapshot."""


class OccasionHydrator:
    """Columns ``suits_season``, ``suits_weekend`` (or a working day), ``suits_country`` and
    ``suits_calendar``: mean log lift of the item's genres on such a day; 0 where nothing is known.
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config
        self.lift: NDArray[np.float32] | None = models.get("occasion.lift")
        self.at = {name: at for at, name in enumerate(models.get("occasion.names") or ())}
        self.genres: tuple[str, ...] = tuple(models.get("occasion.genres") or ())

    def __call__(self, query: Query, candidates: Candidates) -> Mapping[str, Column]:
        """Return how well each candidate suits the day."""
        count = len(candidates)
        columns: dict[str, Column] = {
            f"suits_{name}": np.zeros(count, np.float32) for name in _KINDS.values()
        }
        facet = query.catalog.genre
        if self.lift is None or not facet.names or not count:
            return columns
        owner, code = facet.pairs(candidates.position)
        size = np.maximum(facet.count[candidates.position], 1)
        place = np.array([facet.code.get(genre, -1) for genre in self.genres], np.int64)
        for name in occasions(query.local.date(), query.country):
            if name in self.at:
                weight = np.zeros(len(facet.names))
                weight[place[place >= 0]] = self.lift[self.at[name]][place >= 0]
                total = np.bincount(owner, weight[code], minlength=count)
                kind = _KINDS[name.partition(":")[0]]
                columns[f"suits_{kind}"] = (total / size).astype(np.float32)
        return columns
