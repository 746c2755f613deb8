"""Item-kNN, iALS and session-kNN as rankers: trained arrays and the functions that serve them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pasand.evaluation.ranking import Histories
from pasand.stages.scoring.ials import ials_history_weight, ials_member_vectors
from pasand.stages.scoring.item_knn import item_knn_scores
from pasand.stages.scoring.session_knn import (
    SessionKnnIndex,
    SessionKnnWeights,
    session_knn_scores,
)

__all__ = ["IalsRanker", "ItemKnnRanker", "SessionKnnRanker"]

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ItemKnnRanker:
    """Cosine similarity to the items of the history, the newest ones weighing most."""

    neighbour: NDArray[np.int32]
    strength: NDArray[np.float32]
    name: str = "item-knn"

    def scores(self, histories: Histories) -> Scores:
        """Return one row of scores per history."""
        rows = [
            item_knn_scores(self.neighbour, self.strength, histories.row(r))
            for r in range(len(histories))
        ]
        return np.stack(rows)


@dataclass(frozen=True, slots=True)
class IalsRanker:
    """iALS on the items it covers, 0 elsewhere; each row's member is folded in anew."""

    item: NDArray[np.int32]
    factor: NDArray[np.float32]
    common: NDArray[np.float32]
    damping: NDArray[np.float32]
    item_count: int
    name: str = "ials"

    def scores(self, histories: Histories) -> Scores:
        """Return one row of scores per history, all rows from one product."""
        place = np.full(self.item_count, -1, np.int64)
        place[self.item] = np.arange(len(self.item))
        vector = np.zeros((len(histories), self.factor.shape[1]), np.float32)
        for r in range(len(histories)):
            history = place[histories.row(r)]
            history = history[history >= 0]
            weight = ials_history_weight(len(history))
            vector[r] = ials_member_vectors(self.factor, self.common, self.damping, history, weight)
        scores = np.zeros((len(histories), self.item_count), np.float32)
        scores[:, self.item] = vector @ self.factor.T
        return scores


@dataclass(frozen=True, slots=True)
class SessionKnnRanker:
    """What the recent sessions hold that are most like the newest part of the history."""

    index: SessionKnnIndex
    weights: SessionKnnWeights = field(default_factory=SessionKnnWeights)
    name: str = "session-knn"

    def scores(self, histories: Histories) -> Scores:
        """Return one row of scores per history."""
        rows = [
            session_knn_scores(self.index, histories.row(r), self.weights)
            for r in range(len(histories))
        ]
        return np.stack(rows)
