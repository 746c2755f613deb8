"""The models of the library: each a constructor, how it trains, and the ranker that serves it.

Training is that of ``learning/``, scoring that of the engine's own stages, so that what is fitted
here is what an installation serves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.errors import InvalidInput
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.rankers import (
    CovisitRanker,
    EaseRanker,
    PopularAllRanker,
    PopularRanker,
)
from pasand.evaluation.ranking import Ranker
from pasand.learning.covisit import CovisitTraining, train_covisit
from pasand.learning.ease import EaseTraining, train_ease
from pasand.library.fitted import Fitted
from pasand.library.parameters import filled
from pasand.library.progress import Progress
from pasand.library.recommender import Arrays, Recommender

__all__ = ["CovisitRecommender", "EaseRecommender", "PopularRecommender"]

DAY_MS = 86_400_000
HOUR_MS = 3_600_000


class PopularRecommender(Recommender):
    """What everybody takes: the same list for all, less what a member has taken before.

    Args:
        window_days: count this long before the moment of the list; None counts all time.
        verbose: draw a bar while fitting, where there is a terminal.
    """

    LIMITS: ClassVar[Mapping[str, tuple[float, float]]] = {"window_days": (0.001, 100_000)}
    OPTIONAL: ClassVar[frozenset[str]] = frozenset({"window_days"})

    def __init__(self, *, window_days: float | None = 30.0, verbose: bool = False) -> None:
        self.window_days = window_days
        self.verbose = verbose

    def train(self, interactions: Interactions, items: Any, progress: Progress) -> Arrays:
        """Return the counts of all time."""
        count = len(interactions.item_ids)
        return {"count": np.bincount(interactions.item, interactions.weight, count)}

    def ranker(self, arrays: Arrays, interactions: Interactions, live: LiveCounts) -> Ranker:
        """Return popularity of the window."""
        if self.window_days is None:
            return PopularAllRanker(np.asarray(arrays["count"], np.float32))
        return PopularRanker(live, int(self.window_days * DAY_MS))

    def similarity(self, arrays: Arrays, fitted: Fitted, code: int) -> NDArray[np.float32]:
        """Refuse: popularity knows no likeness."""
        raise InvalidInput(
            "Popularity does not say which items are alike.",
            field="item_ids",
            fix="Use another model, such as CovisitRecommender.",
        )


class CovisitRecommender(Recommender):
    """What usually follows the last things a member took; works within a single visit.

    Args:
        step_max: pairs of a member's events up to this far apart are counted.
        step_decay: how much of a pair's weight is left with each further step.
        gap_half_life_hours: a pair this far apart in time counts half.
        backward: what the way back counts, from the later item to the earlier.
        smoothing: events added to every item's count, against chance pairs of rare items.
        neighbour_count_max: how many followers of an item are kept.
        verbose: draw a bar while fitting, where there is a terminal.
    """

    LIMITS: ClassVar[Mapping[str, tuple[float, float]]] = {
        "step_max": (1, 1_000),
        "step_decay": (0.0, 1.0),
        "gap_half_life_hours": (0.001, 1e6),
        "backward": (0.0, 10.0),
        "smoothing": (0.0, 1e9),
        "neighbour_count_max": (1, 100_000),
    }

    def __init__(
        self,
        *,
        step_max: int = 10,
        step_decay: float = 0.8,
        gap_half_life_hours: float = 24.0,
        backward: float = 0.3,
        smoothing: float = 10.0,
        neighbour_count_max: int = 200,
        verbose: bool = False,
    ) -> None:
        self.step_max = step_max
        self.step_decay = step_decay
        self.gap_half_life_hours = gap_half_life_hours
        self.backward = backward
        self.smoothing = smoothing
        self.neighbour_count_max = neighbour_count_max
        self.verbose = verbose

    def train(self, interactions: Interactions, items: Any, progress: Progress) -> Arrays:
        """Count ordered pairs."""
        gap_half_life_ms = int(self.gap_half_life_hours * HOUR_MS)
        training = filled(CovisitTraining, self, gap_half_life_ms=gap_half_life_ms)
        model = train_covisit(interactions, training)
        return {"neighbour": model.neighbour, "strength": model.strength}

    def ranker(self, arrays: Arrays, interactions: Interactions, live: LiveCounts) -> Ranker:
        """Return co-visitation from the newest items of a history."""
        return CovisitRanker(arrays["neighbour"], arrays["strength"])


class EaseRecommender(Recommender):
    """What members with a history like this one's take: EASE (Steck 2019), recent items first.

    Args:
        ridge: pulls weights to zero; small values favour the head of a list, large its tail.
        item_count_max: how many of the most popular items are covered; time grows with its cube.
        half_life_steps: so many items back, an item of the history weighs about half.
        floor: the least that an old item of the history weighs; 1 weighs all alike.
        verbose: draw a bar while fitting, where there is a terminal.
    """

    LIMITS: ClassVar[Mapping[str, tuple[float, float]]] = {
        "ridge": (1e-6, 1e12),
        "item_count_max": (1, 100_000),
        "half_life_steps": (0.01, 1e6),
        "floor": (0.0, 1.0),
    }

    def __init__(
        self,
        *,
        ridge: float = 400.0,
        item_count_max: int = 8_000,
        half_life_steps: float = 3.0,
        floor: float = 0.1,
        verbose: bool = False,
    ) -> None:
        self.ridge = ridge
        self.item_count_max = item_count_max
        self.half_life_steps = half_life_steps
        self.floor = floor
        self.verbose = verbose

    def train(self, interactions: Interactions, items: Any, progress: Progress) -> Arrays:
        """Solve for item-to-item weights."""
        model = train_ease(interactions, filled(EaseTraining, self))
        return {"item": model.item, "weights": model.weights}

    def ranker(self, arrays: Arrays, interactions: Interactions, live: LiveCounts) -> Ranker:
        """Return EASE over the items it covers."""
        return EaseRanker(
            arrays["item"],
            arrays["weights"],
            len(interactions.item_ids),
            self.half_life_steps,
            self.floor,
        )
