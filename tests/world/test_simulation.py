"""Goal: weeks repeat by seed, and a page that knows the true tastes is measured as better."""

from __future__ import annotations

import numpy as np

from pasand.domain.events import CALLER_KINDS, Event
from pasand.world.history import write_history
from pasand.world.remembering import remember
from pasand.world.simulation import ServedPage, SimulationResult, simulate
from pasand.world.truth import make_world

NOW_MS = 1_790_000_000_000
WORLD = make_world(3, NOW_MS, 200, 120)
BY_ID = {one.member.member_id: one for one in WORLD.members}


def run(knows: bool, kind: str = "top-picks") -> tuple[SimulationResult, list[Event]]:
    rng, told = np.random.default_rng(0), []

    def serve(member_id: str, at_ms: int, device: str) -> ServedPage:
        one = BY_ID[member_id]
        allowed = WORLD.truth.may_see(one.member.maturity_ceiling, one.member.country, at_ms, at_ms)
        score = WORLD.truth.affinity[one.index] if knows else rng.random(len(allowed))
        best = np.argsort(-np.where(allowed, score, -99))[: min(60, int(allowed.sum()))]
        ids = [WORLD.truth.item_ids[i] for i in best]
        rows = tuple(
            (kind, tuple(ids[at : at + 10]), ("",) * len(ids[at : at + 10]))
            for at in range(0, len(ids), 10)
        )
        return ServedPage("pg_test", rows)

    result = simulate(WORLD, serve, told.extend, "test", 3, 1, NOW_MS)
    return result, told


def test_an_oracle_beats_chance() -> None:
    oracle, told = run(True)
    chance, _ = run(False)
    assert oracle.minutes_per_member > 1.2 * chance.minutes_per_member
    assert oracle.failed_session_share < chance.failed_session_share
    assert oracle.cells_seen_before_play_mean < chance.cells_seen_before_play_mean
    assert oracle.left_share <= chance.left_share
    assert {event.kind for event in told} <= set(CALLER_KINDS)
    assert len({event.event_id for event in told}) == len(told)


def test_the_same_seed_gives_the_same_weeks() -> None:
    assert run(True) == run(True)


def test_plays_from_my_list_are_no_discovery() -> None:
    assert run(True, "my-list")[0].discovery_share == 0
    assert 0 < run(True)[0].discovery_share <= 1


def test_members_leave_a_service_that_has_nothing() -> None:
    empty = simulate(
        WORLD, lambda *_: ServedPage("pg_x", ()), lambda _: None, "empty", 12, 1, NOW_MS
    )
    assert empty.left_share > 0 and empty.discovery_share == 0


def test_the_past_is_remembered() -> None:
    past = list(write_history(WORLD, 1, NOW_MS, days=20, event_count=4000))
    memories = remember(WORLD, past)
    done = {(e.member_id, e.item_id) for e in past if e.kind == "complete"}
    assert sum(int(memory.finished.sum()) for memory in memories) == len(done) > 0
