"""Evaluation as a use case: train the models before the split and rank what came after.

It receives interactions and returns figures; reading data and printing tables are the callers'
work. Models are named as on every figure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pasand.domain.interactions import Interactions
from pasand.errors import InvalidInput
from pasand.evaluation import protocol_time
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.protocol_time import Figure
from pasand.evaluation.rankers import (
    BlendRanker,
    CovisitRanker,
    EaseRanker,
    PopularAllRanker,
    PopularRanker,
)
from pasand.evaluation.ranking import Progress, Ranker
from pasand.learning.covisit import train_covisit
from pasand.learning.ease import train_ease

__all__ = ["ALWAYS", "MODELS", "evaluate_time", "first_rankers"]

MODELS = (
    "popular",
    "popular-all",
    "covisit",
    "ease",
    "covisit+ease",
    "covisit+ease+popular",
    "ease-flat",
)
DAY_MS = 86_400_000

ALWAYS = ("popular", "popular-all", "covisit+ease")


def evaluate_time(
    interactions: Interactions,
    models: Sequence[str] = ("popular", "popular-all", "covisit", "ease"),
    *,
    data: str = "",
    seed: int = 1,
    target_count_max_per_member: int = 50,
    progress: Progress | None = None,
) -> list[Figure]:
    """Run protocol ``time`` for ``models``, with both populars and the blend beside them."""
    unknown = [name for name in models if name not in MODELS]
    if unknown:
        raise InvalidInput(
            f"There is no model called {unknown[0]!r}.",
            field="models",
            fix=f"Choose from {', '.join(MODELS)}.",
        )
    if len(interactions) < 10:
        raise InvalidInput(
            f"{len(interactions)} interactions are too few to split by time.",
            field="data",
            fix="Evaluate on at least 10 interactions.",
        )
    return protocol_time.run(
        interactions,
        [name for name in MODELS if name in (*models, *ALWAYS)],
        first_rankers,
        data=data,
        seed=seed,
        target_count_max_per_member=target_count_max_per_member,
        progress=progress,
    )


def first_rankers(
    training: Interactions, live: LiveCounts, models: Sequence[str]
) -> Sequence[Ranker]:
    """Train what ``models`` need, each model once, and return their rankers in that order."""
    count = len(training.item_ids)
    popular = PopularRanker(live)
    taken = np.bincount(training.item, training.weight, minlength=count).astype(np.float32)
    # Every other model is made of these two; training both takes seconds.
    pairs = train_covisit(training)
    solved = train_ease(training)
    covisit = CovisitRanker(pairs.neighbour, pairs.strength)
    ease = EaseRanker(solved.item, solved.weights, count)
    make: dict[str, Callable[[], Ranker]] = {
        "popular": lambda: popular,
        "popular-all": lambda: PopularAllRanker(taken),
        "covisit": lambda: covisit,
        "ease": lambda: ease,
        "covisit+ease": lambda: BlendRanker(covisit, ease),
        "covisit+ease+popular": lambda: BlendRanker(
            covisit, ease, PopularRanker(live, 7 * DAY_MS), name="covisit+ease+popular"
        ),
        "ease-flat": lambda: EaseRanker(
            solved.item, solved.weights, count, floor=1.0, name="ease-flat"
        ),
    }
    return [make[name]() for name in models]
