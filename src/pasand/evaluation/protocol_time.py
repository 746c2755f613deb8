"""Protocol ``time``: train before one moment, rank every later event with what was known then.

- All events in stable time order; the first 0.9 of them train, ties keep their order.
- Each later event in turn is a target, the first 50 a member, with the member's whole history up
  to it, earlier targets included. Models know the target's time (``request_time`` known).
- All items of the data are ranked, never-taken and new ones too; those the member had before are
  removed, and are no targets.
- Slices: ``all``, members with events before the split; of these ``visit``, more than an hour
  after the member's previous event, and ``new-item``, an item without an event before the split.
  ``cold``, members without an event before the split. ``events-N``, by the number of events so
  far, cold members included: 0, 1-2, 3-9, 10-29, 30-99, 100 and more.
- Micro averages; macro ones (over members) under ``<name>_macro``.

Weights are trained by the caller's ``trainer`` on what it is handed, the part before the split.
Bootstrap intervals and paired tests are not here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.domain.labels import begins_visit
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.metrics import RANK_METRICS, coverage, macro_mean, micro_mean
from pasand.evaluation.ranking import Progress, Ranked, Ranker, rank_targets
from pasand.evaluation.splits import Targets, choose_targets, split_by_time

__all__ = ["EVENT_BINS", "QUANTILE", "Figure", "Trainer", "run", "slices"]

QUANTILE = 0.9
EVENT_BINS = (0, 1, 3, 10, 30, 100)

Figure = dict[str, Any]
Trainer = Callable[[Interactions, LiveCounts, Sequence[str]], Sequence[Ranker]]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What every figure of one run has in common."""

    data: str
    seed: int

    def at(self, slice_name: str, model: str | None = None) -> dict[str, Any]:
        """Return the conditions of one figure."""
        place: dict[str, Any] = {"data": self.data, "protocol": "time", "slice": slice_name}
        if model is not None:
            place["model"] = model
        return place | {
            "request_time": "known",
            "tie_order": "stable",
            "split_quantile": QUANTILE,
            "seed": self.seed,
        }


def run(
    interactions: Interactions,
    models: Sequence[str],
    trainer: Trainer,
    *,
    data: str = "",
    seed: int = 1,
    target_count_max_per_member: int = 50,
    progress: Progress | None = None,
) -> list[Figure]:
    """Train ``models`` before the split, rank the targets after it, return all figures.

    ``seed`` is written on the figures; the first models and this protocol draw nothing.
    """
    split = split_by_time(interactions, QUANTILE)
    targets = choose_targets(split, target_count_max_per_member)
    item_count = len(interactions.item_ids)
    conditions = Conditions(data, seed)
    masks = slices(targets)
    figures = [
        figure("targets", int(mask.sum()), "1", conditions.at(name)) for name, mask in masks.items()
    ]
    for ranker in trainer(split.training, LiveCounts(split.interactions), models):
        ranked = rank_targets(ranker, targets, item_count, progress)
        for name, mask in masks.items():
            at = conditions.at(name, ranker.name)
            figures += slice_figures(ranked, targets.member, mask, item_count, at)
    return figures


def slices(targets: Targets) -> dict[str, NDArray[np.bool_]]:
    """Return which targets belong to each slice; slices overlap."""
    warm = ~targets.cold
    masks = {
        "all": warm,
        "visit": warm & (begins_visit(targets.gap_ms)),
        "new-item": warm & targets.is_new,
        "cold": targets.cold,
    }
    so_far = targets.history_count
    for low, high in zip(EVENT_BINS, (*EVENT_BINS[1:], None), strict=True):
        below = so_far < high if high is not None else np.ones(len(targets), bool)
        masks[f"events-{low}"] = (so_far >= low) & below
    return masks


def slice_figures(
    ranked: Ranked,
    member: NDArray[np.int32],
    mask: NDArray[np.bool_],
    item_count: int,
    at: dict[str, Any],
) -> list[Figure]:
    """Return every metric of one model on one slice, none where the slice is empty."""
    if not mask.any():
        return []
    figures = []
    for name, metric in RANK_METRICS.items():
        value = metric(ranked.rank[mask])
        figures.append(figure(name, micro_mean(value), "", at))
        figures.append(figure(f"{name}_macro", macro_mean(value, member[mask]), "", at))
    figures.append(figure("coverage@50", coverage(ranked.top[mask], item_count), "", at))
    return figures


def figure(name: str, value: float, unit: str, at: dict[str, Any]) -> Figure:
    """Return one figure as every command prints it."""
    return {"name": name, "value": value, "unit": unit, "better": "higher", "at": at, "peer": None}
