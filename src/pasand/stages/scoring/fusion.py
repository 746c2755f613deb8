"""One score out of several models by weights that were learned: late fusion.

Each part is standardised over the candidates and counts by its weight, one for requests within a
visit and one for those that begin one. Counts, and sums of counts as co-visitation has them, are
taken by their square root first, which gives a small and a large count the same spread of chance
(Bartlett 1936; Anscombe 1948): raw, a handful of items tower over all others, and logarithms lose
by how much the first ones lead. Held against each other on two tails of MovieLens-1M's training
span, square roots raised NDCG@10 of a visit's first item by 16 and 9 % over logarithms.

Weights are learned where a snapshot or an evaluation is made (``learning/fusion.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.stages.scoring.blend import standardise

__all__ = ["FusionWeights", "fused_scores", "prepared"]

#: Parts that are logits or regressions, not counts.
_AS_THEY_ARE = ("sequence", "ease", "ials")


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """What one standard deviation of each of ``parts`` counts within a visit (``here``) and where
    one begins (``away``).
    """

    parts: tuple[str, ...]
    here: tuple[float, ...]
    away: tuple[float, ...]

    def of(self, part: str, away: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return a part's weight for each row."""
        at = self.parts.index(part)
        return np.where(away, np.float32(self.away[at]), np.float32(self.here[at]))


def fused_scores(
    parts: Mapping[str, NDArray[np.float32]],
    candidate: NDArray[np.bool_],
    weights: FusionWeights,
    away: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """Return the sum of weighted ``parts`` [rows, items]; only ``candidate`` items set scales."""
    score = np.zeros(candidate.shape, np.float32)
    for name, part in parts.items():
        score += weights.of(name, away)[:, None] * prepared(name, part, candidate)
    return score


def prepared(
    name: str, score: NDArray[np.float32], candidate: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return a part as it is weighed: its root where it counts, and standardised."""
    if name not in _AS_THEY_ARE:
        score = np.sqrt(np.maximum(score, 0.0))
    return standardise(score, candidate)
