"""Goal: a dislike weighs at once, on what is near it too; it fades, and can be taken back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pasand.adapters.clocks import HandClock
from pasand.adapters.memory import MemoryLedger, MemoryModelStore, MemoryStore
from pasand.bootstrap import go_live
from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Catalog, Item
from pasand.domain.counters import Counters
from pasand.domain.member import Member
from pasand.domain.profile import Profile, Recent
from pasand.flows.engine import Engine, PageRequest, Stores
from pasand.settings import Settings
from pasand.stages.hydrators.dislikes import Config, DislikesHydrator
from pasand.stages.models import Models, Vocabulary
from pasand.stages.scoring.nearness import NEAR_COUNT, near_by_content
from pasand.testing import samples

COUNT = 240
PAGES = 10


def title(number: int) -> Item:
    """Return a title of one of six groups, each with a theme and people of its own."""
    group = number % 6
    return samples.item(
        f"i{number}",
        genres=(f"Genre {group}", "Drama"),
        tags=(f"theme {group}",),
        people=(f"Person {group}.{number % 4}",),
    )


ITEMS = [title(number) for number in range(COUNT)]
CATALOG = Catalog(ITEMS)
#: What is taken after an item is the next of its own group.
STEPS = 6 * np.arange(1, 26)
NEIGHBOUR = ((np.arange(COUNT)[:, None] + STEPS) % COUNT).astype(np.int32)


def open_engine() -> Engine:
    store = MemoryStore()
    clock = HandClock(samples.NOW_MS)
    stores = Stores(store, store, store, MemoryLedger(), MemoryModelStore(), clock)
    ids = [one.item_id for one in ITEMS]
    arrays = {
        "item_ids": ids,
        "covisit.neighbour": NEIGHBOUR,
        "covisit.strength": np.broadcast_to(1.0 / np.arange(1, 26), NEIGHBOUR.shape).astype("f4"),
    }
    stores.ledger.promote(stores.models.save(arrays, {"log_offset": 0}), 1)
    numbers = iter(range(10**6))
    engine = Engine(
        Settings(), stores, lambda its: go_live(its, Settings()), Counters(), lambda: 0.0,
        lambda: f"new{next(numbers)}",
    )  # fmt: skip
    for one in ITEMS:
        engine.put_item(one)
    engine.put_member(Member(member_id="m1"))
    # They like the group that the dislike will be of: one thumb does not turn their taste.
    for number in (0, 2, *range(1, 49, 6), 3):
        at_ms = samples.NOW_MS - samples.DAY_MS + number * 60_000
        say(engine, f"p{number}", "play_start", f"i{number}", at_ms)
    engine.settle()
    return engine


def say(engine: Engine, name: str, kind: str, item_id: str, at_ms: int, **payload: object) -> None:
    engine.append([
        samples.event(
            name, kind, member_id="m1", item_id=item_id, occurred_ms=at_ms, payload=payload
        )
    ])  # fmt: skip


def exposure(engine: Engine, names: set[str]) -> float:
    """Return the attention that titles get on ten pages: less with every row and column."""
    total = 0.0
    for _ in range(PAGES):
        served = engine.page(PageRequest(member_id="m1", row_count=10, column_count=12))
        ids = served.query.catalog.item_ids
        for row, cells in enumerate(served.page.rows):
            for column, at in enumerate(cells.position.tolist()):
                total += (ids[at] in names) * 0.7**row * 0.8**column
    return total


def test_of_the_nearest_at_least_half_the_exposure_is_gone_and_comes_back() -> None:
    engine = open_engine()
    clock = engine.stores.clock
    assert isinstance(clock, HandClock)
    disliked = "i121"
    near = near_by_content(CATALOG, CATALOG.find(disliked)).position[:NEAR_COUNT]
    names = {CATALOG.item_ids[at] for at in near.tolist()} - {disliked}
    assert len(names) == NEAR_COUNT
    before = exposure(engine, names)
    say(engine, "down", "thumb", disliked, samples.NOW_MS, value=-1)
    clock.at_ms += 60_000
    after = exposure(engine, names)
    assert before > 0 and after <= 0.5 * before
    say(engine, "back", "thumb", disliked, samples.NOW_MS + 120_000, value=0)
    clock.at_ms += 120_000
    # Not all at once: titles of the last page keep their places for a while.
    assert exposure(engine, names) >= 0.75 * before


def near_of(
    profile: Profile, days: float = 0.0, learned: bool = True, column: str = "near_disliked"
) -> np.ndarray:
    models = Models("s", {"covisit.neighbour": NEIGHBOUR}, Vocabulary(CATALOG.item_ids))
    at_ms = samples.NOW_MS + int(days * samples.DAY_MS)
    query = samples.query(CATALOG, profile=profile, at_ms=at_ms)
    everything = Candidates(np.arange(COUNT, dtype=np.int32))
    config = replace(Config(), learned=learned)
    return np.asarray(DislikesHydrator(config, models)(query, everything)[column])


AT_S = samples.NOW_MS // 1000
DOWN = Profile(member_id="m1", thumbs={"i7": (-1, AT_S)})


def test_it_fades_with_its_half_life() -> None:
    now, later = near_of(DOWN), near_of(DOWN, days=30.0)
    assert now.max() == pytest.approx(1.0) and later == pytest.approx(now / 2)


def test_a_hidden_title_is_turned_down_and_a_low_rating_is_told_apart() -> None:
    hidden = Profile(member_id="m1", hidden={"i7": AT_S})
    low = Profile(member_id="m1", recent=(Recent("i7", 4, AT_S, 10),))
    better = Profile(member_id="m1", recent=(*low.recent, Recent("i7", 4, AT_S, 45)))
    assert near_of(hidden) == pytest.approx(near_of(DOWN))
    assert not near_of(low).any() and not near_of(DOWN, column="near_low_rated").any()
    assert near_of(low, column="near_low_rated") == pytest.approx(near_of(DOWN))
    assert not near_of(better, column="near_low_rated").any()
    assert not near_of(Profile(member_id="m1", thumbs={"i7": (1, AT_S)})).any()


def test_kids_pages_know_what_is_near_by_content_alone() -> None:
    with_others, alone = near_of(DOWN), near_of(DOWN, learned=False)
    assert alone.any() and (alone <= with_others).all()
    far = Profile(member_id="m1", thumbs={"gone": (-1, AT_S)})
    assert not near_of(far).any()


def test_what_is_near_shares_what_is_rare() -> None:
    near = near_by_content(CATALOG, 7)
    groups = {at % 6 for at in near.position[:NEAR_COUNT].tolist()}
    assert groups == {1} and 7 not in near.position
    assert (np.diff(near.share) <= 0).all() and near.share[0] == 1.0
