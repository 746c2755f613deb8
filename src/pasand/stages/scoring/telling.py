"""Telling: what scorers say of a score beside it: its reason, its chance, its place among all."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.page import REASONS

__all__ = ["reasons", "share_below", "softmax"]

#: The reason that a part gives when it contributed most.
_TOLD = {
    "popular": "popular",
    "trending": "trending",
    "covisit": "because",
    "ease": "similar_taste",
    "ials": "similar_taste",
    "sequence": "similar_taste",
    "taste": "genre",
    "fresh": "new",
    "searched": "searched",
}


def reasons(
    parts: Mapping[str, NDArray[np.floating]], candidates: Candidates
) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
    """Return for each candidate the reason that weighs most, and the item that caused it."""
    told = {name: word for name, word in _TOLD.items() if name in parts}
    names = list(told)
    if not names:
        nothing = np.full(len(candidates), REASONS.index("untried"), np.int8)
        return nothing, np.full(len(candidates), -1, np.int32)
    code = np.array([REASONS.index(word) for word in told.values()], np.int8)
    table = np.stack([parts[name] for name in names])
    cause = candidates.column("cause", 0.0).astype(np.int32) - 1
    # What added nothing is no reason, nor is what is merely above a mean below 0, nor a "because"
    # without a cause; where nothing speaks for an item, nothing is claimed.
    table[table <= 0] = -np.inf
    table[[candidates.column(name, 1.0) <= 0 for name in names]] = -np.inf
    because = np.zeros(len(candidates), bool)
    if "covisit" in told:
        table[names.index("covisit"), cause < 0] = -np.inf
    best = table.argmax(axis=0)
    silent = np.isneginf(table.max(axis=0))
    if "covisit" in told:
        because = (best == names.index("covisit")) & ~silent
    cause = np.where(because, cause, -1)
    reason = np.where(silent, np.int8(REASONS.index("untried")), code[best])
    return reason.astype(np.int8), cause.astype(np.int32)


def softmax(score: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return chances that add up to 1."""
    grown = np.exp(score - score.max(initial=-np.inf))
    return np.asarray(grown / max(float(grown.sum()), 1e-30), np.float32)


def share_below(score: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return for each score the share of all scores below it."""
    order = np.sort(score)
    return (np.searchsorted(order, score) / max(len(score), 1)).astype(np.float32)
