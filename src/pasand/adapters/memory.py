"""Every store in dictionaries: for tests, for trying things, and as the shortest true account
of what each port promises. Nothing survives the process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import structs

from pasand.adapters.event_bytes import decode_body, encode_body, fingerprint
from pasand.domain.catalog import Item, facts_of
from pasand.domain.events import Event, Stored
from pasand.domain.interaction_features import action_of_kind, device_code, rating_code
from pasand.domain.interactions import Interactions
from pasand.domain.labels import counts_for_learning
from pasand.domain.member import Member
from pasand.domain.profile import Profile
from pasand.domain.records import item_from_record, member_from_record
from pasand.domain.rules import Rule
from pasand.domain.words import BEGINS, closeness, searchable
from pasand.errors import SnapshotDamaged
from pasand.ports import Found, Key, Promotion, Rejected, Sealed, Verdict

__all__ = ["MemoryLedger", "MemoryModelStore", "MemoryStore"]


class MemoryStore:
    """EventLog, CatalogStore, SearchIndex and ProfileStore in one."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._by_id: dict[str, int] = {}
        self._marks: dict[str, bytes] = {}
        self._rejected: dict[int, Rejected] = {}
        self._rejected_last = 0
        self._items: dict[str, Item | None] = {}
        self._members: dict[str, Member | None] = {}
        self._item_version = 0
        self._profiles: dict[str, tuple[int, Profile]] = {}

    # EventLog

    def append(self, events: Sequence[Event]) -> list[Verdict]:
        """Append events."""
        return [self._append(event) for event in events]

    def submit(self, events: Sequence[Event]) -> Future[list[Verdict]]:
        """Append events now; the future is already done."""
        future: Future[list[Verdict]] = Future()
        future.set_result(self.append(events))
        return future

    def seal(self, event: Event) -> Sealed:
        """Return the event with its body encoded."""
        return Sealed(structs.replace(event, payload={}, extra={}), encode_body(event))

    def opened(self, sealed: Sealed) -> Event:
        """Return the whole event that was sealed."""
        event = sealed.event
        columns = (event.event_id, event.kind, event.occurred_ms, event.member_id, event.item_id)
        return decode_body(*columns, sealed.body)

    def submit_sealed(self, sealed: Sequence[Sealed]) -> Future[list[Verdict]]:
        """Append sealed events now."""
        return self.submit([self.opened(one) for one in sealed])

    def set_aside(self, rejected: Sequence[Rejected]) -> None:
        """Keep what was rejected."""
        for one in rejected:
            self._rejected_last += 1
            self._rejected[self._rejected_last] = replace(one, number=self._rejected_last)

    def rejected(self, limit: int = 100, before: int = 0) -> list[Rejected]:
        """Return what was set aside, newest first."""
        newest_first = reversed(self._rejected.values())
        return [one for one in newest_first if not before or one.number < before][:limit]

    def rejected_one(self, number: int) -> Rejected | None:
        """Return one that was set aside."""
        return self._rejected.get(number)

    def rejected_count(self) -> int:
        """Return how many are set aside."""
        return len(self._rejected)

    def settle_rejected(self, numbers: Sequence[int], renewed: Sequence[Rejected] = ()) -> None:
        """Drop what works now, renew the reason of what does not."""
        for number in numbers:
            self._rejected.pop(number, None)
        for new in renewed:
            if old := self._rejected.get(new.number):
                self._rejected[new.number] = replace(old, reason=new.reason, field=new.field)

    def read(self, after: int = 0, kinds: Sequence[str] = ()) -> Iterator[Stored]:
        """Yield events after an offset."""
        for offset in range(after + 1, len(self._events) + 1):
            event = self._events[offset - 1]
            if not kinds or event.kind in kinds:
                yield Stored(offset, event)

    def of_member(self, member_id: str, after: int = 0) -> list[Stored]:
        """Return one member's events after an offset."""
        return [s for s in self.read(after) if member_id and s.event.member_id == member_id]

    def whose(self, after: int, limit: int) -> list[tuple[int, str]]:
        """Return offset and member of the next events that name a member."""
        found = ((s.offset, s.event.member_id) for s in self.read(after) if s.event.member_id)
        return list(islice(found, limit))

    def find(self, event_id: str) -> Stored | None:
        """Return one event by its id."""
        offset = self._by_id.get(event_id)
        return None if offset is None else Stored(offset, self._events[offset - 1])

    def last_offset(self) -> int:
        """Return the newest offset."""
        return len(self._events)

    def latest_ms(self) -> int:
        """Return when the latest thing happened that a member did."""
        records = ("item_put", "item_deleted", "member_put", "member_deleted")
        return max((e.occurred_ms for e in self._events if e.kind not in records), default=0)

    def count(self, kind: str = "") -> int:
        """Return how many events there are."""
        return sum(not kind or event.kind == kind for event in self._events)

    def interactions(self, weights: Mapping[str, float]) -> Interactions:
        """Return the events of the weighted kinds as arrays."""
        chosen = [
            event
            for event in self._events
            if event.kind in weights and event.item_id and event.member_id
            if counts_for_learning(event)
        ]
        chosen.sort(key=lambda event: event.occurred_ms)
        members = {
            name: code for code, name in enumerate(dict.fromkeys(e.member_id for e in chosen))
        }
        items = {name: code for code, name in enumerate(dict.fromkeys(e.item_id for e in chosen))}
        features = {
            "action": [action_of_kind(e.kind) for e in chosen],
            "rating": [rating_code(e.number("value")) if e.kind == "rating" else 0 for e in chosen],
            "device": [device_code(e.device) for e in chosen],
        }
        return Interactions(
            np.array([members[e.member_id] for e in chosen], np.int32),
            np.array([items[e.item_id] for e in chosen], np.int32),
            np.array([e.occurred_ms for e in chosen], np.int64),
            np.array([weights[e.kind] for e in chosen], np.float32),
            tuple(members),
            tuple(items),
            {name: np.array(codes, np.int16) for name, codes in features.items()},
        )

    # CatalogStore

    def items(self) -> Iterator[Item]:
        """Yield every item."""
        return (item for item in list(self._items.values()) if item is not None)

    def item_version(self) -> int:
        """Return the offset of the newest item change."""
        return self._item_version

    def item_count(self) -> int:
        """Return how many items there are."""
        return sum(item is not None for item in self._items.values())

    def member(self, member_id: str) -> Member | None:
        """Return a member."""
        return self._members.get(member_id)

    def members(self, limit: int = 1000) -> list[Member]:
        """Return members in the order they first came."""
        return [member for member in self._members.values() if member is not None][:limit]

    def member_count(self) -> int:
        """Return how many members there are."""
        return sum(member is not None for member in self._members.values())

    # SearchIndex

    def having(self, words: Sequence[str], limit: int) -> list[Found]:
        """Return items of which each word begins a word."""
        if not words:
            return []
        near = (
            (item.item_id, closeness(words, *searchable(item.title, item.people)))
            for item in self.items()
        )
        found = [Found(item_id, how) for item_id, how in near if how is not None]
        return sorted(found, key=lambda one: one.closeness > BEGINS)[:limit]

    # ProfileStore

    def get(self, member_id: str) -> tuple[int, Profile] | None:
        """Return a stored profile."""
        return self._profiles.get(member_id)

    def put(self, profiles: Mapping[str, tuple[int, Profile]]) -> None:
        """Store profiles."""
        self._profiles.update(profiles)

    def forget(self, member_ids: Iterable[str]) -> None:
        """Drop profiles."""
        for member_id in member_ids:
            self._profiles.pop(member_id, None)

    def member_ids(self) -> list[str]:
        """Return whose profiles are stored, sorted."""
        return sorted(self._profiles)

    def _append(self, event: Event) -> Verdict:
        mark = fingerprint(event, encode_body(event))
        if event.event_id in self._by_id:
            return Verdict("duplicate" if self._marks[event.event_id] == mark else "conflict")
        self._marks[event.event_id] = mark
        event = structs.replace(event, said="")
        self._events.append(event)
        offset = len(self._events)
        self._by_id[event.event_id] = offset
        if event.kind in ("item_put", "item_deleted"):
            self._change_item(event, offset)
        elif event.kind == "member_put":
            self._members[event.member_id] = member_from_record(event.payload)
        elif event.kind == "member_deleted":
            self._members[event.member_id] = None
        return Verdict("accepted", offset)

    def _change_item(self, event: Event, offset: int) -> None:
        new = item_from_record(event.payload) if event.kind == "item_put" else None
        old = self._items.get(event.item_id)
        self._items[event.item_id] = new
        self._item_version = offset
        if (old and facts_of(old)) != (new and facts_of(new)):
            self.forget({e.member_id for e in self._events if e.item_id == event.item_id})


class MemoryLedger:
    """Keys, promotions, rules and notes."""

    def __init__(self) -> None:
        self._keys: dict[str, Key] = {}
        self._promotions: list[Promotion] = []
        self._notes: dict[str, str] = {}
        self._rules: list[Rule] = []

    def keys(self) -> list[Key]:
        """Return all keys."""
        return [self._keys[name] for name in sorted(self._keys)]

    def put_key(self, key: Key) -> None:
        """Store or replace a key."""
        self._keys[key.key_id] = key

    def live_snapshot(self) -> str:
        """Return the id of the promoted snapshot."""
        return self._promotions[-1].snapshot_id if self._promotions else ""

    def promote(self, snapshot_id: str, at_ms: int) -> None:
        """Make a snapshot live."""
        self._promotions.append(Promotion(snapshot_id, at_ms))

    def promotions(self) -> list[Promotion]:
        """Return what was live when, oldest first."""
        return list(self._promotions)

    def rules(self, version: int | None = None) -> list[Rule]:
        """Return all rules as of a version."""
        return list({rule.rule_id: rule for rule in self._rules[:version]}.values())

    def rule_version(self) -> int:
        """Return how often a rule changed."""
        return len(self._rules)

    def put_rule(self, rule: Rule) -> int:
        """Add or replace a rule."""
        self._rules.append(rule)
        return len(self._rules)

    def note(self, name: str) -> str:
        """Return a note."""
        return self._notes.get(name, "")

    def put_note(self, name: str, value: str) -> None:
        """Write a note."""
        self._notes[name] = value


class MemoryModelStore:
    """Snapshots in a dictionary."""

    def __init__(self) -> None:
        self._snapshots: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
        self._verdicts: dict[str, dict[str, Any]] = {}
        self._count = 0

    def save(self, arrays: Mapping[str, Any], about: Mapping[str, Any]) -> str:
        """Keep a snapshot."""
        snapshot_id = f"{self._count:016x}"
        self._count += 1
        self._snapshots[snapshot_id] = (dict(arrays), dict(about))
        return snapshot_id

    def load(self, snapshot_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return arrays and facts."""
        if snapshot_id not in self._snapshots:
            raise SnapshotDamaged(f"There is no snapshot {snapshot_id}.")
        return self._snapshots[snapshot_id]

    def about(self, snapshot_id: str) -> dict[str, Any]:
        """Return a snapshot's facts alone."""
        return self.load(snapshot_id)[1]

    def byte_count(self, snapshot_id: str) -> int:
        """Return how much room a snapshot's arrays take."""
        arrays, _ = self.load(snapshot_id)
        return sum(array.nbytes for array in arrays.values() if isinstance(array, np.ndarray))

    def put_verdict(self, snapshot_id: str, verdict: Mapping[str, Any]) -> None:
        """Keep what the gate said."""
        self._verdicts[snapshot_id] = dict(verdict)

    def verdict(self, snapshot_id: str) -> dict[str, Any] | None:
        """Return what the gate said last."""
        return self._verdicts.get(snapshot_id)

    def list(self) -> list[str]:
        """Return the ids of snapshots, oldest first."""
        return list(self._snapshots)

    def remove(self, snapshot_id: str) -> None:
        """Remove a snapshot."""
        self._snapshots.pop(snapshot_id, None)
        self._verdicts.pop(snapshot_id, None)

    def sweep(self) -> None:
        """Do nothing: nothing is ever half there."""

    def folder(self, snapshot_id: str) -> Path:
        """Return where a snapshot would lie."""
        return Path(snapshot_id)
