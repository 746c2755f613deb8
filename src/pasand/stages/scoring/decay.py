"""Decay: how much less a thing counts with age, in milliseconds or in steps of a history.

Every age is measured by the caller, from the query's time; no clock is read here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["half_life_weight", "step_weight"]


def half_life_weight(age: ArrayLike, half_life: float) -> NDArray[np.float32]:
    """Return 1 at age 0, one half at ``half_life``, a quarter at twice that; the future is 1."""
    assert half_life > 0
    old = np.maximum(np.asarray(age, np.float64), 0.0)
    return np.exp2(-old / half_life).astype(np.float32)


def step_weight(count: int, half_life: float, floor: float = 0.0) -> NDArray[np.float32]:
    """Return weights for ``count`` history entries, newest last, that fall from 1 to ``floor``.

    The newest entry weighs 1; the part above ``floor`` halves every ``half_life`` entries back.
    """
    back = np.arange(count)[::-1]
    return (floor + (1.0 - floor) * half_life_weight(back, half_life)).astype(np.float32)
