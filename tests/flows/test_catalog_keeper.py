"""Goal: the catalogue's keeper knows every item as it stands, held whole or lying on a shelf."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pasand.adapters.memory import MemoryStore
from pasand.domain.catalog import Catalog, Item, facts_of
from pasand.domain.packed_items import arrays_of, catalog_of
from pasand.domain.records import item_record
from pasand.flows import catalog_keeper
from pasand.flows.catalog_keeper import CatalogKeeper
from pasand.testing import samples


class Shelf:
    """A shelf in memory, whose press works only when it is waited for or let go on."""

    def __init__(self, store: MemoryStore, count_min: int = 0) -> None:
        self.count_min = count_min
        self.store = store
        self.made: list[Catalog] = []
        self.asked = 0

    def newest(self, after: int = -1) -> Catalog | None:
        return self.made[-1] if self.made and self.made[-1].version > after else None

    def renew(self, *, wait: bool = False) -> None:
        self.asked += 1
        if wait:
            self.press()

    def press(self) -> None:
        version = self.store.item_version()
        records = (msgspec.msgpack.encode(item_record(one)) for one in self.store.items())
        self.made.append(catalog_of(arrays_of(records), version))

    def close(self) -> None:
        pass


ids = st.sampled_from([f"i{n}" for n in range(6)])
changes = st.lists(st.tuples(ids, st.sampled_from(("put", "delete", "refresh", "press"))))


@given(changes, st.booleans())
@settings(max_examples=80)
def test_every_item_is_known_as_it_stands(acts: list[tuple[str, str]], shelved: bool) -> None:
    store = MemoryStore()
    store.append([samples.put_event(one) for one in samples.items(3)])
    shelf = Shelf(store) if shelved else None
    keeper = CatalogKeeper(store, shelf)
    for number, (item_id, act) in enumerate(acts):
        if act == "put":
            event = samples.put_event(samples.item(item_id, maturity=number), f"e{number}")
        elif act == "delete":
            event = samples.delete_item_event(item_id, f"e{number}")
        else:
            if act == "press" and shelf is not None:
                shelf.press()
            keeper.refresh()
            continue
        keeper.take(store.append([event])[0].offset, event)
        check(keeper, {one.item_id: one for one in store.items()})
    check(keeper, {one.item_id: one for one in store.items()})
    keeper.refresh(wait=True)
    assert not keeper.stale and keeper.current()[1] == frozenset()
    # Held whole, an item that comes back after a refresh stands last until the next start.
    made = sorted(keeper.snapshot().items, key=lambda one: one.item_id)
    assert made == sorted(store.items(), key=lambda one: one.item_id)
    check(CatalogKeeper(store, shelf), {one.item_id: one for one in store.items()})


def check(keeper: CatalogKeeper, items: dict[str, Item]) -> None:
    assert len(keeper) == len(items)
    for item_id in (f"i{n}" for n in range(6)):
        item = items.get(item_id)
        assert keeper.item(item_id) == item
        assert keeper.facts(item_id) == (None if item is None else facts_of(item))
    catalog, withheld = keeper.current()
    for position, before in enumerate(catalog.items):
        now = items.get(before.item_id)
        assert (position in withheld) == (now is None or now.maturity != before.maturity)


def test_a_small_catalogue_asks_nothing_of_the_shelf() -> None:
    store = MemoryStore()
    store.append([samples.put_event(one) for one in samples.items(3)])
    shelf = Shelf(store, count_min=4)
    keeper = CatalogKeeper(store, shelf)
    event = samples.put_event(samples.item("i1", title="New"), "again")
    keeper.take(store.append([event])[0].offset, event)
    assert keeper.refresh().items[1].title == "New" and not shelf.asked
    for number in (8, 9):
        event = samples.put_event(samples.item(f"i{number}"), f"e{number}")
        keeper.take(store.append([event])[0].offset, event)
    # Grown out of memory: asked for, and served from as soon as it is there.
    assert len(keeper.refresh()) == 3 and shelf.asked == 1 and keeper.stale
    shelf.press()
    assert len(keeper.refresh()) == 5 and not keeper.stale


def test_a_snapshot_far_behind_is_made_anew_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog_keeper, "CHANGED_COUNT_MAX", 2)
    store = MemoryStore()
    store.append([samples.put_event(one) for one in samples.items(3)])
    shelf = Shelf(store)
    CatalogKeeper(store, shelf)
    store.append([samples.put_event(samples.item(f"n{n}"), f"e{n}") for n in range(2)])
    assert CatalogKeeper(store, shelf).stale and len(shelf.made) == 1
    store.append([samples.put_event(samples.item("n9"))])
    keeper = CatalogKeeper(store, shelf)
    assert not keeper.stale and len(keeper.snapshot()) == 6 and len(shelf.made) == 2


def test_an_old_change_that_comes_late_changes_nothing() -> None:
    store = MemoryStore()
    events = [samples.put_event(samples.item("i1", title=t), t) for t in ("one", "two", "three")]
    first, second = (verdict.offset for verdict in store.append(events[:2]))
    keeper = CatalogKeeper(store)
    keeper.take(first, events[0])
    assert keeper.item("i1") == next(store.items()) and not keeper.stale
    third = store.append(events[2:])[0].offset
    keeper.take(third, events[2])
    keeper.take(second, events[1])
    assert (item := keeper.item("i1")) is not None and item.title == "three"
