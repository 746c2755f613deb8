"""The ranker's weights: what is taken next, and what becomes of it.

**Taken.** Conditional logit (McFadden 1974): the chance of a candidate is exp(w(r) . x) over the
sum for all, x its features and w(r) = W r weights that the request moves. Of the next titles that
a member took each counts less than the one before it. The likelihood is concave in W.

**What becomes of it.** Logistic regressions of having finished, liked and disliked what was
taken, and a linear one of the logarithm of minutes.

Weights are drawn towards ``PRIOR``, and those that the request moves towards none: what a log
says nothing of (nobody saw a page yet) keeps a sensible weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.learning.descent import least
from pasand.learning.ranker_lessons import OUTCOMES, Lessons
from pasand.stages.scoring.ranker_features import ITEM_FEATURES, REQUEST_FEATURES

__all__ = ["PRIOR", "train_ranker"]

#: What a feature weighs where nothing is known of it.
PRIOR: Mapping[str, float] = MappingProxyType({
    "context": 0.6, "suits_season": 0.3, "suits_weekend": 0.3, "suits_country": 0.3,
    "suits_calendar": 0.3, "fresh": 0.3, "trending": 0.1, "fatigue": -0.35,
    "picture_fatigue": -0.05, "dwell": 0.1, "genre_dwell": 0.05, "length_misfit": -0.1,
    "listed_s": 0.5, "progress": 1.0, "leaving": 0.1, "near_low_rated": -0.5,
})  # fmt: skip
#: Pulls weights towards their priors, in mean log-likelihood a squared weight, and those of a
#: request that begins a visit towards the others'.
RIDGE = 1e-2
#: The same for what else of the request moves them; less, and they follow chance: on MovieLens-1M
#: 1e-2 has a visit's recall at 200 at .462, 1e-1 at .504, 3e-1 at .517.
RIDGE_MOVED = 2e-1
#: Of outcomes; fewer known ones than this tell nothing.
RIDGE_OUTCOME = 1e-3
OUTCOME_COUNT_MIN = 100

Floats = NDArray[np.float64]


def train_ranker(lessons: Lessons, trained_on: str) -> dict[str, Any]:
    """Return the arrays of a ranker."""
    arrays = {f"ranker.{name}": array for name, array in _outcomes(lessons).items()}
    return arrays | {
        "ranker.item_feature": list(ITEM_FEATURES),
        "ranker.request_feature": list(REQUEST_FEATURES),
        "ranker.weight": choice_weights(lessons).astype(np.float32),
        "ranker.trained_on": [trained_on],
    }


def prior_weights() -> Floats:
    """Return weights [item features, request features] where nothing was learned."""
    weights = np.zeros((len(ITEM_FEATURES), len(REQUEST_FEATURES)))
    for name, value in PRIOR.items():
        weights[list(ITEM_FEATURES).index(name), 0] = value
    return weights


def choice_weights(lessons: Lessons) -> Floats:
    """Return the weights that make likeliest what was taken, beside what was not."""
    prior = prior_weights()
    ridge = np.full(prior.shape, RIDGE_MOVED)
    ridge[:, [REQUEST_FEATURES.index(name) for name in ("always", "away")]] = RIDGE
    share = lessons.taken / np.maximum(lessons.taken.sum(axis=1, keepdims=True), 1e-12)

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(prior.shape)
        value, slope = unlikelihood(lessons, share, weights)
        apart = weights - prior
        value += 0.5 * float((ridge * apart**2).sum())
        return value, (slope + ridge * apart).ravel()

    return least(loss, prior.ravel()).reshape(prior.shape)


def unlikelihood(
    lessons: Lessons, share: NDArray[np.float32], weights: Floats
) -> tuple[float, Floats]:
    """Return minus the mean log-likelihood of what was taken, and its gradient."""
    item, request = lessons.item, lessons.request
    logit = _product(item, request @ weights.T.astype(np.float32)) + lessons.offset
    logit -= logit.max(axis=1, keepdims=True)
    chance = np.exp(logit)
    whole = chance.sum(axis=1, keepdims=True)
    logs = np.where(share > 0, logit - np.log(whole), 0.0)
    count = max(len(item), 1)
    value = -float((share * logs).sum()) / count
    error = chance / whole - share
    slope = np.matmul(error[:, None, :], item)[:, 0].T @ request
    return value, slope.astype(np.float64) / count


def _product(item: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each lesson's candidates times its own weights."""
    return np.asarray(np.matmul(item, weight[:, :, None])[:, :, 0])


def _outcomes(lessons: Lessons) -> dict[str, NDArray[np.float32]]:
    """Return weights of the outcomes [outcomes, features + 1], the last one a constant, and on
    how many known ones each rests: with too few, the constant is all.
    """
    row, place = np.nonzero(lessons.taken > 0)
    inputs = np.concatenate([lessons.item[row, place], lessons.request[row]], axis=1)
    outcome = lessons.outcome[row, place]
    width = inputs.shape[1]
    weights = np.zeros((len(OUTCOMES), width), np.float32)
    counts = np.zeros(len(OUTCOMES), np.float32)
    for at, name in enumerate(OUTCOMES):
        known = ~np.isnan(outcome[:, at])
        counts[at] = known.sum()
        if counts[at] >= OUTCOME_COUNT_MIN:
            wanted = outcome[known, at].astype(np.float64)
            wanted = np.log1p(wanted) if name == "minutes" else wanted
            given = inputs[known].astype(np.float64)
            weights[at] = _regression(given, wanted, logistic=name != "minutes")
    return {"outcome": weights, "outcome_count": counts}


def _regression(given: Floats, wanted: Floats, *, logistic: bool) -> Floats:
    """Return the weights by which ``given`` foretells ``wanted``."""

    def loss(weights: Floats) -> tuple[float, Floats]:
        found = given @ weights
        if logistic:
            value = float((np.logaddexp(0.0, found) - wanted * found).mean())
            error = 1.0 / (1.0 + np.exp(-np.clip(found, -30.0, 30.0))) - wanted
        else:
            error = found - wanted
            value = 0.5 * float((error**2).mean())
        value += 0.5 * RIDGE_OUTCOME * float(weights @ weights)
        return value, given.T @ error / len(given) + RIDGE_OUTCOME * weights

    return least(loss, np.zeros(given.shape[1]))
