"""Letting go of old events on the embedded store.

The row goes; its entry in ``event_key`` stays, eight bytes of hash by which the event id stays
counted for ever. Only what the index tables hold is looked at, since what is merged later would
find no row to make that entry from.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

import apsw
from msgspec import structs

from pasand.adapters.event_bytes import decode_body, encode_body
from pasand.adapters.sqlite_database import Database
from pasand.adapters.sqlite_erasing import mark_stale
from pasand.adapters.sqlite_log import SqliteEventLog

__all__ = ["SqliteRetention"]

_WINDOW = 20_000
#: The body of a page without its block is mostly shorter: it is not looked at again.
_BLOCK_BYTES_MIN = 200
_GONE = """
SELECT offset, member_id FROM event
WHERE offset > ? AND offset <= ? AND +tenant = ? AND kind = ? AND occurred_ms < ?
"""
_PAGES = f"""
SELECT offset, event_id, kind, occurred_ms, member_id, item_id, body FROM event
WHERE offset > ? AND offset <= ? AND +tenant = ? AND kind = ? AND occurred_ms < ?
AND length(body) >= {_BLOCK_BYTES_MIN}
"""


class SqliteRetention:
    """Lets go of one tenant's old events."""

    def __init__(self, database: Database, log: SqliteEventLog, tenant: str = "default") -> None:
        self._database = database
        self._log = log
        self._tenant = tenant

    def expire(self, before_ms: Mapping[str, int], after: int) -> tuple[int, int]:
        """Drop what is old from an offset on; return how many, and the offset to go on after."""
        if not after:
            self._log.index()
        found = self._database.rows(
            "SELECT offset FROM event_indexed WHERE tenant = ?", (self._tenant,)
        )
        last = int(found[0][0]) if found else 0
        until = min(after + _WINDOW, last)
        gone: list[tuple[int, str]] = []
        stripped: list[tuple[int, str, bytes]] = []
        for kind, moment in before_ms.items():
            values = (after, until, self._tenant, kind, moment)
            if kind != "page_served":
                gone += [(offset, member_id) for offset, member_id in self._rows(_GONE, values)]
                continue
            for offset, *columns in self._rows(_PAGES, values):
                event = decode_body(*columns)
                if event.payload:
                    bare = structs.replace(event, payload={})
                    stripped.append((offset, event.member_id, encode_body(bare)))
        if gone or stripped:
            self._database.write(lambda connection: self._drop(connection, gone, stripped))
        return len(gone) + len(stripped), until if until < last else 0

    def _rows(self, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        return self._database.rows(sql, values)

    def _drop(
        self,
        connection: apsw.Connection,
        gone: list[tuple[int, str]],
        stripped: list[tuple[int, str, bytes]],
    ) -> None:
        offsets = array("q", (offset for offset, _ in gone))
        if offsets:
            connection.execute(
                "DELETE FROM event WHERE offset IN carray(?)", (apsw.carray(offsets),)
            )
        update = "UPDATE event SET body = ? WHERE offset = ?"
        connection.executemany(update, [(body, offset) for offset, _, body in stripped])
        members = {member_id for _, member_id in gone} | {name for _, name, _ in stripped}
        connection.executemany(
            "DELETE FROM profile WHERE tenant = ? AND member_id = ?",
            [(self._tenant, member_id) for member_id in sorted(members)],
        )
        touched = sorted([*offsets, *(offset for offset, _, _ in stripped)])
        mark_stale(connection, self._tenant, touched)
