"""Keepers: the caches between the log and a request. Each can be thrown away and rebuilt.

The counters are rebuilt from the log when a process starts and follow it as events are appended.
The catalogue and the profiles have keepers of their own, in ``flows/catalog_keeper.py`` and
``flows/profile_keeper.py``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from pasand.domain.counters import Counters
from pasand.domain.counters_view import CountersView
from pasand.domain.events import Event
from pasand.domain.member import Member
from pasand.flows.catalog_keeper import CatalogKeeper
from pasand.flows.profile_keeper import ProfileKeeper
from pasand.ports import CatalogStore

__all__ = ["CatalogKeeper", "CountersKeeper", "MemberKeeper", "ProfileKeeper"]


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
