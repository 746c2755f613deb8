"""The ranker as it serves: weights that the request moves, and what each part adds to a score.

The logit of a candidate is w(r) . x with w(r) = W r: x its features, r those of the request. So
hour, device and the course of the visit decide how much each source is believed, and every score
is a sum that can be told part by part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.stages.models import Models
from pasand.stages.scoring.ranker_features import ITEM_FEATURES, PARTS, REQUEST_FEATURES
from pasand.stages.scoring.telling import softmax

__all__ = ["OUTCOMES", "RankerModel", "ranker_of"]

#: What is foretold of something taken.
OUTCOMES = ("finish", "like", "dislike", "minutes")
#: Outcomes that rest on fewer known ones are not foretold.
OUTCOME_COUNT_MIN = 100

#: Which features make up each part [parts, item features].
_MEMBER = np.array(
    [[name in features for name in ITEM_FEATURES] for features in PARTS.values()], np.float32
)

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class RankerModel:
    """``weight`` [item features, request features], ``outcome`` [outcomes, item and request
    features], ``known``: which outcomes are foretold. ``trained_on`` is "replay" where nobody
    knows what members saw: its chances are then shares of all candidates, not calibrated. Where
    it is "impressions", ``bias`` makes a logit the log odds that a cell is played if it is seen.
    """

    weight: Floats
    outcome: Floats
    known: NDArray[np.bool_]
    trained_on: str
    bias: float = 0.0

    def chance(self, logit: Floats) -> tuple[Floats, Floats]:
        """Return how likely each candidate is played, and the logarithm of it up to a constant."""
        if self.trained_on == "impressions":
            logs = -np.logaddexp(0.0, -np.clip(logit + self.bias, -30.0, 30.0))
            return np.exp(logs).astype(np.float32), logs.astype(np.float32)
        return softmax(logit), logit

    def parts(self, item: Floats, request: Floats) -> dict[str, Floats]:
        """Return what each part adds to the logit of each candidate."""
        weight = self.weight @ request
        sums = (_MEMBER * weight) @ item.T
        heard = np.abs(_MEMBER * weight).sum(axis=1) > 0
        return {name: sums[at] for at, name in enumerate(PARTS) if heard[at]}

    def foretold(self, item: Floats, request: Floats) -> dict[str, Floats]:
        """Return the outcomes of each candidate if it is taken: chances, and minutes; 0 where
        too little is known.
        """
        width = item.shape[1]
        logit = item @ self.outcome[:, :width].T + self.outcome[:, width:] @ request
        found = {}
        for at, name in enumerate(OUTCOMES):
            value = logit[:, at]
            if name == "minutes":
                value = np.expm1(np.clip(value, 0.0, 7.0))
            else:
                value = 1.0 / (1.0 + np.exp(-np.clip(value, -30.0, 30.0)))
            found[name] = (value * self.known[at]).astype(np.float32)
        return found


def ranker_of(models: Models) -> RankerModel | None:
    """Return the ranker of a snapshot, None where it has none that can be used.

    Features go by their names: one that today's code no longer has is left out, and a new one
    weighs nothing until the ranker is trained again.
    """
    weight, outcome = models.get("ranker.weight"), models.get("ranker.outcome")
    items, requests = models.get("ranker.item_feature"), models.get("ranker.request_feature")
    bias = models.get("ranker.bias")
    count, trained_on = models.get("ranker.outcome_count"), models.get("ranker.trained_on")
    if weight is None or outcome is None or items is None or requests is None or count is None:
        return None
    shape = (len(items), len(requests))
    if np.shape(weight) != shape or np.shape(outcome) != (len(OUTCOMES), sum(shape)):
        return None
    if not (np.isfinite(weight).all() and np.isfinite(outcome).all()):
        return None
    by_item, by_request = (
        _placed(items, ITEM_FEATURES), _placed(requests, REQUEST_FEATURES)
    )  # fmt: skip
    of_items, of_requests = outcome[:, : shape[0]], outcome[:, shape[0] :]
    return RankerModel(
        (by_item @ weight @ by_request.T).astype(np.float32),
        np.hstack([of_items @ by_item.T, of_requests @ by_request.T]).astype(np.float32),
        np.asarray(count) >= OUTCOME_COUNT_MIN,
        str(trained_on[0]) if trained_on else "",
        0.0 if bias is None else float(bias[0]),
    )


def _placed(stored: Sequence[str], now: Sequence[str]) -> Floats:
    """Return the matrix that brings stored features to where they stand now."""
    matrix = np.zeros((len(now), len(stored)), np.float32)
    for at, name in enumerate(stored):
        if name in now:
            matrix[list(now).index(name), at] = 1.0
    return matrix
