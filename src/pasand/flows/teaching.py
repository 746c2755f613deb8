"""Teaching: the two trainings of one run, and how well the first of them ranks what came next.

The rehearsal trains on what lies before the last stretch of the log and is judged by it; then
everything is trained on, the same way. The live snapshot is held to the same targets where it
has not seen them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from pasand.domain.catalog import Catalog
from pasand.domain.interactions import Interactions
from pasand.errors import SnapshotDamaged
from pasand.flows.gating import TARGET_COUNT_MIN, Examine, Quality, Rival, Stretch, quality_in
from pasand.flows.golden import Examiner
from pasand.flows.ranker_replay import Replay
from pasand.flows.training import Part, Progress, Trainer, train_all
from pasand.learning.context import train_context
from pasand.learning.occasions import train_occasions
from pasand.model_ports import Checkpoints, ModelStore
from pasand.settings import LearnSettings
from pasand.stages.models import Models, Vocabulary

__all__ = ["Gate", "Run", "Taken", "Teaching", "last_stretch"]

#: Where the last stretch begins unless the live snapshot ends in a better place: a week before
#: the end if that is between these shares of all, else at a tenth.
WEEK_MS = 7 * 86_400_000
WEEK_SHARES = (0.05, 0.25)
STRETCH_QUANTILE = 0.9
REHEARSAL = "rehearsal"
#: For a target there must have come so many interactions since the live snapshot.
COUNT_A_TARGET = 2


class Taken(NamedTuple):
    """When, on which device (empty: not known) and at which local hour something was taken, its
    genres, and what day it was.
    """

    at_ms: int
    device: str
    hour: int
    genres: tuple[str, ...]
    day: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gate:
    """How a snapshot is examined: ``examiner_of`` over interactions in this process, ``examine``
    a stored one in a process of its own, by the targets of a stretch.
    """

    examiner_of: Callable[[Interactions], Examiner]
    examine: Examine


@dataclass(frozen=True, slots=True)
class Run:
    """One run of learning: when, beside which live snapshot, and whether it starts from it or
    is a ``full`` one. Without a ``gate`` only the arrays are looked at.
    """

    now_ms: int = 0
    live: str = ""
    full: bool = True
    checkpoints: Checkpoints | None = None
    gate: Gate | None = None


@dataclass(frozen=True)
class Teaching:
    """The two trainings of one run."""

    trainers: Mapping[str, Trainer]
    models: ModelStore
    catalog: Catalog
    settings: LearnSettings
    run: Run
    tell: Progress
    interactions: Interactions
    taken: Sequence[Taken]
    _rehearsals: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def promised(self) -> list[str]:
        """The names of the arrays that the rehearsal gave, which the snapshot must have too."""
        return [name for arrays in self._rehearsals.values() for name in arrays]

    @cached_property
    def live(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Arrays and facts of the live snapshot, empty where there is no sound one."""
        try:
            return self.models.load(self.run.live) if self.run.live else ({}, {})
        except SnapshotDamaged:
            return {}, {}

    def rehearsed(self) -> tuple[Quality | None, Rival]:
        """Train on what lies before the last stretch; return how well that ranks the stretch,
        and how well the live snapshot does. None where there is too little to tell.
        """
        live_arrays, live_about = self.live
        rival = Rival(self.run.live, quality_in(live_about))
        live_end_ms = int(live_about.get("last_event_ms", 0))
        wanted = self.settings.gate_target_count
        stretch = last_stretch(self.interactions, live_end_ms, COUNT_A_TARGET * wanted)
        if self.run.gate is None or wanted < TARGET_COUNT_MIN or stretch == Stretch():
            return None, rival
        examiner = self.run.gate.examiner_of(self.interactions)
        if len(examiner.targets(stretch)) < TARGET_COUNT_MIN:
            return None, rival
        before = self.interactions.where(self.interactions.at_ms <= stretch.after_ms)
        unseen = live_arrays if live_end_ms <= stretch.after_ms else {}
        replay = examiner.replay(stretch)
        arrays = self._trained(REHEARSAL, before, unseen, stretch.after_ms, replay)
        ranking = examiner.rank(_models(REHEARSAL, arrays), stretch)
        if unseen:
            live = examiner.rank(_models(self.run.live, live_arrays), stretch)
            rival = Rival(self.run.live, live.quality(), *ranking.ahead_of(live))
        return ranking.quality(), rival

    def final(self) -> dict[str, Any]:
        """Train on everything."""
        return self._trained("all", self.interactions, self.live[0])

    def _trained(
        self,
        name: str,
        interactions: Interactions,
        previous: Mapping[str, Any],
        until_ms: int | None = None,
        replay: Replay | None = None,
    ) -> dict[str, Any]:
        warm = {} if self.run.full else previous
        self.tell("hours and devices", 3, 5)
        taken = [row for row in self.taken if until_ms is None or row.at_ms <= until_ms]
        context = train_context(row[1:4] for row in taken if row.device)
        occasion = train_occasions((row.day, row.genres) for row in taken)
        given = {
            **{f"occasion.{name}": array for name, array in occasion.items()},
            "item_ids": list(interactions.item_ids),
            "context.genres": list(context.genres),
            "context.lift": context.lift,
        }
        part = Part(name, interactions, warm, dict(self._rehearsals), self.live[0], given, replay)
        made = train_all(
            self.trainers, part, self.catalog, self.settings, self.tell, self.run.checkpoints
        )
        if name == REHEARSAL:
            self._rehearsals.update(made)
        return dict(chain.from_iterable(each.items() for each in made.values())) | given


def last_stretch(interactions: Interactions, live_end_ms: int, count_min: int) -> Stretch:
    """Return the stretch to judge by, empty where too little lies before or in it.

    It begins where the live snapshot's training ended if ``count_min`` interactions came since,
    and no more than half of all: then neither it nor the new models have seen the targets. Else
    it is the last week, or where a week is too little or too much, the last tenth.
    """
    at_ms, count = interactions.at_ms, len(interactions)
    until_ms = int(at_ms[-1])
    since = count - int(np.searchsorted(at_ms, live_end_ms, side="right"))
    if live_end_ms and count_min <= since <= count // 2:
        return Stretch(live_end_ms, until_ms)
    week = 1.0 - int(np.searchsorted(at_ms, until_ms - WEEK_MS, side="right")) / count
    if WEEK_SHARES[0] <= week <= WEEK_SHARES[1]:
        return Stretch(until_ms - WEEK_MS, until_ms)
    after_ms = int(at_ms[int(STRETCH_QUANTILE * count)])
    if after_ms == until_ms or after_ms == int(at_ms[0]):
        return Stretch()
    return Stretch(after_ms, until_ms)


def _models(name: str, arrays: Mapping[str, Any]) -> Models:
    return Models(name, arrays, Vocabulary(arrays["item_ids"]))
