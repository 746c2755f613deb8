"""An engine beside the one that owns the store: it reads the same log and writes nothing.

Profiles need no care: each page folds what the log has of its member after the stored profile.
Items, members and counts are followed by offset: items and members up to a needed offset before
a page is made, everything once a second.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

from pasand.domain.profile import Profile
from pasand.flows.engine import Engine
from pasand.flows.learning import to_count
from pasand.ports import ProfileStore

__all__ = ["Follower", "ReadProfiles"]

_ITEM_KINDS = ("item_put", "item_deleted")
_MEMBER_KINDS = ("member_put", "member_deleted")


class ReadProfiles:
    """Another process's ProfileStore: what is folded here stays in this process's memory."""

    def __init__(self, store: ProfileStore) -> None:
        self._store = store

    def get(self, member_id: str) -> tuple[int, Profile] | None:
        """Return a stored profile with its offset, None where there is none."""
        return self._store.get(member_id)

    def put(self, profiles: Mapping[str, tuple[int, Profile]]) -> None:
        """Let them go: the owner of the store writes its own."""

    def forget(self, member_ids: Iterable[str]) -> None:
        """Do nothing: the owner drops what no longer follows from the log."""

    def member_ids(self) -> list[str]:
        """Return whose profiles are stored."""
        return self._store.member_ids()


class Follower:
    """Keeps ``engine`` up with the log after ``offset``, up to which it has read everything."""

    def __init__(self, engine: Engine, offset: int) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._record_offset = offset
        self._counted_offset = offset

    def reach(self, offset: int) -> None:
        """Take every write of items and members up to ``offset``, which must be in the log.

        Raises:
            StoreUnavailable: the log cannot be read.
        """
        if offset > self._record_offset:
            self._take_records()

    def tick(self) -> None:
        """Do what is due every second: take records and counts, renew views, follow promotions.

        Raises:
            StoreUnavailable: the log cannot be read.
        """
        self._take_records()
        log = self._engine.stores.log
        until = log.last_offset()
        counted = list(to_count(log, self._engine.weights, self._counted_offset, until))
        self._engine.counters.add(counted, until)
        self._engine.note_changed(event.member_id for event in counted)
        self._counted_offset = until
        self._engine.tick()

    def _take_records(self) -> None:
        engine = self._engine
        with self._lock:
            until = engine.stores.log.last_offset()
            kinds = _ITEM_KINDS + _MEMBER_KINDS
            records = list(engine.stores.log.read(self._record_offset, kinds))
            if any(stored.event.kind in _ITEM_KINDS for stored in records):
                # What was folded with the items as they were before is folded again.
                with engine.profiles.changing_items():
                    for offset, event in records:
                        if event.kind in _ITEM_KINDS:
                            engine.catalog.take(offset, event)
            for _, event in records:
                if event.kind in _MEMBER_KINDS:
                    engine.members.drop(event.member_id)
            last = records[-1].offset if records else 0
            self._record_offset = max(self._record_offset, until, last)
