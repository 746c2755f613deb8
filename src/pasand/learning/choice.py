"""Weights of a model of choice: conditional logit of what was taken among what stood beside it.

The mathematics is that of a fusion's weights (``learning/fusion.py``). Columns of any scale are
brought to one first, so that the ridge weighs on all alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pasand.evaluation.choices import Choices, Weighted
from pasand.learning.fusion import fit

__all__ = ["learn_choice"]

#: Pulls weights towards none, in mean log-likelihood a squared weight.
RIDGE = 1e-3


def learn_choice(choices: Choices, columns: Sequence[str], ridge: float = RIDGE) -> Weighted:
    """Return the weights of ``columns`` under which what was taken is likeliest."""
    lessons = choices.lessons(columns)
    held = np.isfinite(lessons.offset)
    square = np.einsum("lcp,lcp->p", lessons.score, lessons.score, dtype=np.float64)
    scale = np.sqrt(square / max(int(held.sum()), 1))
    scale[scale == 0] = 1.0
    lessons.score[:] /= scale.astype(np.float32)
    return Weighted(tuple(columns), fit(lessons, ridge) / scale)
