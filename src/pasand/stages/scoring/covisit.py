"""Co-visitation scores: what usually follows the last things a member took.

Each of the newest history entries proposes its neighbours; newer entries speak louder. With the
scores comes the cause, the history entry that contributed most, which a row may name ("Because
you watched X").
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.stages.scoring.decay import step_weight
from pasand.stages.scoring.neighbours import neighbour_scores

__all__ = [
    "HALF_LIFE_STEPS",
    "HISTORY_COUNT_MAX",
    "covisit_causes",
    "covisit_found",
    "covisit_history_weight",
    "covisit_scores",
]

HALF_LIFE_STEPS = 2.0
HISTORY_COUNT_MAX = 10


def covisit_history_weight(
    count: int, half_life_steps: float = HALF_LIFE_STEPS
) -> NDArray[np.float32]:
    """Return the weight of each of ``count`` history entries, newest last."""
    return step_weight(count, half_life_steps)


def covisit_scores(
    neighbour: NDArray[np.int32],
    strength: NDArray[np.float32],
    history: NDArray[np.integer],
    item_weight: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Return a score for every item; ``history`` is newest last and may be longer than needed.

    ``item_weight`` (one weight per history entry) replaces the decay by steps, for callers that
    know more of an entry, such as how much of it was watched.
    """
    entry, weight = newest(history, item_weight)
    return neighbour_scores(neighbour, strength, entry, weight)


def covisit_causes(
    neighbour: NDArray[np.int32],
    strength: NDArray[np.float32],
    history: NDArray[np.integer],
    item_weight: NDArray[np.float32] | None = None,
) -> NDArray[np.int32]:
    """Return for every item the history entry that contributed most, -1 where none did."""
    entry, weight = newest(history, item_weight)
    near = neighbour[entry].ravel()
    part = (strength[entry] * weight[:, None]).ravel()
    source = np.repeat(entry, neighbour.shape[1])
    # Written weakest first, so the strongest contribution to an item is the one that stays.
    order = np.argsort(part, kind="stable")
    order = order[near[order] >= 0]
    cause = np.full(len(neighbour), -1, np.int32)
    cause[near[order]] = source[order]
    return cause


def covisit_found(
    neighbour: NDArray[np.int32],
    strength: NDArray[np.float32],
    history: NDArray[np.integer],
    item_weight: NDArray[np.float32] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int32]]:
    """Return the items with any score, ascending, their scores, and their causes: what
    ``covisit_scores`` and ``covisit_causes`` say, without a look at all other items.
    """
    entry, weight = newest(history, item_weight)
    near = neighbour[entry]
    known = near >= 0
    part = (strength[entry] * weight[:, None])[known]
    item, which = np.unique(near[known], return_inverse=True)
    score = np.bincount(which, part, minlength=len(item)).astype(np.float32)
    cause = np.full(len(item), -1, np.int32)
    # Written weakest first, so the strongest contribution to an item is the one that stays.
    order = np.argsort(part, kind="stable")
    source = np.broadcast_to(entry[:, None], near.shape)[known]
    cause[which[order]] = source[order]
    return item.astype(np.int64), score, cause


def newest(
    history: NDArray[np.integer], item_weight: NDArray[np.float32] | None
) -> tuple[NDArray[np.integer], NDArray[np.float32]]:
    """Return the entries that are asked, newest last, and their weights."""
    entry = history[-HISTORY_COUNT_MAX:]
    if item_weight is None:
        return entry, covisit_history_weight(len(entry))
    assert len(item_weight) == len(history)
    return entry, item_weight[-HISTORY_COUNT_MAX:]
