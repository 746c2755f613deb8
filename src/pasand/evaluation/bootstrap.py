"""Bootstrap over members: how far a figure would move with other members of the same kind.

Members are drawn anew, each with all their targets, for targets of one member are no independent
evidence. All models and slices of a run share the draws, which pairs them: the interval of
a difference is that of the same members under both models.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["DRAW_COUNT", "Draws", "difference", "interval"]

Values = NDArray[np.float64]

DRAW_COUNT = 1_000
_DRAWS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Draws:
    """How often each draw takes each member: a row per draw, a column per member code."""

    times: NDArray[np.uint8]

    @staticmethod
    def of(member_count: int, seed: int, draw_count: int = DRAW_COUNT) -> Draws:
        """Draw as many members as there are, with replacement, ``draw_count`` times."""
        rng = np.random.default_rng(seed)
        times = np.empty((draw_count, member_count), np.uint8)
        for row in times:
            row[:] = np.bincount(
                rng.integers(0, member_count, member_count), minlength=member_count
            )
        return Draws(times)

    def micro_means(self, value: Values, member: NDArray[np.integer]) -> Values:
        """Return the mean of every column of ``value`` over targets, a row per draw.

        ``member`` is the code of each target's member; NaN where a draw took none of them.
        """
        codes, code = np.unique(member, return_inverse=True)
        columns = [np.bincount(code, column, len(codes)) for column in value.T]
        return self._ratio(codes, np.stack([*columns, np.bincount(code)], axis=1))

    def macro_means(self, value: Values, member: NDArray[np.integer]) -> Values:
        """Return the same over members' own means."""
        codes, code = np.unique(member, return_inverse=True)
        count = np.bincount(code)
        columns = [np.bincount(code, column, len(codes)) / count for column in value.T]
        return self._ratio(codes, np.stack([*columns, np.ones(len(codes))], axis=1))

    def _ratio(self, codes: NDArray[np.integer], columns: Values) -> Values:
        """Return the drawn sums of all columns, divided by that of the last."""
        sums = np.empty((len(self.times), columns.shape[1]))
        whole = len(codes) == self.times.shape[1]
        for low in range(0, len(self.times), _DRAWS_AT_ONCE):
            times = self.times[low : low + _DRAWS_AT_ONCE]
            times = times if whole else times[:, codes]
            sums[low : low + _DRAWS_AT_ONCE] = times.astype(np.float64) @ columns
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(sums[:, :-1] / sums[:, -1:])


def interval(drawn: Values) -> tuple[float, float]:
    """Return what 95 % of the drawn means lie between."""
    known = drawn[np.isfinite(drawn)]
    low, high = np.quantile(known, (0.025, 0.975)) if len(known) else (np.nan, np.nan)
    return float(low), float(high)


def difference(drawn: Values, drawn_of_other: Values) -> tuple[float, float, float]:
    """Return low, high and two-sided p of the difference of two models' means.

    p is twice the share of draws on the rarer side of 0, never less than one draw would make it.
    """
    apart = drawn - drawn_of_other
    apart = apart[np.isfinite(apart)]
    low, high = interval(apart)
    rarer = min(np.count_nonzero(apart <= 0), np.count_nonzero(apart >= 0))
    return low, high, min(1.0, 2.0 * (rarer + 1) / (len(apart) + 1))
