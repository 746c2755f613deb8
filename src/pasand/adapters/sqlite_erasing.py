"""Where the embedded store holds what is known of members: each place exports and erases its own.

Rows are deleted a few thousand a transaction, so that events are taken meanwhile. Segments that
cover a changed row are marked stale in the same transaction. At the end ``scrub`` rewrites the
file, because SQLite may keep a copy of a deleted row where rows were moved.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import apsw
import msgspec
from msgspec import structs

from pasand.adapters.event_bytes import decode_body, encode_body, event_key
from pasand.adapters.sqlite_database import Database
from pasand.adapters.sqlite_log import SqliteEventLog
from pasand.domain.naming import names_any, without, words_of
from pasand.domain.profile import Profile
from pasand.errors import StoreUnavailable
from pasand.member_ports import MemberPlace, Progress

__all__ = ["MEMBERLESS_TABLES", "held_ids", "mark_stale", "scrub", "store_places"]

#: Tables that say nothing of any member; every other one belongs to a place.
MEMBERLESS_TABLES = (
    "api_key", "erasure", "erasure_key", "event_indexed", "item", "item_words",
    "item_words_config", "item_words_content", "item_words_data", "item_words_docsize",
    "item_words_idx", "note", "promotion", "rule_change", "segment",
)  # fmt: skip

_COUNT = 2_000
_READ_COUNT = 5_000
_COLUMNS = "offset, event_id, kind, occurred_ms, member_id, item_id, body"
#: Written by the engine itself and naming nobody but their own member.
_CLOSED_KINDS = "('page_served', 'item_put', 'item_deleted')"


def store_places(
    database: Database, log: SqliteEventLog, tenant: str = "default"
) -> tuple[MemberPlace, ...]:
    """Return the places of a store. Dead letters come before the events they are known by."""
    return (
        DeadLetters(database, tenant),
        EventRows(database, log, tenant),
        RecordRows(database, tenant, "member", "member record"),
        RecordRows(database, tenant, "profile", "profile"),
    )


class EventRows:
    """The log: a member's own events go, and other members' events lose the name."""

    name = "events"
    tables = ("event", "event_key", "event_member", "event_item")

    def __init__(self, database: Database, log: SqliteEventLog, tenant: str) -> None:
        self._database = database
        self._log = log
        self._tenant = tenant

    def held(self, member_id: str) -> Iterator[Mapping[str, Any]]:
        """Yield a member's events as they were logged, oldest arrival first."""
        for stored in self._log.of_member(member_id):
            said = structs.asdict(stored.event)
            yield {"offset": stored.offset, **{k: v for k, v in said.items() if v not in _EMPTY}}

    def erase(self, erasure_id: str, member_ids: Sequence[str], progress: Progress) -> int:
        """Delete the members' events, and what names them in other members' events."""
        self._log.index()  # what is merged later would bring entries of deleted rows back
        count = 0
        for member_id in member_ids:
            offsets = [stored.offset for stored in self._log.of_member(member_id)]
            for start in range(0, len(offsets), _COUNT):
                chunk = offsets[start : start + _COUNT]
                self._database.write(partial(self._delete, erasure_id=erasure_id, offsets=chunk))
                progress(start + len(chunk), len(offsets))
            count += len(offsets)
            sql = "DELETE FROM event_item WHERE tenant = ? AND member_id = ?"
            self._database.write(partial(_execute, sql=sql, values=(self._tenant, member_id)))
        return count + self._unname(erasure_id, member_ids, progress)

    def _delete(self, connection: apsw.Connection, erasure_id: str, offsets: Sequence[int]) -> None:
        sql = "DELETE FROM event WHERE offset IN carray(?)"
        connection.execute(sql, (apsw.carray(array("q", offsets)),))
        mark_stale(connection, self._tenant, sorted(offsets), erasure_id)

    def _unname(self, erasure_id: str, member_ids: Sequence[str], progress: Progress) -> int:
        """Take the ids out of other members' events, which else stay as they were."""
        naming = " OR ".join(["instr(body, ?) > 0"] * len(member_ids))
        sql = (
            f"SELECT {_COLUMNS} FROM event WHERE offset > ? AND offset <= ? AND +tenant = ?"
            f" AND kind NOT IN {_CLOSED_KINDS} AND (substr(body, 1, 1) = x'78' OR {naming})"
        )
        last, count = self._log.last_offset(), 0
        names = [member_id.encode() for member_id in member_ids]
        for start in range(0, last, 10 * _READ_COUNT):
            window = (start, start + 10 * _READ_COUNT, self._tenant)
            changed: list[tuple[bytes, int]] = []
            for offset, *columns in self._database.rows(sql, (*window, *names)):
                event = decode_body(*columns)
                payload, extra = (without(v, member_ids) for v in (event.payload, event.extra))
                if payload != event.payload or extra != event.extra:
                    changed.append(
                        (encode_body(structs.replace(event, payload=payload, extra=extra)), offset)
                    )
            if changed:
                self._database.write(partial(self._rewrite, erasure_id=erasure_id, rows=changed))
            count += len(changed)
            progress(min(start + 10 * _READ_COUNT, last), last)
        return count

    def _rewrite(
        self, connection: apsw.Connection, erasure_id: str, rows: Sequence[tuple[bytes, int]]
    ) -> None:
        """Write bodies anew; what was folded from the old ones goes."""
        connection.executemany("UPDATE event SET body = ? WHERE offset = ?", rows)
        sql = (
            "DELETE FROM profile WHERE tenant = ?1 AND member_id ="
            " (SELECT member_id FROM event WHERE offset = ?2)"
        )
        connection.executemany(sql, [(self._tenant, offset) for _, offset in rows])
        mark_stale(connection, self._tenant, sorted(offset for _, offset in rows), erasure_id)


class DeadLetters:
    """What was set aside: letters that name the member, or one of the member's events."""

    name = "dead letters"
    tables = ("rejected",)

    def __init__(self, database: Database, tenant: str) -> None:
        self._database = database
        self._tenant = tenant

    def held(self, member_id: str) -> Iterator[Mapping[str, Any]]:
        """Yield the letters about a member, oldest first."""
        for number, received_ms, reason, field, source, body in self._about([member_id]):
            yield {
                "number": number, "received_ms": received_ms, "reason": reason, "field": field,
                "source": source, "body": body.decode("utf-8", "replace"),
            }  # fmt: skip

    def erase(self, erasure_id: str, member_ids: Sequence[str], progress: Progress) -> int:
        """Delete the letters about these members."""
        numbers = [row[0] for row in self._about(member_ids)]
        sql = "DELETE FROM rejected WHERE number IN carray(?)"
        for start in range(0, len(numbers), _COUNT):
            values = (apsw.carray(array("q", numbers[start : start + _COUNT])),)
            self._database.write(partial(_execute, sql=sql, values=values))
        progress(len(numbers), len(numbers))
        return len(numbers)

    def _about(self, member_ids: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        sql = (
            "SELECT number, received_ms, reason, field, source, body FROM rejected"
            " WHERE tenant = ? AND number > ? ORDER BY number LIMIT 200"
        )
        after = 0
        while rows := self._database.rows(sql, (self._tenant, after)):
            for row in rows:
                said = b"\n".join((row[4].encode(), row[2].encode(), row[5]))
                if names_any(said, member_ids) or self._has_event_of(member_ids, row[5]):
                    yield row
            after = rows[-1][0]

    def _has_event_of(self, member_ids: Sequence[str], body: bytes) -> bool:
        """Whether an event id of the members stands in a letter."""
        sql = (
            "SELECT 1 FROM event WHERE +tenant = ?1 AND event_id = ?2 AND member_id IN carray(?3)"
            " AND offset IN (SELECT offset FROM event_key WHERE tenant = ?1 AND key = ?4)"
        )
        names = apsw.carray(tuple(member_ids))
        return any(
            self._database.rows(sql, (self._tenant, word, names, event_key(word)))
            for word in words_of(body)
        )


class RecordRows:
    """One row a member: the record, or the stored profile."""

    def __init__(self, database: Database, tenant: str, table: str, name: str) -> None:
        self.name = name
        self.tables = (table,)
        self._database = database
        self._tenant = tenant
        self._table = table

    def held(self, member_id: str) -> Iterator[Mapping[str, Any]]:
        """Yield the row's content, where there is one."""
        sql = f"SELECT body FROM {self._table} WHERE tenant = ? AND member_id = ?"
        for (body,) in self._database.rows(sql, (self._tenant, member_id)):
            if body is not None:
                yield _profile(body) if self._table == "profile" else msgspec.msgpack.decode(body)

    def erase(self, erasure_id: str, member_ids: Sequence[str], progress: Progress) -> int:
        """Delete the rows."""
        sql = f"DELETE FROM {self._table} WHERE tenant = ? AND member_id = ?"
        rows = [(self._tenant, member_id) for member_id in member_ids]

        def job(connection: apsw.Connection) -> int:
            before = connection.total_changes()
            connection.executemany(sql, rows)
            return connection.total_changes() - before

        return self._database.write(job)


_EMPTY: tuple[Any, ...] = ("", None, {})


def _execute(connection: apsw.Connection, sql: str, values: tuple[Any, ...]) -> None:
    connection.execute(sql, values)


def _profile(body: bytes) -> Mapping[str, Any]:
    try:
        return structs.asdict(Profile.decode(body))
    except msgspec.DecodeError:
        return {"unreadable": "folded by another version of Pasand; the events hold all of it"}


def mark_stale(
    connection: apsw.Connection, tenant: str, offsets: Sequence[int], erasure_id: str = ""
) -> None:
    """Mark the segments that hold any of ``offsets`` (sorted) as to be written again."""
    sql = "SELECT first_offset, last_offset, erasures FROM segment WHERE tenant = ?"
    ranges: list[tuple[Any, ...]] = connection.execute(sql, (tenant,)).fetchall()
    for first, last, known in ranges:
        at = bisect_left(offsets, first)
        if at < len(offsets) and offsets[at] <= last:
            erasures = json.loads(known)
            if erasure_id and erasure_id not in erasures:
                erasures.append(erasure_id)
            connection.execute(
                "UPDATE segment SET stale = stale + 1, erasures = ?"
                " WHERE tenant = ? AND first_offset = ?",
                (json.dumps(erasures), tenant, first),
            )


def held_ids(database: Database, tenant: str) -> list[str]:
    """Return every member id that the store holds anything under; reads the whole log."""
    sql = (
        "SELECT member_id FROM event WHERE +tenant = ?1 AND member_id <> ''"
        " UNION SELECT member_id FROM member WHERE tenant = ?1"
        " UNION SELECT member_id FROM profile WHERE tenant = ?1"
    )
    return [member_id for (member_id,) in database.rows(sql, (tenant,))]


def scrub(database: Database) -> None:
    """Rewrite the store's file and empty its write-ahead log: no deleted byte stays in either.

    Events wait meanwhile, a second for every few hundred megabytes.

    Raises:
        StoreUnavailable: the disk has no room for it, or a reader is in the way.
    """

    def job(connection: apsw.Connection) -> Exception | None:
        # VACUUM runs outside of transactions only: what waits with this job is committed first.
        connection.execute("COMMIT")
        try:
            connection.execute("VACUUM")
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.Error as error:
            return error
        finally:
            connection.execute("BEGIN IMMEDIATE")
        return None

    error = database.write(job)
    if error is not None:
        raise StoreUnavailable(
            f"Freed bytes of the store could not be overwritten yet: {error}.",
            fix="Free some space (the store needs its size once more); it is tried again.",
        )
