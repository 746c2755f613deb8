"""Golden queries: pages and rankings of a snapshot for members of the log, the same every time.

The whole flow runs as it does for a request: profiles are folded from the log up to a moment,
counts are those of before it. Members and targets are drawn from the log with a seed and never
stored, so that nothing of them outlives an erasure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, repeat

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Catalog
from pasand.domain.interactions import Interactions
from pasand.domain.member import Member
from pasand.domain.page import Page
from pasand.domain.query import DEVICE_SHAPES, Query
from pasand.domain.weights import Weights
from pasand.flows.gating import Quality, Stretch
from pasand.flows.homepage import allowed, homepage
from pasand.flows.moments import Moment, Moments
from pasand.flows.ranker_replay import Replay
from pasand.pipeline import Plan, StageFailed, Trace, hydrate, keep, retrieve, score
from pasand.ports import EventLog
from pasand.settings import ServeSettings
from pasand.stages.models import Models

__all__ = ["GOLDEN_COUNT", "Examiner", "Ranking", "Target"]

GOLDEN_COUNT = 20
KIDS_COUNT = 5
KIDS_CEILING = 8
LIST_LENGTH = 50
TARGET_COUNT_MAX_PER_MEMBER = 3
#: Counts go on in so many steps through the stretch.
VIEW_COUNT = 12


@dataclass(frozen=True, slots=True)
class Target:
    """Something that a member took for the first time, after others."""

    member_id: str
    item_id: str
    at_ms: int
    had: frozenset[str]


@dataclass(frozen=True, slots=True)
class Ranking:
    """What one snapshot made of the targets: NDCG@10 of each, popularity's too, and coverage.

    ``failed`` says which stages failed, and why.
    """

    stretch: Stretch
    gain: NDArray[np.float64]
    popular_gain: NDArray[np.float64]
    coverage: float
    failed: tuple[str, ...] = ()

    def quality(self) -> Quality:
        """Return the figures to keep."""
        ahead, ahead_error = _mean(self.gain - self.popular_gain)
        ndcg, ndcg_error = _mean(self.gain)
        return Quality(
            self.stretch,
            len(self.gain),
            ndcg,
            ndcg_error,
            _mean(self.popular_gain)[0],
            ahead,
            ahead_error,
            self.coverage,
        )

    def ahead_of(self, other: Ranking) -> tuple[float, float]:
        """Return the mean difference to another snapshot on the same targets, and its error."""
        return _mean(self.gain - other.gain)


class Examiner:
    """Asks what a snapshot makes of members whom one log knows.

    ``plans_of`` gives the plans over a snapshot's models: that of grown-ups, then that of kids.
    """

    def __init__(
        self,
        log: EventLog,
        catalog: Catalog,
        interactions: Interactions,
        member_of: Callable[[str], Member | None],
        plans_of: Callable[[Models], tuple[Plan, Plan]],
        weights: Weights,
        serve: ServeSettings,
        seed: int,
        target_count_max: int,
    ) -> None:
        self.past = Moments(log, catalog, interactions, member_of, weights, serve)
        self._catalog = catalog
        self._data = interactions
        self._plans_of = plans_of
        self._seed = seed
        self._target_count_max = target_count_max
        self._asked: dict[Stretch, list[tuple[Target, Query]]] = {}

    def targets(self, stretch: Stretch) -> list[Target]:
        """Return what is to be found, drawn with the seed, in order of time."""
        data = self._data
        inside = (data.at_ms > stretch.after_ms) & (data.at_ms <= stretch.until_ms)
        pair = data.member.astype(np.int64) * len(data.item_ids) + data.item
        first = np.zeros(len(data), bool)
        first[np.unique(pair, return_index=True)[1]] = True
        began_ms = np.full(len(data.member_ids), np.iinfo(np.int64).max)
        np.minimum.at(began_ms, data.member, data.at_ms)
        first &= began_ms[data.member] < data.at_ms
        in_catalog = self._catalog.positions(data.item_ids) >= 0
        rows = np.flatnonzero(inside & first & in_catalog[data.item])
        chosen: list[int] = []
        count: dict[int, int] = {}
        for row in np.random.default_rng(self._seed).permutation(rows).tolist():
            member = int(data.member[row])
            count[member] = count.get(member, 0) + 1
            if count[member] <= TARGET_COUNT_MAX_PER_MEMBER:
                chosen.append(row)
            if len(chosen) == self._target_count_max:
                break
        return [self._target(row) for row in sorted(chosen)]

    def replay(self, stretch: Stretch) -> Replay:
        """Return the requests of a stretch, without those of its targets' members."""
        judged_by = frozenset(target.member_id for target in self.targets(stretch))
        return Replay(self.past, lambda m: self._plans_of(m)[0], stretch, judged_by, self._seed)

    def rank(self, models: Models, stretch: Stretch) -> Ranking:
        """Rank the stretch's targets with the flow of ``models``, and by popularity alone."""
        plan, _ = self._plans_of(models)
        if stretch not in self._asked:
            self._asked[stretch] = self._queries(self.targets(stretch))
        asked = self._asked[stretch]
        gain, popular = np.zeros((2, len(asked)))
        shown: set[int] = set()
        failed: dict[str, str] = {}
        for number, (target, query) in enumerate(asked):
            trace = Trace(_no_time)
            had = self._catalog.positions(target.had)
            place = self._catalog.find(target.item_id)
            try:
                found = _scored(query, plan, trace)
                free = ~np.isin(found.position, had)
                position, value = found.position[free], found["score"][free]
                gain[number] = _gain(position, value, place)
                shown.update(position[np.argsort(-value, kind="stable")[:LIST_LENGTH]].tolist())
            except StageFailed:
                pass
            failed |= trace.failed
            allow = allowed(query)
            allow[had] = False
            allow[place] = True
            taken = query.counters.popularity(self._catalog, "popular", query.at_ms)
            popular[number] = _gain(np.flatnonzero(allow), taken[allow], place)
        places = min(int(self._catalog.offerable.sum()), LIST_LENGTH * len(asked))
        coverage = len(shown) / places if places else 0.0
        reasons = tuple(f"{name} failed ({why})" for name, why in sorted(failed.items()))
        return Ranking(stretch, gain, popular, coverage, reasons)

    def pages(self, models: Models) -> tuple[int, list[str]]:
        """Make golden pages; return how many, and what is wrong with them."""
        if not len(self._catalog) or not len(self._data):
            return 0, []
        grown_up, kids = self._plans_of(models)
        at_ms = int(self._data.at_ms.max()) + 60_000
        names = self._golden_members()
        devices = [
            tuple(DEVICE_SHAPES)[number % len(DEVICE_SHAPES)] for number in range(len(names))
        ]
        asked = [Moment(*each) for each in zip(names, repeat(at_ms), devices)]
        faults: dict[str, None] = {}
        count = 0
        for number, query in enumerate(self.past.queries(asked)):
            faults |= dict.fromkeys(_faults(query, grown_up))
            count += 1
            if number < KIDS_COUNT:
                query = replace(query, maturity_ceiling=KIDS_CEILING)
                faults |= dict.fromkeys(_faults(query, kids))
                count += 1
        return count, list(faults)

    def _golden_members(self) -> list[str]:
        codes = np.unique(self._data.member)
        draw = np.random.default_rng(self._seed).permutation(codes)[:GOLDEN_COUNT]
        return [self._data.member_ids[code] for code in draw.tolist()]

    @cached_property
    def _rows_of(self) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        order = np.argsort(self._data.member, kind="stable")
        return order, self._data.member[order]

    def _target(self, row: int) -> Target:
        data, (order, member) = self._data, self._rows_of
        low, high = np.searchsorted(member, [data.member[row], data.member[row] + 1])
        rows = order[low:high]
        rows = rows[data.at_ms[rows] < data.at_ms[row]]
        had = frozenset(data.item_ids[code] for code in data.item[rows].tolist())
        return Target(
            data.member_ids[data.member[row]],
            data.item_ids[data.item[row]],
            int(data.at_ms[row]),
            had,
        )

    def _queries(self, targets: Sequence[Target]) -> list[tuple[Target, Query]]:
        """Return each target with the query of its moment; counts go on in a few steps."""
        if not targets:
            return []
        step_ms = (targets[-1].at_ms - targets[0].at_ms) // VIEW_COUNT
        asked = [Moment(target.member_id, target.at_ms) for target in targets]
        return list(zip(targets, self.past.queries(asked, step_ms), strict=True))


def _scored(query: Query, plan: Plan, trace: Trace) -> Candidates:
    candidates = retrieve(query, plan.sources, trace)
    candidates = keep(query, candidates, plan.filters, trace)
    candidates = hydrate(query, candidates, plan.hydrators, trace)
    return score(query, candidates, plan.scorers, trace)


def _gain(position: NDArray[np.integer], value: NDArray[np.floating], place: int) -> float:
    """Return NDCG@10 of the item at ``place``: ties count as one half, absence as the end."""
    at = np.flatnonzero(position == place)
    if not len(at):
        return 0.0
    own = value[at[0]]
    rank = 1.0 + float((value > own).sum()) + 0.5 * float((value == own).sum() - 1)
    return float(1.0 / np.log2(1.0 + rank)) if rank <= 10 else 0.0


def _faults(query: Query, plan: Plan) -> list[str]:
    """Return what is wrong with the page of one query."""
    trace = Trace(_no_time)
    try:
        page, _ = homepage(query, plan, trace)
    except StageFailed:
        page = Page(rows=())
    faults = [f"{plan.name}: {name} failed ({why})" for name, why in trace.failed.items()]
    position = np.fromiter(chain.from_iterable(row.position for row in page.rows), np.int64)
    if not len(position) and not faults and allowed(query).any():
        faults.append(f"{plan.name}: a page has no titles")
    if (query.catalog.maturity[position] > query.maturity_ceiling).any():
        faults.append(f"{plan.name}: a page shows a title above the member's ceiling")
    return faults


def _mean(value: NDArray[np.float64]) -> tuple[float, float]:
    """Return the mean and its standard error."""
    if not len(value):
        return 0.0, 0.0
    spread = float(value.std(ddof=1)) if len(value) > 1 else 0.0
    return float(value.mean()), spread / float(np.sqrt(len(value)))


def _no_time() -> float:
    return 0.0
