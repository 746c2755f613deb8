"""Context without times: one row of each member is the target, ranked given its context.

Each row says that a member took an item in a context (Frappe: an app at a time of day, on a
weekday, in some weather and place). Items that the member took in other contexts stay in the
list: which of my apps is wanted now is most of the question. Those that the rows name in the very
context of the target leave it, for every model alike: each pair stands in the file once.

Without context there are what the member took before and how often, popularity, and what is taken
by those who take the same. Context adds, a field at a time, how much more often the member takes
the item in it (``context_lift``), how near the contexts of those takes are to this one, and which
items go with what the member took in this very context. An item's counts never hold the member's
own rows: rows that teach are ranked like rows that test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pasand.evaluation.choices import Choices
from pasand.evaluation.data import EvaluationData
from pasand.stages.scoring.context_lift import context_lift

__all__ = ["RowContext", "RowSplit", "row_split", "signals_of"]

ROW_COUNT_MIN = 5
#: Rows that teach: so many in all, so many of a member; and items not taken beside each.
LESSON_COUNT_MAX = 9_000
LESSON_COUNT_OF_MEMBER_MAX = 25
OTHER_COUNT = 80
#: Takes a member needs of an item before their contexts count as much as the member's usual one.
_PRIOR = 3.0
_SHARED_PRIOR = 5.0

_PLAIN = ("own", "had", "takers", "share", "like-own", "like-often")
_MIXED = ("closest", "near", "beside")
#: Which fields are one signal; every other field is its own.
_DATE = ("weekday", "weekend", "month", "season")
_REGION = ("region", "city")


@dataclass(frozen=True, slots=True)
class RowSplit:
    """The targets' rows, the rows that teach weights, and the mask of all that may be counted."""

    target: NDArray[np.int64]
    lesson: NDArray[np.int64]
    training: NDArray[np.bool_]


def row_split(data: EvaluationData, seed: int) -> RowSplit:
    """Draw one row of each member with at least five as the target, and rows to learn from."""
    rng = np.random.default_rng(seed)
    member = data.interactions.member
    order = np.argsort(member, kind="stable")
    rows_of = np.split(order, np.flatnonzero(np.diff(member[order])) + 1)
    target = np.array(
        [rows[rng.integers(len(rows))] for rows in rows_of if len(rows) >= ROW_COUNT_MIN], np.int64
    )
    training = np.ones(len(member), bool)
    training[target] = False
    kept = [rng.permutation(rows[training[rows]]) for rows in rows_of]
    several = [rows[:LESSON_COUNT_OF_MEMBER_MAX] for rows in kept if len(rows) >= ROW_COUNT_MIN - 1]
    lesson = rng.permutation(np.concatenate([*several, np.zeros(0, np.int64)]))
    return RowSplit(target, lesson[:LESSON_COUNT_MAX], training)


def signals_of(fields: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """Return the fields of each signal by its name."""
    found: dict[str, tuple[str, ...]] = {}
    for name in fields:
        signal = "date" if name in _DATE else "region" if name in _REGION else name
        found[signal] = (*found.get(signal, ()), name)
    return found


@dataclass
class RowContext:
    """Counts of the rows that may be counted, and the columns of items for one row."""

    data: EvaluationData
    split: RowSplit
    columns: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        taken, training = self.data.interactions, self.split.training
        self.field = np.stack(list(self.data.context.values()), axis=1)
        self.signals = signals_of(self.data.context)
        self.columns = (
            *_PLAIN,
            *(f"own-{name}" for name in self.data.context),
            *_MIXED,
            *(f"{name}-without-{signal}" for signal in self.signals for name in _MIXED),
        )
        count = (len(taken.member_ids), len(taken.item_ids))
        had = np.zeros(count, np.float32)
        had[taken.member[training], taken.item[training]] = 1.0
        self.takers = had.sum(axis=0)
        self.shared = had.T @ had
        order = np.flatnonzero(training)
        order = order[np.argsort(taken.member[order], kind="stable")]
        edges = np.searchsorted(taken.member[order], np.arange(count[0] + 1))
        self.rows_of = [order[a:b] for a, b in pairwise(edges.tolist())]

    @property
    def context_columns(self) -> dict[str, tuple[str, ...]]:
        """Return what columns each signal brings; those that mix fields stay, without it."""
        return {s: tuple(f"own-{name}" for name in names) for s, names in self.signals.items()}

    def choices(
        self, rows: NDArray[np.int64], rng: np.random.Generator | None
    ) -> Iterator[Choices]:
        """Yield the list of each row: all items, or those of the member and a sample of others,
        more of the popular ones.
        """
        taken = self.data.interactions
        chance = (self.takers + 0.5) ** 0.75
        chance /= chance.sum()
        for row in rows.tolist():
            items, offset = np.arange(len(chance)), np.zeros(len(chance), np.float32)
            if rng is not None:
                own = np.union1d(taken.item[self.rows_of[taken.member[row]]], taken.item[[row]])
                others = np.setdiff1d(rng.choice(len(chance), OTHER_COUNT, p=chance), own)
                items = np.concatenate([own, others])
                drawn = -np.expm1(OTHER_COUNT * np.log1p(-chance[others]))
                offset = np.concatenate([np.zeros(len(own)), -np.log(drawn)]).astype(np.float32)
            score, beside = self.score(row, items)
            offset[np.isin(items, beside) & (items != taken.item[row])] = -np.inf
            place = np.flatnonzero(items == taken.item[row])
            yield Choices(
                self.columns,
                score[None],
                offset[None],
                place.astype(np.int64),
                taken.member[[row]].astype(np.int64),
            )

    def score(
        self, row: int, items: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Return the columns of ``items`` for a row, and what the member took in its context."""
        taken = self.data.interactions
        counted = self.rows_of[taken.member[row]]
        rows = counted[counted != row]
        own, which = np.unique(taken.item[rows], return_inverse=True)
        # Where the member's counts of an item stand among those of ``items``; the last is none.
        place = np.full(len(self.takers), len(own))
        place[own] = np.arange(len(own))
        place = place[items]
        # Counted with the row itself, which is one of the member's takes in every count.
        mine = np.isin(items, taken.item[counted])
        takes = np.append(np.bincount(which, minlength=len(own)), 0.0)[place]
        like = self._like(items, own, mine)
        weight = np.log1p(np.bincount(which, minlength=len(own)))
        found = dict.fromkeys(_PLAIN, np.zeros(0))
        found["own"], found["had"] = np.log1p(takes), takes > 0
        found["takers"] = np.log1p(self.takers[items] - mine)
        found["share"] = np.where(takes > 0, np.log(takes / max(len(rows), 1) + 1e-3), 0.0)
        found["like-own"] = np.log(like.sum(axis=1) + 1e-3)
        found["like-often"] = np.log(like @ weight + 1e-3)
        same = self.field[rows] == self.field[row]
        found |= self._fields(same, which, place, takes, len(own))
        for ending, chosen in self._mixes():
            closest, near = self._near(same[:, chosen], which, place, takes, len(own))
            beside = np.unique(which[same[:, chosen].all(axis=1)])
            with_these = like[:, beside].mean(axis=1) if len(beside) else np.zeros(len(items))
            found[f"beside{ending}"] = np.log1p(100.0 * with_these)
            found[f"closest{ending}"], found[f"near{ending}"] = closest, near
        score = np.stack([found[name] for name in self.columns], axis=1).astype(np.float32)
        return score, own[np.unique(which[same.all(axis=1)])]

    def _fields(
        self,
        same: NDArray[np.bool_],
        which: NDArray[np.int64],
        place: NDArray[np.int64],
        takes: NDArray[np.float64],
        count: int,
    ) -> dict[str, NDArray[np.float64]]:
        """Return for each field how much more often the member takes an item in this context."""
        found = {}
        for number, name in enumerate(self.data.context):
            both = np.append(np.bincount(which, same[:, number], count), 0.0)[place]
            usual = (same[:, number].sum() + 0.5) / (len(same) + 2.0)
            lift = context_lift(both, takes, usual, _PRIOR)
            found[f"own-{name}"] = np.where(takes > 0, lift, 0.0)
        return found

    def _mixes(self) -> Iterator[tuple[str, list[int]]]:
        """Yield the ending and the fields of the mixed columns: with all, and without a signal."""
        names = list(self.data.context)
        yield "", list(range(len(names)))
        for signal, lacking in self.signals.items():
            yield f"-without-{signal}", [n for n, name in enumerate(names) if name not in lacking]

    def _like(
        self, items: NDArray[np.int64], own: NDArray[np.int32], mine: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return the cosine of each item and each the member has, by other members' takes."""
        shared = self.shared[np.ix_(items, own)] - mine[:, None]
        shared[items[:, None] == own[None, :]] = 0.0
        other = self.takers[items] - mine + _SHARED_PRIOR
        return np.asarray(shared / np.sqrt(np.outer(other, self.takers[own] + _SHARED_PRIOR)))

    def _near(
        self,
        same: NDArray[np.bool_],
        which: NDArray[np.int64],
        place: NDArray[np.int64],
        takes: NDArray[np.float64],
        count: int,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return how near the nearest take's context is, and all takes' contexts together."""
        share = same.mean(axis=1) if same.shape[1] else np.zeros(len(same))
        closest = np.zeros(count + 1)
        np.maximum.at(closest, which, share**2)
        soft = np.append(np.bincount(which, np.exp(same.sum(axis=1)), count), 1.0)[place]
        return closest[place], np.where(takes > 0, np.log(soft / np.maximum(takes, 1.0)), 0.0)
