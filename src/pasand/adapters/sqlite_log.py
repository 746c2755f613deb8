"""EventLog on SQLite; an append changes catalogue, members and profiles in its transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future

import apsw
import numpy as np
from msgspec.structs import replace

from pasand.adapters.event_bytes import (
    body_counts,
    body_device_and_value,
    decode_body,
    encode_body,
    event_key,
)
from pasand.adapters.log_tail import Indexer, LogTail, numbers
from pasand.adapters.sqlite_append import RECORD_WRITERS, Appender, Entry, entry_of
from pasand.adapters.sqlite_database import Database
from pasand.domain.events import Event, Stored
from pasand.domain.interaction_features import action_of_kind, device_code, rating_code
from pasand.domain.interactions import Interactions
from pasand.ports import Rejected, Sealed, Verdict

__all__ = ["SqliteEventLog"]

_READ_COUNT = 5_000
_COLUMNS = "offset, event_id, kind, occurred_ms, member_id, item_id, body"
_REJECTED = "received_ms, reason, field, source, body, number"


class SqliteEventLog:
    """The log of one tenant."""

    def __init__(
        self, database: Database, tenant: str = "default", *, tail_count_max: int = 50_000
    ) -> None:
        self._database = database
        self._tenant = tenant
        self._tail = LogTail(tenant)
        self._tail.follow(database.rows)
        self.appender = Appender(tenant, self._tail)
        self._indexer = Indexer(database, self._tail, tenant, tail_count_max)

    def append(self, events: Sequence[Event]) -> list[Verdict]:
        """Append events; returns when they are on disk, and the tail is not far too long."""
        verdicts = self.submit(events).result()
        self._indexer.hold_up()
        return verdicts

    def submit(self, events: Sequence[Event]) -> Future[list[Verdict]]:
        """Queue events; the future is done when they are on disk."""
        return self._submit(self.entries(events))

    @property
    def tail_count(self) -> int:
        """How many events the index tables do not hold yet."""
        return len(self._tail)

    def entries(self, events: Sequence[Event]) -> list[Entry]:
        """Return events as they go into their rows."""
        return [entry_of(event, encode_body(event)) for event in events]

    def seal(self, event: Event) -> Sealed:
        """Return the event with its body encoded."""
        return Sealed(replace(event, payload={}, extra={}), encode_body(event))

    def opened(self, sealed: Sealed) -> Event:
        """Return the whole event that was sealed."""
        event = sealed.event
        columns = (event.event_id, event.kind, event.occurred_ms, event.member_id, event.item_id)
        return decode_body(*columns, sealed.body)

    def submit_sealed(self, sealed: Sequence[Sealed]) -> Future[list[Verdict]]:
        """Queue events whose bodies are encoded already."""
        return self._submit([entry_of(one.event, one.body) for one in sealed])

    def _submit(self, entries: Sequence[Entry]) -> Future[list[Verdict]]:
        database = self._database
        future = database.submit(lambda c: self.appender(c, entries, database.rollback_count))
        future.add_done_callback(self._written)
        return future

    def _written(self, future: Future[list[Verdict]]) -> None:
        if future.exception() is None:
            self._indexer.start_if_due()

    def index(self) -> None:
        """Merge what was appended into the index tables now, instead of when there is enough."""
        self._indexer.merge()

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
        self._follow()
        complete, offsets = self._tail.of_member(member_id, after)
        if complete and not offsets:
            return []
        indexed = (
            " UNION SELECT offset FROM event_member"
            " WHERE tenant = ?2 AND member_id = ?3 AND offset > ?4"
        )
        sql = (
            f"SELECT {_COLUMNS} FROM event WHERE offset IN"
            f" (SELECT value FROM carray(?1){'' if complete else indexed})"
            " AND +tenant = ?2 AND member_id = ?3 AND offset > ?4 ORDER BY offset"
        )
        values = (numbers(offsets), self._tenant, member_id, after)
        rows = self._database.rows(sql, values)
        return [Stored(offset, decode_body(*columns)) for offset, *columns in rows]

    def whose(self, after: int, limit: int) -> list[tuple[int, str]]:
        """Return offset and member of the next events that name a member."""
        sql = (
            "SELECT offset, member_id FROM event WHERE offset > ? AND +tenant = ?"
            " AND +member_id <> '' ORDER BY offset LIMIT ?"
        )
        return [
            (offset, member_id)
            for offset, member_id in self._database.rows(sql, (after, self._tenant, limit))
        ]

    def find(self, event_id: str) -> Stored | None:
        """Return one event by its id."""
        self._follow()
        sql = (
            f"SELECT {_COLUMNS} FROM event WHERE offset IN (SELECT ?1 UNION"
            " SELECT offset FROM event_key WHERE tenant = ?2 AND key = ?3)"
            " AND +tenant = ?2 AND event_id = ?4"
        )
        offset = self._tail.offset_of(event_id)
        values = (offset, self._tenant, event_key(event_id), event_id)
        for offset, *columns in self._database.rows(sql, values):
            return Stored(offset, decode_body(*columns))
        return None

    def _follow(self) -> None:
        """Where another process writes, read what it wrote."""
        if not self._database.writable:
            self._tail.follow(self._database.rows)
            self._indexer.prune_if_due()

    def last_offset(self) -> int:
        """Return the newest offset, 0 when empty."""
        sql = "SELECT offset FROM event WHERE +tenant = ? ORDER BY offset DESC LIMIT 1"
        rows = self._database.rows(sql, (self._tenant,))
        return int(rows[0][0]) if rows else 0

    def latest_ms(self) -> int:
        """Return when the latest thing happened that a member did; reads the whole log."""
        records = ", ".join(f"'{kind}'" for kind in RECORD_WRITERS)
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
            "SELECT member_id, item_id, occurred_ms, kind, body FROM event WHERE +tenant = ?"
            f" AND kind IN ({', '.join('?' * len(weights))}) AND item_id <> '' AND member_id <> ''"
            " ORDER BY offset"
        )
        members: dict[str, int] = {}
        items: dict[str, int] = {}
        rows = []
        for member_id, item_id, occurred_ms, kind, body in self._database.stream(
            sql, (self._tenant, *weights)
        ):
            if body_counts(body):
                device, value = body_device_and_value(body, with_value=kind == "rating")
                rows.append(
                    (
                        members.setdefault(member_id, len(members)),
                        items.setdefault(item_id, len(items)),
                        occurred_ms,
                        weights[kind],
                        action_of_kind(kind),
                        rating_code(value),
                        device_code(device),
                    )
                )
        columns = list(zip(*rows, strict=True)) if rows else [()] * 7
        member, item, at_ms, weight, action, rating, device_class = columns
        order = np.argsort(np.asarray(at_ms, np.int64), kind="stable")
        features = {"action": action, "rating": rating, "device": device_class}
        return Interactions(
            np.asarray(member, np.int32)[order],
            np.asarray(item, np.int32)[order],
            np.asarray(at_ms, np.int64)[order],
            np.asarray(weight, np.float32)[order],
            tuple(members),
            tuple(items),
            {name: np.asarray(codes, np.int16)[order] for name, codes in features.items()},
        )
