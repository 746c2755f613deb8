"""Weights of a fusion: conditional logit of what was taken among what might have been.

The chance of an item is exp(w . x) over the sum for all candidates (McFadden 1974), x its parts'
standardised scores. The log-likelihood is concave in w, so Newton's method with a line search
finds the weights in a few rounds. From there coordinate ascent (Metzler and Croft 2007) goes on
by what is wanted, NDCG at 20: where one part has rare towering scores, as session-kNN on
anonymous visits, likelihood alone fears them and ranks below that part. Candidates are a sample:
each has an ``offset``, the logarithm of how many items it stands for, which keeps sums over them
unbiased.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.evaluation.rehearsing import Lessons
from pasand.stages.scoring.fusion import FusionWeights

__all__ = ["fit", "learn_fusion"]

#: Pulls weights towards none, in mean log-likelihood a squared weight: little, for few lessons.
RIDGE = 1e-2
ROUND_MAX = 40
GAIN_MIN = 1e-6
_SLAB = 256
#: Of the ascent: how deep a list is looked at, steps in shares of a weight, and rounds of each.
DEPTH = 20
STEPS = (0.5, 0.25, 0.1)
STEP_ROUND_MAX = 4
RISE_MIN = 1e-5


def learn_fusion(lessons: Lessons, count_min: int = 100) -> FusionWeights:
    """Return the weights of both kinds of requests; a kind with fewer than ``count_min`` lessons
    is given those of all.
    """
    of_all: NDArray[np.float64] | None = None
    found = []
    for kind in (~lessons.away, lessons.away):
        if np.count_nonzero(kind) >= count_min:
            found.append(weights_of(lessons.where(kind)))
            continue
        of_all = weights_of(lessons) if of_all is None else of_all
        found.append(of_all)
    here, away = (tuple(float(weight) for weight in weights) for weights in found)
    return FusionWeights(lessons.parts, here, away)


def weights_of(lessons: Lessons) -> NDArray[np.float64]:
    """Return the weights of lessons of one kind."""
    return ascend(lessons, fit(lessons)) if len(lessons) else np.zeros(len(lessons.parts))


def fit(lessons: Lessons, ridge: float = RIDGE) -> NDArray[np.float64]:
    """Return the weights that make what was taken likeliest."""
    weights = np.full(len(lessons.parts), 0.1)
    reached, slope, bend = likelihood(lessons, weights, ridge)
    for _ in range(ROUND_MAX):
        step = np.linalg.solve(bend, slope)
        size = 1.0
        while size > 1e-4:
            tried = likelihood(lessons, weights + size * step, ridge)
            if tried[0] > reached:
                break
            size /= 2
        else:
            break
        weights, gain = weights + size * step, tried[0] - reached
        reached, slope, bend = tried
        if gain < GAIN_MIN:
            break
    return weights


def likelihood(
    lessons: Lessons, weights: NDArray[np.float64], ridge: float = RIDGE
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean log-likelihood less the ridge, its gradient, and minus its Hessian."""
    total = -0.5 * ridge * float(weights @ weights)
    slope, bend = -ridge * weights, ridge * np.eye(len(weights))
    count = len(lessons)
    for low in range(0, count, _SLAB):
        score = lessons.score[low : low + _SLAB].astype(np.float64)
        logit = score @ weights + lessons.offset[low : low + _SLAB]
        logit -= logit.max(axis=1, keepdims=True)
        chance = np.exp(logit)
        whole = chance.sum(axis=1, keepdims=True)
        chance /= whole
        total += float((logit[:, 0] - np.log(whole[:, 0])).sum()) / count
        mean = np.einsum("lc,lcp->lp", chance, score)
        slope += (score[:, 0] - mean).sum(axis=0) / count
        spread = (score * np.sqrt(chance)[..., None]).reshape(-1, len(weights))
        bend += (spread.T @ spread - mean.T @ mean) / count
    return total, slope, bend


def ascend(lessons: Lessons, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights moved one by one for as long as NDCG rises."""
    # What each item is ahead of the taken one by, for all parts: a step of one weight is one sum.
    ahead = lessons.score - lessons.score[:, :1]
    stands_for = np.exp(lessons.offset)
    weights, state = weights.copy(), ahead @ weights.astype(np.float32)
    best = ndcg(state, stands_for)
    for share in STEPS:
        for _ in range(STEP_ROUND_MAX):
            before = best
            for part in range(len(weights)):
                for sign in (-1.0, 1.0):
                    size = max(abs(weights[part]), 0.1 * float(np.abs(weights).sum()))
                    step = np.float32(sign * share * size)
                    while True:
                        moved = state + step * ahead[..., part]
                        reached = ndcg(moved, stands_for)
                        if reached <= best + RISE_MIN:
                            break
                        best, state = reached, moved
                        weights[part] += step
            if best == before:
                break
    return weights


def ndcg(ahead: NDArray[np.float32], stands_for: NDArray[np.float32]) -> float:
    """Return the mean NDCG of the taken item, whose rank is one more than those ahead of it."""
    above = (ahead[:, 1:] > 0) + 0.5 * (ahead[:, 1:] == 0)
    rank = 1.0 + (above * stands_for[:, 1:]).sum(axis=1)
    return float(np.where(rank <= DEPTH, 1.0 / np.log2(1.0 + rank), 0.0).mean())
