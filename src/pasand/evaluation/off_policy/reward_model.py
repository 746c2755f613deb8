"""A reward model for dm and dr: ridge logistic regression, fitted without what it guesses.

Choices are dealt into folds by cluster; each fold is guessed by the model of the others, so that
no choice's own reward leaks into its guess (cross-fitting).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.evaluation.off_policy.logged import LoggedChoices

__all__ = ["guess_rewards", "logistic_weights"]

Floats = NDArray[np.float64]

STEP_COUNT_MAX = 30
ENOUGH = 1e-8


def guess_rewards(
    log: LoggedChoices, features: Floats, *, ridge: float = 1.0, fold_count: int = 3
) -> Floats:
    """Return the guessed chance of a reward for every choice and column.

    ``features`` has a vector for each choice and column (three axes); rewards are 0 or 1.
    """
    count, width, size = features.shape
    own = features[np.arange(count), log.action]
    code = np.arange(count) if log.cluster is None else log.cluster
    fold = np.unique(code, return_inverse=True)[1] % fold_count
    found = np.zeros((count, width))
    for held in range(fold_count):
        rest, here = fold != held, fold == held
        weights = logistic_weights(own[rest], log.reward[rest], ridge)
        logit = features[here].reshape(-1, size) @ weights[1:] + weights[0]
        found[here] = (1.0 / (1.0 + np.exp(-logit))).reshape(-1, width)
    return found


def logistic_weights(features: Floats, reward: Floats, ridge: float) -> Floats:
    """Return intercept and weights by Newton's steps; the intercept is not shrunk."""
    design = np.column_stack([np.ones(len(features)), features])
    penalty = np.full(design.shape[1], ridge)
    penalty[0] = 1e-6
    weights = np.zeros(design.shape[1])
    mean = float(np.clip(reward.mean() if len(reward) else 0.5, 1e-4, 1 - 1e-4))
    weights[0] = np.log(mean / (1 - mean))
    for _ in range(STEP_COUNT_MAX):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (reward - chance) - penalty * weights
        bend = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        weights += np.clip(step, -4.0, 4.0)
        if abs(step).max() < ENOUGH:
            break
    return weights
