"""Quality along one condition: length of history, popularity of the target, hour of the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.evaluation.bootstrap import Draws, interval
from pasand.evaluation.metrics import ndcg
from pasand.evaluation.running import Evaluation
from pasand.evaluation.slices import EVENT_BINS, slices

__all__ = ["Curve", "by_history", "by_hour", "by_popularity", "curves"]

HOUR_MS = 3_600_000

#: A point of fewer targets says nothing and is left out.
TARGET_COUNT_MIN = 20
DRAW_COUNT = 400


@dataclass(frozen=True, slots=True)
class Curve:
    """NDCG@10 of each model at each point along a condition, with its 95 % interval.

    A line holds (value, low, high) a point, NaN where there are few targets.
    """

    title: str
    explained: str
    along: str
    points: tuple[str, ...]
    target_count: tuple[int, ...]
    lines: Mapping[str, tuple[tuple[float, float, float], ...]]


def curves(evaluation: Evaluation) -> list[Curve]:
    """Return the curves that the data allow."""
    found = [by_history(evaluation), by_popularity(evaluation), by_hour(evaluation)]
    return [curve for curve in found if curve is not None]


def by_history(evaluation: Evaluation) -> Curve:
    """Quality by the number of events the member had so far."""
    so_far = evaluation.split.targets.history_count
    ends = [str(high - 1) for high in EVENT_BINS[1:]]
    points = [
        name if name == end else f"{name}–{end}"
        for name, end in zip(map(str, EVENT_BINS), ends, strict=False)
    ]
    return _curve(
        evaluation,
        np.searchsorted(EVENT_BINS, so_far, side="right") - 1,
        np.ones(len(so_far), bool),
        "By length of history",
        "A model that learns from what a member does should rise with every step to the right.",
        "number of the member's events so far",
        [*points, f"{EVENT_BINS[-1]}+"],
    )


def by_popularity(evaluation: Evaluation) -> Curve:
    """Quality by how popular the target was in training: tenths of the targets."""
    split = evaluation.split
    taken = np.bincount(split.training.item, minlength=len(split.training.item_ids))
    popularity = taken[split.targets.item]
    everyone = slices(split)["all"]
    edges = np.quantile(popularity[everyone], np.arange(1, 10) / 10)
    low = np.unique(np.concatenate(([0], np.ceil(edges))))
    names = [f"{int(edge):,}" for edge in low]
    return _curve(
        evaluation,
        np.searchsorted(low, popularity, side="right") - 1,
        everyone,
        "By popularity of the target",
        "Tenths of the targets, the least known items left: how far a model reaches beyond what"
        " everybody takes.",
        "least number of the target's events in training",
        names,
    )


def by_hour(evaluation: Evaluation) -> Curve | None:
    """Quality by the hour of the target in UTC, where its time is exact; None without times."""
    split = evaluation.split
    if not split.timed:
        return None
    exact = evaluation.data.exact
    known = slices(split)["all"]
    if exact is not None:
        known = known & exact[split.targets.row]
    return _curve(
        evaluation,
        split.targets.at_ms // HOUR_MS % 24,
        known,
        "By hour of the day",
        "Hours are UTC, of targets whose time is exact.",
        "hour",
        [f"{hour:02d}" for hour in range(24)],
    )


def _curve(
    evaluation: Evaluation,
    place: NDArray[np.integer],
    chosen: NDArray[np.bool_],
    title: str,
    explained: str,
    along: str,
    points: Sequence[str],
) -> Curve:
    count = np.bincount(place[chosen], minlength=len(points))
    codes, member = np.unique(evaluation.split.targets.member, return_inverse=True)
    draws = Draws.of(len(codes), evaluation.seed, DRAW_COUNT)
    parts = [
        np.flatnonzero(chosen & (place == point)) if count[point] >= TARGET_COUNT_MIN else None
        for point in range(len(points))
    ]
    times = {time for _, time in evaluation.ranked}
    lines = {}
    for (model, time), ranked in evaluation.ranked.items():
        name = model if len(times) < 2 else f"{model}, time {time}"
        value = ndcg(ranked.rank, 10)
        lines[name] = tuple(_point(value, part, member, draws) for part in parts)
    return Curve(title, explained, along, tuple(points), tuple(count.tolist()), lines)


def _point(
    value: NDArray[np.float64],
    part: NDArray[np.intp] | None,
    member: NDArray[np.integer],
    draws: Draws,
) -> tuple[float, float, float]:
    if part is None:
        return np.nan, np.nan, np.nan
    low, high = interval(draws.micro_means(value[part, None], member[part])[:, 0])
    return float(value[part].mean()), low, high
