"""Goal: learning takes what counts and no more: its weights, and what may be learned from."""

from __future__ import annotations

from typing import Any

import numpy as np

from pasand.adapters.memory import MemoryModelStore, MemoryStore
from pasand.domain.catalog import Catalog
from pasand.domain.counters import Counters
from pasand.domain.events import Event
from pasand.domain.weights import RETAIL, STREAMING, Weights, weights_of
from pasand.flows.learning import last_counted, learn, taken_in_context
from pasand.flows.map_reading import read_log
from pasand.settings import LearnSettings
from pasand.testing import samples

ITEMS = samples.items(6)
CATALOG = Catalog(ITEMS)
#: Of these nothing may be learned: no consent, or nobody knows what stood in the cell.
NOT_TO_LEARN: tuple[dict[str, Any], ...] = ({"consent": False}, {"extra": {"unjoined": True}})


def happened(**fields: Any) -> list[Event]:
    """Return what five members did with all items: seen, played, bought."""
    return [
        samples.event(
            f"{kind}.{member}.{number}.{sorted(fields)}",
            kind,
            member_id=f"m{member}",
            item_id=item.item_id,
            artwork_id=f"{item.item_id}.a0",
            device="tv",
            occurred_ms=samples.NOW_MS + 1000 * number,
            page_id="pg",
            row=number,
            column=member,
            **fields,
        )
        for member in range(5)
        for number, item in enumerate(ITEMS)
        for kind in ("impression", "play_start", "purchase")
    ]


def learned(events: list[Event], weights: Weights = STREAMING) -> tuple[int, dict[str, Any]]:
    store, models = MemoryStore(), MemoryModelStore()
    store.append(events)
    found = learn(store, CATALOG, models, LearnSettings(), weights)
    return found.interaction_count, models.load(found.snapshot_id)[0]


def test_nothing_is_learned_from_what_may_not_be_learned_from() -> None:
    count, arrays = learned(happened())
    events = [*happened(), *(event for why in NOT_TO_LEARN for event in happened(**why))]
    with_more, same = learned(events)
    assert (count, with_more) == (60, 60)
    for name, array in arrays.items():
        assert np.array_equal(array, same[name]), name


def test_hours_and_counts_leave_them_out_too() -> None:
    store = MemoryStore()
    counters = Counters()
    for why in NOT_TO_LEARN:
        store.append(happened(**why))
        counters.add(happened(**why))
    assert list(taken_in_context(store, CATALOG, ("play_start", "purchase"))) == []
    view = counters.view()
    assert not len(view.popularity(CATALOG, "popular", samples.NOW_MS).nonzero()[0])
    assert not view.artwork_code


def test_the_map_leaves_them_out_and_counts_the_unjoined() -> None:
    whole = read_log(happened())
    more = read_log([*happened(), *happened(consent=False), *happened(extra={"unjoined": True})])
    assert (len(whole.title), len(more.title)) == (30, 30)
    assert more.played == whole.played and more.act == whole.act
    assert (whole.unjoined_count, more.unjoined_count) == (0, 90)


def test_weights_say_what_an_interaction_is() -> None:
    assert learned(happened(), RETAIL)[0] == 30, "in a shop a play is none"
    assert learned(happened(), weights_of(interaction={"impression": 0.1}))[0] == 90


def test_counts_made_under_other_weights_are_made_again() -> None:
    store, models = MemoryStore(), MemoryModelStore()
    store.append(happened())
    offset = learn(store, CATALOG, models, LearnSettings(), STREAMING).log_offset
    counters, counted_to = last_counted(models, STREAMING)
    assert counted_to == offset and counters.weights == STREAMING
    assert counters.view().popularity(CATALOG, "popular", samples.NOW_MS).all()
    empty, start = last_counted(models, RETAIL)
    assert start == 0 and empty.weights == RETAIL
    assert not empty.view().item_code
