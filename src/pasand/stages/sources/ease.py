"""What members with a history like this one's take: EASE (Steck 2019) over the whole history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.query import Query
from pasand.stages.columns import best_codes, candidate_count, history
from pasand.stages.models import Models
from pasand.stages.scoring.ease import ease_history_weight, ease_scores

__all__ = ["Config", "EaseSource"]


@dataclass(frozen=True, slots=True)
class Config:
    """``count``: items to propose at least."""

    count: int = 800


class EaseSource:
    """Column ``ease``: the model's score, which may be negative."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config
        self.vocabulary = models.vocabulary
        self.weights: NDArray[np.float32] | None = models.get("ease.weights")
        item = models.get("ease.item")
        self.item: NDArray[np.int64] = np.asarray([] if item is None else item, np.int64)
        self.place = {code: at for at, code in enumerate(self.item.tolist())}

    def __call__(self, query: Query) -> Candidates:
        """Propose the items with the highest score."""
        entries = [
            (at, weight)
            for item_id, weight, _ in history(query.profile, query.weights)
            if (at := self.place.get(self.vocabulary.code.get(item_id, -1), -1)) >= 0
        ]
        if self.weights is None or not entries:
            return Candidates(np.empty(0, np.int32))
        places = np.array([at for at, _ in entries])
        weight = ease_history_weight(len(entries)) * np.array([w for _, w in entries], np.float32)
        score = ease_scores(self.weights, places, weight)
        position = self.vocabulary.positions(query.catalog)[self.item]
        count = candidate_count(query, self.config.count)
        found = best_codes(score, position, position >= 0, count)
        return Candidates(position[found], {"ease": score[found].astype(np.float32)})
