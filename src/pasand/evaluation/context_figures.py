"""What context is worth, as figures: one model with it over the same model without it.

Every model ranked the same lists, so the bootstrap over owners (members, or sessions where they
are what is known) is paired: an interval of a ratio is that of the same owners under both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.evaluation.bootstrap import Draws, interval
from pasand.evaluation.metrics import ndcg, reciprocal

__all__ = ["METRICS", "context_figures", "told"]

Values = NDArray[np.float64]
Figure = dict[str, Any]

METRICS = {"ndcg@10": lambda rank: ndcg(rank, 10), "mrr": reciprocal}
#: A model that puts so many targets first has been told them.
_FIRST_SHARE_MAX = 0.9


def context_figures(
    ranks: Mapping[str, Values],
    owner: NDArray[np.integer],
    metric: str,
    ratio: str,
    at: Mapping[str, Any],
    *,
    signals: Mapping[str, object],
    against: str = "none",
    seed: int = 1,
) -> list[Figure]:
    """Return the means of all models, ``ratio`` of ``full`` to ``against``, and each signal's gain.

    ``ranks`` are those of what was taken, by model: ``full``, ``none``, what stands beside, and by
    its name the model without a signal. A gain of .02: with the signal the metric is 2 % higher.
    """
    names = list(ranks)
    value = np.stack([METRICS[metric](ranks[name]) for name in names], axis=1)
    codes, code = np.unique(owner, return_inverse=True)
    drawn = Draws.of(len(codes), seed).micro_means(value, code)
    mean = value.mean(axis=0)
    figures = [_figure("targets", len(value), at, better="none")]
    for number, name in enumerate(names):
        model = f"without {name}" if name in signals else name
        here = {**at, "model": model}
        figures.append(_figure(metric, mean[number], here, interval(drawn[:, number])))
    full = names.index("full")

    def over(other: str) -> tuple[float, tuple[float, float]]:
        place = names.index(other)
        with np.errstate(invalid="ignore", divide="ignore"):
            low, high = interval(drawn[:, full] / drawn[:, place])
            return float(mean[full] / mean[place]), (low, high)

    times, between = over(against)
    figures.append(_figure(ratio, times, {**at, "metric": metric, "against": against}, between))
    for signal in signals:
        times, (low, high) = over(signal)
        here = {**at, "metric": metric, "signal": signal}
        figures.append(_figure("signal_gain", times - 1.0, here, (low - 1.0, high - 1.0)))
    return figures


def told(ranks: Mapping[str, Values]) -> list[str]:
    """Return a warning for each model that ranks nearly every target first."""
    return [
        f"{name} ranks nearly every target first: was it told?"
        for name, rank in ranks.items()
        if len(rank) >= 20 and np.mean(rank == 1) > _FIRST_SHARE_MAX
    ]


def _figure(
    name: str,
    value: float,
    at: Mapping[str, Any],
    between: tuple[float, float] | None = None,
    better: str = "higher",
) -> Figure:
    figure = {
        "name": name, "value": value, "unit": "", "better": better, "at": dict(at), "peer": None,
    }  # fmt: skip
    if between is not None and np.isfinite(between).all():
        figure |= {"low": between[0], "high": between[1]}
    return figure
