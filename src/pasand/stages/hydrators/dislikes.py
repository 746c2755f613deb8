"""How near each candidate is to something the member turned down, less with every month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates, Column
from pasand.domain.labels import disliked
from pasand.domain.profile import RECENT_CODES
from pasand.domain.query import Query
from pasand.stages.models import Models
from pasand.stages.scoring.decay import half_life_weight
from pasand.stages.scoring.nearness import Near, near_by_behaviour, near_by_content

__all__ = ["Config", "DislikesHydrator"]

_DAY_S = 86_400
_RATING = RECENT_CODES.index("rating")


@dataclass(frozen=True, slots=True)
class Config:
    """``half_life_days`` of a dislike; ``newest``: how many of each kind count; ``learned``:
    whether what other members take together says what is near, too.
    """

    half_life_days: float = 30.0
    newest: int = 12
    learned: bool = True


class DislikesHydrator:
    """Columns ``near_disliked``: 1 for what is as near as can be to what was turned down just now
    (thumbs down, hidden titles), 0 for what is like nothing of it; and ``near_low_rated``, the
    same of low ratings. Who rates a title low has seen it, and often rates its kin next: what
    that says is for the ranker to learn. Who takes either back takes this back.
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config
        self.vocabulary = models.vocabulary
        found = models.get("covisit.neighbour") if config.learned else None
        self.neighbour: NDArray[np.int32] | None = found

    def __call__(self, query: Query, candidates: Candidates) -> Mapping[str, Column]:
        """Return how near each candidate is to a dislike."""
        return {
            "near_disliked": self._nearness(query, candidates, _turned_down(query)),
            "near_low_rated": self._nearness(query, candidates, _low_rated(query)),
        }

    def _nearness(self, query: Query, candidates: Candidates, said: Mapping[str, int]) -> Column:
        if not said:
            return np.zeros(len(candidates), np.float32)
        near = np.zeros(len(query.catalog), np.float32)
        newest = sorted(said.items(), key=lambda pair: pair[1])[-self.config.newest :]
        age_s = np.array([query.at_ms / 1000 - at_s for _, at_s in newest])
        left = half_life_weight(age_s, _DAY_S * self.config.half_life_days)
        for (item_id, _), weight in zip(newest, left.tolist(), strict=True):
            for found in self._near(query, item_id):
                near[found.position] = np.maximum(near[found.position], weight * found.share)
        return near[candidates.position]

    def _near(self, query: Query, item_id: str) -> Iterator[Near]:
        place = query.catalog.find(item_id)
        if place >= 0:
            yield near_by_content(query.catalog, place)
        code = self.vocabulary.code.get(item_id, -1)
        if self.neighbour is not None and code >= 0:
            position = self.vocabulary.positions(query.catalog)
            yield near_by_behaviour(self.neighbour, position, code)


def _turned_down(query: Query) -> dict[str, int]:
    """Return the items turned down, and when, in seconds."""
    profile = query.profile
    said = {item: at_s for item, (value, at_s) in profile.thumbs.items() if value < 0}
    return said | profile.hidden


def _low_rated(query: Query) -> dict[str, int]:
    """Return the items whose last rating is low, and when it was given, in seconds; a thumb, or
    hiding it, says more.
    """
    profile = query.profile
    said: dict[str, int] = {}
    for entry in profile.recent:
        if entry.code != _RATING or entry.item_id in profile.thumbs:
            continue
        if disliked(entry.value / 10) and entry.item_id not in profile.hidden:
            said[entry.item_id] = entry.at_s
        else:
            said.pop(entry.item_id, None)
    return said
