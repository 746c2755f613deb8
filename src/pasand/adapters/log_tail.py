"""The tail of the log: its newest events, which the index tables do not hold yet.

An index entry in its own place costs a page of disk writes an event; fifty thousand of them
merged in order cost a few microseconds each. So the log's rows are appended without an index,
what is needed to find them stands here in memory, and ``Indexer`` merges it into the tables
``event_key``, ``event_member`` and ``event_item`` once there is enough. A process that starts
reads the tail from the log.

A transaction that is rolled back leaves entries here whose rows are not there, or are another
event's by now. Whoever looks something up therefore checks the row it is led to.
"""

from __future__ import annotations

import logging
import threading
from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import apsw

from pasand.adapters.sqlite_database import Database
from pasand.errors import OperatorError

__all__ = ["Indexer", "LogTail", "Row", "numbers"]

_log = logging.getLogger(__name__)

#: offset, event_id, member_id
Row = tuple[int, str, str]
Rows = Callable[[str, Sequence[Any]], Iterable[tuple[Any, ...]]]

_TAIL = """
SELECT offset, event_id, member_id FROM event
WHERE offset > ? AND +tenant = ? ORDER BY offset
"""
_INDEXED = "SELECT offset FROM event_indexed WHERE tenant = ?"
_SLICE_COUNT = 2_000

#: Each index table with the order its entries are merged in.
_TABLES = {
    "event_key": ("tenant, key, offset", "key", ""),
    "event_member": ("tenant, member_id, offset", "member_id, offset", "AND member_id <> ''"),
    "event_item": (
        "tenant, item_id, member_id",
        "item_id, member_id",
        "AND item_id <> '' AND member_id <> ''",
    ),
}


class _State:
    """What the tail holds. It only grows; pruning puts another in its place."""

    def __init__(self, indexed: int) -> None:
        self.indexed = indexed
        self.last = indexed
        self.by_id: dict[str, int] = {}
        self.by_member: dict[str, list[int]] = {}

    def add(self, row: Row) -> None:
        self.last, event_id, member_id = row
        self.by_id[event_id] = self.last
        if member_id:
            self.by_member.setdefault(member_id, []).append(self.last)


class LogTail:
    """One tenant's tail. The writer adds to it; a process that only reads follows the log."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant
        self._lock = threading.Lock()
        self._state: _State | None = None

    def __len__(self) -> int:
        return 0 if self._state is None else len(self._state.by_id)

    @property
    def indexed(self) -> int:
        """The newest offset that the index tables hold, as far as it knows."""
        return 0 if self._state is None else self._state.indexed

    def follow(self, rows: Rows, *, again: bool = False) -> None:
        """Read what the log has beyond the tail (``again``: all of it); ``rows`` runs a query."""
        with self._lock:
            state = self._state
            if state is None or again:
                state = _State(self._indexed(rows))
            for row in rows(_TAIL, (state.last, self._tenant)):
                state.add(row)
            self._state = state

    def add(self, row: Row) -> None:
        """Add an event that was just written."""
        assert self._state is not None
        with self._lock:
            self._state.add(row)

    def prune(self, rows: Rows) -> None:
        """Let go of what the index tables hold by now."""
        with self._lock:
            before = self._state
            if before is None:
                return
            indexed = self._indexed(rows)
            if indexed <= before.indexed:
                return
            state = _State(indexed)
            state.last = before.last
            state.by_id = {name: at for name, at in before.by_id.items() if at > indexed}
            for member_id, offsets in before.by_member.items():
                if offsets[-1] > indexed:
                    state.by_member[member_id] = [at for at in offsets if at > indexed]
            self._state = state

    def offset_of(self, event_id: str) -> int:
        """Return where an event may stand, 0 where the tail knows none."""
        return 0 if self._state is None else self._state.by_id.get(event_id, 0)

    def of_member(self, member_id: str, after: int) -> tuple[bool, list[int]]:
        """Return whether the tail alone can tell, and the member's offsets beyond ``after``."""
        state = self._state
        assert state is not None
        offsets = [offset for offset in state.by_member.get(member_id, ()) if offset > after]
        return after >= state.indexed, offsets

    def _indexed(self, rows: Rows) -> int:
        found = list(rows(_INDEXED, (self._tenant,)))
        return int(found[0][0]) if found else 0


class Indexer:
    """Merges the tail into the index tables, in slices between other writes."""

    def __init__(self, database: Database, tail: LogTail, tenant: str, count_min: int) -> None:
        self._database = database
        self._tail = tail
        self._tenant = tenant
        self._count_min = count_min
        self._busy = threading.Lock()

    def start_if_due(self) -> None:
        """Begin in a thread of its own where the tail has grown long enough."""
        if len(self._tail) >= self._count_min and self._busy.acquire(blocking=False):
            threading.Thread(target=self._run, name="index", daemon=True).start()

    def hold_up(self) -> None:
        """Let a bulk writer wait for a merge that it outruns: the tail lies in memory."""
        if len(self._tail) >= 3 * self._count_min:
            self.start_if_due()
            with self._busy:
                pass

    def prune_if_due(self) -> None:
        """Let go of what another process has merged meanwhile."""
        if len(self._tail) >= 2 * self._count_min:
            self._tail.prune(self._database.rows)

    def _run(self) -> None:
        try:
            while len(self._tail) >= self._count_min:
                self.merge()
        except OperatorError as error:
            # Closing a store in the middle is no trouble: the next start merges again.
            if self._database.writable:
                _log.warning("the log's index waits: %s", error)
        finally:
            self._busy.release()

    def merge(self) -> None:
        """Bring the index tables up to the newest event on disk."""
        rows = self._database.rows
        last = int(rows("SELECT coalesce(max(offset), 0) FROM event", ())[0][0])
        found = rows(_INDEXED, (self._tenant,))
        bounds = (int(found[0][0]) if found else 0, last, self._tenant)
        for table, (columns, order, where) in _TABLES.items():
            sql = (
                f"SELECT offset FROM event WHERE offset > ? AND offset <= ? AND +tenant = ?"
                f" {where} ORDER BY {order}"
            )
            offsets = array("q", (row[0] for row in rows(sql, bounds)))
            insert = (
                f"INSERT OR IGNORE INTO {table} SELECT {columns}"
                " FROM carray(?) AS wanted CROSS JOIN event ON event.offset = wanted.value"
            )
            for start in range(0, len(offsets), _SLICE_COUNT):
                self._write(insert, apsw.carray(offsets, start=start, stop=_stop(start, offsets)))
        self._write("INSERT OR REPLACE INTO event_indexed VALUES (?, ?)", self._tenant, last)
        self._tail.prune(rows)

    def _write(self, sql: str, *values: Any) -> None:
        self._database.write(lambda connection: connection.execute(sql, values) and None)


def numbers(offsets: Sequence[int]) -> apsw.CArrayBinding:
    """Return offsets as a query's array, which cannot be empty: no event has offset 0."""
    return apsw.carray(array("q", offsets or (0,)))


def _stop(start: int, offsets: array[int]) -> int:
    return min(start + _SLICE_COUNT, len(offsets))
