"""Appending to the log on SQLite: what is new is inserted, what is repeated gets its verdict.

Items, their searched words, members and stored profiles follow in the same transaction.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import apsw
import msgspec

from pasand.adapters.event_bytes import event_key, fingerprint
from pasand.adapters.log_tail import LogTail, numbers
from pasand.adapters.sqlite_search import drop_words, put_words
from pasand.domain.catalog import ItemFacts, facts_of
from pasand.domain.events import Event
from pasand.domain.records import item_from_record
from pasand.ports import Verdict

__all__ = ["RECORD_WRITERS", "Appender", "Entry", "entry_of"]

#: Rows of one statement; more are not faster.
_ROW_COUNT = 64
_ROW = "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
_IN_TAIL = "SELECT event_id, fingerprint FROM event WHERE offset IN carray(?1) AND +tenant = ?2"
_IN_INDEX = """
SELECT event_key.key, event.event_id, event.fingerprint
FROM event_key LEFT JOIN event ON event.offset = event_key.offset
WHERE event_key.tenant = ? AND event_key.key IN carray(?)
"""
#: Profiles that hold an item are folded again when what the fold reads of it changes.
_FORGET_HOLDERS = """
DELETE FROM profile WHERE tenant = ?1 AND member_id IN (
    SELECT member_id FROM event_item WHERE tenant = ?1 AND item_id IN carray(?2)
    UNION SELECT member_id FROM event WHERE offset > ?3 AND +tenant = ?1 AND item_id IN carray(?2)
)
"""


class Entry(NamedTuple):
    """An event as it goes into its row."""

    event: Event
    key: int
    fingerprint: bytes
    body: bytes


def entry_of(event: Event, body: bytes) -> Entry:
    """Return an event with its encoded body and what else of its row can be made beforehand."""
    return Entry(event, event_key(event.event_id), fingerprint(event, body), body)


class Appender:
    """Appends to one tenant's log, inside a transaction of the writer."""

    def __init__(self, tenant: str, tail: LogTail) -> None:
        self._tenant = tenant
        self._tail = tail
        self._rollback_count = 0

    def __call__(
        self, connection: apsw.Connection, entries: Sequence[Entry], rollback_count: int
    ) -> list[Verdict]:
        """Insert what is new; return one verdict an entry. Of equal ids the first one counts."""
        # What was rolled back is not in the log, though the tail has seen it.
        again = rollback_count != self._rollback_count
        self._tail.follow(connection.execute, again=again)
        self._rollback_count = rollback_count
        first = self._known(connection, entries)
        verdicts: list[Verdict | None] = []
        fresh: list[Entry] = []
        for entry in entries:
            event_id = entry.event.event_id
            if event_id in first:
                said = first[event_id]
                same = said is None or said == entry.fingerprint
                verdicts.append(Verdict("duplicate" if same else "conflict"))
            else:
                first[event_id] = entry.fingerprint
                fresh.append(entry)
                verdicts.append(None)
        offsets = self._insert(connection, fresh)
        self._follow_up(connection, fresh, offsets)
        rest = iter(offsets)
        return [verdict or Verdict("accepted", next(rest)) for verdict in verdicts]

    def _known(
        self, connection: apsw.Connection, entries: Sequence[Entry]
    ) -> dict[str, bytes | None]:
        """Return the fingerprints of those that are in the log, by id; None: its event is gone."""
        known: dict[str, bytes | None] = {}
        if not entries:
            return known
        gone = set()
        keys = apsw.carray(array("q", [entry.key for entry in entries]))
        for key, event_id, said in connection.execute(_IN_INDEX, (self._tenant, keys)):
            if event_id is None:
                gone.add(key)
            else:
                known[event_id] = said
        if gone:
            for entry in entries:
                if entry.key in gone:
                    known.setdefault(entry.event.event_id, None)
        offset_of = self._tail.offset_of
        offsets = [offset for entry in entries if (offset := offset_of(entry.event.event_id))]
        if offsets:
            found = connection.execute(_IN_TAIL, (numbers(offsets), self._tenant))
            known.update({str(name): said for name, said in found})
        return known

    def _insert(self, connection: apsw.Connection, entries: Sequence[Entry]) -> list[int]:
        """Insert the rows, many a statement, and return their offsets, which are consecutive."""
        offsets: list[int] = []
        tenant = self._tenant
        start = 0
        while start < len(entries):
            count = min(_ROW_COUNT, 1 << (len(entries) - start).bit_length() - 1)
            values: list[Any] = []
            for event, key, said, body in entries[start : start + count]:
                values += (
                    tenant, event.event_id, key, event.kind, event.occurred_ms,
                    event.member_id, event.item_id, said, body,
                )  # fmt: skip
            connection.execute(_statement(count), values)
            last = connection.last_insert_rowid()
            offsets += range(last - count + 1, last + 1)
            start += count
        return offsets

    def _follow_up(
        self, connection: apsw.Connection, entries: Sequence[Entry], offsets: Iterable[int]
    ) -> None:
        """Let the tail, the items, the members and the stored profiles follow."""
        changed = []
        for offset, (event, *_) in zip(offsets, entries, strict=True):
            self._tail.add((offset, event.event_id, event.member_id))
            write = RECORD_WRITERS.get(event.kind)
            if write is not None and write(connection, self._tenant, offset, event):
                changed.append(event.item_id)
        if changed:
            values = (self._tenant, apsw.carray(tuple(changed)), self._tail.indexed)
            connection.execute(_FORGET_HOLDERS, values)


@cache
def _statement(count: int) -> str:
    """Return the statement that inserts ``count`` rows."""
    return (
        "INSERT INTO event (tenant, event_id, key, kind, occurred_ms, member_id, item_id,"
        f" fingerprint, body) VALUES {', '.join([_ROW] * count)}"
    )


def _put_item(connection: apsw.Connection, tenant: str, offset: int, event: Event) -> bool:
    body = msgspec.msgpack.encode(event.payload)
    before = connection.execute(
        "SELECT body FROM item WHERE tenant = ? AND item_id = ?", (tenant, event.item_id)
    ).fetchall()
    number = connection.execute(
        "INSERT INTO item (tenant, item_id, offset, body) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (tenant, item_id)"
        " DO UPDATE SET offset = excluded.offset, body = excluded.body RETURNING number",
        (tenant, event.item_id, offset, body),
    ).get
    stored: Any = before[0][0] if before else None
    old = msgspec.msgpack.decode(stored) if stored else {}
    if any(old.get(name) != event.payload.get(name) for name in ("title", "people")):
        put_words(connection, tenant, number, event.item_id, event.payload)
    return not stored or _facts(old) != _facts(event.payload)


def _facts(record: Mapping[str, Any]) -> ItemFacts:
    """Return what the fold of a profile reads of an item, by its record."""
    return facts_of(item_from_record(record))


def _delete_item(connection: apsw.Connection, tenant: str, offset: int, event: Event) -> bool:
    gone = connection.execute(
        "UPDATE item SET offset = ?, body = NULL WHERE tenant = ? AND item_id = ? RETURNING number",
        (offset, tenant, event.item_id),
    ).get
    if gone is not None:
        drop_words(connection, gone)
    return True


def _put_member(connection: apsw.Connection, tenant: str, offset: int, event: Event) -> bool:
    connection.execute(
        "INSERT INTO member (tenant, member_id, offset, body) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (tenant, member_id)"
        " DO UPDATE SET offset = excluded.offset, body = excluded.body",
        (tenant, event.member_id, offset, msgspec.msgpack.encode(event.payload)),
    )
    return False


def _delete_member(connection: apsw.Connection, tenant: str, offset: int, event: Event) -> bool:
    connection.execute(
        "UPDATE member SET offset = ?, body = NULL WHERE tenant = ? AND member_id = ?",
        (offset, tenant, event.member_id),
    )
    return False


#: What else an event of a kind changes, in the transaction that appends it; True where what
#: a fold reads of its item changed.
RECORD_WRITERS = {
    "item_put": _put_item,
    "item_deleted": _delete_item,
    "member_put": _put_member,
    "member_deleted": _delete_member,
}
