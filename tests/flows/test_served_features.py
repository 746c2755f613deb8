"""Goal: training sees what pages saw: logged features come out equal when the past is asked."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from pasand.adapters.clocks import HandClock
from pasand.adapters.memory import MemoryLedger, MemoryModelStore, MemoryStore
from pasand.bootstrap import go_live, load_plan
from pasand.domain.catalog import Catalog
from pasand.domain.counters import Counters
from pasand.domain.member import Member
from pasand.domain.weights import STREAMING
from pasand.flows import served
from pasand.flows.engine import Engine, PageRequest, Stores
from pasand.flows.moments import Moment, Moments
from pasand.flows.ranker_replay import described
from pasand.settings import ServeSettings, Settings
from pasand.stages.models import Models, Vocabulary
from pasand.stages.scoring.ranker_features import item_features, request_features
from pasand.testing import samples

ITEMS = samples.items(60)
IDS = [one.item_id for one in ITEMS]
MINUTE_MS = 60_000


def did(engine: Engine, number: int, member: str) -> None:
    """Let one thing happen, and a minute pass."""
    clock = engine.stores.clock
    assert isinstance(clock, HandClock)
    kind, payload = (
        ("play_start", {"position_s": 900, "duration_s": 6000}),
        ("rating", {"value": 1 + number % 5}),
        ("hover", {"dwell_ms": 4_000}),
        ("scroll", {"row_depth": number % 9, "speed_px_s": 800}),
        ("search_query", {"text": "night"}),
        ("thumb", {"value": -1 if number % 2 else 1}),
        ("impression", {"dwell_ms": 700}),
    )[number % 7]
    clock.at_ms += MINUTE_MS * (1 + 90 * (number % 5 == 0))
    engine.append([
        samples.event(
            f"e{number}", kind, member_id=member, item_id=IDS[7 * number % 60],
            occurred_ms=engine.now_ms(), device="tv" if number % 3 else "phone", payload=payload,
            country="IN", time_zone="Asia/Kolkata",
        )
    ])  # fmt: skip


def test_logged_features_come_out_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "FEATURES_EVERY", 1)
    store, numbers = MemoryStore(), count()
    clock = HandClock(samples.NOW_MS)
    stores = Stores(store, store, store, MemoryLedger(), MemoryModelStore(), clock)
    arrays = dict(samples.models(IDS).arrays)
    stores.ledger.promote(stores.models.save(arrays, {"log_offset": 0}), 1)
    engine = Engine(
        Settings(), stores, lambda its: go_live(its, Settings()), Counters(), lambda: 0.0,
        lambda: f"new{next(numbers)}",
    )  # fmt: skip
    for one in ITEMS:
        engine.put_item(one)
    for name in ("m1", "m2"):
        engine.put_member(Member(member_id=name, country="IN", time_zone="Asia/Kolkata"))
    asked: list[Moment] = []
    for number in range(60):
        did(engine, number, f"m{1 + number % 2}")
        if number % 4 == 3:
            clock.at_ms += 1
            engine.settle()
            member, device = f"m{1 + number // 4 % 2}", ("tv", "desktop")[number % 8 // 4]
            engine.page(PageRequest(member_id=member, device=device))
            asked.append(Moment(member, engine.now_ms(), device))
    logged = [stored.event for stored in store.read(kinds=["page_served"])]
    assert len(logged) == len(asked) == 15

    past = Moments(
        store, Catalog(store.items()), store.interactions(STREAMING.interaction), store.member,
        STREAMING, ServeSettings(),
    )  # fmt: skip
    plan = load_plan("homepage", Models("s", arrays, Vocabulary(IDS)), Settings())
    for query, event in zip(past.queries(asked, 0), logged, strict=True):
        candidates = described(query, plan)
        item, found = item_features(candidates), event.payload["features"]
        assert len(found["items"]) == served.FEATURES_COUNT
        assert request_features(query) == pytest.approx(
            np.array(found["request"]) / 1000, abs=0.001
        )
        for item_id, features in found["items"].items():
            at = int(np.searchsorted(candidates.position, query.catalog.find(item_id)))
            assert item[at] == pytest.approx(np.array(features) / 1000, abs=0.002), item_id
