"""iALS scores: a member's vector, solved from the history when it is asked for, times the items'.

Training and serving solve the same small systems with the same function, so a member who acts a
second ago is folded in as training would have done it. The items' vectors are turned so that
their Gram matrix is diagonal (the loss does not change when all vectors turn together): what
everybody has in common is then a diagonal, and a history shorter than the vectors costs a system
of its own length only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.stages.scoring.decay import step_weight

__all__ = [
    "FLOOR",
    "HALF_LIFE_STEPS",
    "HISTORY_COUNT_MAX",
    "ials_history_weight",
    "ials_member_vectors",
    "ials_scores",
    "regularised",
    "solve_rows",
]

HALF_LIFE_STEPS = 2.0
FLOOR = 0.02
HISTORY_COUNT_MAX = 100

Floats = NDArray[np.float32]


def ials_history_weight(
    count: int, half_life_steps: float = HALF_LIFE_STEPS, floor: float = FLOOR
) -> Floats:
    """Return the weight of each of ``count`` history entries, newest last."""
    return step_weight(count, half_life_steps, floor)


def ials_scores(
    factor: Floats,
    common: Floats,
    damping: Floats,
    history: NDArray[np.integer],
    item_weight: Floats,
) -> Floats:
    """Return a score for every item the model covers, 0 where the history says nothing.

    ``history`` holds positions in the model's own items, newest last, and ``item_weight`` one
    weight per entry, or one row of weights per list where many lists share one history.
    """
    scores: Floats = ials_member_vectors(factor, common, damping, history, item_weight) @ factor.T
    return scores


def ials_member_vectors(
    factor: Floats,
    common: Floats,
    damping: Floats,
    history: NDArray[np.integer],
    item_weight: Floats,
) -> Floats:
    """Return the vector of the member behind ``history``, one per row of ``item_weight``.

    ``damping`` holds the regularisation, what every row counts beside its entries, and the
    exponent (``regularised``). Only the newest entries are asked.
    """
    entry = factor[history[-HISTORY_COUNT_MAX:]]
    weight = np.atleast_2d(item_weight)[:, -HISTORY_COUNT_MAX:]
    diagonal = common + regularised(weight.sum(axis=1), *damping.tolist())[:, None]
    vector = solve_rows(entry, weight, diagonal)
    return vector.reshape(*item_weight.shape[:-1], factor.shape[1])


def regularised(amount: NDArray[np.floating], scale: float, rest: float, exponent: float) -> Floats:
    """Return the ridge of rows with so much observed: frequency-scaled, as Rendle et al. have it.

    ``rest`` is what the unobserved add to ``amount``.
    """
    return (scale * (amount + rest) ** exponent).astype(np.float32)


def solve_rows(entry: Floats, weight: Floats, diagonal: Floats) -> Floats:
    """Return x of (diag + Vᵀ W V) x = Vᵀ W 1 for each row.

    ``entry`` [row, place, dimension], or [place, dimension] shared by all rows; ``weight``
    [row, place], 0 for padding; ``diagonal`` [row, dimension], positive.
    """
    root = np.sqrt(weight)
    scaled = root[:, :, None] * entry
    if scaled.shape[1] < scaled.shape[2]:
        # The same x through a system as small as the history (Woodbury's identity).
        spread = scaled / diagonal[:, None, :]
        inner = spread @ scaled.transpose(0, 2, 1)
        inner[:, range(inner.shape[1]), range(inner.shape[1])] += 1.0
        share = np.linalg.solve(inner, root[:, :, None])
        short: Floats = (share.transpose(0, 2, 1) @ spread)[:, 0]
        return short
    turned = scaled.transpose(0, 2, 1)
    system = turned @ scaled
    system[:, range(system.shape[1]), range(system.shape[1])] += diagonal
    whole: Floats = np.linalg.solve(system, turned @ root[:, :, None])[:, :, 0]
    return whole
