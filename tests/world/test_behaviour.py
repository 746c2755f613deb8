"""Goal: members look less the further down and right, and choose what they like."""

from __future__ import annotations

import numpy as np
import pytest

from pasand.world.behaviour import (
    ATTENTION,
    Cells,
    Memory,
    attention,
    attention_table,
    play_logit,
    visit,
)
from pasand.world.truth import make_world

NOW_MS = 1_790_000_000_000
WORLD = make_world(3, NOW_MS, 80, 40)
ALL = np.ones(80, bool)


def cells_of(items: list[int], column_count: int = 6) -> Cells:
    item, place = np.array(items, np.int64), np.arange(len(items))
    start = WORLD.truth.artwork_start[item]
    return Cells(place // column_count, place % column_count, item, start)


@pytest.mark.parametrize("device", sorted(ATTENTION))
def test_attention_falls_with_row_and_column(device: str) -> None:
    table = attention_table(device, 12, 20)
    assert (np.diff(table, axis=0) < 0).all() and (np.diff(table, axis=1) < 0).all()
    assert table.min() > 0 and table.max() <= 1
    assert table[3, 4] == pytest.approx(attention(device, 3, 4))


def test_what_is_seen_follows_the_attention() -> None:
    cells, seen = cells_of(list(range(36))), np.zeros(36)
    rng = np.random.default_rng(1)
    member = WORLD.members[0]
    for _ in range(1500):
        memory = Memory.blank(80)
        seen[visit(WORLD.truth, member, memory, cells, "tv", 20, ALL, rng).seen] += 1
    wanted = attention_table("tv", 6, 6).ravel() ** (1 / member.attention_span)
    assert np.abs(seen / 1500 - wanted).max() < 0.06


def test_fatigue_and_finishing_lower_the_wish_and_half_watched_raises_it() -> None:
    cells, member, at = cells_of([7]), WORLD.members[2], np.array([0])

    def wish(memory: Memory) -> float:
        return float(play_logit(WORLD.truth, member, memory, cells, at, "tv", 20)[0])

    plain, tired, done, half = (Memory.blank(80) for _ in range(4))
    tired.exposure[7], done.finished[7], half.position_s[7] = 5, True, 600
    assert wish(done) < wish(tired) < wish(plain) < wish(half)


def test_a_good_page_is_left_less_often_and_visits_repeat_by_seed() -> None:
    member = WORLD.members[1]
    order = np.argsort(-WORLD.truth.affinity[member.index])
    failed = []
    for items in (order[:24], order[-24:]):
        rng = np.random.default_rng(4)
        cells = cells_of(items.tolist())
        outcomes = [
            visit(WORLD.truth, member, Memory.blank(80), cells, "tv", 20, ALL, rng)
            for _ in range(300)
        ]
        failed.append(sum(outcome.is_failed for outcome in outcomes))
    assert failed[0] < 0.6 * failed[1]
    one, two = (
        visit(WORLD.truth, member, Memory.blank(80), cells, "tv", 20, ALL, np.random.default_rng(9))
        for _ in range(2)
    )
    assert one.play == two.play and (one.seen == two.seen).all()


def test_an_empty_page_is_a_visit_too() -> None:
    rng = np.random.default_rng(2)
    outcome = visit(
        WORLD.truth, WORLD.members[0], Memory.blank(80), cells_of([]), "phone", 8, ALL, rng
    )
    assert len(outcome.seen) == 0
