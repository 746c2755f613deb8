"""Goal: learning gives pages a ranker: by replay, then by pages, never from what judges it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pasand.adapters.clocks import HandClock
from pasand.adapters.memory import MemoryLedger, MemoryModelStore, MemoryStore
from pasand.cli.gate import examiner_over
from pasand.cli.gate_process import examined
from pasand.domain.catalog import Catalog
from pasand.domain.weights import STREAMING
from pasand.flows import ranker_trainer
from pasand.flows.gating import Stretch
from pasand.flows.learning import learn, light
from pasand.flows.live import Stores
from pasand.flows.ranker_pages import seen_on_pages
from pasand.flows.ranker_replay import Replay
from pasand.flows.teaching import Gate, Run
from pasand.flows.training import Lesson
from pasand.learning import ranker_impressions
from pasand.learning.ranker_lessons import OUTCOMES
from pasand.settings import LearnSettings, Settings
from pasand.stages.models import Models, Vocabulary
from pasand.testing import samples

MEMBERS, STEPS, ITEM_COUNT = 80, 12, 50
HOUR_MS = 3_600_000
ITEMS = samples.items(ITEM_COUNT)
SETTINGS = replace(Settings(), learn=LearnSettings(gate_target_count=30, ranker_lessons=400))


def taken(member: int, step: int) -> int:
    return (member + step * (1 + member % 2)) % ITEM_COUNT


def store_of(pages: bool = False) -> Stores:
    """Return members who go on from a title to the next but one or the one after; they rate some,
    finish others, and may have come from a page.
    """
    store = MemoryStore()
    store.append([samples.put_event(one) for one in ITEMS])
    for step in range(STEPS):
        for member in range(MEMBERS):
            at_ms = samples.NOW_MS + step * 2 * HOUR_MS + member * 1_000
            about = {"member_id": f"m{member}", "item_id": f"i{taken(member, step)}",
                     "device": "tv"}  # fmt: skip
            name = f"{member}.{step}"
            if pages:
                for column in range(4):
                    shown = taken(member, step) if column == member % 4 else column
                    store.append([samples.event(
                        f"s{name}.{column}", "impression", member_id=f"m{member}", device="tv",
                        item_id=f"i{shown}", page_id=f"pg{name}", row=1, column=column,
                        occurred_ms=at_ms - 5_000,
                    )])  # fmt: skip
                about |= {"page_id": f"pg{name}", "row": 1, "column": member % 4}
            length = {"position_s": 0, "duration_s": 6000}
            store.append([samples.event(f"p{name}", occurred_ms=at_ms, payload=length, **about)])
            about = {key: about[key] for key in ("member_id", "item_id", "device")}
            if step % 2:
                rating = {"value": 5 if taken(member, step) % 3 else 1}
                store.append([
                    samples.event(
                        f"r{name}", "rating", occurred_ms=at_ms + 9_000, payload=rating, **about
                    ),
                    samples.event(f"c{name}", "complete", occurred_ms=at_ms + 8_000,
                                  payload={"position_s": 5900, "duration_s": 6000}, **about),
                ])  # fmt: skip
    clock = HandClock(samples.NOW_MS)
    return Stores(store, store, store, MemoryLedger(), MemoryModelStore(), clock)


def catalog_of(stores: Stores) -> Catalog:
    return Catalog(stores.catalog.items())


def replay_of(stores: Stores, but: frozenset[str] = frozenset()) -> tuple[Replay, Models]:
    """Return the replay of the second half over models of the first one."""
    catalog = catalog_of(stores)
    data = stores.log.interactions(STREAMING.interaction)
    examiner = examiner_over(stores, SETTINGS, catalog)(data)
    middle, end = samples.NOW_MS + STEPS * HOUR_MS, samples.NOW_MS + 99 * HOUR_MS
    replay = replace(examiner.replay(Stretch(middle, end)), but=but)
    before = data.where(data.at_ms <= middle)
    arrays = light(Lesson(before, catalog, SETTINGS.learn))
    return replay, Models("s", arrays, Vocabulary(data.item_ids))


def test_lessons_know_what_was_taken_next_and_what_became_of_it() -> None:
    replay, models = replay_of(store_of())
    lessons = replay.lessons(models, 60)
    assert 40 <= len(lessons) <= 60
    assert (lessons.taken.max(axis=1) <= 1.0).all() and (lessons.taken > 0).sum(axis=1).max() > 2
    known = ~np.isnan(lessons.outcome[lessons.taken > 0])
    assert known.any(axis=0).all(), f"each of {OUTCOMES} is known of something"
    assert set(np.unique(lessons.outcome[..., 1][~np.isnan(lessons.outcome[..., 1])])) == {0, 1}
    assert np.isfinite(lessons.item).all() and np.isfinite(lessons.request).all()
    again = replay.lessons(models, 60)
    assert np.array_equal(lessons.item, again.item), "the same every time"


def test_whose_choices_judge_is_left_out() -> None:
    stores = store_of()
    replay, models = replay_of(stores)
    everybody = frozenset(f"m{number}" for number in range(MEMBERS))
    assert len(replace(replay, but=everybody).lessons(models, 60)) == 0
    examiner = examiner_over(stores, SETTINGS, catalog_of(stores))(replay.past.data)
    targets = examiner.targets(replay.stretch)
    assert examiner.replay(replay.stretch).but == {target.member_id for target in targets}


def test_pages_tell_what_was_seen_and_what_was_played() -> None:
    replay, models = replay_of(store_of(pages=True))
    seen = seen_on_pages(replay, models, 50)
    assert len(seen.lessons) == 50 and seen.play_count == 50
    cells = np.isfinite(seen.lessons.offset).sum(axis=1)
    assert cells.max() == 4 and cells.mean() > 3
    assert seen.place.shape[:2] == seen.lessons.taken.shape and seen.place.any()
    assert len(seen_on_pages(replay_of(store_of())[0], models, 50).lessons) == 0


@pytest.mark.parametrize("pages", (False, True))
def test_learning_gives_a_ranker_that_says_what_it_was_trained_on(
    pages: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranker_trainer, "LESSON_COUNT_MIN", 20)
    monkeypatch.setattr(ranker_impressions, "PLAY_COUNT_MIN", 10)
    stores = store_of(pages)
    catalog = catalog_of(stores)
    gate = Gate(
        examiner_over(stores, SETTINGS, catalog),
        lambda snapshot, stretch: examined(stores, SETTINGS, snapshot, stretch),
    )
    learned = learn(stores.log, catalog, stores.models, SETTINGS.learn, run=Run(1, gate=gate))
    arrays, about = stores.models.load(learned.snapshot_id)
    assert "ranker" in learned.models and about["quality"] is not None
    assert arrays["ranker.trained_on"] == ["impressions" if pages else "replay"]
    none = replace(SETTINGS.learn, ranker_lessons=0)
    assert "ranker" not in learn(stores.log, catalog, stores.models, none).models
