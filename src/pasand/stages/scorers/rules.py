"""Operators' boosts and burials: what a cell is worth is multiplied, and the order follows.

A score may have any scale and sign, so it is not multiplied itself: it moves to where this
page's scores stand for what the cell is worth by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates, Column
from pasand.domain.page import REASONS
from pasand.domain.query import Query
from pasand.stages.models import Models

__all__ = ["Config", "RulesScorer", "moved"]

_APART_MIN = 1e-6


@dataclass(frozen=True, slots=True)
class Config:
    """Nothing to set: operators write the rules."""


class RulesScorer:
    """Renews ``score`` and ``value`` of what rules boost or bury; ``part.rules`` is what that
    added to the score. What stands where it does by a boost more than by anything else, and what
    is pinned, is told to be featured. ``match`` stays: it tells of the member alone.
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Mapping[str, Column]:
        """Return the columns that rules change, none where none does."""
        factor = np.ones(len(candidates))
        for rule in query.rules.of("boost", "bury"):
            holds = rule.mask(query.catalog, query.at_ms)[candidates.position]
            factor[holds] *= rule.does.factor
        columns: dict[str, Column] = {}
        featured = candidates.column("pinned") > 0
        if (factor != 1.0).any():
            value, score = candidates.column("value"), candidates.column("score")
            lift = moved(score, value, factor)
            columns = {
                "score": (score + lift).astype(np.float32),
                "value": (value * factor).astype(np.float32),
                "part.rules": lift.astype(np.float32),
            }
            names = [name for name in candidates.columns if name.startswith("part.")]
            rest = np.max([candidates[name] for name in names], axis=0) if names else 0.0
            featured |= lift > np.maximum(rest, 0.0)
        if featured.any():
            told = candidates.column("reason").astype(np.int8)
            told[featured] = REASONS.index("featured")
            cause = candidates.column("cause_item", -1.0).astype(np.int32)
            cause[featured] = -1
            columns |= {"reason": told, "cause_item": cause}
        return columns


def moved(
    score: NDArray[np.floating], value: NDArray[np.floating], factor: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how far each score moves when its item is worth ``factor`` times as much.

    On this page a score stands for a worth: between two that occur it is read in proportion to
    the logarithm of the worth, beyond them the proportion of all goes on.
    """
    worth = np.log(np.maximum(value.astype(np.float64), 1e-30))
    known, first = np.unique(worth, return_index=True)
    stands = np.maximum.accumulate(score.astype(np.float64)[first])
    spread = known[-1] - known[0]
    # Between worths that rounding alone keeps apart there is no proportion to read.
    slope = (stands[-1] - stands[0]) / spread if spread > _APART_MIN else 1.0
    slope = slope if slope > 0 else 1.0

    def read(at: NDArray[np.float64]) -> NDArray[np.float64]:
        beyond = np.maximum(at - known[-1], 0.0) + np.minimum(at - known[0], 0.0)
        return np.asarray(np.interp(at, known, stands) + slope * beyond)

    return read(worth + np.log(factor)) - read(worth)
