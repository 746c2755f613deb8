"""Small invented data and rankers that the tests of evaluation share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.evaluation.data import EvaluationData
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.ranking import Histories, Ranker

HOUR = 3_600_000
DAY = 24 * HOUR
ITEMS = 80


def rows(
    member: Sequence[int], item: Sequence[int], at_ms: Sequence[int], *, timed: bool = True
) -> Interactions:
    """Return interactions as they are written."""
    return Interactions(
        np.array(member, np.int32),
        np.array(item, np.int32),
        np.array(at_ms, np.int64),
        np.ones(len(member), np.float32),
        tuple(f"m{m}" for m in range(max(member, default=-1) + 1)),
        tuple(f"i{i}" for i in range(max(item, default=-1) + 1)),
        timed=timed,
    )


def world(seed: int = 1, members: int = 40, events: int = 30) -> EvaluationData:
    """Return members who take distinct items, three in a visit, all over the same weeks."""
    rng = np.random.default_rng(seed)
    member = np.repeat(np.arange(members), events)
    item = np.concatenate([rng.permutation(ITEMS)[:events] for _ in range(members)])
    visit = rng.integers(0, 500, members * events) * HOUR
    place = np.arange(members * events)
    at_ms = visit[place - place % 3] + place % 3 * 120_000
    order = np.argsort(at_ms, kind="stable")
    made = rows(member[order].tolist(), item[order].tolist(), at_ms[order].tolist())
    items = tuple(f"i{i}" for i in range(ITEMS))
    return EvaluationData(replace(made, item_ids=items), name="toy")


def trainer_of(
    make: Callable[[Interactions, LiveCounts], Ranker],
) -> Callable[[Interactions, LiveCounts, Sequence[str]], Sequence[Ranker]]:
    """Return a trainer of one ranker."""

    def trainer(
        training: Interactions, live: LiveCounts, models: Sequence[str]
    ) -> Sequence[Ranker]:
        return [make(training, live)]

    return trainer


@dataclass
class Popular:
    """Counts of training: an honest model."""

    count: NDArray[np.float32]
    name: str = "popular"

    @staticmethod
    def of(training: Interactions, live: LiveCounts) -> Popular:
        count = np.bincount(training.item, minlength=len(training.item_ids))
        return Popular(count.astype(np.float32))

    def scores(self, histories: Histories) -> NDArray[np.float32]:
        return np.tile(self.count, (len(histories), 1))


@dataclass
class Recorder:
    """Keeps what it is shown and scores nothing."""

    item_count: int
    seen: list[Histories] = field(default_factory=list)
    name: str = "recorder"

    def scores(self, histories: Histories) -> NDArray[np.float32]:
        self.seen.append(histories)
        return np.zeros((len(histories), self.item_count), np.float32)


@dataclass
class Memory:
    """Knows by heart whose history it sees, what they took that is not in it, and when."""

    known: Interactions
    name: str = "memory"

    def scores(self, histories: Histories) -> NDArray[np.float32]:
        score = np.zeros((len(histories), len(self.known.item_ids)), np.float32)
        mine = [self.known.member == m for m in range(len(self.known.member_ids))]
        for r in range(len(histories)):
            had = set(histories.row(r).tolist())
            for own in mine:
                taken = self.known.item[own].tolist()
                if had <= set(taken):
                    left = [item for item in taken if item not in had]
                    score[r, left] += np.arange(len(left), 0, -1)
                    then = own & (self.known.at_ms == histories.target_at_ms[r])
                    score[r, self.known.item[then]] += ITEMS
        return score


@dataclass
class PastTheMoment:
    """Asks the live counts for what was taken at the very moment of the target."""

    live: LiveCounts
    step_ms: int
    name: str = "past-the-moment"

    def scores(self, histories: Histories) -> NDArray[np.float32]:
        then = self.live.before(histories.target_at_ms + self.step_ms, 10 * DAY)
        return then - self.live.before(histories.target_at_ms, 10 * DAY)


@dataclass
class Peeker:
    """Scores the whole of what it was handed, rows after its own too."""

    item_count: int
    name: str = "peeker"

    def scores(self, histories: Histories) -> NDArray[np.float32]:
        score = np.zeros((len(histories), self.item_count), np.float32)
        score[:, histories.item] = 1.0
        return score
