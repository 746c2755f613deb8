"""Logged choices: what could be chosen, what was, how likely that was, and what it earned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.errors import InvalidInput

__all__ = ["SLACK", "LoggedChoices"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: How far sums of probabilities may be from 1: logs are written with few digits.
SLACK = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedChoices:
    """One entry a choice; choice i was among columns 0 to width - 1.

    ``action`` is the chosen column, ``propensity`` its probability at the time, ``reward`` what
    followed. ``offered`` (a row a choice) says which columns could be chosen at all with a
    probability above 0, where the log knows it; ``cluster`` numbers what is no independent
    evidence, such as a member.
    """

    action: Ints
    propensity: Floats
    reward: Floats
    offered: NDArray[np.bool_] | None = None
    cluster: Ints | None = None

    def __len__(self) -> int:
        return len(self.action)

    def check(self) -> None:
        """Refuse a log that cannot be one.

        Raises:
            InvalidInput: columns of different length, or propensities outside (0, 1].
        """
        lengths = {len(self.action), len(self.propensity), len(self.reward)}
        lengths |= {len(part) for part in (self.offered, self.cluster) if part is not None}
        if len(lengths) > 1 or not len(self.action):
            raise InvalidInput(
                "The columns of a log need one length, above 0.", field="action",
                fix="Give one action, propensity and reward a choice.",
            )  # fmt: skip
        fair = np.isfinite(self.propensity) & (self.propensity > 0)
        if not (fair & (self.propensity <= 1.0 + SLACK)).all():
            raise InvalidInput(
                "A propensity is not a probability above 0.", field="propensity",
                fix="Log the probability with which the shown thing was chosen.",
            )  # fmt: skip
        if not np.isfinite(self.reward).all():
            raise InvalidInput("A reward is not a number.", field="reward")
        if self.offered is not None:
            own = self.offered[np.arange(len(self)), self.action]
            if not own.all():
                raise InvalidInput(
                    "What was chosen is not among what could be chosen.", field="offered"
                )
