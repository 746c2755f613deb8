"""Comparing: several models under one protocol, on the same targets and the same draws.

The protocols and metrics are those of ``pasand evaluate``; what comes back is a frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.errors import InvalidInput
from pasand.evaluation.data import EvaluationData
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.metrics import RANK_METRICS
from pasand.evaluation.ranking import BatchRanker, Histories, Ranker
from pasand.evaluation.running import Evaluation, Figure, run
from pasand.library.frames import make_frame
from pasand.library.progress import Progress, progress_of
from pasand.library.reading import read_interactions
from pasand.library.recommender import Recommender

__all__ = ["compare"]

#: Conditions that every row of a comparison carries.
CONDITIONS = ("protocol", "split", "request_time", "tie_order", "seed")


def compare(
    models: Mapping[str, Recommender] | Sequence[Recommender],
    interactions: Any,
    *,
    protocol: str = "time",
    metrics: Sequence[str] = ("ndcg@10", "hr@10", "mrr"),
    slices: Sequence[str] = ("all",),
    items: Any = None,
    random_state: int = 1,
    progress: Progress | None = None,
    verbose: bool = False,
) -> Any:
    """Fit copies of models before a split, rank what came after it, and return a table.

    A row is a model on a slice. Beside each metric stand ``<metric>_low`` and ``<metric>_high``,
    between which it lies in 95 % of bootstrap draws over members, and for NDCG@10 and MRR
    ``<metric>_p``, how likely so large a difference from the first model is by chance (paired on
    the same draws). All items are ranked, less those the member had before; the models handed in
    stay as they are.

    Args:
        models: by name, or a list, named by their parameters. Put the one to beat first.
        interactions: the frame that ``fit`` takes.
        protocol: ``leave-one-out``, ``time``, ``day`` or ``session``.
        metrics: names such as ``ndcg@10``, ``hr@20``, ``mrr``, ``coverage@50``.
        slices: names such as ``all``, ``visit``, ``new-item``, ``cold``, ``events-3``.
        items: a frame of items, for models that learn from what items are.
        random_state: of the bootstrap; models have their own.
        progress: called with what is being done, how much of it, and of how much.
        verbose: draw a bar, where there is a terminal.

    Raises:
        InvalidInput: a name is not known, or the protocol does not suit the data.
    """
    named = _by_name(models)
    given = read_interactions(interactions, items)
    report = progress_of(progress, verbose)
    found = run(
        EvaluationData(given.interactions),
        protocol,
        list(named),
        _Trainer(named, items, report),
        slice_names=slices,
        seed=random_state,
        progress=report,
    )
    columns = _table(found, list(named), slices, metrics)
    columns["data_hash"] = [_hash(given.interactions)] * len(columns["model"])
    return make_frame(given.frame_kind, {name: _array(c) for name, c in columns.items()})


def _by_name(models: Mapping[str, Recommender] | Sequence[Recommender]) -> dict[str, Recommender]:
    pairs = models.items() if isinstance(models, Mapping) else [(repr(m), m) for m in models]
    named: dict[str, Recommender] = {}
    for name, model in pairs:
        if name in named:
            raise InvalidInput(
                f"{name} stands twice.", field="models", fix="Give names: {'mine': model, ...}."
            )
        if not isinstance(model, Recommender):
            raise InvalidInput(f"{name} is no model of Pasand.", field="models")
        model.check_params()
        named[name] = model
    if not named:
        raise InvalidInput("There is no model to compare.", field="models", fix="Give one or more.")
    return named


@dataclass(frozen=True, slots=True)
class _Trainer:
    """Trains models on what a protocol lets them see, without touching what they hold."""

    models: Mapping[str, Recommender]
    items: Any
    progress: Progress

    def __call__(
        self, training: Interactions, live: LiveCounts, models: Sequence[str]
    ) -> list[Ranker]:
        rankers: list[Ranker] = []
        for place, name in enumerate(models):
            self.progress("training", place, len(models))
            model = self.models[name]
            arrays = model.train(training, self.items, self.progress)
            ranker = model.ranker(arrays, training, live)
            kind = _NamedBatch if isinstance(ranker, BatchRanker) else _Named
            rankers.append(kind(ranker, name))
        self.progress("training", len(models), len(models))
        return rankers


@dataclass(frozen=True, slots=True)
class _Named:
    """A ranker under the name it has in the comparison."""

    ranker: Any
    name: str

    def scores(self, histories: Histories) -> NDArray[np.float32]:
        found: NDArray[np.float32] = self.ranker.scores(histories)
        return found


@dataclass(frozen=True, slots=True)
class _NamedBatch(_Named):
    def scores_of_many(self, histories: Sequence[Histories]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = self.ranker.scores_of_many(histories)
        return found


def _table(
    found: Evaluation, models: Sequence[str], slices: Sequence[str], metrics: Sequence[str]
) -> dict[str, list[Any]]:
    """Return the columns of the table, models of one slice together."""
    figures = {
        (f["at"]["slice"], f["at"]["model"], f["name"]): f
        for f in found.figures
        if "model" in f["at"] and "against" not in f["at"]
    }
    against = {
        (f["at"]["slice"], f["at"]["against"], f["name"].removesuffix("_difference")): f
        for f in found.figures
        if f["at"].get("against") and f["at"]["model"] == models[0]
    }
    known = {name for _, _, name in figures}
    _check_metrics(metrics, known)
    count = {f["at"]["slice"]: int(f["value"]) for f in found.figures if f["name"] == "targets"}
    shown = [name for name in count if name in slices or not slices]
    rows = [
        _row(name, model, count[name], metrics, figures, against)
        for name in shown
        for model in models
    ]
    return {column: [row[column] for row in rows] for column in rows[0]}


def _row(
    slice_name: str,
    model: str,
    target_count: int,
    metrics: Sequence[str],
    figures: Mapping[tuple[str, str, str], Figure],
    against: Mapping[tuple[str, str, str], Figure],
) -> dict[str, Any]:
    row: dict[str, Any] = {"slice": slice_name, "model": model, "target_count": target_count}
    compared = {name for _, _, name in against}
    for metric in metrics:
        figure = figures.get((slice_name, model, metric), {})
        row[metric] = figure.get("value", np.nan)
        row[f"{metric}_low"] = figure.get("low", np.nan)
        row[f"{metric}_high"] = figure.get("high", np.nan)
        if metric in compared:
            row[f"{metric}_p"] = against.get((slice_name, model, metric), {}).get("p", np.nan)
    some = next(f for (part, name, _), f in figures.items() if (part, name) == (slice_name, model))
    return row | {name: some["at"][name] for name in CONDITIONS}


def _check_metrics(metrics: Sequence[str], known: set[str]) -> None:
    names = [*RANK_METRICS, *sorted(known - set(RANK_METRICS))]
    for name in metrics:
        if name not in known:
            raise InvalidInput(
                f"There is no metric {name!r}.",
                field="metrics",
                fix=f"Choose from {', '.join(names)}.",
            )


def _hash(data: Interactions) -> str:
    """Return a digest of who took what and when, in order."""
    digest = sha256()
    for column in (data.member, data.item, data.at_ms, data.weight):
        digest.update(np.ascontiguousarray(column).tobytes())
    digest.update("\n".join((*data.member_ids, "", *data.item_ids)).encode())
    return digest.hexdigest()[:16]


def _array(values: Sequence[Any]) -> NDArray[Any]:
    if values and isinstance(values[0], str):
        made = np.empty(len(values), object)
        made[:] = values
        return made
    return np.asarray(values)
