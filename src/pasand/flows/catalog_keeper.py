"""The keeper of the catalogue: a snapshot of all items, and what changed since it was made.

A small catalogue is made again within a second of a change. A large one lies on a shelf, where a
process of its own puts a newer one when there is one to make; until then the changes count where
they must: what was taken out or is no longer to be shown is withheld, and who asks for an item or
its facts gets the newest.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping

from pasand.domain.catalog import Catalog, Item, ItemFacts, facts_of
from pasand.domain.catalog_words import prepare
from pasand.domain.events import Event
from pasand.domain.records import item_from_record
from pasand.ports import CatalogShelf, CatalogStore

__all__ = ["CatalogKeeper"]

#: So many changed items are held beside a snapshot at a start; with more a newer one is made.
CHANGED_COUNT_MAX = 20_000
_FACTS_COUNT_MAX = 50_000

Changed = dict[str, tuple[int, Item | None]]


class CatalogKeeper:
    """The items as they stand, and a snapshot of them that is made again when they changed."""

    def __init__(self, store: CatalogStore, shelf: CatalogShelf | None = None) -> None:
        self._lock = threading.Lock()
        self._refreshing = threading.Lock()
        self._shelf = shelf
        # Items changed since the snapshot, with the offset of the change, None where taken out.
        self._snapshot, self._changed = _first(store, shelf)
        offsets = [offset for offset, _ in self._changed.values()]
        self._version = max([self._snapshot.version, *offsets])
        self._count = len(self._snapshot) + sum(map(self._more_by, self._changed))
        self._withheld: set[int] = set(self._guarded_anew(self._changed))
        self._told: frozenset[int] | None = None
        # Beside the item they are of, so that those of an older one are never used.
        self._facts: dict[str, tuple[Item, ItemFacts]] = {}

    def facts(self, item_id: str) -> ItemFacts | None:
        """Return what a fold reads of an item, as of the newest write."""
        item = self.item(item_id)
        if item is None:
            return None
        known = self._facts.get(item_id)
        if known is None or known[0] is not item:
            if len(self._facts) >= _FACTS_COUNT_MAX:
                self._facts.clear()
            self._facts[item_id] = known = (item, facts_of(item))
        return known[1]

    def item(self, item_id: str) -> Item | None:
        """Return an item as of the newest write."""
        changed = self._changed.get(item_id)
        return self._before(item_id) if changed is None else changed[1]

    def __len__(self) -> int:
        return self._count

    @property
    def version(self) -> int:
        """The offset of the newest change of an item."""
        return self._version

    @property
    def stale(self) -> bool:
        """Whether items changed since the snapshot was made."""
        return self._snapshot.version < self._version

    def snapshot(self) -> Catalog:
        """Return the snapshot in use; ``refresh`` makes a newer one."""
        return self._snapshot

    def current(self) -> tuple[Catalog, frozenset[int]]:
        """Return the snapshot in use with the positions in it that must not be shown: items
        taken out since it was made, or put again with another age, region, time or stock.
        """
        with self._lock:
            if self._told is None:
                self._told = frozenset(self._withheld)
            return self._snapshot, self._told

    def take(self, offset: int, event: Event) -> None:
        """Note an item's change."""
        item = item_from_record(event.payload) if event.kind == "item_put" else None
        item_id = event.item_id
        with self._lock:
            if offset <= self._snapshot.version or offset < self._changed.get(item_id, (0,))[0]:
                return
            self._count -= self._more_by(item_id)
            self._changed[item_id] = (offset, item)
            self._count += self._more_by(item_id)
            self._version = max(self._version, offset)
            self._withheld.discard(self._snapshot.find(item_id))
            self._withheld.update(self._guarded_anew([item_id]))
            self._told = None

    def refresh(self, *, wait: bool = False) -> Catalog:
        """Make the snapshot current and return it; a large one is there later, or with ``wait``."""
        with self._refreshing:
            if not self.stale:
                return self._snapshot
            made = self._made(wait)
            if made is None:
                return self._snapshot
            prepare(made, self._snapshot)
            with self._lock:
                later = {name: new for name, new in self._changed.items() if new[0] > made.version}
                self._snapshot, self._changed = made, later
                self._version = max(self._version, made.version)
                self._count = len(made) + sum(map(self._more_by, later))
                self._withheld = set(self._guarded_anew(later))
                self._told = None
            return made

    def _made(self, wait: bool) -> Catalog | None:
        """Return a newer snapshot, None while there is none."""
        shelf = self._shelf
        if shelf is not None and len(self) >= shelf.count_min:
            newer = shelf.newest(self._snapshot.version)
            if newer is None or (wait and newer.version < self._version):
                shelf.renew(wait=wait)
                newer = shelf.newest(self._snapshot.version)
            return newer
        with self._lock:
            changed, version = dict(self._changed), self._version
        # Seconds for a large catalogue: requests go on with the snapshot before.
        return Catalog(_merged(self._snapshot, changed), version)

    def _before(self, item_id: str) -> Item | None:
        """Return an item as the snapshot has it."""
        snapshot = self._snapshot
        position = snapshot.find(item_id)
        return snapshot.items[position] if position >= 0 else None

    def _more_by(self, item_id: str) -> int:
        """Return how many items more than in the snapshot a change makes."""
        if item_id not in self._changed:
            return 0
        here = self._changed[item_id][1] is not None
        return int(here) - int(self._snapshot.find(item_id) >= 0)

    def _guarded_anew(self, item_ids: Iterable[str]) -> Iterator[int]:
        """Yield the positions of changed items whose place or time to be shown changed."""
        for item_id in item_ids:
            position = self._snapshot.find(item_id)
            item = self._changed[item_id][1]
            if position >= 0 and (
                item is None or _guards(item) != _guards(self._snapshot.items[position])
            ):
                yield position


def _first(store: CatalogStore, shelf: CatalogShelf | None) -> tuple[Catalog, Changed]:
    """Return a snapshot to begin with, and what changed since."""
    # The version before the items: what is written in between is taken twice, never missed.
    version = store.item_version()
    if shelf is not None and store.item_count() >= shelf.count_min:
        for _ in range(2):
            if (found := shelf.newest()) is not None and found.version <= version:
                changed: Changed = {}
                for offset, item_id, item in store.items_since(found.version):
                    changed[item_id] = (offset, item)
                    if len(changed) > CHANGED_COUNT_MAX:
                        break
                else:
                    return found, changed
            shelf.renew(wait=True)
            version = store.item_version()
    return Catalog(store.items(), version), {}


def _merged(snapshot: Catalog, changed: Mapping[str, tuple[int, Item | None]]) -> Iterator[Item]:
    """Yield the items as they stand, in the order in which they first came."""
    for item in snapshot.items:
        new = changed.get(item.item_id)
        if new is None:
            yield item
        elif new[1] is not None:
            yield new[1]
    for item_id, (_, added) in changed.items():
        if added is not None and snapshot.find(item_id) < 0:
            yield added


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
