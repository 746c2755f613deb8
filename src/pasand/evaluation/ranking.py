"""Ranking: what a model must offer to be evaluated, and where it puts each target.

Every item known to the data is ranked, never-taken ones too, except what the member had before.
A target's rank is 1 + the items scored higher + half the other items scored equal: the expected
rank under a random order of ties, without drawing one. Lists for coverage break ties by code.

A ranker is handed copies of what came before a member's targets and the targets' times. The last
target is never among them, but earlier targets are history of later ones; so one row of every
batch is scored again with its own history alone, and a model whose scores change has looked ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pasand.evaluation.splits import Targets

__all__ = ["Histories", "Progress", "Ranked", "Ranker", "rank_of_target", "rank_targets", "seen"]

LIST_LENGTH = 50
ROW_COUNT_MAX = 512

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Histories:
    """Histories of one member at several moments, oldest first.

    Row r may see the first ``count[r]`` entries of ``item`` and ``at_ms``, and is to be ranked
    at ``target_at_ms[r]``. Entries beyond the longest count are not in the arrays. Later rows
    extend earlier ones, which lets a ranker share work between them.
    """

    item: NDArray[np.int32]
    at_ms: NDArray[np.int64]
    count: NDArray[np.int64]
    target_at_ms: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.count)

    def row(self, r: int) -> NDArray[np.int32]:
        """Return the items of one row's history, newest last."""
        return self.item[: self.count[r]]


class Ranker(Protocol):
    """A trained model as the protocols see it."""

    @property
    def name(self) -> str:
        """Return the name under which figures are reported."""
        ...

    def scores(self, histories: Histories) -> NDArray[np.float32]:
        """Return one row of finite scores per history, one column per item code."""
        ...


@dataclass(frozen=True, slots=True)
class Ranked:
    """Per target its rank, and the first items of its list (-1 where the list ends)."""

    rank: NDArray[np.float64]
    top: NDArray[np.int32]


def rank_targets(
    ranker: Ranker, targets: Targets, item_count: int, progress: Progress | None = None
) -> Ranked:
    """Rank all items for every target."""
    rank = np.zeros(len(targets), np.float64)
    top = np.full((len(targets), min(LIST_LENGTH, item_count)), -1, np.int32)
    for rows, histories in batches(targets):
        score = ranker.scores(histories)
        assert score.shape == (len(rows), item_count), f"{ranker.name}: wrong shape of scores"
        assert np.isfinite(score).all(), f"{ranker.name}: scores are not finite"
        check_no_look_ahead(ranker, histories, score[0])
        score = np.where(seen(histories, item_count), -np.inf, score)
        rank[rows] = rank_of_target(score, targets.item[rows])
        top[rows] = first_items(score, top.shape[1])
        if progress is not None:
            progress(ranker.name, int(rows[-1]) + 1, len(targets))
    return Ranked(rank, top)


def batches(targets: Targets) -> Iterator[tuple[NDArray[np.int64], Histories]]:
    """Yield the targets of one member at a time, with copies of what came before each."""
    cuts = np.flatnonzero(np.diff(targets.member)) + 1
    for whole in np.split(np.arange(len(targets)), cuts):
        for low in range(0, len(whole), ROW_COUNT_MAX):
            rows = whole[low : low + ROW_COUNT_MAX]
            first, last = int(targets.first[rows[0]]), int(targets.place[rows[-1]])
            yield (
                rows,
                Histories(
                    item=targets.item_sequence[first:last].copy(),
                    at_ms=targets.at_ms_sequence[first:last].copy(),
                    count=targets.history_count[rows],
                    target_at_ms=targets.at_ms_sequence[targets.place[rows]],
                ),
            )


def check_no_look_ahead(ranker: Ranker, histories: Histories, score: NDArray[np.floating]) -> None:
    """Score the first row again without the rows after it; the scores must stay the same."""
    if len(histories) == 1:
        return
    alone = Histories(
        item=histories.row(0).copy(),
        at_ms=histories.at_ms[: histories.count[0]].copy(),
        count=histories.count[:1],
        target_at_ms=histories.target_at_ms[:1],
    )
    # Sums of another shape round differently; anything beyond that is knowledge of the future.
    slack = 1e-3 * (float(score.max() - score.min()) + 1e-6)
    same = np.allclose(ranker.scores(alone)[0], score, rtol=1e-3, atol=slack)
    assert same, f"{ranker.name}: scores change with events after the target: it looks ahead"


def seen(histories: Histories, item_count: int) -> NDArray[np.bool_]:
    """Return a row per history, true at the items in it."""
    had = np.zeros((len(histories), item_count), bool)
    for r in range(len(histories)):
        had[r, histories.row(r)] = True
    return had


def rank_of_target(score: NDArray[np.floating], item: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the expected rank of one item per row; removed items score minus infinity."""
    own = score[np.arange(len(score)), item][:, None]
    assert np.isfinite(own).all(), "a target was removed from its own ranking"
    better = (score > own).sum(axis=1)
    equal = (score == own).sum(axis=1) - 1
    rank: NDArray[np.float64] = 1.0 + better + 0.5 * equal
    return rank


def first_items(score: NDArray[np.floating], count: int) -> NDArray[np.int32]:
    """Return the codes of the best items of each row, in no order, -1 for removed ones."""
    if count == 0:
        return np.empty((len(score), 0), np.int32)
    best = np.argpartition(-score, count - 1, axis=1)[:, :count]
    kept = np.isfinite(np.take_along_axis(score, best, axis=1))
    return np.where(kept, best, -1).astype(np.int32)
