"""Popularity: how often each item was taken, of late and of all time.

The simplest model, the fallback of every other, and the line that any other must beat. Live
counts by hour and country are the counters' work, not this file's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.stages.scoring.decay import half_life_weight

__all__ = ["PopularModel", "PopularTraining", "train_popular"]

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class PopularTraining:
    """``window_ms`` bounds the recent counts; ``half_life_ms`` of 0 counts all in it alike."""

    window_ms: int = 30 * DAY_MS
    half_life_ms: int = 0


@dataclass(frozen=True, slots=True)
class PopularModel:
    """Weighted counts per item code: of the window before ``at_ms``, and of all before it."""

    recent: NDArray[np.float32]
    all_time: NDArray[np.float32]


def train_popular(
    interactions: Interactions, at_ms: int, training: PopularTraining | None = None
) -> PopularModel:
    """Count what came strictly before ``at_ms``."""
    training = training or PopularTraining()
    count = len(interactions.item_ids)
    age = at_ms - interactions.at_ms
    past = age > 0
    late = past & (age <= training.window_ms)
    weight = interactions.weight
    if training.half_life_ms:
        weight = weight * half_life_weight(age, training.half_life_ms)
    recent = np.bincount(interactions.item[late], weight[late], minlength=count)
    every = np.bincount(interactions.item[past], interactions.weight[past], minlength=count)
    return PopularModel(recent.astype(np.float32), every.astype(np.float32))
