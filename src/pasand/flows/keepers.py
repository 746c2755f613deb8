"""Keepers: the caches between the log and a request. Each can be thrown away and rebuilt.

The profile of a member is what is cached or stored plus the log after its offset, folded when it
is asked for; it is written behind. The catalogue and the counters are rebuilt from the log when
a process starts and follow it as events are appended.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from pasand.domain.catalog import Catalog, Item, ItemFacts, facts_of
from pasand.domain.counters import Counters, CountersView
from pasand.domain.events import Event
from pasand.domain.fold import Facts, fold
from pasand.domain.member import Member
from pasand.domain.profile import Profile
from pasand.domain.records import item_from_record
from pasand.ports import CatalogStore, EventLog, ProfileStore

__all__ = ["CatalogKeeper", "CountersKeeper", "MemberKeeper", "ProfileKeeper"]


class CatalogKeeper:
    """The items as they stand, and a snapshot of them that is made again when they changed."""

    def __init__(self, store: CatalogStore) -> None:
        self._lock = threading.Lock()
        self._items: dict[str, Item] = {item.item_id: item for item in store.items()}
        self._version = store.item_version()
        self._snapshot = Catalog(self._items.values(), self._version)

    def facts(self, item_id: str) -> ItemFacts | None:
        """Return what a fold reads of an item, as of the newest write."""
        item = self._items.get(item_id)
        return None if item is None else facts_of(item)

    def item(self, item_id: str) -> Item | None:
        """Return an item as of the newest write."""
        return self._items.get(item_id)

    def __len__(self) -> int:
        return len(self._items)

    @property
    def stale(self) -> bool:
        """Whether items changed since the snapshot was made."""
        return self._snapshot.version != self._version

    def snapshot(self) -> Catalog:
        """Return the snapshot in use; ``refresh`` makes a newer one."""
        return self._snapshot

    def take(self, offset: int, event: Event) -> None:
        """Note an item's change."""
        with self._lock:
            if event.kind == "item_put":
                self._items[event.item_id] = item_from_record(event.payload)
            else:
                self._items.pop(event.item_id, None)
            self._version = max(self._version, offset)

    def refresh(self) -> Catalog:
        """Make the snapshot current and return it."""
        with self._lock:
            if self.stale:
                self._snapshot = Catalog(list(self._items.values()), self._version)
            return self._snapshot


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

    def add(self, events: Iterable[Event]) -> None:
        """Count events; the next refresh shows them."""
        with self._lock:
            self._counters.add(events)

    def view(self) -> CountersView:
        """Return the counts as of the last refresh."""
        return self._view

    def refresh(self) -> CountersView:
        """Bring the view up to date and return it."""
        with self._lock:
            self._view = self._counters.view()
        return self._view


class ProfileKeeper:
    """Profiles by member, at most ``count_max`` in memory."""

    def __init__(
        self, store: ProfileStore, log: EventLog, facts: Facts, count_max: int = 20_000
    ) -> None:
        self._store = store
        self._log = log
        self._facts = facts
        self._count_max = count_max
        self._lock = threading.RLock()
        self._cache: OrderedDict[str, tuple[int, Profile]] = OrderedDict()
        self._dirty: dict[str, tuple[int, Profile]] = {}

    def get(self, member_id: str) -> tuple[int, Profile]:
        """Return the member's profile with every event of the log, and the newest offset in it."""
        with self._lock:
            offset, profile = (
                self._cache.get(member_id)
                or self._store.get(member_id)
                or (0, Profile(member_id=member_id))
            )
            tail = self._log.of_member(member_id, after=offset)
            if tail:
                events = sorted((stored.event for stored in tail), key=lambda e: e.key)
                if events[0].key <= profile.last_key or any(
                    event.kind == "history_removed" for event in events
                ):
                    # Older than the newest one folded, or undoing some: all count again, in order.
                    whole = self._log.of_member(member_id)
                    events = sorted((stored.event for stored in whole), key=lambda e: e.key)
                    profile = Profile(member_id=member_id)
                profile = fold(profile, events, self._facts)
                offset = tail[-1].offset
                self._dirty[member_id] = (offset, profile)
            self._cache[member_id] = (offset, profile)
            self._cache.move_to_end(member_id)
            while len(self._cache) > self._count_max:
                self._cache.popitem(last=False)
            return offset, profile

    def cached(self, member_id: str) -> tuple[int, Profile]:
        """Return the last profile known without touching the disk: for when it fails."""
        return self._cache.get(member_id, (0, Profile(member_id=member_id)))

    def flush(self) -> int:
        """Write behind what was folded since the last flush; return how many."""
        with self._lock:
            count = len(self._dirty)
            if count:
                self._store.put(self._dirty)
                self._dirty = {}
            return count

    def renew(self, member_ids: Iterable[str]) -> None:
        """Throw these profiles away and fold them again from the log alone, one by one."""
        for member_id in member_ids:
            with self._lock:
                self._cache.pop(member_id, None)
                self._dirty.pop(member_id, None)
                self._store.forget([member_id])
                self.get(member_id)
        self.flush()

    @contextmanager
    def changing_items(self) -> Iterator[None]:
        """Hold profiles while items change: the store drops those that hold them."""
        with self._lock:
            yield
            self._cache.clear()
            self._dirty.clear()
