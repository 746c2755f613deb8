"""Replay: requests as they would have been when members took something, with what they took next.

Candidates come from the real plan over models that know only what lies before the requests, and
features from the same code as a page's. What is learned so is no chance: nobody knows what the
member saw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Catalog
from pasand.domain.events import DEVICES, WATCH_KINDS, Event
from pasand.domain.labels import finished, opinion
from pasand.domain.query import Query
from pasand.flows.gating import Stretch
from pasand.flows.moments import Moment, Moments
from pasand.learning.ranker_lessons import OUTCOMES, Lesson, Lessons, drawn
from pasand.pipeline import Plan, Trace, hydrate, keep, retrieve
from pasand.stages.models import Models
from pasand.stages.scoring.ranker_features import ITEM_FEATURES, item_features, request_features

__all__ = ["Replay", "became", "described"]

DAY_MS = 86_400_000
#: Of one member.
MOMENT_COUNT_MAX = 8
#: The next so many titles that were taken; each counts less than the one before it.
NEXT_COUNT = 10
NEXT_DECAY = 0.3
#: What became of something taken is looked for over so long.
OUTCOME_MS = 14 * DAY_MS
#: Candidates of a lesson, and the first ones of each of these features that are among them.
WIDTH = 256
FIRSTS = 24
_LEADING = ("covisit", "ease", "ials", "sequence", "taken_week", "taken_first", "taken_year",
            "taste")  # fmt: skip


@dataclass(frozen=True)
class Replay:
    """What a trainer may ask of one stretch of the log; ``but`` are members whom it leaves out,
    for what they took is to judge by.
    """

    past: Moments
    plan_of: Callable[[Models], Plan]
    stretch: Stretch
    but: frozenset[str]
    seed: int

    def lessons(self, models: Models, count: int) -> Lessons:
        """Return what was taken at ``count`` requests at most, half of which begin a visit if
        there are so many.
        """
        rows = self._chosen(count)
        data = self.past.data
        device = data.feature.get("device", np.zeros(len(data), np.int16))
        moments = [
            Moment(
                data.member_ids[data.member[row]],
                int(data.at_ms[row]),
                DEVICES[device[row] - 1] if device[row] else "desktop",
                item_id=data.item_ids[data.item[row]],
            )
            for row in rows.tolist()
        ]
        return Lessons.of(self._taught(self.plan_of(models), moments))

    def _chosen(self, count: int) -> NDArray[np.intp]:
        """Return rows of what was taken, in order of time."""
        data, rng = self.past.data, np.random.default_rng(self.seed)
        left_out = np.array([name in self.but for name in data.member_ids], bool)
        inside = (data.at_ms > self.stretch.after_ms) & (data.at_ms <= self.stretch.until_ms)
        inside &= ~left_out[data.member]
        kept: list[int] = []
        for kind in (self.past.begins, ~self.past.begins):
            rows = rng.permutation(np.flatnonzero(inside & kind))
            kept += _few_each(rows, data.member, MOMENT_COUNT_MAX // 2)[: count // 2].tolist()
        return np.array(sorted(kept), np.intp)

    def _taught(self, plan: Plan, moments: Sequence[Moment]) -> Iterator[Lesson]:
        rng = np.random.default_rng(self.seed)
        series: dict[str, str] = {}
        for query, events, done in self.past.with_events(moments):
            took = _next(events[done:], query, self.past.weights.interaction)
            candidates = described(query, plan)
            place = query.catalog.positions(_shown(query.catalog, series, name) for name, _ in took)
            found = np.searchsorted(candidates.position, place)
            found = np.minimum(found, len(candidates) - 1)
            there = candidates.position[found] == place if len(candidates) else place > place
            if not there.any():
                continue
            yield _lesson(query, candidates, found, there, [name for name, _ in took], events, rng)


def described(query: Query, plan: Plan) -> Candidates:
    """Return a query's candidates with every column that a scorer of the plan is given."""
    trace = Trace(lambda: 0.0)
    candidates = keep(query, retrieve(query, plan.sources, trace), plan.filters, trace)
    return hydrate(query, candidates, plan.hydrators, trace)


def _lesson(
    query: Query,
    candidates: Candidates,
    found: NDArray[np.intp],
    there: NDArray[np.bool_],
    names: Sequence[str],
    events: Sequence[Event],
    rng: np.random.Generator,
) -> Lesson:
    table = item_features(candidates)
    weight = np.zeros(len(table), np.float32)
    outcome = np.full((len(table), len(OUTCOMES)), np.nan, np.float32)
    for order, (at, is_there, name) in enumerate(zip(found, there, names, strict=True)):
        if is_there and not weight[at]:
            weight[at] = NEXT_DECAY**order
            outcome[at] = became(events, name, query.at_ms)
    leading = [list(ITEM_FEATURES).index(name) for name in _LEADING]
    place, offset = drawn(table[:, leading], weight > 0, FIRSTS, WIDTH, rng)
    return Lesson(table[place], request_features(query), offset, weight[place], outcome[place])


def _next(
    events: Sequence[Event], query: Query, kinds: Mapping[str, float]
) -> list[tuple[str, int]]:
    """Return the next titles that the member took from this moment on, each once."""
    took: dict[str, int] = {}
    for event in events:
        if event.occurred_ms >= query.at_ms and event.kind in kinds and event.item_id:
            took.setdefault(event.item_id, event.occurred_ms)
            if len(took) == NEXT_COUNT:
                break
    return list(took.items())


def became(events: Sequence[Event], item_id: str, at_ms: int) -> list[float]:
    """Return the outcomes of taking an item at a moment, not a number where nothing is known."""
    end = like = dislike = minutes = float("nan")
    for event in events:
        if event.item_id != item_id or not at_ms <= event.occurred_ms <= at_ms + OUTCOME_MS:
            continue
        if said := opinion(event):
            like, dislike = float(said == "like"), float(said == "dislike")
        elif event.kind in ("rating", "thumb"):
            like = dislike = 0.0
        if event.kind in WATCH_KINDS:
            position_s, length_s = event.number("position_s"), event.number("duration_s")
            done = event.kind == "complete" or bool(finished(position_s, length_s))
            end = max(0.0 if np.isnan(end) else end, float(done))
            minutes = max(0.0 if np.isnan(minutes) else minutes, position_s / 60.0)
    return [end, like, dislike, minutes]


def _shown(catalog: Catalog, series: dict[str, str], item_id: str) -> str:
    """Return the item that stands on a page: of an episode, its series."""
    if item_id not in series:
        known = catalog.facts(item_id)
        series[item_id] = known.series_id if known and known.series_id else item_id
    return series[item_id]


def _few_each(
    rows: NDArray[np.intp], member: NDArray[np.int32], count_max: int
) -> NDArray[np.intp]:
    """Return the first rows of each member, ``count_max`` at most, in the order given."""
    order = np.argsort(member[rows], kind="stable")
    ranked = member[rows][order]
    start = np.searchsorted(ranked, ranked)
    kept = np.zeros(len(rows), bool)
    kept[order] = np.arange(len(rows)) - start < count_max
    return rows[kept]
