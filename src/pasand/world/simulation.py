"""Weeks of the world's members on pages that somebody else serves: the engine, or a yardstick.

The caller gives two doors: ``serve`` answers with a page, ``tell`` takes what the member did.
The world judges by its true tastes only through what its members then play; it never sees scores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pasand.domain.events import Event
from pasand.domain.ids import stable_seed
from pasand.world.behaviour import Cells, Memory, Visit, visit
from pasand.world.members import WorldMember
from pasand.world.remembering import remember
from pasand.world.rhythm import DAY_MS, Moment, moments_of
from pasand.world.truth import Truth, World
from pasand.world.visit_events import VisitPlace, events_of_visit, session_end_ms

__all__ = [
    "NOT_DISCOVERY",
    "WEEK_MS",
    "ServedPage",
    "SimulationResult",
    "cells_of",
    "simulate",
]

WEEK_MS = 7 * DAY_MS
PAGE_MS = 60
#: Row kinds that bring back what the member already chose.
NOT_DISCOVERY = frozenset({"continue", "continue-watching", "list", "my-list", "again"})


@dataclass(frozen=True, slots=True)
class ServedPage:
    """A page as a member meets it: rows of (kind, item ids, artwork ids, "" for none)."""

    page_id: str
    rows: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]


Serve = Callable[[str, int, str], ServedPage]
Tell = Callable[[list[Event]], None]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationResult:
    """What came of it. Shares are of plays (discovery), visits (failed) or members (the rest).

    ``cells_seen_before_play_*`` is over plays from the page; ``minutes_per_member`` a week, over
    all members; ``returns_share`` members of a week who were there the week before, among those
    (with one week: visitors who came on a second day). ``sums`` are what the figures are made of,
    a value a member.
    """

    policy: str
    weeks: int
    seed: int
    member_count: int
    visits: int
    plays: int
    discovery_share: float
    cells_seen_before_play_median: float
    cells_seen_before_play_mean: float
    failed_session_share: float
    minutes_per_member: float
    returns_share: float
    left_share: float
    sums: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


def simulate(
    world: World,
    serve: Serve,
    tell: Tell,
    policy: str,
    weeks: int,
    seed: int,
    start_ms: int,
    progress: Progress | None = None,
    member_count: int | None = None,
    past: Iterable[Event] = (),
) -> SimulationResult:
    """Let the first ``member_count`` members visit for ``weeks`` and return what came of it.

    ``policy`` names what ``serve`` does; it does not enter any draw, so two policies under one
    seed meet the same members with the same intended visits. ``past`` is what the members did
    before, in order of time, so that they remember what they have watched.
    """
    members = world.members[:member_count]
    until_ms = start_ms + weeks * WEEK_MS
    moments: list[Moment] = []
    for member in members:
        rng = _rng(world, seed, "moments", member.index)
        moments.extend(moments_of(member, start_ms, until_ms, 1.0, rng))
    moments.sort()
    memories = remember(world, past)[: len(members)]
    run = _Run(world, serve, tell, seed, memories, start_ms)
    for number, moment in enumerate(moments):
        run.step(number, moment)
        if progress is not None:
            progress(number + 1, len(moments))
    return run.tally.result(policy, weeks, seed, len(members))


def _rng(world: World, seed: int, *parts: object) -> np.random.Generator:
    return np.random.default_rng(stable_seed("simulation", world.seed, seed, *parts))


class _Run:
    """The state of a simulation: memories, who has left, and the tally."""

    def __init__(
        self,
        world: World,
        serve: Serve,
        tell: Tell,
        seed: int,
        memories: list[Memory],
        start_ms: int,
    ) -> None:
        self._world, self._serve, self._tell, self._seed = world, serve, tell, seed
        self._start_ms = start_ms
        self._memory = memories
        self._busy_until_ms = [0] * len(memories)
        self.tally = _Tally(len(memories))

    def step(self, number: int, moment: Moment) -> None:
        """Let one intended visit happen, or not: the member may be busy, cool, or gone."""
        world, member = self._world, self._world.members[moment.member]
        memory = self._memory[moment.member]
        rng = _rng(world, self._seed, "visit", moment.member, moment.at_ms)
        # Drawn first, so that the same visit has the same luck under every policy.
        wish = rng.random()
        if moment.member in self.tally.left or moment.at_ms < self._busy_until_ms[moment.member]:
            return
        if wish > memory.mood:
            return
        page = self._serve(member.member.member_id, moment.at_ms, moment.device)
        cells, kinds = cells_of(world.truth, page)
        allowed = world.truth.may_see(
            member.member.maturity_ceiling, member.member.country, moment.at_ms, moment.at_ms
        )
        outcome = visit(
            world.truth, member, memory, cells, moment.device, moment.hour, allowed, rng
        )
        events = self._events(number, moment, member, page, cells, outcome)
        self._busy_until_ms[moment.member] = session_end_ms(events, moment.at_ms) + 60_000
        self._tell(events)
        self.tally.add(moment, (moment.at_ms - self._start_ms) // DAY_MS, kinds, cells, outcome)
        if memory.failed_in_row >= member.patience:
            self.tally.left.add(moment.member)

    def _events(
        self,
        number: int,
        moment: Moment,
        member: WorldMember,
        page: ServedPage,
        cells: Cells,
        outcome: Visit,
    ) -> list[Event]:
        place = VisitPlace(
            prefix=f"sim{self._seed}.{self._start_ms}.{number:06d}",
            page_id=page.page_id,
            device=moment.device,
            at_ms=moment.at_ms + PAGE_MS,
        )
        return events_of_visit(self._world, member, place, cells, outcome)


def cells_of(truth: Truth, page: ServedPage) -> tuple[Cells, tuple[str, ...]]:
    """Return the cells of a page, without items that the world does not know, and row kinds."""
    row, column, item, artwork = [], [], [], []
    for r, (_, item_ids, artwork_ids) in enumerate(page.rows):
        for c, item_id in enumerate(item_ids):
            position = truth.position.get(item_id)
            if position is None:
                continue
            row.append(r)
            column.append(c)
            item.append(position)
            shown = artwork_ids[c] if c < len(artwork_ids) else ""
            artwork.append(truth.artwork_position.get(shown, -1))
    columns = (np.array(values, np.int64) for values in (row, column, item, artwork))
    return Cells(*columns), tuple(kind for kind, _, _ in page.rows)


class _Tally:
    """Counts while the weeks go by, a value a member."""

    def __init__(self, member_count: int) -> None:
        self.left: set[int] = set()
        names = ("visits", "failed", "plays", "found", "seen_before", "discoveries", "minutes")
        self._sum = {name: np.zeros(member_count) for name in names}
        self._before: list[int] = []
        self._days: dict[int, set[int]] = {}

    def add(
        self, moment: Moment, day: int, kinds: Sequence[str], cells: Cells, outcome: Visit
    ) -> None:
        """Count one visit."""
        member, add = moment.member, self._sum
        add["visits"][member] += 1
        self._days.setdefault(member, set()).add(day)
        play = outcome.play
        if play is None:
            add["failed"][member] += 1
            return
        add["plays"][member] += 1
        add["minutes"][member] += play.minutes
        if play.cell < 0:
            return
        before = int((outcome.seen < play.cell).sum())
        self._before.append(before)
        add["found"][member] += 1
        add["seen_before"][member] += before
        if kinds[int(cells.row[play.cell])] not in NOT_DISCOVERY:
            add["discoveries"][member] += 1

    def result(self, policy: str, weeks: int, seed: int, member_count: int) -> SimulationResult:
        """Return the figures."""
        sums = {name: tuple(values.tolist()) for name, values in self._sum.items()}
        sums |= self._returns(weeks, member_count)
        total = {name: sum(values) for name, values in sums.items()}
        return SimulationResult(
            policy=policy,
            weeks=weeks,
            seed=seed,
            member_count=member_count,
            visits=int(total["visits"]),
            plays=int(total["plays"]),
            discovery_share=total["discoveries"] / max(1, total["plays"]),
            cells_seen_before_play_median=float(np.median(self._before or [0])),
            cells_seen_before_play_mean=total["seen_before"] / max(1, total["found"]),
            failed_session_share=total["failed"] / max(1, total["visits"]),
            minutes_per_member=total["minutes"] / max(1, member_count) / max(1, weeks),
            returns_share=total["back"] / max(1, total["there"]),
            left_share=len(self.left) / max(1, member_count),
            sums=sums,
        )

    def _returns(self, weeks: int, member_count: int) -> dict[str, tuple[float, ...]]:
        """Return how often each member could have come again, and did."""
        there, back = np.zeros((2, member_count))
        for member, days in self._days.items():
            if weeks <= 1:
                there[member], back[member] = 1, len(days) > 1
                continue
            weeks_there = {day // 7 for day in days}
            there[member] = sum(week + 1 < weeks for week in weeks_there)
            back[member] = sum(week + 1 in weeks_there for week in weeks_there)
        return {"there": tuple(there.tolist()), "back": tuple(back.tolist())}
