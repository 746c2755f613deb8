"""The blend of the library: several models as one score, what an installation starts with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.rankers import BlendRanker
from pasand.library.fitted import Fitted
from pasand.library.item_models import AlsRecommender
from pasand.library.models import CovisitRecommender, EaseRecommender, PopularRecommender
from pasand.library.parameters import filled
from pasand.library.progress import Progress
from pasand.library.recommender import Arrays, Recommender, history_of_one
from pasand.stages.scoring.blend import BlendWeights

__all__ = ["BlendRecommender"]


class BlendRecommender(Recommender):
    """Co-visitation, EASE (iALS where items are many) and recent popularity in one score: what
    the engine itself starts with.

    Args:
        covisit: how much co-visitation counts.
        ease: how much EASE counts.
        ials: how much iALS counts, where it stands in for EASE.
        popular: how much popularity of the window counts within a visit.
        popular_away: the same for a member whose last event is more than an hour old.
        window_days: how long before the moment of the list popularity is counted.
        ridge: of EASE.
        item_count_max: from how many items on iALS stands in for EASE.
        random_state: of iALS.
        verbose: draw a bar while fitting, where there is a terminal.
    """

    LIMITS: ClassVar[Mapping[str, tuple[float, float]]] = {
        "covisit": (0.0, 1e6),
        "ease": (0.0, 1e6),
        "ials": (0.0, 1e6),
        "popular": (0.0, 1e6),
        "popular_away": (0.0, 1e6),
        "window_days": (0.001, 100_000),
        "ridge": (1e-6, 1e12),
        "item_count_max": (1, 100_000),
        "random_state": (0, 65_535),
    }

    def __init__(
        self,
        *,
        covisit: float = 1.0,
        ease: float = 0.8,
        ials: float = 0.8,
        popular: float = 0.4,
        popular_away: float = 1.2,
        window_days: float = 7.0,
        ridge: float = 400.0,
        item_count_max: int = 8_000,
        random_state: int = 1,
        verbose: bool = False,
    ) -> None:
        self.covisit = covisit
        self.ease = ease
        self.ials = ials
        self.popular = popular
        self.popular_away = popular_away
        self.window_days = window_days
        self.ridge = ridge
        self.item_count_max = item_count_max
        self.random_state = random_state
        self.verbose = verbose

    def train(self, interactions: Interactions, items: Any, progress: Progress) -> Arrays:
        """Train the models that the blend is made of, one after the other."""
        many = len(np.unique(interactions.item)) > self.item_count_max
        chosen = {
            name: part
            for name, part in self.parts().items()
            if name != ("ease" if many else "ials")
        }
        arrays: dict[str, Any] = {}
        for place, (name, part) in enumerate(chosen.items()):
            progress(name, place, len(chosen))
            trained = part.train(interactions, items, progress)
            arrays |= {f"{name}.{key}": value for key, value in trained.items()}
        return arrays

    def ranker(self, arrays: Arrays, interactions: Interactions, live: LiveCounts) -> BlendRanker:
        """Return the blend of what was trained."""
        own: dict[str, dict[str, Any]] = {}
        for key, value in arrays.items():
            name, _, rest = key.partition(".")
            own.setdefault(name, {})[rest] = value
        rankers = {
            name: part.ranker(own[name], interactions, live)
            for name, part in self.parts().items()
            if name in own
        }
        return BlendRanker(rankers, len(interactions.item_ids), filled(BlendWeights, self))

    def similarity(self, arrays: Arrays, fitted: Fitted, code: int) -> NDArray[np.float32]:
        """Return how well items go after one alone, popularity left aside."""
        blend = self.ranker(arrays, fitted.interactions, fitted.live)
        parts = {name: part for name, part in blend.parts.items() if name != "popular"}
        alone = replace(blend, parts=parts)
        score: NDArray[np.float32] = alone.scores(history_of_one(fitted, code))[0]
        return score

    def parts(self) -> dict[str, Recommender]:
        """Return the models by the names of their weights."""
        return {
            "covisit": CovisitRecommender(),
            "ease": EaseRecommender(ridge=self.ridge, item_count_max=self.item_count_max),
            "ials": AlsRecommender(random_state=self.random_state),
            "popular": PopularRecommender(window_days=self.window_days),
        }
