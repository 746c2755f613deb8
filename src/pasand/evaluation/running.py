"""One evaluation: split, train, rank, and say what was found with all its conditions.

Every figure names data, protocol, slice, model, whether the time of the request was known, split,
tie order and seed. Means are micro (every target alike), ``<name>_macro`` beside them counts
every member alike; both with 95 % intervals of a bootstrap over members. ``ndcg@10_difference``
and ``mrr_difference`` compare every two models on the same draws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.errors import InvalidInput
from pasand.evaluation.bootstrap import Draws, difference, interval
from pasand.evaluation.data import EvaluationData
from pasand.evaluation.lists import ListFacts, list_metrics
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.metrics import DEPTHS, RANK_METRICS, coverage, macro_mean, micro_mean
from pasand.evaluation.protocols import split_by
from pasand.evaluation.ranking import Progress, Ranked, Ranker, rank_targets
from pasand.evaluation.slices import slices
from pasand.evaluation.splits import Rules, Split

__all__ = ["COMPARED", "REQUEST_TIMES", "Evaluation", "Figure", "Trainer", "run"]

Figure = dict[str, Any]
Trainer = Callable[[Interactions, LiveCounts, Sequence[str]], Sequence[Ranker]]

#: Whether models are told when a request is made. Data without times have "none".
REQUEST_TIMES = ("known", "unknown")

#: The metrics by which models are compared two by two.
COMPARED = ("ndcg@10", "mrr")
LOWER_IS_BETTER = ("calibration_kl@10", "popularity_share@10")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one run found: figures, and the rank of every target under each model.

    ``ranked`` is keyed by model and request time, in the order of the tables.
    """

    data: EvaluationData
    protocol: str
    split: Split
    seed: int
    figures: list[Figure]
    ranked: dict[tuple[str, str], Ranked]


@dataclass(frozen=True, slots=True)
class _Part:
    """A slice of the targets and all that its figures need."""

    name: str
    mask: NDArray[np.bool_]
    member: NDArray[np.integer]
    draws: Draws
    item_count: int
    at: dict[str, Any]


def run(
    data: EvaluationData,
    protocol: str,
    models: Sequence[str],
    trainer: Trainer,
    *,
    rules: Rules | None = None,
    request_times: Sequence[str] = ("known",),
    slice_names: Sequence[str] = (),
    seed: int = 1,
    progress: Progress | None = None,
) -> Evaluation:
    """Train ``models`` on what a protocol lets train, rank its targets, return all figures.

    ``slice_names`` chooses slices, none stands for all. ``seed`` is of the bootstrap; training
    has the trainer's own.

    Raises:
        InvalidInput: the protocol does not suit the data, or no such slice has a target.
    """
    data = data.in_order()
    split = split_by(protocol, data, rules)
    masks = _chosen(slices(split), slice_names)
    at = {
        "data": data.name,
        "protocol": protocol,
        "split": split.rule,
        "tie_order": "stable",
        "seed": seed,
    }
    parts = _parts(split, masks, seed, at)
    figures = [_figure("targets", int(p.mask.sum()), p.at, better="none", unit="1") for p in parts]
    facts = ListFacts.of(split.training, split.targets, data.genres)
    ranked: dict[tuple[str, str], Ranked] = {}
    drawn: dict[tuple[str, str, str], NDArray[np.float64]] = {}
    for ranker in trainer(split.training, split.live, models):
        for request_time in request_times if split.timed else ("none",):
            found = rank_targets(
                ranker,
                split.targets,
                len(data.interactions.item_ids),
                progress,
                request_time_known=request_time == "known",
                before_all_ms=split.last_training_ms,
                among=split.among,
            )
            ranked[ranker.name, request_time] = found
            metrics = list_metrics(found.top, facts)
            for part in parts:
                more, compared = _figures_of(part, ranker.name, request_time, found, metrics)
                figures += more
                drawn[part.name, request_time, ranker.name] = compared
    for part in parts:
        figures += _differences(part, drawn, ranked)
    return Evaluation(data, protocol, split, seed, figures, ranked)


def _chosen(
    masks: dict[str, NDArray[np.bool_]], wanted: Sequence[str]
) -> dict[str, NDArray[np.bool_]]:
    for name in wanted:
        if name not in masks:
            raise InvalidInput(
                f"There is no slice {name!r} with a target.",
                field="slice",
                fix=f"Choose from {', '.join(masks)}.",
            )
    return {name: mask for name, mask in masks.items() if not wanted or name in wanted}


def _parts(
    split: Split, masks: dict[str, NDArray[np.bool_]], seed: int, at: dict[str, Any]
) -> list[_Part]:
    codes, member = np.unique(split.targets.member, return_inverse=True)
    draws = Draws.of(len(codes), seed)
    item_count = split.ranked_count
    return [
        _Part(name, mask, member[mask], draws, item_count, at | {"slice": name})
        for name, mask in masks.items()
    ]


def _figures_of(
    part: _Part,
    model: str,
    request_time: str,
    ranked: Ranked,
    lists: dict[str, NDArray[np.float64]],
) -> tuple[list[Figure], NDArray[np.float64]]:
    """Return the figures of a model on a slice, and the drawn means of what is compared."""
    at = part.at | {"model": model, "request_time": request_time}
    names = list(RANK_METRICS)
    value = np.stack([RANK_METRICS[name](ranked.rank[part.mask]) for name in names], axis=1)
    micro = part.draws.micro_means(value, part.member)
    macro = part.draws.macro_means(value, part.member)
    figures = []
    for column, name in enumerate(names):
        mean = micro_mean(value[:, column])
        figures.append(_figure(name, mean, at, interval(micro[:, column])))
        mean = macro_mean(value[:, column], part.member)
        figures.append(_figure(f"{name}_macro", mean, at, interval(macro[:, column])))
    for k in DEPTHS:
        share = coverage(ranked.top[part.mask, :k], part.item_count)
        figures.append(_figure(f"coverage@{k}", share, at))
    for name, of_all in lists.items():
        own = of_all[part.mask]
        known = np.isfinite(own)
        if known.any():
            means = part.draws.micro_means(own[known, None], part.member[known])
            figures.append(_figure(name, micro_mean(own[known]), at, interval(means[:, 0])))
    return figures, micro[:, [names.index(name) for name in COMPARED]]


def _differences(
    part: _Part,
    drawn: dict[tuple[str, str, str], NDArray[np.float64]],
    ranked: dict[tuple[str, str], Ranked],
) -> list[Figure]:
    """Compare every two models of one request time on a slice."""
    figures = []
    for (model, request_time), (other, same_time) in combinations(ranked, 2):
        if request_time != same_time:
            continue
        at = part.at | {"model": model, "against": other, "request_time": request_time}
        mine, theirs = ranked[model, request_time].rank, ranked[other, request_time].rank
        for column, name in enumerate(COMPARED):
            metric = RANK_METRICS[name]
            mean = micro_mean(metric(mine[part.mask]) - metric(theirs[part.mask]))
            low, high, p = difference(
                drawn[part.name, request_time, model][:, column],
                drawn[part.name, request_time, other][:, column],
            )
            figures.append(_figure(f"{name}_difference", mean, at, (low, high)) | {"p": p})
    return figures


def _figure(
    name: str,
    value: float,
    at: dict[str, Any],
    between: tuple[float, float] | None = None,
    *,
    unit: str = "",
    better: str = "",
) -> Figure:
    """Return one figure as every command prints it, with low and high where an interval is."""
    better = better or ("lower" if name in LOWER_IS_BETTER else "higher")
    figure = {"name": name, "value": value, "unit": unit, "better": better, "at": at, "peer": None}
    if between is not None and np.isfinite(between).all():
        figure |= {"low": between[0], "high": between[1]}
    return figure
