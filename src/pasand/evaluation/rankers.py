"""The first models as rankers: trained arrays plus the scoring functions that serve them.

They add no mathematics of their own, so that what is measured is what is served. Training is the
business of the flow that calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pasand.domain.labels import begins_visit
from pasand.evaluation.decayed_counts import DecayedCounts
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.ranking import Histories, Ranker, seen
from pasand.stages.scoring.blend import BlendWeights, blend_scores
from pasand.stages.scoring.covisit import covisit_scores
from pasand.stages.scoring.ease import FLOOR, HALF_LIFE_STEPS, ease_history_weight, ease_scores
from pasand.stages.scoring.trending import lift

__all__ = [
    "BlendRanker",
    "CovisitRanker",
    "EaseRanker",
    "PopularAllRanker",
    "PopularRanker",
    "TrendingRanker",
    "away",
]

DAY_MS = 86_400_000

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PopularAllRanker:
    """Counts of all time, up to the split; the same list for every member."""

    count: NDArray[np.float32]
    name: str = "popular-all"

    def scores(self, histories: Histories) -> Scores:
        """Return the counts once per row."""
        return np.tile(self.count, (len(histories), 1))


@dataclass(frozen=True, slots=True)
class PopularRanker:
    """Counts of the days before the target's time, from events strictly before it."""

    live: LiveCounts
    window_ms: int = 30 * DAY_MS
    name: str = "popular"

    def scores(self, histories: Histories) -> Scores:
        """Return the live counts at the time of each row."""
        return self.live.before(histories.target_at_ms, self.window_ms)


@dataclass(frozen=True, slots=True)
class TrendingRanker:
    """What rises at the target's time: the last day against the last weeks, as a page has it."""

    now: DecayedCounts
    usual: DecayedCounts
    name: str = "trending"

    def scores(self, histories: Histories) -> Scores:
        """Return how much faster each item is taken than usual, once per row."""
        at_ms = histories.target_at_ms
        return lift(self.now.before(at_ms), self.usual.before(at_ms)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class CovisitRanker:
    """Ordered co-visitation from the newest items of the history."""

    neighbour: NDArray[np.int32]
    strength: NDArray[np.float32]
    name: str = "covisit"

    def scores(self, histories: Histories) -> Scores:
        """Return one row of scores per history."""
        rows = [
            covisit_scores(self.neighbour, self.strength, histories.row(r))
            for r in range(len(histories))
        ]
        return np.stack(rows)


@dataclass(frozen=True, slots=True)
class EaseRanker:
    """EASE on the items it covers, 0 elsewhere; a floor of 1 weights all history alike."""

    item: NDArray[np.int32]
    weights: NDArray[np.float32]
    item_count: int
    half_life_steps: float = HALF_LIFE_STEPS
    floor: float = FLOOR
    name: str = "ease"

    def scores(self, histories: Histories) -> Scores:
        """Return one row of scores per history, all rows from one product."""
        place = np.full(self.item_count, -1, np.int64)
        place[self.item] = np.arange(len(self.item))
        history = place[histories.item]
        covered = history >= 0
        item_weight = np.zeros((len(histories), len(history)), np.float32)
        for r in range(len(histories)):
            # The decay counts only entries the model covers, as the source stage does.
            known = np.flatnonzero(covered[: histories.count[r]])
            item_weight[r, known] = ease_history_weight(
                len(known), self.half_life_steps, self.floor
            )
        scores = np.zeros((len(histories), self.item_count), np.float32)
        scores[:, self.item] = ease_scores(self.weights, history[covered], item_weight[:, covered])
        return scores


@dataclass(frozen=True, slots=True)
class BlendRanker:
    """Several models as one, each by the name that its weight has (``BlendWeights``)."""

    parts: Mapping[str, Ranker]
    item_count: int
    weights: BlendWeights = field(default_factory=BlendWeights)
    name: str = "blend"

    def scores(self, histories: Histories) -> Scores:
        """Return the blend over the items not yet had."""
        return blend_scores(
            {part: ranker.scores(histories) for part, ranker in self.parts.items()},
            candidate=~seen(histories, self.item_count),
            weights=self.weights,
            away=away(histories),
        )


def away(histories: Histories) -> NDArray[np.bool_]:
    """Return for each row whether its member's last event is more than an hour old."""
    if len(histories.at_ms) == 0:
        return np.ones(len(histories), bool)
    last_at_ms = histories.at_ms[np.maximum(histories.count - 1, 0)]
    begins: NDArray[np.bool_] = (histories.count == 0) | begins_visit(
        histories.target_at_ms - last_at_ms
    )
    return begins
