"""Figures of simulated weeks: what members did on the pages of a policy, with intervals.

Two policies under one seed meet the same members with the same intended visits, so what one has
above the other is paired by member.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.evaluation.bootstrap import Draws, interval
from pasand.evaluation.page_comparing import Figure, figure

__all__ = ["SIMULATED", "simulated_figures", "simulated_ratio"]

Sums = Mapping[str, Sequence[float]]

#: What each figure is a sum of, over a sum of what; "" stands for one a member and week.
SIMULATED = {
    "discovery_share": ("discoveries", "plays"),
    "cells_seen_before_play": ("seen_before", "found"),
    "failed_session_share": ("failed", "visits"),
    "minutes_per_member": ("minutes", ""),
    "returns_share": ("back", "there"),
}
_LOWER_IS_BETTER = ("cells_seen_before_play", "failed_session_share")


def simulated_figures(sums: Sums, weeks: int, at: Mapping[str, Any], seed: int) -> list[Figure]:
    """Return the figures of one policy's weeks; ``sums`` have a value a member."""
    found = []
    for name in SIMULATED:
        value, drawn = _mean(sums, name, weeks, seed)
        better = "lower" if name in _LOWER_IS_BETTER else "higher"
        found.append(figure(name, value, at, interval(drawn), better=better))
    return found


def simulated_ratio(
    sums: Sums, other: Sums, name: str, weeks: int, at: Mapping[str, Any], seed: int
) -> Figure:
    """Return a figure of one policy over that of another one."""
    (value, drawn), (beside, drawn_beside) = (
        _mean(each, name, weeks, seed) for each in (sums, other)
    )
    better = "lower" if name in _LOWER_IS_BETTER else "higher"
    ratio = value / beside if beside else float("nan")
    with np.errstate(invalid="ignore", divide="ignore"):
        between = interval(drawn / drawn_beside)
    return figure(f"{name}_ratio", ratio, at, between, better=better)


def _mean(sums: Sums, name: str, weeks: int, seed: int) -> tuple[float, NDArray[np.float64]]:
    above, below = SIMULATED[name]
    count = len(sums[above])
    columns = [sums[above], sums[below] if below else np.full(count, float(weeks))]
    table = np.stack([np.asarray(column, np.float64) for column in columns], axis=1)
    total = table.sum(axis=0)
    drawn = Draws.of(count, seed).times.astype(np.float64) @ table
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios: NDArray[np.float64] = drawn[:, 0] / drawn[:, 1]
    return (float(total[0] / total[1]) if total[1] else float("nan")), ratios
