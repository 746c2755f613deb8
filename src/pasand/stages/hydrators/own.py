"""What the member has done with each candidate: progress, finished, listed, tired of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pasand.domain.candidates import Candidates, Column
from pasand.domain.profile import RECENT_CODES
from pasand.domain.query import Query
from pasand.stages.models import Models

__all__ = ["Config", "OwnHydrator"]


#: What has been played, rated or bought is nothing to discover any more. That is yes or no,
#: whatever such an event weighs, so it does not belong to the weights.
_TAKEN = frozenset(map(RECENT_CODES.index, ("play", "complete", "rating", "purchase")))


@dataclass(frozen=True, slots=True)
class Config:
    """Nothing to set."""


class OwnHydrator:
    """Columns ``progress`` (share, 0 none), ``touched_s`` (when last watched, 0 never),
    ``finished``, ``taken`` (played, rated or bought at all), ``listed_s`` and ``fatigue``
    (impressions since the member last acted on the item).
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Mapping[str, Column]:
        """Return the member's own columns."""
        profile = query.profile
        names = ("progress", "touched_s", "finished", "taken", "listed_s", "fatigue")
        columns = {name: np.zeros(len(candidates), np.float64) for name in names}

        def put(name: str, ids: Collection[str], values: Any) -> None:
            """Write values beside the candidates they are of; of several the last one stays."""
            place = query.catalog.positions(ids)
            at = np.searchsorted(candidates.position, place)
            at = np.minimum(at, len(candidates) - 1)
            there = candidates.position[at] == place
            columns[name][at[there]] = np.broadcast_to(values, place.shape)[there]

        if not len(candidates):
            return columns
        begun = list(profile.watching.values())
        progress = np.array([watch.position_s / (watch.duration_s or 1) for watch in begun])
        put("progress", profile.watching, progress)
        put("touched_s", profile.watching, np.array([float(watch.at_s) for watch in begun]))
        put("finished", profile.finished, 1.0)
        put("taken", [entry.item_id for entry in profile.recent if entry.code in _TAKEN], 1.0)
        put("listed_s", profile.listed, np.array(list(profile.listed.values()), np.float64))
        put("fatigue", profile.fatigue, np.array(list(profile.fatigue.values()), np.float64))
        return columns
