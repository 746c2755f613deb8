"""What a cell is worth, as one line: "play + 0.3 * finish + 0.5 * like - 1 * dislike".

Everything but ``play`` is what becomes of a play, so the sum is what one play is worth, and a
cell is worth that times the chance of the play.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pasand.errors import InvalidSettings

__all__ = ["OBJECTIVES", "parsed", "worth"]

OBJECTIVES = ("play", "finish", "like", "dislike", "hours")

_term = re.compile(r"\s*([+-]?)\s*(?:([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*\*\s*)?([a-z]+)\s*").match
#: No play is worth nothing, or the order among poor ones would be lost.
_WORTH_MIN = 0.02


def parsed(line: str) -> dict[str, float]:
    """Return what each objective counts.

    Raises:
        InvalidSettings: the line is no sum of known objectives.
    """
    weights: dict[str, float] = {}
    at = 0
    while at < len(line) or not weights:
        found = _term(line, at)
        if found is None or (weights and not found[1]) or found[3] not in OBJECTIVES:
            raise InvalidSettings(
                f"{line!r} is no sum of what a play may come to.",
                field="stages.ranker.objective",
                fix=f"Add up {', '.join(OBJECTIVES)}: play + 0.3 * finish - 1 * dislike",
            )
        size = float(found[2] or 1.0) * (-1.0 if found[1] == "-" else 1.0)
        weights[found[3]] = weights.get(found[3], 0.0) + size
        at = found.end()
    return weights


def worth(
    weights: Mapping[str, float], outcome: Mapping[str, NDArray[np.float32]], count: int
) -> NDArray[np.float32]:
    """Return what a play of each candidate is worth."""
    total = np.full(count, weights.get("play", 0.0), np.float32)
    for name in ("finish", "like", "dislike"):
        total += np.float32(weights.get(name, 0.0)) * outcome[name]
    total += np.float32(weights.get("hours", 0.0) / 60.0) * outcome["minutes"]
    return np.maximum(total, np.float32(_WORTH_MIN))
