"""Rehearsing: what a fusion learns its weights from, taken from the end of what may train.

Parts are trained on what lies before the last tenth of the training events and rank what was taken
in it, just as they will rank what comes after: protocol ``time`` over what may train, or
``leave-one-out`` where there are no times. Of a large catalogue a sample is kept: what some part
ranks first, and some of all the rest, each standing for many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.domain.labels import begins_visit
from pasand.evaluation import protocol_leave_one_out, protocol_time
from pasand.evaluation.data import EvaluationData
from pasand.evaluation.rankers import away
from pasand.evaluation.ranking import Ranker, grouped, histories_of, scored, seen
from pasand.evaluation.splits import Rules, Split, Targets
from pasand.stages.scoring.fusion import prepared

__all__ = ["Lessons", "lessons_of", "rehearsal_split"]

#: Lessons of a kind (within a visit, beginning one).
LESSON_COUNT_MAX = 4_000
#: Candidates of a lesson: so many first ones of each part, so many of the rest.
FIRST_COUNT = 50
REST_COUNT = 400
_ROW_COUNT_MAX = 256


@dataclass(frozen=True, slots=True)
class Lessons:
    """What was taken, and beside what: ``score`` [lessons, candidates, parts], the taken item
    first; ``offset`` [lessons, candidates], minus infinity where there is no candidate; ``away``
    [lessons]: the request began a visit.
    """

    parts: tuple[str, ...]
    score: NDArray[np.float32]
    offset: NDArray[np.float32]
    away: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.offset)

    def where(self, chosen: NDArray[np.bool_]) -> Lessons:
        """Return the lessons of a mask."""
        return Lessons(self.parts, self.score[chosen], self.offset[chosen], self.away[chosen])


def rehearsal_split(training: Interactions) -> Split:
    """Return the split of what may train into what is rehearsed with and what is foretold."""
    split = protocol_time.split if training.timed else protocol_leave_one_out.split
    return split(EvaluationData(training), Rules())


def lessons_of(parts: Mapping[str, Ranker], split: Split, rng: np.random.Generator) -> Lessons:
    """Return lessons: the parts' standardised scores of what was taken, and of other items."""
    targets = chosen_targets(split.targets, rng)
    item_count = len(split.training.item_ids)
    scores, offsets, begins = [], [], []
    at, wanted = 0, targets.item
    for group in grouped(histories_of(targets, _ROW_COUNT_MAX, True, 0), _ROW_COUNT_MAX):
        candidate = np.concatenate([~seen(one, item_count) for one in group])
        table = np.stack(
            [
                prepared(name, scored(ranker, group, item_count), candidate)
                for name, ranker in parts.items()
            ],
            axis=-1,
        )
        item = wanted[at : at + len(candidate)]
        at += len(candidate)
        place, offset = sample(table, candidate, item, rng)
        scores.append(np.take_along_axis(table, place[..., None], axis=1))
        offsets.append(offset)
        begins.append(np.concatenate([away(one) for one in group]))
    if not scores:
        nothing = np.empty((0, 1), np.float32)
        return Lessons(tuple(parts), np.empty((0, 1, len(parts)), np.float32), nothing,
                       np.empty(0, bool))  # fmt: skip
    return Lessons(
        tuple(parts), np.concatenate(scores), np.concatenate(offsets), np.concatenate(begins)
    )


def chosen_targets(targets: Targets, rng: np.random.Generator) -> Targets:
    """Return so many targets of each kind that have a history."""
    begin = (targets.gap_ms < 0) | begins_visit(targets.gap_ms)
    kept = np.zeros(len(targets), bool)
    for kind in (begin, ~begin):
        rows = np.flatnonzero(kind & (targets.history_count > 0))
        kept[rng.permutation(rows)[:LESSON_COUNT_MAX]] = True
    return targets.where(kept)


def sample(
    table: NDArray[np.float32],
    candidate: NDArray[np.bool_],
    item: NDArray[np.int32],
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return places [rows, candidates] of items, the wanted one first, and their offsets.

    Each of the first ones stands for itself, each of those drawn from the rest for its share of
    them; a place with an offset of minus infinity is none.
    """
    rows, item_count, part_count = table.shape
    firsts = min(FIRST_COUNT, item_count)
    width = min(item_count, 1 + firsts * part_count + REST_COUNT)
    place = np.zeros((rows, width), np.int64)
    offset = np.full((rows, width), -np.inf, np.float32)
    for r in range(rows):
        allowed = np.where(candidate[r][:, None], table[r], -np.inf)
        first = np.argpartition(-allowed, firsts - 1, axis=0)[:firsts].ravel()
        chosen = np.zeros(item_count, bool)
        chosen[first] = True
        chosen[item[r]] = True
        chosen &= candidate[r]
        rest = np.flatnonzero(candidate[r] & ~chosen)
        drawn = rng.permutation(rest)[: width - np.count_nonzero(chosen)]
        chosen[item[r]] = False
        certain = np.flatnonzero(chosen)
        places = np.concatenate(([item[r]], certain, drawn))
        place[r, : len(places)] = places
        offset[r, : len(places)] = 0.0
        if len(drawn):
            offset[r, 1 + len(certain) : len(places)] = np.log(len(rest) / len(drawn))
    return place, offset
