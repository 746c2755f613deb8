"""Goal: what an anonymous visitor did becomes the member's at login, once, and nobody else's."""

from __future__ import annotations

import pytest

from pasand.adapters.memory import MemoryStore
from pasand.domain.events import Event
from pasand.errors import InvalidInput
from pasand.flows.keepers import CatalogKeeper, ProfileKeeper
from pasand.flows.merging import merge_events, visitors_of, whole_history
from pasand.flows.rebuilding import Compared, compare_profiles
from pasand.testing import samples

LOGIN_MS = samples.NOW_MS + 100_000


def played(item_id: str, member_id: str, at_s: int) -> Event:
    return samples.event(f"{member_id}-{item_id}-{at_s}", item_id=item_id, member_id=member_id,
                         occurred_ms=samples.NOW_MS + 1000 * at_s)  # fmt: skip


class Home:
    """A store with two members' and two visitors' first events."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.store.append([samples.put_event(item) for item in samples.items(8)])
        self.items = CatalogKeeper(self.store)
        self.keeper = ProfileKeeper(self.store, self.store, self.items.facts,
                                    item_version=lambda: self.items.version)  # fmt: skip
        self.store.append([played("i1", "m1", 10), played("i2", "v1", 20), played("i3", "v2", 30)])

    def merge(self, member_id: str, visitor_id: str) -> int:
        events = merge_events(self.store, member_id, visitor_id, LOGIN_MS)
        self.store.append(events)
        return len(events)

    def recent(self, member_id: str) -> list[str]:
        return [entry.item_id for entry in self.keeper.get(member_id)[1].recent]


def test_the_visitors_history_becomes_the_members_and_the_visitor_starts_anew() -> None:
    home = Home()
    assert home.recent("m1") == ["i1"] and home.recent("v1") == ["i2"]
    assert home.merge("m1", "v1") == 2
    assert home.recent("m1") == ["i1", "i2"] and home.recent("v1") == []
    # Whoever uses the device next is somebody else; what was sent late is still the member's.
    home.store.append([played("i4", "v1", 200), played("i5", "v1", 15), played("i6", "m1", 210)])
    assert home.recent("m1") == ["i1", "i5", "i2", "i6"] and home.recent("v1") == ["i4"]
    assert visitors_of(home.store, "m1") == ("v1",)
    assert list(home.keeper.get("m1")[1].visitors) == ["v1"]
    home.keeper.flush()
    assert compare_profiles(home.store, home.store, home.items.facts) == Compared(equal=2)
    again = ProfileKeeper(home.store, home.store, home.items.facts)
    assert again.get("m1")[1].encode() == home.keeper.get("m1")[1].encode()


def test_a_merge_happens_once_and_with_one_member() -> None:
    home = Home()
    home.merge("m1", "v1")
    assert home.merge("m1", "v1") == 0
    assert home.merge("m1", "v2") == 2
    for member_id, visitor_id in (("m2", "v1"), ("m1", "m1"), ("m2", "m1"), ("v1", "m2")):
        with pytest.raises(InvalidInput):
            home.merge(member_id, visitor_id)
    assert home.recent("m1") == ["i1", "i2", "i3"]


def test_a_member_has_been_16_visitors_at_most() -> None:
    home = Home()
    for number in range(16):
        home.merge("m1", f"w{number}")
    with pytest.raises(InvalidInput):
        home.merge("m1", "w16")
    assert len(home.keeper.get("m1")[1].visitors) == 16


def test_an_item_of_the_visitors_that_changes_changes_the_member() -> None:
    home = Home()
    home.merge("m1", "v1")
    home.keeper.get("m1")
    home.keeper.flush()
    changed = samples.put_event(samples.item("i2", genres=("Opera",)), "changed")
    with home.keeper.changing_items():
        home.items.take(home.store.append([changed])[0].offset, changed)
    assert "Opera" in home.keeper.get("m1")[1].genres
    restarted = ProfileKeeper(home.store, home.store, home.items.facts,
                              item_version=lambda: home.items.version)  # fmt: skip
    assert "Opera" in restarted.get("m1")[1].genres


def test_what_is_said_of_the_visitor_as_a_member_stays_theirs() -> None:
    home = Home()
    off = samples.event("off", "member_put", member_id="v1", item_id="",
                        payload={"member_id": "v1", "personalised": False})  # fmt: skip
    home.store.append([off])
    home.merge("m1", "v1")
    assert home.recent("m1") == ["i1", "i2"]
    kinds = [event.kind for event in whole_history(home.store, "m1")]
    assert kinds == ["play_start", "play_start", "member_merged"]
