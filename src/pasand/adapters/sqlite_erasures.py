"""The ledger of erasures on the embedded SQLite file, and a log that refuses who was erased.

A member id is kept as its HMAC-SHA256 under a random key of this home. The key lies in the store,
so that a backup's ledger stays readable; with it, a guess at an id can be tested, but no id read.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import apsw
import msgspec

from pasand.adapters.sqlite_append import Entry
from pasand.adapters.sqlite_database import Database
from pasand.adapters.sqlite_log import SqliteEventLog
from pasand.domain.naming import words_of
from pasand.errors import InvalidInput, StoreUnavailable
from pasand.member_ports import Erasure
from pasand.ports import Rejected, Verdict

__all__ = ["GuardedEventLog", "SqliteErasures"]

_FORMAT = 1
_COLUMNS = "erasure_id, member_id, state, asked_ms, done_ms"
_INSERT = """
INSERT OR IGNORE INTO erasure
(tenant, erasure_id, key_id, member_hash, member_id, state, asked_ms, done_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""


class _Entry(msgspec.Struct):
    """One line of a ledger that is kept elsewhere."""

    erasure_id: str
    key_id: str
    member_hash: str
    asked_ms: int
    done_ms: int


class _Written(msgspec.Struct):
    """A ledger that is kept elsewhere."""

    format: int
    keys: dict[str, str]
    erasures: list[_Entry]


class SqliteErasures:
    """The erasures of one tenant. ``gate`` is held by whoever appends or suppresses, so that no
    event passes while its member is being suppressed.
    """

    def __init__(self, database: Database, tenant: str = "default") -> None:
        self._database = database
        self._tenant = tenant
        self.gate = threading.RLock()
        self._keys: dict[str, bytes] = {}
        self._hashes: frozenset[bytes] = frozenset()
        self._number = 0
        try:
            self.refresh()
        except apsw.SQLError as error:
            raise StoreUnavailable(
                "This store is of an older version of Pasand.",
                fix="Copy the home, then start its server: that brings the store forward.",
            ) from error

    @property
    def empty(self) -> bool:
        """Whether nobody was erased yet, as far as this process has read."""
        return not self._hashes

    def is_erased(self, member_id: str) -> bool:
        """Return whether a member id was erased, or is being erased."""
        if not self._database.writable:
            self.refresh()
        if not self._hashes or not member_id:
            return False
        return any(_hash(key, member_id) in self._hashes for key in self._keys.values())

    def names_erased(self, data: bytes) -> bool:
        """Return whether the bytes of an event or its source name an erased member."""
        return bool(self._hashes) and any(map(self.is_erased, words_of(data)))

    def suppress(self, member_ids: Sequence[str], erasure_id: str, at_ms: int) -> None:
        """Refuse these ids from now on; all that is left of them becomes pending."""
        with self.gate:
            keys = self._keys or {secrets.token_hex(4): secrets.token_bytes(32)}
            key_id = min(keys)
            rows = []
            for member_id in member_ids:
                known = self._number_of(member_id)
                rows.append((member_id, _hash(keys[key_id], member_id), known))

            def job(connection: apsw.Connection) -> None:
                key = (self._tenant, key_id, keys[key_id])
                connection.execute("INSERT OR IGNORE INTO erasure_key VALUES (?, ?, ?)", key)
                again = "UPDATE erasure SET member_id = ?, state = 'pending' WHERE number = ?"
                for member_id, digest, known in rows:
                    if known:
                        connection.execute(again, (member_id, known))
                        continue
                    entry = (erasure_id, key_id, digest, member_id, "pending", at_ms, 0)
                    connection.execute(_INSERT, (self._tenant, *entry))

            self._database.write(job)
            self.refresh()

    def entries(self) -> list[Erasure]:
        """Return every entry, in the order they were asked for."""
        sql = f"SELECT {_COLUMNS} FROM erasure WHERE tenant = ? ORDER BY number"
        return [Erasure(*row) for row in self._database.rows(sql, (self._tenant,))]

    def find(self, member_id: str) -> Erasure | None:
        """Return the entry of a member id, None where it was never erased."""
        number = self._number_of(member_id)
        sql = f"SELECT {_COLUMNS} FROM erasure WHERE number = ?"
        return next((Erasure(*row) for row in self._database.rows(sql, (number,))), None)

    def move(self, erasure_id: str, state: str, at_ms: int) -> None:
        """Take an erasure on; its member ids are forgotten."""
        sql = (
            "UPDATE erasure SET state = ?, done_ms = ?, member_id = ''"
            " WHERE tenant = ? AND erasure_id = ?"
        )
        values = (state, at_ms if state == "done" else 0, self._tenant, erasure_id)
        self._database.write(lambda connection: connection.execute(sql, values) and None)

    def refresh(self) -> None:
        """Take over what another process wrote."""
        sql = "SELECT number, member_hash FROM erasure WHERE tenant = ? AND number > ?"
        rows = self._database.rows(sql, (self._tenant, self._number))
        if rows:
            keys = "SELECT key_id, secret FROM erasure_key WHERE tenant = ?"
            self._keys = dict(self._database.rows(keys, (self._tenant,)))
            self._hashes |= {digest for _, digest in rows}
            self._number = max(number for number, _ in rows)

    def written(self) -> bytes:
        """Return the ledger as bytes to be kept elsewhere."""
        keys = "SELECT key_id, lower(hex(secret)) FROM erasure_key WHERE tenant = ?"
        sql = (
            "SELECT erasure_id, key_id, lower(hex(member_hash)), asked_ms, done_ms FROM erasure"
            " WHERE tenant = ? ORDER BY number"
        )
        rows = [_Entry(*row) for row in self._database.rows(sql, (self._tenant,))]
        held = _Written(_FORMAT, dict(self._database.rows(keys, (self._tenant,))), rows)
        return msgspec.json.format(msgspec.json.encode(held), indent=1)

    def take_in(self, data: bytes) -> int:
        """Add the entries of another ledger's bytes; return how many are new."""
        try:
            other = msgspec.json.decode(data, type=_Written)
            keys = [(self._tenant, name, bytes.fromhex(key)) for name, key in other.keys.items()]
            rows = [
                (self._tenant, one.erasure_id, one.key_id, bytes.fromhex(one.member_hash),
                 "", "done", one.asked_ms, one.done_ms)
                for one in other.erasures
            ]  # fmt: skip
        except (msgspec.DecodeError, ValueError) as error:
            raise InvalidInput(
                f"This is not a ledger of erasures: {error}.",
                field="erasures",
                fix="Give a file that `pasand member erasures --out FILE` wrote.",
            ) from error

        def job(connection: apsw.Connection) -> int:
            connection.executemany("INSERT OR IGNORE INTO erasure_key VALUES (?, ?, ?)", keys)
            before = connection.total_changes()
            connection.executemany(_INSERT, rows)
            return connection.total_changes() - before

        with self.gate:
            count = self._database.write(job)
            self.refresh()
        return count

    def _number_of(self, member_id: str) -> int:
        sql = "SELECT number FROM erasure WHERE tenant = ? AND key_id = ? AND member_hash = ?"
        for key_id, key in self._keys.items():
            values = (self._tenant, key_id, _hash(key, member_id))
            for (number,) in self._database.rows(sql, values):
                return int(number)
        return 0


class GuardedEventLog(SqliteEventLog):
    """The log of one tenant; what names an erased member is refused, and nothing of it kept."""

    def __init__(
        self, database: Database, erasures: SqliteErasures, tenant: str = "default", **more: Any
    ) -> None:
        super().__init__(database, tenant, **more)
        self._erasures = erasures

    def set_aside(self, rejected: Sequence[Rejected]) -> None:
        """Keep what was rejected, but for what names an erased member."""
        named = self._erasures.names_erased
        kept = [r for r in rejected if not named(r.body) and not named(r.source.encode())]
        if kept:
            super().set_aside(kept)

    def _submit(self, entries: Sequence[Entry]) -> Future[list[Verdict]]:
        with self._erasures.gate:
            if self._erasures.empty:
                return super()._submit(entries)
            erased = self._erasures.is_erased
            refused = [erased(entry.event.member_id) for entry in entries]
            if not any(refused):
                return super()._submit(entries)
            allowed = [e for e, no in zip(entries, refused, strict=True) if not no]
            written = super()._submit(allowed)
        told: Future[list[Verdict]] = Future()

        def tell(done: Future[list[Verdict]]) -> None:
            if error := done.exception():
                told.set_exception(error)
                return
            rest = iter(done.result())
            told.set_result([Verdict("erased") if no else next(rest) for no in refused])

        written.add_done_callback(tell)
        return told


def _hash(key: bytes, member_id: str) -> bytes:
    return hmac.digest(key, member_id.encode(), "sha256")
