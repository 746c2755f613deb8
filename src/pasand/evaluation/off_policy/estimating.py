"""Estimating a policy's value from a log: the number, its interval, and whether to believe it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.errors import InvalidInput
from pasand.evaluation.bootstrap import Draws, interval
from pasand.evaluation.off_policy.estimators import ESTIMATORS, NEEDS_MODEL, Hyper, Terms
from pasand.evaluation.off_policy.logged import LoggedChoices
from pasand.evaluation.off_policy.support import NoSupport, check_support

__all__ = ["Estimates", "Value", "WeightChecks", "check_weights", "estimate", "value_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: More clusters than this share draws in blocks: whole clusters stay together either way.
BLOCK_COUNT_MAX = 5_000
#: A mean weight further from 1 than this many standard errors says that propensities are wrong.
ERRORS_MAX = 4.0
#: Below this share of effective choices an interval rests on a few large weights.
EFFECTIVE_SHARE_MIN = 0.01


@dataclass(frozen=True, slots=True)
class Value:
    """A policy's value by one estimator, and what 95 % of bootstrap draws lie between."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class WeightChecks:
    """What the weights say of a log: with true propensities their mean is 1.

    ``effective`` is (sum w)² / sum w², how many choices of equal weight would tell as much.
    """

    count: int
    effective: float
    mean: float
    standard_error: float
    largest: float

    @property
    def warnings(self) -> tuple[str, ...]:
        """What speaks against believing the estimates; empty where nothing does."""
        said = []
        if abs(self.mean - 1.0) > ERRORS_MAX * self.standard_error + 1e-9:
            said.append("the mean weight is far from 1: the logged propensities are not true")
        if self.effective < EFFECTIVE_SHARE_MIN * self.count:
            said.append("few choices carry nearly all the weight")
        return tuple(said)


@dataclass(frozen=True, slots=True)
class Estimates:
    """The values by the name of their estimator, and the checks of the weights."""

    values: Mapping[str, Value]
    checks: WeightChecks


def check_weights(weight: Floats, cluster: Ints | None = None) -> WeightChecks:
    """Return the checks of a log's weights; choices of one ``cluster`` are one piece of evidence
    to the standard error.
    """
    square = float((weight**2).sum())
    effective = float(weight.sum()) ** 2 / square if square > 0 else 0.0
    apart = weight - weight.mean()
    if cluster is not None:
        apart = np.bincount(np.unique(cluster, return_inverse=True)[1], apart)
    error = float(np.sqrt((apart**2).sum()) / len(weight))
    return WeightChecks(len(weight), effective, float(weight.mean()), error, float(weight.max()))


def value_of(name: str, terms: Terms, hyper: Hyper | None = None) -> float:
    """Return the value by one estimator.

    Raises:
        NoSupport: replay finds no choice in which both surely agree.
    """
    above, below = _parts(name, terms, hyper or Hyper())
    return float(above.sum() / below.sum())


def estimate(
    log: LoggedChoices,
    policy: Floats,
    guess: Floats | None = None,
    *,
    names: tuple[str, ...] | None = None,
    hyper: Hyper | None = None,
    seed: int = 0,
    draw_count: int = 1_000,
) -> Estimates:
    """Return what ``policy`` would have earned a choice, by every estimator or those of ``names``.

    ``policy`` has a row of probabilities for each choice, ``guess`` the reward model's of the
    same shape; what needs it is left out without one. Replay is left out where nothing agrees.

    Raises:
        InvalidInput: the log or the policy is malformed, or a named estimator needs a ``guess``.
        NoSupport: the log is silent about this policy, or one of ``names`` finds nothing in it.
    """
    check_support(log, policy)
    terms = Terms.of(log, policy, guess)
    if not terms.weight.any():
        raise NoSupport("The policy never chooses what the log chose.", field="policy")
    if guess is None and names and NEEDS_MODEL & set(names):
        raise InvalidInput("This estimator needs a reward model's guesses.", field="guess")
    wanted = names or tuple(n for n in ESTIMATORS if guess is not None or n not in NEEDS_MODEL)
    blocks = _blocks(log)
    draws = Draws.of(int(blocks.max()) + 1, seed, draw_count)
    values = {}
    for name in wanted:
        if name == "replay" and names is None and not terms.agrees.any():
            continue
        above, below = _parts(name, terms, hyper or Hyper())
        values[name] = Value(
            float(above.sum() / below.sum()), *_interval(above, below, blocks, draws)
        )
    return Estimates(values, check_weights(terms.weight, log.cluster))


def _parts(name: str, terms: Terms, hyper: Hyper) -> tuple[Floats, Floats]:
    if name not in ESTIMATORS:
        raise InvalidInput(
            f"There is no estimator named {name}.", field="names",
            fix=f"Name some of {', '.join(ESTIMATORS)}.",
        )  # fmt: skip
    above, below = ESTIMATORS[name](terms, hyper)
    if not below.any():
        raise NoSupport(
            "The log holds no choice that this estimator can use.", field="policy",
            fix="Replay needs a policy that chooses with probability 1; take snips or dr.",
        )  # fmt: skip
    return above, below


def _blocks(log: LoggedChoices) -> Ints:
    """Return a number below BLOCK_COUNT_MAX for each choice, one for all of a cluster."""
    code = np.arange(len(log))
    if log.cluster is not None:
        code = np.unique(log.cluster, return_inverse=True)[1]
    return np.asarray(code % BLOCK_COUNT_MAX, np.int64)


def _interval(above: Floats, below: Floats, blocks: Ints, draws: Draws) -> tuple[float, float]:
    count = draws.times.shape[1]
    sums = [np.bincount(blocks, part, count) for part in (above, below)]
    times = draws.times.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return interval(np.asarray((times @ sums[0]) / (times @ sums[1])))
