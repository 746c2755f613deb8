"""What members usually take after the last things this member took; works within one visit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.query import Query
from pasand.stages.columns import greatest, history
from pasand.stages.models import Models
from pasand.stages.scoring.covisit import (
    HISTORY_COUNT_MAX,
    covisit_causes,
    covisit_history_weight,
    covisit_scores,
)

__all__ = ["Config", "CovisitSource"]


@dataclass(frozen=True, slots=True)
class Config:
    """``count``: items to propose at most."""

    count: int = 1000


class CovisitSource:
    """Columns ``covisit`` (strength) and ``cause`` (catalogue position + 1 of the item of the
    history that contributed most, 0 none).
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config
        self.vocabulary = models.vocabulary
        self.neighbour: NDArray[np.int32] | None = models.get("covisit.neighbour")
        self.strength: NDArray[np.float32] | None = models.get("covisit.strength")

    def __call__(self, query: Query) -> Candidates:
        """Propose what follows the newest of the member's history."""
        entries = [
            (code, weight)
            for item_id, weight, _ in history(query.profile, query.weights)
            if (code := self.vocabulary.code.get(item_id, -1)) >= 0
        ][-HISTORY_COUNT_MAX:]
        if self.neighbour is None or self.strength is None or not entries:
            return Candidates(np.empty(0, np.int32))
        codes = np.array([code for code, _ in entries], np.int64)
        weight = covisit_history_weight(len(codes)) * np.array([w for _, w in entries], np.float32)
        score = covisit_scores(self.neighbour, self.strength, codes, weight)
        cause = covisit_causes(self.neighbour, self.strength, codes, weight)
        place = self.vocabulary.positions(query.catalog)
        found = np.flatnonzero((score > 0) & (place >= 0))
        found = found[greatest(score[found], self.config.count)]
        found = found[np.argsort(place[found])]
        cause_place = np.where(cause[found] >= 0, place[cause[found]] + 1, 0)
        return Candidates(
            place[found],
            {"covisit": score[found], "cause": np.maximum(cause_place, 0).astype(np.int32)},
        )
