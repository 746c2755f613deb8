"""What the member has done with each candidate: progress, finished, listed, tired of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from pasand.domain.candidates import Candidates, Column
from pasand.domain.profile import RECENT_CODES, Watch
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

        def put(name: str, entries: Iterable[tuple[str, float]]) -> None:
            for item_id, value in entries:
                position = query.catalog.find(item_id)
                at = int(np.searchsorted(candidates.position, position))
                if at < len(candidates) and candidates.position[at] == position:
                    columns[name][at] = value

        put("progress", ((i, w.position_s / (w.duration_s or 1)) for i, w in _begun(query)))
        put("touched_s", ((i, w.at_s) for i, w in _begun(query)))
        put("finished", ((i, 1.0) for i in profile.finished))
        put("taken", ((entry.item_id, 1.0) for entry in profile.recent if entry.code in _TAKEN))
        put("listed_s", profile.listed.items())
        put("fatigue", profile.fatigue.items())
        return columns


def _begun(query: Query) -> Iterable[tuple[str, Watch]]:
    return query.profile.watching.items()
