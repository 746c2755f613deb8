"""The world's past: two months of logged events, as the stated logging policy served them.

Pages go out with exact propensities; members act on them; the counts that the policy reads are
those of the days before. Nothing is stored here: the caller writes the events to a log.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pasand.domain.events import Event
from pasand.domain.ids import stable_seed
from pasand.world.behaviour import Cells, Memory, Visit, visit
from pasand.world.logging_policy import PLAN_NAME, Weights, choose_cells
from pasand.world.members import WorldMember
from pasand.world.rhythm import DAY_MS, Moment, moments_of
from pasand.world.truth import World
from pasand.world.visit_events import VisitPlace, events_of_visit, session_end_ms

__all__ = ["LOG_SHAPES", "write_history"]

#: Rows and columns of a logged page.
LOG_SHAPES = {"phone": (5, 4), "tablet": (6, 6), "desktop": (6, 8), "tv": (6, 8)}
#: Measured: events, the page included, for each visit intended; a few do not take place.
EVENTS_PER_VISIT = 10.9
FLUSH_COUNT = 400
POPULAR_SMOOTHING = 2.0
COVISIT_SMOOTHING = 0.02
PAGE_MS = 40


def write_history(
    world: World, seed: int, end_ms: int, days: int = 60, event_count: int = 300_000
) -> Iterator[Event]:
    """Yield about ``event_count`` events of the ``days`` before ``end_ms``, in order of time."""
    rng = np.random.default_rng(stable_seed("history", world.seed, seed))
    start_ms = end_ms - days * DAY_MS
    past = _Past(world, seed, rng)
    pending: list[Event] = []
    for number, moment in enumerate(_moments(world, start_ms, end_ms, event_count, rng)):
        if number % FLUSH_COUNT == 0:
            pending.sort(key=_event_key)
            done = sum(event.occurred_ms < moment.at_ms for event in pending)
            yield from pending[:done]
            del pending[:done]
        pending.extend(past.visit(number, moment))
    pending.sort(key=_event_key)
    yield from (event for event in pending if event.occurred_ms <= end_ms)


def _event_key(event: Event) -> tuple[int, str]:
    return event.key


def _moments(
    world: World, start_ms: int, end_ms: int, event_count: int, rng: np.random.Generator
) -> list[Moment]:
    usual = sum(member.visits_per_day for member in world.members)
    rate = event_count / EVENTS_PER_VISIT / (usual * (end_ms - start_ms) / DAY_MS)
    moments: list[Moment] = []
    for member in world.members:
        moments.extend(moments_of(member, start_ms, end_ms, rate, rng))
    return sorted(moments)


class _Past:
    """The state of the log while it is being made: memories, counts, and today's chances."""

    def __init__(self, world: World, seed: int, rng: np.random.Generator) -> None:
        count = len(world.titles)
        self._world, self._seed, self._rng = world, seed, rng
        self._memory = [Memory.blank(count) for _ in world.members]
        self._busy_until_ms = [0] * len(world.members)
        self._plays = np.zeros(count)
        self._follows = np.zeros((count, count))
        self._day = -1
        self._popular: dict[tuple[int, str], Weights] = {}
        self._covisit: dict[tuple[int, str, int], Weights] = {}
        self._allowed: dict[tuple[int, str], NDArray[np.bool_]] = {}

    def visit(self, number: int, moment: Moment) -> list[Event]:
        """Return the events of one visit; none if the member is still watching."""
        if moment.at_ms < self._busy_until_ms[moment.member]:
            return []
        world, member = self._world, self._world.members[moment.member]
        self._turn_day(moment.at_ms // DAY_MS)
        memory = self._memory[moment.member]
        group = (member.member.maturity_ceiling, member.member.country)
        cells, served = self._page(number, moment, member, group, memory.last_played)
        last_played = memory.last_played
        allowed = self._allowed[group]
        outcome = visit(
            world.truth, member, memory, cells, moment.device, moment.hour, allowed, self._rng
        )
        self._count(outcome, last_played)
        place = VisitPlace(
            prefix=f"w{self._seed}.{number:06d}.e",
            page_id=served.event_id,
            device=moment.device,
            at_ms=moment.at_ms + PAGE_MS,
        )
        events = events_of_visit(world, member, place, cells, outcome)
        self._busy_until_ms[moment.member] = session_end_ms(events, moment.at_ms) + 60_000
        return [served, *events]

    def _turn_day(self, day: int) -> None:
        """Forget yesterday's chances; plays fade by a tenth a day."""
        if day == self._day:
            return
        if self._day >= 0:
            self._plays *= 0.9 ** (day - self._day)
        self._day = day
        self._popular.clear()
        self._covisit.clear()
        self._allowed.clear()

    def _count(self, outcome: Visit, last_played: int) -> None:
        if outcome.play is None or outcome.play.ending == "abandon":
            return
        item = outcome.play.item
        self._plays[item] += 1.0
        if last_played >= 0 and last_played != item:
            self._follows[last_played, item] += 1.0

    def _weights(
        self, group: tuple[int, str], last_played: int
    ) -> tuple[Weights | None, Weights | None]:
        """Return today's chances for a group: popular, and what follows the last play."""
        popular = self._popular.get(group)
        if popular is None:
            day_ms = self._day * DAY_MS
            allowed = self._world.truth.may_see(*group, day_ms, day_ms + 2 * DAY_MS)
            self._allowed[group] = allowed
            if not allowed.any():
                return None, None
            item = np.flatnonzero(allowed)
            popular = Weights(item, self._plays[item] + POPULAR_SMOOTHING)
            self._popular[group] = popular
        if last_played < 0:
            return popular, None
        key = (*group, last_played)
        covisit = self._covisit.get(key)
        if covisit is None:
            weight = self._follows[last_played, popular.item]
            covisit = Weights(np.array(popular.item), weight + COVISIT_SMOOTHING)
            self._covisit[key] = covisit
        return popular, covisit

    def _page(
        self,
        number: int,
        moment: Moment,
        member: WorldMember,
        group: tuple[int, str],
        last_played: int,
    ) -> tuple[Cells, Event]:
        """Return a page drawn by the logging policy, and its record."""
        row_count, column_count = LOG_SHAPES[moment.device]
        popular, covisit = self._weights(group, last_played)
        items: list[int] = []
        chances: list[float] = []
        if popular is not None:
            items, chances = choose_cells(popular, covisit, row_count * column_count, self._rng)
        start = self._world.truth.artwork_start
        item = np.array(items, np.int64)
        picture_count = start[item + 1] - start[item]
        picture = (self._rng.random(len(item)) * picture_count).astype(np.int64)
        artwork = np.where(picture_count > 0, start[item] + picture, -1)
        place = np.arange(len(item))
        cells = Cells(place // column_count, place % column_count, item, artwork)
        rows = self._rows(cells, chances, picture_count, column_count)
        return cells, _page_event(self._seed, number, moment, member, rows)

    def _rows(
        self,
        cells: Cells,
        chances: list[float],
        picture_count: NDArray[np.int64],
        column_count: int,
    ) -> list[dict[str, object]]:
        truth = self._world.truth
        items = [truth.item_ids[i] for i in cells.item.tolist()]
        artworks = [truth.artwork_ids[a] if a >= 0 else "" for a in cells.artwork.tolist()]
        picture_chance = (1.0 / np.maximum(picture_count, 1)).tolist()
        rows: list[dict[str, object]] = []
        for at in range(0, len(items), column_count):
            cut = slice(at, at + column_count)
            rows.append(
                {
                    "row_id": f"logged-{len(rows)}",
                    "kind": "logged",
                    "items": items[cut],
                    "propensity": chances[cut],
                    "artworks": artworks[cut],
                    "artwork_propensity": picture_chance[cut],
                }
            )
        return rows


def _page_event(
    seed: int, number: int, moment: Moment, member: WorldMember, rows: list[dict[str, object]]
) -> Event:
    page_id = f"pg_w{seed}.{number:06d}"
    payload = {
        "seed": stable_seed(seed, number),
        "plan": PLAN_NAME,
        "snapshot": "",
        "profile_version": 0,
        "catalog_version": 0,
        "rows": rows,
    }
    return Event(
        event_id=page_id,
        kind="page_served",
        occurred_ms=moment.at_ms,
        member_id=member.member.member_id,
        account_id=member.member.account_id,
        device=moment.device,
        session_id=f"s.w{seed}.{number:06d}.e",
        page_id=page_id,
        surface="home",
        country=member.member.country,
        language=member.member.language,
        time_zone=member.member.time_zone,
        payload=payload,
    )
