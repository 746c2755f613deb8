"""Support: whether a log can say anything of a policy. Where it cannot, no estimator answers.

A log is silent where the policy puts probability on what the log never chose: columns that were
not offered, and everything else wherever the log chose with probability 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.errors import InvalidInput
from pasand.evaluation.off_policy.logged import SLACK, LoggedChoices

__all__ = ["NoSupport", "check_support"]

Floats = NDArray[np.float64]


class NoSupport(InvalidInput):
    """The log holds no evidence for this policy."""

    code = "no_support"


def check_support(log: LoggedChoices, policy: Floats) -> None:
    """Refuse a policy (a row of probabilities a choice) that the log is silent about.

    Raises:
        InvalidInput: the rows of ``policy`` are no probabilities.
        NoSupport: it chooses what the log has propensity 0 for.
    """
    log.check()
    if policy.ndim != 2 or len(policy) != len(log) or log.action.max() >= policy.shape[1]:
        raise InvalidInput("A policy needs a row for each choice.", field="policy")
    sums = policy.sum(axis=1)
    if not (np.isfinite(sums) & (policy >= 0).all(axis=1) & (abs(sums - 1) <= SLACK)).all():
        raise InvalidInput(
            "The probabilities of a choice do not sum to 1.", field="policy",
            fix="Give the policy's probability of every column, 0 where it never chooses it.",
        )  # fmt: skip
    fix = "Evaluate a policy that stays within what was explored, or explore more first."
    if log.offered is not None:
        silent = (policy > SLACK) & ~log.offered
        if silent.any():
            count = int(silent.any(axis=1).sum())
            what = f"In {count} of {len(log)} choices the policy takes what was never offered."
            raise NoSupport(what, field="policy", fix=fix)
    sure = log.propensity >= 1.0 - SLACK
    differs = policy[np.arange(len(log)), log.action] < 1.0 - SLACK
    if (sure & differs).any():
        count = int((sure & differs).sum())
        what = f"In {count} of {len(log)} choices the log chose with probability 1, the policy not."
        raise NoSupport(what, field="propensity", fix=fix)
