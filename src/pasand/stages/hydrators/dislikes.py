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
    """``half_life_days`` of a dislike; ``newest``: how many of them count; ``rating``: what a low
    rating counts beside a thumb down; ``learned``: whether what other members take together says
    what is near, too.
    """

    half_life_days: float = 30.0
    newest: int = 12
    rating: float = 0.6
    learned: bool = True


class DislikesHydrator:
    """Column ``near_disliked``: 1 for what is as near as can be to what was turned down just now,
    0 for what is like nothing of it. Thumbs down, hidden titles and low ratings turn down; who
    takes one back takes this back.
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config
        self.vocabulary = models.vocabulary
        found = models.get("covisit.neighbour") if config.learned else None
        self.neighbour: NDArray[np.int32] | None = found

    def __call__(self, query: Query, candidates: Candidates) -> Mapping[str, Column]:
        """Return how near each candidate is to a dislike."""
        catalog = query.catalog
        turned_down = self._turned_down(query)
        if not turned_down:
            return {"near_disliked": np.zeros(len(candidates), np.float32)}
        near = np.zeros(len(catalog), np.float32)
        for item_id, weight in turned_down:
            for found in self._near(query, item_id):
                near[found.position] = np.maximum(near[found.position], weight * found.share)
        return {"near_disliked": near[candidates.position]}

    def _turned_down(self, query: Query) -> list[tuple[str, float]]:
        """Return the newest items turned down, and what each counts by now."""
        profile, config = query.profile, self.config
        said = {item: (at_s, 1.0) for item, (value, at_s) in profile.thumbs.items() if value < 0}
        said |= {item: (at_s, 1.0) for item, at_s in profile.hidden.items()}
        for entry in profile.recent:
            if entry.code == _RATING and entry.item_id not in profile.thumbs:
                if disliked(entry.value / 10):
                    said[entry.item_id] = (entry.at_s, config.rating)
                elif entry.item_id not in profile.hidden:
                    said.pop(entry.item_id, None)
        newest = sorted(said.items(), key=lambda pair: pair[1][0])[-config.newest :]
        age_s = np.array([query.at_ms / 1000 - at_s for _, (at_s, _) in newest])
        left = half_life_weight(age_s, _DAY_S * config.half_life_days)
        return [
            (item, weight * float(now))
            for (item, (_, weight)), now in zip(newest, left, strict=True)
        ]

    def _near(self, query: Query, item_id: str) -> Iterator[Near]:
        place = query.catalog.find(item_id)
        if place >= 0:
            yield near_by_content(query.catalog, place)
        code = self.vocabulary.code.get(item_id, -1)
        if self.neighbour is not None and code >= 0:
            position = self.vocabulary.positions(query.catalog)
            yield near_by_behaviour(self.neighbour, position, code)
