"""A fusion as a ranker, and popularity at several speeds as parts of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.labels import begins_visit
from pasand.evaluation.decayed_counts import DecayedCounts
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.rankers import away
from pasand.evaluation.ranking import Histories, Ranker, seen
from pasand.stages.scoring.fusion import FusionWeights, fused_scores

__all__ = ["DecayedRanker", "FusionRanker", "return_counts"]

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class DecayedRanker:
    """Counts that fade, as they stand at the target's time."""

    counts: DecayedCounts
    name: str

    def scores(self, histories: Histories) -> Scores:
        """Return the sums at the time of each row."""
        return self.counts.before(histories.target_at_ms)


@dataclass(frozen=True, slots=True)
class FusionRanker:
    """Several models as one, each by the name that its learned weights have."""

    parts: Mapping[str, Ranker]
    weights: FusionWeights
    item_count: int
    name: str = "fusion"

    def scores(self, histories: Histories) -> Scores:
        """Return the weighted sum over the items not yet had."""
        return fused_scores(
            {part: ranker.scores(histories) for part, ranker in self.parts.items()},
            candidate=~seen(histories, self.item_count),
            weights=self.weights,
            away=away(histories),
        )


def return_counts(live: LiveCounts) -> LiveCounts:
    """Return the counts of what members took first when they came back, and of nothing else.

    A member's first event of all is no return.
    """
    data = live.interactions
    order = np.argsort(data.member, kind="stable")
    gap_ms = np.diff(data.at_ms[order], prepend=0)
    same = np.diff(data.member[order], prepend=-1) == 0
    back = np.zeros(len(data), bool)
    back[order] = same & begins_visit(gap_ms)
    return live.of(back)
