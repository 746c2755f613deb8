"""Ranking: what a model must offer to be evaluated, and where it puts each target.

Every item known to the data is ranked, never-taken ones too, except what the member had before.
A target's rank is 1 + the items scored higher + half the other items scored equal: the expected
rank under a random order of ties, without drawing one. Lists break ties by code.

A ranker is handed copies of what came before a member's targets and the targets' times. The last
target is never among them, but earlier targets are history of later ones; so in every batch one
row is scored again with its own history alone, and a model whose scores change has looked ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pasand.evaluation.splits import Targets

__all__ = [
    "LIST_LENGTH",
    "BatchRanker",
    "Histories",
    "Progress",
    "Ranked",
    "Ranker",
    "first_items",
    "grouped",
    "histories_of",
    "rank_of_target",
    "rank_targets",
    "scored",
    "seen",
]

LIST_LENGTH = 200
ROW_COUNT_MAX = 512
CELL_COUNT_MAX = 4_000_000

#: The columns of an event that are known of a request before anything is chosen.
REQUEST_FEATURES = ("device", "region")

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Histories:
    """Histories of one member at several moments, oldest first.

    Row r may see the first ``count[r]`` entries of ``item``, ``at_ms`` and the columns of
    ``feature``, and is to be ranked at ``target_at_ms[r]``; ``request_feature`` is what else is
    known of the request, a value a row. Entries beyond the longest count are not in the arrays.
    Later rows extend earlier ones, which lets a ranker share work between them.

    Where ``request_time_known`` is False, ``target_at_ms`` is the time of the last entry, or the
    last time of training where there is none.
    """

    item: NDArray[np.int32]
    at_ms: NDArray[np.int64]
    count: NDArray[np.int64]
    target_at_ms: NDArray[np.int64]
    feature: Mapping[str, NDArray[np.int16]] = field(default_factory=dict)
    request_feature: Mapping[str, NDArray[np.int16]] = field(default_factory=dict)
    request_time_known: bool = True

    def __len__(self) -> int:
        return len(self.count)

    def row(self, r: int) -> NDArray[np.int32]:
        """Return the items of one row's history, newest last."""
        return self.item[: self.count[r]]

    def alone(self, r: int) -> Histories:
        """Return one row with its own history and nothing of the rows after it."""
        length = self.count[r]
        return Histories(
            item=self.item[:length].copy(),
            at_ms=self.at_ms[:length].copy(),
            count=self.count[r : r + 1],
            target_at_ms=self.target_at_ms[r : r + 1],
            feature={name: column[:length].copy() for name, column in self.feature.items()},
            request_feature={name: row[r : r + 1] for name, row in self.request_feature.items()},
            request_time_known=self.request_time_known,
        )


class Ranker(Protocol):
    """A trained model as the protocols see it."""

    @property
    def name(self) -> str:
        """Return the name under which figures are reported."""
        ...

    def scores(self, histories: Histories) -> NDArray[np.float32]:
        """Return one row of finite scores per history, one column per item code."""
        ...


@runtime_checkable
class BatchRanker(Protocol):
    """What a ranker may offer beside, where many members at once cost less than one by one."""

    def scores_of_many(self, histories: Sequence[Histories]) -> NDArray[np.float32]:
        """Return the rows of all ``histories``, one member's after the other's."""
        ...


@dataclass(frozen=True, slots=True)
class Ranked:
    """Per target its rank, and the first items of its list, best first (-1 where it ends)."""

    rank: NDArray[np.float64]
    top: NDArray[np.int32]


def rank_targets(
    ranker: Ranker,
    targets: Targets,
    item_count: int,
    progress: Progress | None = None,
    *,
    request_time_known: bool = True,
    before_all_ms: int = 0,
    among: NDArray[np.bool_] | None = None,
) -> Ranked:
    """Rank all items, or those ``among`` which a protocol ranks, for every target.

    ``before_all_ms`` stands for the time of a request that is not known and has no history.
    """
    rank = np.zeros(len(targets), np.float64)
    top = np.full((len(targets), min(LIST_LENGTH, item_count)), -1, np.int32)
    wanted = targets.item
    row_count_max = max(1, min(ROW_COUNT_MAX, CELL_COUNT_MAX // max(item_count, 1)))
    members = histories_of(targets, row_count_max, request_time_known, before_all_ms)
    done = 0
    for group in grouped(members, row_count_max):
        rows = slice(done, done + sum(map(len, group)))
        score = scored(ranker, group, item_count)
        remove_had(score, group)
        if among is not None:
            score[:, ~among] = -np.inf
        rank[rows] = rank_of_target(score, wanted[rows])
        top[rows] = first_items(score, top.shape[1])
        done = rows.stop
        if progress is not None:
            progress(ranker.name, done, len(targets))
    return Ranked(rank, top)


def histories_of(
    targets: Targets, row_count_max: int, request_time_known: bool, before_all_ms: int
) -> Iterator[Histories]:
    """Yield the targets of one member at a time, with copies of what came before each."""
    count, at_ms = targets.history_count, targets.at_ms
    if not request_time_known:
        previous = targets.at_ms_sequence[np.maximum(targets.place - 1, 0)]
        at_ms = np.where(count > 0, previous, before_all_ms)
    known = [name for name in REQUEST_FEATURES if name in targets.feature_sequence]
    request = {name: targets.feature_sequence[name][targets.place] for name in known}
    edges = np.flatnonzero(np.diff(targets.first, prepend=-1, append=-1)).tolist()
    for begin, end in pairwise(edges):
        for low in range(begin, end, row_count_max):
            rows = slice(low, min(low + row_count_max, end))
            first, last = int(targets.first[low]), int(targets.place[rows.stop - 1])
            yield Histories(
                item=targets.item_sequence[first:last].copy(),
                at_ms=targets.at_ms_sequence[first:last].copy(),
                count=count[rows],
                target_at_ms=at_ms[rows],
                feature={
                    name: column[first:last].copy()
                    for name, column in targets.feature_sequence.items()
                },
                request_feature={name: column[rows] for name, column in request.items()},
                request_time_known=request_time_known,
            )


def grouped(members: Iterator[Histories], row_count_max: int) -> Iterator[list[Histories]]:
    """Yield members together up to so many rows, for what is done per row costs less so."""
    group: list[Histories] = []
    rows = 0
    for histories in members:
        if group and rows + len(histories) > row_count_max:
            yield group
            group, rows = [], 0
        group.append(histories)
        rows += len(histories)
    if group:
        yield group


def scored(ranker: Ranker, group: Sequence[Histories], item_count: int) -> NDArray[np.float32]:
    """Return the scores of all rows of a group, checked."""
    if isinstance(ranker, BatchRanker):
        score = np.array(ranker.scores_of_many(group), np.float32)
    else:
        score = np.concatenate([ranker.scores(histories) for histories in group])
    shape = (sum(map(len, group)), item_count)
    assert score.shape == shape, f"{ranker.name}: wrong shape of scores"
    assert np.isfinite(score).all(), f"{ranker.name}: scores are not finite"
    check_no_look_ahead(ranker, group, score)
    return score


def check_no_look_ahead(
    ranker: Ranker, group: Sequence[Histories], score: NDArray[np.floating]
) -> None:
    """Score one row again without the rows after it; the scores must stay the same.

    It is the first row of the member with most of them in the group.
    """
    chosen = max(range(len(group)), key=lambda place: len(group[place]))
    if len(group[chosen]) == 1 and not isinstance(ranker, BatchRanker):
        return
    before = score[sum(map(len, group[:chosen]))]
    # Sums of another shape round differently; anything beyond that is knowledge of the future.
    slack = 1e-3 * (float(before.max() - before.min()) + 1e-6)
    again = ranker.scores(group[chosen].alone(0))[0]
    same = np.allclose(again, before, rtol=1e-3, atol=slack)
    assert same, f"{ranker.name}: scores change with events after the target: it looks ahead"


def seen(histories: Histories, item_count: int) -> NDArray[np.bool_]:
    """Return a row per history, true at the items in it."""
    had = np.zeros((len(histories), item_count), bool)
    for r in range(len(histories)):
        had[r, histories.row(r)] = True
    return had


def remove_had(score: NDArray[np.float32], group: Sequence[Histories]) -> None:
    """Set the scores of what each row's member had before to minus infinity."""
    row = 0
    for histories in group:
        for length in histories.count.tolist():
            score[row, histories.item[:length]] = -np.inf
            row += 1


def rank_of_target(score: NDArray[np.floating], item: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the expected rank of one item per row; removed items score minus infinity."""
    own = score[np.arange(len(score)), item][:, None]
    assert np.isfinite(own).all(), "a target was removed from its own ranking"
    better = np.count_nonzero(score > own, axis=1)
    equal = np.count_nonzero(score == own, axis=1) - 1
    rank: NDArray[np.float64] = 1.0 + better + 0.5 * equal
    return rank


def first_items(score: NDArray[np.floating], count: int) -> NDArray[np.int32]:
    """Return the codes of the best items of each row, best first, ties by code, -1 for removed."""
    if count == 0:
        return np.empty((len(score), 0), np.int32)
    best = np.argpartition(-score, count - 1, axis=1)[:, :count]
    value = np.take_along_axis(score, best, axis=1)
    last = value.min(axis=1, keepdims=True)
    # Of items equal to the last taken the partition takes any; the lowest codes are wanted.
    left_out = np.count_nonzero(score == last, axis=1) > np.count_nonzero(value == last, axis=1)
    for r in np.flatnonzero(left_out & np.isfinite(last[:, 0])):
        equal = value[r] == last[r]
        best[r, equal] = np.flatnonzero(score[r] == last[r])[: np.count_nonzero(equal)]
    order = np.lexsort((best, -value))
    best = np.take_along_axis(best, order, axis=1)
    kept = np.isfinite(np.take_along_axis(score, best, axis=1))
    return np.where(kept, best, -1).astype(np.int32)
