"""Goal: ``[weights]`` of the settings reaches the stages: what counts nothing steers no page."""

from __future__ import annotations

from pasand.adapters.clocks import HandClock
from pasand.adapters.memory import MemoryLedger, MemoryModelStore, MemoryStore
from pasand.bootstrap import go_live
from pasand.domain.counters import Counters
from pasand.domain.member import Member
from pasand.flows.engine import Engine, PageRequest, Stores
from pasand.settings import Settings, WeightSettings
from pasand.stages.columns import history
from pasand.testing import samples

ITEMS = samples.items(60)


def followed(settings: Settings) -> list[str]:
    """Return what a page would follow from, after one view."""
    store = MemoryStore()
    stores = Stores(
        store, store, store, MemoryLedger(), MemoryModelStore(), HandClock(samples.NOW_MS)
    )
    arrays = samples.models([one.item_id for one in ITEMS]).arrays
    stores.ledger.promote(stores.models.save(arrays, {"log_offset": 0}), 1)
    ids = iter(range(10_000))
    engine = Engine(
        settings,
        stores,
        lambda stores: go_live(stores, settings),
        Counters(),
        lambda: 0.0,
        lambda: f"new{next(ids)}",
    )
    for one in ITEMS:
        engine.put_item(one)
    engine.put_member(Member(member_id="m1"))
    engine.append([samples.event("v", "view", item_id="i0", occurred_ms=samples.NOW_MS)])
    query, _ = engine.query(PageRequest(member_id="m1"))
    return [item_id for item_id, _, _ in history(query.profile, query.weights)]


def test_a_kind_that_counts_nothing_is_not_followed() -> None:
    assert followed(Settings()) == ["i0"]
    assert not followed(Settings(weights=WeightSettings(kinds={"view": 0.0})))
    assert not followed(Settings(weights=WeightSettings(history={"view": 0.0})))
