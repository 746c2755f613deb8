"""What members with a history like this one's take, where the catalogue is too large for EASE:
iALS, with the member solved from the history of this moment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.query import Query
from pasand.stages.columns import best_codes, candidate_count, history
from pasand.stages.models import Models
from pasand.stages.scoring.ials import ials_history_weight, ials_scores

__all__ = ["Config", "IalsSource"]


@dataclass(frozen=True, slots=True)
class Config:
    """``count``: items to propose at least."""

    count: int = 800


class IalsSource:
    """Column ``ials``: the model's score, 1 for what it is sure of; it may be negative."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config
        self.vocabulary = models.vocabulary
        self.factor: NDArray[np.float32] | None = models.get("ials.factor")
        self.common: NDArray[np.float32] | None = models.get("ials.common")
        self.damping: NDArray[np.float32] | None = models.get("ials.damping")
        item = models.get("ials.item")
        self.item: NDArray[np.int64] = np.asarray([] if item is None else item, np.int64)
        self.place = {code: at for at, code in enumerate(self.item.tolist())}

    def __call__(self, query: Query) -> Candidates:
        """Propose the items with the highest score."""
        entries = [
            (at, weight)
            for item_id, weight, _ in history(query.profile, query.weights)
            if (at := self.place.get(self.vocabulary.code.get(item_id, -1), -1)) >= 0
        ]
        factor, common, damping = self.factor, self.common, self.damping
        if factor is None or common is None or damping is None or not entries:
            return Candidates(np.empty(0, np.int32))
        places = np.array([at for at, _ in entries])
        weight = ials_history_weight(len(entries)) * np.array([w for _, w in entries], np.float32)
        score = ials_scores(factor, common, damping, places, weight)
        position = self.vocabulary.positions(query.catalog)[self.item]
        count = candidate_count(query, self.config.count)
        found = best_codes(score, position, position >= 0, count)
        return Candidates(position[found], {"ials": score[found].astype(np.float32)})
