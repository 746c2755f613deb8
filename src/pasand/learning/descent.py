"""Finding the least of a smooth function: limited-memory BFGS (Nocedal 1980; Liu, Nocedal 1989).

The core has no optimiser of its own, and what is fitted here has a few hundred weights.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["least"]

Floats = NDArray[np.float64]

_MEMORY = 8
#: The least share of the promised fall that a step must bring (Armijo).
_FALL = 1e-4


def least(
    function: Callable[[Floats], tuple[float, Floats]],
    start: Floats,
    round_max: int = 80,
    fall_min: float = 1e-6,
) -> Floats:
    """Return where ``function``, which gives a value and its gradient, is least."""
    at, (value, slope) = start, function(start)
    steps: deque[tuple[Floats, Floats]] = deque(maxlen=_MEMORY)
    for _ in range(round_max):
        way = -_turned(slope, steps)
        size = 1.0 if steps else min(1.0, 1.0 / max(float(np.abs(slope).sum()), 1e-12))
        promised = float(slope @ way)
        while True:
            there = at + size * way
            value_there, slope_there = function(there)
            if value_there <= value + _FALL * size * promised or size < 1e-8:
                break
            size /= 2
        if not value_there < value:
            break
        moved, bent = there - at, slope_there - slope
        if moved @ bent > 1e-12:
            steps.append((moved, bent))
        fall = value - value_there
        at, value, slope = there, value_there, slope_there
        if fall < fall_min:
            break
    return at


def _turned(slope: Floats, steps: deque[tuple[Floats, Floats]]) -> Floats:
    """Return the slope times what the last steps tell of the inverse of the Hessian."""
    way = slope.copy()
    shares = []
    for moved, bent in reversed(steps):
        share = float(moved @ way) / float(bent @ moved)
        shares.append(share)
        way -= share * bent
    if steps:
        moved, bent = steps[-1]
        way *= float(moved @ bent) / float(bent @ bent)
    for (moved, bent), share in zip(steps, reversed(shares), strict=True):
        way += moved * (share - float(bent @ way) / float(bent @ moved))
    return way
