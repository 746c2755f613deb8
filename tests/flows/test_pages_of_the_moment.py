"""Goal: one member's page is another one in the morning on the phone than on the TV at night, for
reasons that its cells tell; and what was searched for shows on the next page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from pasand.adapters.clocks import HandClock
from pasand.adapters.memory import MemoryLedger, MemoryModelStore, MemoryStore
from pasand.bootstrap import go_live
from pasand.cli.gate import examiner_over
from pasand.cli.gate_process import examined
from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Catalog, Item
from pasand.domain.counters import Counters
from pasand.domain.member import Member
from pasand.domain.page import Page
from pasand.domain.query import Query
from pasand.flows import ranker_trainer
from pasand.flows.engine import Engine, PageRequest, Stores
from pasand.flows.homepage import serve_page
from pasand.flows.learning import learn
from pasand.flows.teaching import Gate, Run
from pasand.pipeline import Trace
from pasand.settings import LearnSettings, Settings
from pasand.testing import samples

MEMBERS, DAYS, COUNT = 60, 9, 120
HOUR_MS = 3_600_000
#: A midnight in UTC, which is the members' time.
MIDNIGHT_MS = samples.NOW_MS // samples.DAY_MS * samples.DAY_MS
MORNING_MS, NIGHT_MS = 8 * HOUR_MS, 21 * HOUR_MS
SHORT_MINUTES, LONG_MINUTES = 25.0, 110.0


def title(number: int) -> Item:
    """Return a short comedy or a long drama; a few are about a heist."""
    short = number % 2 == 0
    return samples.item(
        f"i{number}",
        genres=("Comedy",) if short else ("Drama",),
        tags=("heist",) if number % 11 == 0 else (),
        runtime_minutes=SHORT_MINUTES if short else LONG_MINUTES,
    )


@pytest.fixture(scope="module")
def engine() -> Engine:
    """What has learned from members who watch a comedy on the phone each morning and a drama on
    the TV each night.
    """
    store, clock = MemoryStore(), HandClock(MIDNIGHT_MS)
    store.append([samples.put_event(title(number)) for number in range(COUNT)])
    draw = np.random.default_rng(1)
    for day in range(DAYS, 0, -1):
        for time_ms, device, odd in ((MORNING_MS, "phone", 0), (NIGHT_MS, "tv", 1)):
            for member in range(MEMBERS):
                item_id = f"i{2 * int(draw.integers(COUNT // 2)) + odd}"
                at_ms = MIDNIGHT_MS - day * samples.DAY_MS + time_ms + member * 1_000
                length_s = 60.0 * (LONG_MINUTES if odd else SHORT_MINUTES)
                about = {"member_id": f"m{member}", "item_id": item_id, "device": device}
                name = f"{member}.{day}.{odd}"
                end = {"position_s": length_s, "duration_s": length_s}
                store.append([
                    samples.event(f"p{name}", occurred_ms=at_ms,
                                  payload={**end, "position_s": 0}, **about),
                    samples.event(f"c{name}", "complete", payload=end,
                                  occurred_ms=at_ms + int(1000 * length_s), **about),
                ])  # fmt: skip
    stores = Stores(store, store, store, MemoryLedger(), MemoryModelStore(), clock)
    settings = replace(
        Settings(),
        learn=LearnSettings(gate_target_count=30, sequence_seconds=0, ranker_lessons=1_000),
    )
    catalog = Catalog(store.items())
    gate = Gate(
        examiner_over(stores, settings, catalog),
        lambda snapshot, stretch: examined(stores, settings, snapshot, stretch),
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ranker_trainer, "LESSON_COUNT_MIN", 50)
        learned = learn(store, catalog, stores.models, settings.learn, run=Run(1, gate=gate))
    assert "ranker" in learned.models
    stores.ledger.promote(learned.snapshot_id, 1)
    numbers = iter(range(10**6))
    found = Engine(
        Settings(), stores, lambda its: go_live(its, Settings()), Counters(), lambda: 0.0,
        lambda: f"new{next(numbers)}",
    )  # fmt: skip
    found.put_member(Member(member_id="m1"))
    found.settle()
    return found


def page_at(engine: Engine, time_ms: int, device: str) -> tuple[Query, Page, Candidates]:
    """Return the page of a moment; it is not served, so the next one owes it no coherence."""
    clock = engine.stores.clock
    assert isinstance(clock, HandClock)
    clock.at_ms = MIDNIGHT_MS + time_ms
    asked = PageRequest(member_id="m1", device=device, row_count=8, column_count=8)
    query, _ = engine.query(asked)
    page, candidates = serve_page(query, engine.live.plans, Trace(lambda: 0.0))
    return query, page, candidates


def seen(query: Query, page: Page, counts: Callable[[Item], bool]) -> float:
    """Return the share of the attention that titles of a kind get on a page."""
    gets = [(0.7**depth * 0.8**column, counts(query.catalog.items[at]))
            for depth, row in enumerate(page.rows)
            for column, at in enumerate(row.position.tolist())]  # fmt: skip
    return sum(looked for looked, is_one in gets if is_one) / sum(looked for looked, _ in gets)


def first(query: Query, page: Page) -> Item:
    """Return the title that stands first."""
    return query.catalog.items[int(page.rows[0].position[0])]


def is_comedy(item: Item) -> bool:
    return "Comedy" in item.genres


def is_heist(item: Item) -> bool:
    return "heist" in item.tags


def test_the_hour_and_the_device_decide_what_stands_first(engine: Engine) -> None:
    morning, night = (
        page_at(engine, MORNING_MS, "phone"), page_at(engine, NIGHT_MS, "tv")
    )  # fmt: skip
    assert seen(*morning[:2], is_comedy) > 1.4 * seen(*night[:2], is_comedy)
    assert is_comedy(first(*morning[:2])) and not is_comedy(first(*night[:2]))
    # Why: what suits the hour and the device is a part of every candidate's score.
    for (query, _, candidates), suited in ((morning, "Comedy"), (night, "Drama")):
        genre = [query.catalog.items[at].genres[0] for at in candidates.position]
        part, suits = candidates["part.context"], np.array(genre) == suited
        assert part[suits].min() > part[~suits].max()


def test_hour_and_device_each_tell(engine: Engine) -> None:
    both, other_hour, other_device = (
        page_at(engine, MORNING_MS, "phone"),
        page_at(engine, NIGHT_MS, "phone"),
        page_at(engine, MORNING_MS, "tv"),
    )
    pages = {
        tuple(np.concatenate([row.position for row in page.rows]).tolist())
        for _, page, _ in (both, other_hour, other_device)
    }
    assert len(pages) == 3


def test_what_was_searched_for_shows_on_the_next_page(engine: Engine) -> None:
    before = page_at(engine, NIGHT_MS, "tv")
    looked = samples.event("look", "search_query", item_id="", payload={"text": "heist"},
                           occurred_ms=MIDNIGHT_MS + NIGHT_MS + 1_000, device="tv")  # fmt: skip
    engine.append([looked])
    after = page_at(engine, NIGHT_MS + 2_000, "tv")
    assert seen(*after[:2], is_heist) > seen(*before[:2], is_heist) + 0.2
    assert is_heist(first(*after[:2])) and not is_heist(first(*before[:2]))
