"""The estimators as plain formulas: each gives, for every choice, what it adds above and below.

The value of a policy is the sum of the first over the sum of the second, so that one bootstrap
serves all of them. w is the policy's probability of what was chosen over the log's, r the reward,
q the reward model's guess of each column, q' the policy's mean of q.

replay      w = 1 where both surely agree: r over the count of agreements (Li et al., 2011)
ips         w r                                          (Horvitz and Thompson, 1952)
snips       w r over w                                   (Swaminathan and Joachims, 2015)
dm          q'
dr          q' + w (r - q)                               (Dudík, Langford and Li, 2011)
switch_dr   q' + w (r - q) where w is at most tau        (Wang, Agarwal and Dudík, 2017)
dr_os       q' + lambda w / (w² + lambda) (r - q)        (Su et al., 2020)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from pasand.evaluation.off_policy.logged import LoggedChoices

__all__ = ["ESTIMATORS", "NEEDS_MODEL", "Hyper", "Terms", "weights"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hyper:
    """``tau``: the weight above which switch_dr trusts the model alone; ``lambda_``: how slowly
    dr_os shrinks large weights.
    """

    tau: float = 10.0
    lambda_: float = 100.0


@dataclass(frozen=True, slots=True)
class Terms:
    """What the estimators read of a log, a policy and a reward model (None without one)."""

    weight: Floats
    reward: Floats
    agrees: Floats
    guess_of_policy: Floats | None = None
    guess_of_action: Floats | None = None

    @staticmethod
    def of(log: LoggedChoices, policy: Floats, guess: Floats | None = None) -> Terms:
        """Return the terms; ``guess`` has the shape of ``policy``."""
        at = np.arange(len(log))
        chosen = policy[at, log.action]
        sums = policy.sum(axis=1)
        return Terms(
            chosen / log.propensity,
            log.reward,
            (chosen == 1.0).astype(np.float64),
            None if guess is None else (policy * guess).sum(axis=1) / sums,
            None if guess is None else guess[at, log.action],
        )


Pair = tuple[Floats, Floats]


def weights(log: LoggedChoices, policy: Floats) -> Floats:
    """Return the policy's probability of what was chosen over the log's."""
    return np.asarray(policy[np.arange(len(log)), log.action] / log.propensity)


def _replay(terms: Terms, hyper: Hyper) -> Pair:
    return terms.agrees * terms.reward, terms.agrees


def _ips(terms: Terms, hyper: Hyper) -> Pair:
    return terms.weight * terms.reward, np.ones(len(terms.weight))


def _snips(terms: Terms, hyper: Hyper) -> Pair:
    return terms.weight * terms.reward, terms.weight


def _dm(terms: Terms, hyper: Hyper) -> Pair:
    assert terms.guess_of_policy is not None
    return terms.guess_of_policy, np.ones(len(terms.weight))


def _corrected(terms: Terms, weight: Floats) -> Pair:
    assert terms.guess_of_policy is not None and terms.guess_of_action is not None
    above = terms.guess_of_policy + weight * (terms.reward - terms.guess_of_action)
    return above, np.ones(len(weight))


def _dr(terms: Terms, hyper: Hyper) -> Pair:
    return _corrected(terms, terms.weight)


def _switch_dr(terms: Terms, hyper: Hyper) -> Pair:
    return _corrected(terms, np.where(terms.weight <= hyper.tau, terms.weight, 0.0))


def _dr_os(terms: Terms, hyper: Hyper) -> Pair:
    if np.isinf(hyper.lambda_):
        return _corrected(terms, terms.weight)
    below = terms.weight**2 + hyper.lambda_
    shrunk = hyper.lambda_ * terms.weight / np.where(below > 0, below, 1.0)
    return _corrected(terms, shrunk)


ESTIMATORS: Mapping[str, Callable[[Terms, Hyper], Pair]] = MappingProxyType(
    {
        "replay": _replay,
        "ips": _ips,
        "snips": _snips,
        "dm": _dm,
        "dr": _dr,
        "switch_dr": _switch_dr,
        "dr_os": _dr_os,
    }
)
#: What cannot be had without a reward model.
NEEDS_MODEL = frozenset(("dm", "dr", "switch_dr", "dr_os"))
