"""Figures of pages: means with intervals over members, and what a page has above another one.

All policies are measured at the same moments, and all intervals come from the same draws of
members, so differences and ratios are paired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.evaluation.bootstrap import Draws, interval
from pasand.evaluation.page_metrics import METRICS

__all__ = [
    "Figure",
    "PageTable",
    "figure",
    "gains",
    "policy_figures",
    "promise_figures",
    "ratio_figures",
]

Figure = dict[str, Any]
Values = NDArray[np.float64]

LOWER_IS_BETTER = ("calibration_kl",)
#: What no policy is praised for alone.
_BESIDE = ("liked_attention",)


@dataclass(frozen=True)
class PageTable:
    """The metrics of every policy: ``values[policy]`` is [target, metric], NaN where not measured.

    ``member`` is a code of each target's member; ``slices`` mark the targets of each slice.
    ``at`` are the conditions that all figures share.
    """

    values: Mapping[str, NDArray[np.floating]]
    member: NDArray[np.integer]
    slices: Mapping[str, NDArray[np.bool_]]
    at: Mapping[str, Any]
    seed: int = 1
    metrics: Sequence[str] = METRICS
    _draws: dict[int, Draws] = field(default_factory=dict)

    def column(self, policy: str, metric: str) -> Values:
        """Return a metric of a policy at every target."""
        return np.asarray(self.values[policy][:, self.metrics.index(metric)], np.float64)

    def means(self, columns: Sequence[Values], mask: NDArray[np.bool_]) -> tuple[Values, Values]:
        """Return the means of columns over the targets where all are known, and the drawn ones."""
        value = np.stack(columns, axis=1)
        known = mask & np.isfinite(value).all(axis=1)
        if not known.any():
            none = np.full(len(columns), np.nan)
            return none, none[None]
        codes, member = np.unique(self.member, return_inverse=True)
        if not self._draws:
            self._draws[0] = Draws.of(len(codes), self.seed)
        return value[known].mean(axis=0), self._draws[0].micro_means(value[known], member[known])


def policy_figures(table: PageTable, policies: Mapping[str, str], against: str) -> list[Figure]:
    """Return every metric of the policies by slice, under the names that ``policies`` gives them,
    and what the policy ``against`` has above each of the others.
    """
    found = []
    for name, mask in table.slices.items():
        found.append(figure("targets", int(mask.sum()), {**table.at, "slice": name}, better="none"))
        for metric in (metric for metric in table.metrics if metric not in _BESIDE):
            for policy, shown in policies.items():
                at = {**table.at, "slice": name, "policy": shown}
                mean, drawn = table.means([table.column(policy, metric)], mask)
                found.append(figure(metric, float(mean[0]), at, interval(drawn[:, 0])))
                if policy == against:
                    continue
                pair = [table.column(against, metric), table.column(policy, metric)]
                mean, drawn = table.means(pair, mask)
                apart = float(mean[0] - mean[1])
                at = {**table.at, "slice": name, "policy": policies[against], "against": shown}
                between = interval(drawn[:, 0] - drawn[:, 1])
                found.append(figure(f"{metric}_difference", apart, at, between))
    return found


def promise_figures(table: PageTable, promises: Mapping[str, Values]) -> list[Figure]:
    """Return how far the pages of each slice keep what is promised of them: the mean, and the
    smallest value, for a promise is kept on every page or it is not.
    """
    found = []
    for name, mask in table.slices.items():
        for promise, column in promises.items():
            mean, drawn = table.means([column], mask)
            at = {**table.at, "slice": name, "least": float(column[mask].min())}
            found.append(figure(promise, float(mean[0]), at, interval(drawn[:, 0])))
    return found


def ratio_figures(
    table: PageTable, policy: str, lists: Mapping[str, Mapping[str, Values]], against: str
) -> list[Figure]:
    """Return how often plain lists hold the target, and the policy's reach over that of one list.

    ``lists[model][metric]`` has a value for every target.
    """
    found = []
    for name, mask in table.slices.items():
        for model, metrics in lists.items():
            for metric, column in metrics.items():
                at = {**table.at, "slice": name, "policy": f"list of {model}"}
                mean, drawn = table.means([column], mask)
                found.append(figure(metric, float(mean[0]), at, interval(drawn[:, 0])))
                if model != against:
                    continue
                mean, drawn = table.means([table.column(policy, metric), column], mask)
                at = {**table.at, "slice": name, "policy": policy, "against": f"list of {model}"}
                value, between = _ratio(mean, drawn)
                found.append(figure(f"{metric}_ratio", value, at, between))
    return found


def gains(
    table: PageTable, name: str, what: str, policies: Mapping[str, str], full: str, metric: str
) -> list[Figure]:
    """Return by how large a share ``metric`` is greater with a part or signal than without it.

    ``policies`` are the poorer policies by the part or signal they lack, which stands at ``what``.
    """
    found = []
    for slice_name, mask in table.slices.items():
        for lacking, policy in policies.items():
            pair = [table.column(full, metric), table.column(policy, metric)]
            mean, drawn = table.means(pair, mask)
            at = {**table.at, "slice": slice_name, what: lacking, "metric": metric}
            value, between = _ratio(mean, drawn)
            low_high = (between[0] - 1.0, between[1] - 1.0)
            found.append(figure(name, value - 1.0, at, low_high))
    return found


def _ratio(mean: Values, drawn: Values) -> tuple[float, tuple[float, float]]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(mean[0] / mean[1]), interval(drawn[:, 0] / drawn[:, 1])


def figure(
    name: str,
    value: float,
    at: Mapping[str, Any],
    between: tuple[float, float] | None = None,
    *,
    better: str = "",
) -> Figure:
    """Return one figure as every command prints it; a value that is not known is None."""
    plain = name.removesuffix("_difference")
    better = better or ("lower" if plain in LOWER_IS_BETTER else "higher")
    known = value if np.isfinite(value) else None
    found: Figure = {
        "name": name, "value": known, "unit": "", "better": better, "at": dict(at), "peer": None,
    }  # fmt: skip
    if between is not None and np.isfinite(between).all():
        found |= {"low": between[0], "high": between[1]}
    return found
