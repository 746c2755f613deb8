"""What context is worth on data of one's own, as a use case: learn, rank, compare.

Three protocols, by what the data are: displayed lists are ranked anew; data with times are ranked
minute by minute on one day; data without times, for one row of each member. In each the same model
is learned with all columns, without context, and without each signal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.errors import InvalidInput
from pasand.evaluation import context_day, context_lists, protocol_day
from pasand.evaluation.choices import Choices, Weighted, ranks, together, variants
from pasand.evaluation.context_figures import context_figures, told
from pasand.evaluation.context_rows import RowContext, row_split
from pasand.evaluation.data import EvaluationData
from pasand.evaluation.displayed import DisplayedData
from pasand.evaluation.splits import Rules, first_takes
from pasand.learning.choice import learn_choice

__all__ = ["ContextFound", "evaluate_day", "evaluate_lists", "evaluate_rows"]

Ranks = dict[str, NDArray[np.float64]]
Signals = Mapping[str, Sequence[str]]
Progress = Callable[[int, int], None]

#: Protocol ``day`` learns its weights on so many days before, of so many choices each, with so
#: many items beside what was taken; and counts so many days longer.
LESSON_DAYS = 7
LESSONS_A_DAY = 2_500
BESIDE_COUNT = 120
WARM_DAYS = 2


@dataclass(frozen=True, slots=True)
class ContextFound:
    """The figures of one data set, how it was split, and what to be wary of."""

    figures: list[dict[str, Any]]
    split: str
    warnings: list[str]
    weights: Mapping[str, Weighted]


def evaluate_rows(
    data: EvaluationData, seed: int = 1, progress: Progress = lambda done, total: None
) -> ContextFound:
    """Rank all items for one row of each member, given its context.

    Raises:
        InvalidInput: the data say nothing of the context, or no member has five rows.
    """
    if not data.context:
        raise InvalidInput(
            "These data say nothing of the context of an event.",
            field="data",
            fix="Choose data with hours, devices, regions or the like.",
        )
    split = row_split(data, seed)
    if not len(split.target):
        raise InvalidInput("No member has five rows.", field="data", fix="Use more data.")
    context = RowContext(data, split)
    lessons = together(list(context.choices(split.lesson, np.random.default_rng(seed))))
    signals = context.context_columns
    weights = _learned(lessons, signals)
    found = _ranked(weights, _counted(context.choices(split.target, None), split.target, progress))
    at = _at(data.name, "rows", "one row of each member with at least five, drawn", seed)
    member = data.interactions.member[split.target]
    figures = context_figures(
        found, member, "ndcg@10", "frappe_context_ratio", at, signals=signals, seed=seed
    )
    return ContextFound(figures, str(at["split"]), told(found), weights)


def evaluate_day(
    data: EvaluationData,
    rules: Rules | None = None,
    seed: int = 1,
    progress: Progress = lambda done, total: None,
) -> ContextFound:
    """Rank what was taken on the last large day, by weights of the days before.

    Raises:
        InvalidInput: there is no such day.
    """
    split = protocol_day.split(data, rules or Rules(seed=seed))
    taken, row = data.interactions, split.targets.row
    midnight = int(taken.at_ms[row].min()) // context_day.DAY_MS * context_day.DAY_MS
    wanted, first = _wanted(data, row, midnight, np.random.default_rng(seed))
    rng = np.random.default_rng(seed)
    learned: dict[str, Weighted] = {}
    lessons, found, owner, done = [], [], [], 0
    past = taken.at_ms < midnight - LESSON_DAYS * context_day.DAY_MS
    for request, choices in context_day.day_choices(data, wanted, past, first):
        if request.now_ms < midnight:
            lessons.append(_thinned(choices, rng))
            continue
        # The first minute of the day: nothing after it trains.
        learned = learned or _learned(together(lessons), context_day.SIGNALS)
        found.append({name: model.ranks(choices) for name, model in learned.items()})
        owner.append(choices.owner)
        done += len(choices)
        progress(done, len(row))
    all_ranks = {name: np.concatenate([one[name] for one in found]) for name in learned}
    at = _at(data.name, "day", split.rule, seed)
    figures = context_figures(
        all_ranks,
        np.concatenate(owner),
        "ndcg@10",
        "globo_context_ratio",
        at,
        signals=context_day.SIGNALS,
        seed=seed,
    )
    return ContextFound(figures, split.rule, told(all_ranks), learned)


def evaluate_lists(data: DisplayedData, seed: int = 1) -> ContextFound:
    """Rank displayed lists anew.

    Raises:
        InvalidInput: there are too few lists.
    """
    if len(data) < 10:
        raise InvalidInput(
            f"{len(data)} displayed lists are too few.", field="data", fix="Use more data."
        )
    early, late = context_lists.list_split(data)
    choices = context_lists.list_choices(data)
    weights = _learned(choices.where(np.array(early)), context_lists.SIGNALS)
    tested = choices.where(np.array(late))
    found = {name: model.ranks(tested) for name, model in weights.items()}
    found |= _shown_and_popular(tested)
    best = max(("shown", "popular"), key=lambda name: float(np.mean(1.0 / found[name])))
    rule = "sessions that begin after the 0.8 quantile of their times"
    at = _at(data.name, "lists", rule, seed)
    figures = context_figures(
        found,
        tested.owner,
        "mrr",
        "trivago_mrr_ratio",
        at,
        signals=context_lists.SIGNALS,
        against=best,
        seed=seed,
    )
    figures += _forward(data, choices, seed)
    return ContextFound(figures, rule, told(found), weights)


def _forward(data: DisplayedData, choices: Choices, seed: int) -> list[dict[str, Any]]:
    """Return the gain of each signal where every list but the earliest is ranked."""
    found: list[Ranks] = []
    owner = []
    for early, late in context_lists.forward_splits(data):
        if early and late:
            weights = _learned(choices.where(np.array(early)), context_lists.SIGNALS)
            tested = choices.where(np.array(late))
            found.append({name: model.ranks(tested) for name, model in weights.items()})
            owner.append(tested.owner)
    if not found:
        return []
    ranked = {name: np.concatenate([one[name] for one in found]) for name in found[0]}
    rule = "each fifth of the sessions but the first, by those before it"
    figures = context_figures(
        ranked,
        np.concatenate(owner),
        "mrr",
        "mrr_ratio",
        _at(data.name, "lists, forward", rule, seed),
        signals=context_lists.SIGNALS,
        seed=seed,
    )
    return [figure for figure in figures if figure["name"] in ("signal_gain", "targets")]


def _shown_and_popular(choices: Choices) -> Ranks:
    """Return the ranks of the order shown, and by what was taken before, ties as they are shown."""
    empty = ~np.isfinite(choices.offset)
    shown = np.where(empty, -np.inf, -np.arange(choices.offset.shape[1], dtype=np.float64))
    taken = choices.score[..., choices.columns.index("taken-before")].astype(np.float64)
    popular = np.where(empty, -np.inf, taken + 1e-6 * np.where(empty, 0.0, shown))
    return {"shown": ranks(shown, choices.taken), "popular": ranks(popular, choices.taken)}


def _learned(lessons: Choices, signals: Signals) -> dict[str, Weighted]:
    """Return the model with everything, without context, and without each signal."""
    return {
        name: learn_choice(lessons, columns)
        for name, columns in variants(lessons.columns, signals).items()
    }


def _ranked(weights: Mapping[str, Weighted], blocks: Iterable[Choices]) -> Ranks:
    found: dict[str, list[NDArray[np.float64]]] = {name: [] for name in weights}
    for choices in blocks:
        for name, model in weights.items():
            found[name].append(model.ranks(choices))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _counted(
    blocks: Iterable[Choices], rows: NDArray[np.int64], progress: Progress
) -> Iterable[Choices]:
    for done, block in enumerate(blocks, 1):
        yield block
        progress(done, len(rows))


def _wanted(
    data: EvaluationData, target: NDArray[np.int64], midnight: int, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], int]:
    """Return the targets and the rows that teach, and the row at which counting begins."""
    taken = data.interactions
    day = (midnight - taken.at_ms - 1) // context_day.DAY_MS
    first = first_takes(taken.member, taken.item)
    wanted = np.zeros(len(taken), bool)
    for back in range(LESSON_DAYS):
        own = np.flatnonzero(first & (day == back))
        wanted[rng.permutation(own)[:LESSONS_A_DAY]] = True
    wanted[target] = True
    begin_ms = midnight - (LESSON_DAYS + WARM_DAYS) * context_day.DAY_MS
    return wanted, int(np.searchsorted(taken.at_ms, begin_ms))


def _thinned(choices: Choices, rng: np.random.Generator) -> Choices:
    """Return lists that hold what was taken with a sample of the rest, each standing for many."""
    lists = choices.where(choices.taken >= 0)
    width = lists.offset.shape[1]
    row = np.arange(len(lists))
    draw = rng.random(lists.offset.shape)
    draw[~np.isfinite(lists.offset)] = 2.0
    draw[row, lists.taken] = -1.0
    kept = np.argsort(draw, axis=1)[:, : BESIDE_COUNT + 1]
    there = np.isfinite(lists.offset).sum(axis=1, keepdims=True) - 1
    stands_for = np.log(np.maximum(there, 1) / np.minimum(np.maximum(there, 1), BESIDE_COUNT))
    offset = np.take_along_axis(lists.offset, kept, axis=1) + stands_for.astype(np.float32)
    if width:
        offset[:, 0] = 0.0
    return Choices(
        lists.columns,
        np.take_along_axis(lists.score, kept[..., None], axis=1),
        offset,
        np.zeros(len(lists), np.int64),
        lists.owner,
    )


def _at(data: str, protocol: str, split: str, seed: int) -> dict[str, Any]:
    return {"data": data, "protocol": protocol, "split": split, "seed": seed}
