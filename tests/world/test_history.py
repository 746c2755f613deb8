"""Goal: the log is in order, valid and repeatable, and its propensities are the true chances."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from pasand.domain.events import DEVICES, KINDS
from pasand.domain.ids import check_id
from pasand.world.history import write_history
from pasand.world.logging_policy import Weights, cell_probability, choose_cells
from pasand.world.truth import make_world

NOW_MS = 1_790_000_000_000
WORLD = make_world(3, NOW_MS, 200, 60)
EVENTS = list(write_history(WORLD, 1, NOW_MS, days=20, event_count=6000))


def small_weights() -> tuple[Weights, Weights]:
    item = np.array([2, 3, 5, 8])
    return Weights(item, np.array([5.0, 3.0, 1.0, 1.0])), Weights(item, np.array([0, 0, 1.0, 9.0]))


def test_the_log_repeats_by_seed() -> None:
    again = list(write_history(WORLD, 1, NOW_MS, days=20, event_count=6000))
    assert again == EVENTS
    other = list(write_history(WORLD, 2, NOW_MS, days=20, event_count=6000))
    assert {e.event_id for e in EVENTS}.isdisjoint(e.event_id for e in other)


def test_events_are_in_order_and_valid() -> None:
    assert all(a.key < b.key for a, b in pairwise(EVENTS))
    assert EVENTS[0].occurred_ms >= NOW_MS - 20 * 86_400_000
    assert EVENTS[-1].occurred_ms <= NOW_MS
    assert 4500 < len(EVENTS) < 8000
    for event in EVENTS:
        assert event.kind in KINDS and event.device in DEVICES
        for name in ("event_id", "member_id", "account_id", "session_id", "page_id"):
            check_id(getattr(event, name), name)
        assert not event.item_id or event.item_id in WORLD.truth.position
    kinds = Counter(event.kind for event in EVENTS)
    assert {"page_served", "impression", "play_start", "progress", "complete"} <= set(kinds)
    assert kinds["play_start"] < kinds["page_served"] < kinds["impression"]


def test_every_impression_is_a_cell_of_its_page() -> None:
    pages = {e.page_id: e.payload["rows"] for e in EVENTS if e.kind == "page_served"}
    for event in EVENTS:
        if event.kind == "impression":
            row = pages[event.page_id][event.row]
            assert row["items"][event.column] == event.item_id
            assert row["artworks"][event.column] == event.artwork_id


def test_nobody_is_shown_what_they_may_not_see() -> None:
    at = {one.member.member_id: one.member for one in WORLD.members}
    truth = WORLD.truth
    kids_pages = 0
    for event in EVENTS:
        if event.kind not in ("page_served", "play_start"):
            continue
        member = at[event.member_id]
        shown = [i for row in event.payload.get("rows", ()) for i in row["items"]]
        position = [truth.position[i] for i in shown or [event.item_id]]
        kids_pages += bool(member.kids and shown)
        seen = truth.may_see(
            member.maturity_ceiling, member.country, event.occurred_ms, event.occurred_ms
        )
        assert (truth.maturity[position] <= member.maturity_ceiling).all()
        assert seen[position].all() and len(set(shown)) == len(shown)
    assert kids_pages > 0


def test_logged_propensity_is_the_probability_of_the_next_cell() -> None:
    popular, covisit = small_weights()
    rng = np.random.default_rng(1)
    for second in (covisit, None):
        for _ in range(200):
            items, propensity = choose_cells(popular, second, 4, rng)
            assert sorted(items) == [2, 3, 5, 8]
            for k, item in enumerate(items):
                chance = cell_probability(popular, second, items[:k])
                assert chance.sum() == pytest.approx(1.0)
                assert propensity[k] == pytest.approx(chance[popular.item.index(item)])


def test_the_frequency_of_pages_equals_the_product_of_propensities() -> None:
    popular, covisit = small_weights()
    rng = np.random.default_rng(2)
    drawn: Counter[tuple[int, ...]] = Counter()
    chance: dict[tuple[int, ...], float] = {}
    count = 40_000
    for _ in range(count):
        items, propensity = choose_cells(popular, covisit, 2, rng)
        drawn[tuple(items)] += 1
        chance[tuple(items)] = float(np.prod(propensity))
    assert sum(chance.values()) == pytest.approx(1.0)
    chi_square = sum((drawn[k] - count * p) ** 2 / (count * p) for k, p in chance.items())
    assert chi_square < 31.3  # 11 degrees of freedom, one in a thousand
