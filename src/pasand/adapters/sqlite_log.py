"""EventLog on SQLite; an append changes catalogue, members and profiles in its transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import apsw
import msgspec
import numpy as np

from pasand.adapters.event_bytes import decode_body, encode_body, fingerprint
from pasand.adapters.sqlite_database import Database
from pasand.domain.events import Event, Stored
from pasand.domain.interactions import Interactions
from pasand.ports import Rejected, Verdict

__all__ = ["SqliteEventLog"]

_READ_COUNT = 5_000
_COLUMNS = "offset, event_id, kind, occurred_ms, member_id, item_id, body"
_REJECTED = "received_ms, reason, field, source, body, number"
_INSERT = """
INSERT INTO event (tenant, event_id, kind, occurred_ms, member_id, item_id, fingerprint, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
#: Profiles that hold an item are folded again when what the fold reads of it changes.
_FORGET_HOLDERS = """
DELETE FROM profile WHERE tenant = ?1 AND member_id IN
(SELECT DISTINCT member_id FROM event WHERE tenant = ?1 AND item_id = ?2 AND member_id <> '')
"""
_FACT_FIELDS = ("genres", "tags", "people", "series_id", "runtime_minutes")


class SqliteEventLog:
    """The log of one tenant."""

    def __init__(self, database: Database, tenant: str = "default") -> None:
        self._database = database
        self._tenant = tenant

    def append(self, events: Sequence[Event]) -> list[Verdict]:
        """Append events; returns when they are on disk."""
        return self.submit(events).result()

    def submit(self, events: Sequence[Event]) -> Future[list[Verdict]]:
        """Queue events; the future is done when they are on disk."""
        rows = [(event, encode_body(event)) for event in events]
        return self._database.submit(lambda connection: self._insert(connection, rows))

    def set_aside(self, rejected: Sequence[Rejected]) -> None:
        """Keep what was rejected."""
        rows = [
            (self._tenant, r.received_ms, r.reason, r.field, r.source, r.body) for r in rejected
        ]
        sql = (
            "INSERT INTO rejected (tenant, received_ms, reason, field, source, body)"
            " VALUES (?, ?, ?, ?, ?, ?)"
        )
        self._database.write(lambda connection: connection.executemany(sql, rows) and None)

    def rejected(self, limit: int = 100, before: int = 0) -> list[Rejected]:
        """Return what was set aside, newest first."""
        sql = (
            f"SELECT {_REJECTED} FROM rejected WHERE tenant = ?1 AND (?2 = 0 OR number < ?2)"
            " ORDER BY number DESC LIMIT ?3"
        )
        return [Rejected(*row) for row in self._database.rows(sql, (self._tenant, before, limit))]

    def rejected_one(self, number: int) -> Rejected | None:
        """Return one that was set aside."""
        sql = f"SELECT {_REJECTED} FROM rejected WHERE tenant = ? AND number = ?"
        rows = self._database.rows(sql, (self._tenant, number))
        return Rejected(*rows[0]) if rows else None

    def rejected_count(self) -> int:
        """Return how many are set aside."""
        sql = "SELECT count(*) FROM rejected WHERE tenant = ?"
        return int(self._database.rows(sql, (self._tenant,))[0][0])

    def settle_rejected(self, numbers: Sequence[int], renewed: Sequence[Rejected] = ()) -> None:
        """Drop what works now, renew the reason of what does not, in one transaction."""
        gone = [(self._tenant, number) for number in numbers]
        kept = [(r.reason, r.field, self._tenant, r.number) for r in renewed]

        def job(connection: apsw.Connection) -> None:
            connection.executemany("DELETE FROM rejected WHERE tenant = ? AND number = ?", gone)
            sql = "UPDATE rejected SET reason = ?, field = ? WHERE tenant = ? AND number = ?"
            connection.executemany(sql, kept)

        if gone or kept:
            self._database.write(job)

    def read(self, after: int = 0, kinds: Sequence[str] = ()) -> Iterator[Stored]:
        """Yield events after an offset, a few thousand a read, so that no read stays open."""
        wanted = f" AND kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
        sql = (
            f"SELECT {_COLUMNS} FROM event WHERE offset > ? AND +tenant = ?{wanted}"
            " ORDER BY offset LIMIT ?"
        )
        while True:
            rows = self._database.rows(sql, (after, self._tenant, *kinds, _READ_COUNT))
            for offset, *columns in rows:
                yield Stored(offset, decode_body(*columns))
            if len(rows) < _READ_COUNT:
                return
            after = rows[-1][0]

    def of_member(self, member_id: str, after: int = 0) -> list[Stored]:
        """Return one member's events after an offset."""
        sql = (
            f"SELECT {_COLUMNS} FROM event WHERE tenant = ? AND member_id = ?"
            " AND member_id <> '' AND offset > ? ORDER BY offset"
        )
        rows = self._database.rows(sql, (self._tenant, member_id, after))
        return [Stored(offset, decode_body(*columns)) for offset, *columns in rows]

    def find(self, event_id: str) -> Stored | None:
        """Return one event by its id."""
        sql = f"SELECT {_COLUMNS} FROM event WHERE tenant = ? AND event_id = ?"
        for offset, *columns in self._database.rows(sql, (self._tenant, event_id)):
            return Stored(offset, decode_body(*columns))
        return None

    def last_offset(self) -> int:
        """Return the newest offset, 0 when empty."""
        sql = "SELECT offset FROM event WHERE +tenant = ? ORDER BY offset DESC LIMIT 1"
        rows = self._database.rows(sql, (self._tenant,))
        return int(rows[0][0]) if rows else 0

    def latest_ms(self) -> int:
        """Return when the latest thing happened that a member did; reads the whole log."""
        records = ", ".join(f"'{kind}'" for kind in _RECORDS)
        sql = (
            "SELECT coalesce(max(occurred_ms), 0) FROM event"
            f" WHERE +tenant = ? AND kind NOT IN ({records})"
        )
        return int(self._database.rows(sql, (self._tenant,))[0][0])

    def count(self, kind: str = "") -> int:
        """Return how many events there are."""
        wanted = " AND kind = ?" if kind else ""
        sql = f"SELECT count(*) FROM event WHERE +tenant = ?{wanted}"
        return int(self._database.rows(sql, (self._tenant, *([kind] if kind else [])))[0][0])

    def interactions(self, weights: Mapping[str, float]) -> Interactions:
        """Return the events of the weighted kinds as arrays."""
        sql = (
            "SELECT member_id, item_id, occurred_ms, kind FROM event WHERE +tenant = ?"
            f" AND kind IN ({', '.join('?' * len(weights))}) AND item_id <> '' AND member_id <> ''"
            " ORDER BY offset"
        )
        members: dict[str, int] = {}
        items: dict[str, int] = {}
        rows = [
            (
                members.setdefault(member_id, len(members)),
                items.setdefault(item_id, len(items)),
                occurred_ms,
                weights[kind],
            )
            for member_id, item_id, occurred_ms, kind in self._database.stream(
                sql, (self._tenant, *weights)
            )
        ]
        member, item, at_ms, weight = zip(*rows, strict=True) if rows else ((), (), (), ())
        order = np.argsort(np.asarray(at_ms, np.int64), kind="stable")
        return Interactions(
            np.asarray(member, np.int32)[order],
            np.asarray(item, np.int32)[order],
            np.asarray(at_ms, np.int64)[order],
            np.asarray(weight, np.float32)[order],
            tuple(members),
            tuple(items),
        )

    def _repeated(self, connection: apsw.Connection, event: Event, body: bytes) -> Verdict:
        """Return whether an event under a known id says the same as the first one did."""
        sql = "SELECT fingerprint FROM event WHERE tenant = ? AND event_id = ?"
        (first,) = connection.execute(sql, (self._tenant, event.event_id)).fetchall()[0]
        return Verdict("duplicate" if first == fingerprint(event, body) else "conflict")

    def _insert(
        self, connection: apsw.Connection, rows: Sequence[tuple[Event, bytes]]
    ) -> list[Verdict]:
        verdicts = []
        tenant = self._tenant
        for event, body in rows:
            connection.execute(
                _INSERT,
                (
                    tenant,
                    event.event_id,
                    event.kind,
                    event.occurred_ms,
                    event.member_id,
                    event.item_id,
                    fingerprint(event, body),
                    body,
                ),
            )
            if not connection.changes():
                verdicts.append(self._repeated(connection, event, body))
                continue
            offset = connection.last_insert_rowid()
            verdicts.append(Verdict("accepted", offset))
            if event.kind in _RECORDS:
                _RECORDS[event.kind](connection, tenant, offset, event)
        return verdicts


def _put_item(connection: apsw.Connection, tenant: str, offset: int, event: Event) -> None:
    body = msgspec.msgpack.encode(event.payload)
    before = connection.execute(
        "SELECT body FROM item WHERE tenant = ? AND item_id = ?", (tenant, event.item_id)
    ).fetchall()
    connection.execute(
        "INSERT INTO item (tenant, item_id, offset, body) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (tenant, item_id)"
        " DO UPDATE SET offset = excluded.offset, body = excluded.body",
        (tenant, event.item_id, offset, body),
    )
    stored: Any = before[0][0] if before else None
    old = msgspec.msgpack.decode(stored) if stored else {}
    # Both as read from bytes: a payload may hold tuples, which bytes give back as lists.
    new: dict[str, Any] = msgspec.msgpack.decode(body)
    if any(old.get(name) != new.get(name) for name in _FACT_FIELDS):
        connection.execute(_FORGET_HOLDERS, (tenant, event.item_id))


def _delete_item(connection: apsw.Connection, tenant: str, offset: int, event: Event) -> None:
    connection.execute(
        "UPDATE item SET offset = ?, body = NULL WHERE tenant = ? AND item_id = ?",
        (offset, tenant, event.item_id),
    )
    connection.execute(_FORGET_HOLDERS, (tenant, event.item_id))


def _put_member(connection: apsw.Connection, tenant: str, offset: int, event: Event) -> None:
    connection.execute(
        "INSERT INTO member (tenant, member_id, offset, body) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (tenant, member_id)"
        " DO UPDATE SET offset = excluded.offset, body = excluded.body",
        (tenant, event.member_id, offset, msgspec.msgpack.encode(event.payload)),
    )


def _delete_member(connection: apsw.Connection, tenant: str, offset: int, event: Event) -> None:
    connection.execute(
        "UPDATE member SET offset = ?, body = NULL WHERE tenant = ? AND member_id = ?",
        (offset, tenant, event.member_id),
    )


_RECORDS = {
    "item_put": _put_item,
    "item_deleted": _delete_item,
    "member_put": _put_member,
    "member_deleted": _delete_member,
}
