"""Keepers: the caches between the log and a request. Each can be thrown away and rebuilt.

The catalogue and the counters are rebuilt from the log when a process starts and follow it as
events are appended. Profiles have a keeper of their own, in ``flows/profile_keeper.py``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from pasand.domain.catalog import Catalog, Item, ItemFacts, facts_of
from pasand.domain.catalog_words import prepare
from pasand.domain.counters import Counters, CountersView
from pasand.domain.events import Event
from pasand.domain.member import Member
from pasand.domain.records import item_from_record
from pasand.flows.profile_keeper import ProfileKeeper
from pasand.ports import CatalogStore

__all__ = ["CatalogKeeper", "CountersKeeper", "MemberKeeper", "ProfileKeeper"]


class CatalogKeeper:
    """The items as they stand, and a snapshot of them that is made again when they changed."""

    def __init__(self, store: CatalogStore) -> None:
        self._lock = threading.Lock()
        self._refreshing = threading.Lock()
        # The version before the items: what is written in between is taken twice, never missed.
        self._version = store.item_version()
        self._items: dict[str, Item] = {item.item_id: item for item in store.items()}
        self._snapshot = Catalog(self._items.values(), self._version)
        # Items changed since the snapshot, with the offset of the change.
        self._changed: dict[str, int] = {}
        self._withheld: frozenset[int] | None = frozenset()
        # Beside the item they are of, so that those of an older one are never used.
        self._facts: dict[str, tuple[Item, ItemFacts]] = {}

    def facts(self, item_id: str) -> ItemFacts | None:
        """Return what a fold reads of an item, as of the newest write."""
        item = self._items.get(item_id)
        if item is None:
            return None
        known = self._facts.get(item_id)
        if known is None or known[0] is not item:
            self._facts[item_id] = known = (item, facts_of(item))
        return known[1]

    def item(self, item_id: str) -> Item | None:
        """Return an item as of the newest write."""
        return self._items.get(item_id)

    def __len__(self) -> int:
        return len(self._items)

    @property
    def version(self) -> int:
        """The offset of the newest change of an item."""
        return self._version

    @property
    def stale(self) -> bool:
        """Whether items changed since the snapshot was made."""
        return self._snapshot.version != self._version

    def snapshot(self) -> Catalog:
        """Return the snapshot in use; ``refresh`` makes a newer one."""
        return self._snapshot

    def current(self) -> tuple[Catalog, frozenset[int]]:
        """Return the snapshot in use with the positions in it that must not be shown: items
        taken out since it was made, or put again with another age, region, time or stock.
        """
        with self._lock:
            if self._withheld is None:
                find = self._snapshot.find
                self._withheld = frozenset(
                    at for at in map(find, self._changed) if at >= 0 and self._guarded_anew(at)
                )
            return self._snapshot, self._withheld

    def take(self, offset: int, event: Event) -> None:
        """Note an item's change."""
        item = item_from_record(event.payload) if event.kind == "item_put" else None
        with self._lock:
            if item is not None:
                self._items[event.item_id] = item
            else:
                self._items.pop(event.item_id, None)
                self._facts.pop(event.item_id, None)
            self._version = max(self._version, offset)
            self._changed[event.item_id] = offset
            self._withheld = None

    def refresh(self) -> Catalog:
        """Make the snapshot current and return it."""
        with self._refreshing:
            with self._lock:
                if not self.stale:
                    return self._snapshot
                items, version = list(self._items.values()), self._version
            # Seconds for a large catalogue: requests go on with the snapshot before.
            made = Catalog(items, version)
            prepare(made, self._snapshot)
            with self._lock:
                self._snapshot = made
                self._changed = {
                    item_id: offset for item_id, offset in self._changed.items() if offset > version
                }
                self._withheld = None
            return made

    def _guarded_anew(self, position: int) -> bool:
        before = self._snapshot.items[position]
        item = self._items.get(before.item_id)
        return item is None or _guards(item) != _guards(before)


def _guards(item: Item) -> tuple[object, ...]:
    """Return what decides whether an item may be shown."""
    return (
        item.maturity,
        item.type,
        item.regions,
        item.available_from_ms,
        item.available_until_ms,
        item.stock == 0,
    )


class MemberKeeper:
    """Members as they stand; the one process that owns the store drops them as they change."""

    def __init__(self, store: CatalogStore, count_max: int = 200_000) -> None:
        self._store = store
        self._count_max = count_max
        self._members: dict[str, Member | None] = {}
        self._drops = 0

    def get(self, member_id: str) -> Member | None:
        """Return a member, None where there is none."""
        try:
            return self._members[member_id]
        except KeyError:
            drops = self._drops
            member = self._store.member(member_id)
            if len(self._members) >= self._count_max:
                self._members.clear()
            # Written while we read: what we read may be the old one, so it is not kept.
            if drops == self._drops:
                self._members[member_id] = member
            return member

    def drop(self, member_id: str) -> None:
        """Forget a member that was written."""
        self._drops += 1
        self._members.pop(member_id, None)


class CountersKeeper:
    """Popularity, current within a second of the events."""

    def __init__(self, counters: Counters | None = None) -> None:
        self._lock = threading.Lock()
        self._counters = counters or Counters()
        self._view = self._counters.view()

    def add(self, events: Iterable[Event], offset: int = 0) -> None:
        """Count events, the log's up to ``offset``; the next refresh shows them."""
        with self._lock:
            self._counters.add(events)
            self._counters.offset = max(self._counters.offset, offset)

    def view(self) -> CountersView:
        """Return the counts as of the last refresh."""
        return self._view

    def refresh(self) -> CountersView:
        """Bring the view up to date and return it."""
        with self._lock:
            self._view = self._counters.view()
        return self._view
