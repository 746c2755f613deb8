"""CatalogStore, ProfileStore and Ledger on the embedded SQLite file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import apsw
import msgspec

from pasand.adapters.sqlite_database import Database
from pasand.domain.catalog import Item
from pasand.domain.member import Member
from pasand.domain.profile import Profile
from pasand.domain.records import item_from_record, member_from_record
from pasand.domain.rules import Rule
from pasand.ports import Key, Promotion

__all__ = ["SqliteCatalogStore", "SqliteLedger", "SqliteProfileStore"]

_decode = msgspec.msgpack.Decoder().decode
_keys = msgspec.json.Decoder(Key)
_rules = msgspec.json.Decoder(Rule)


class SqliteCatalogStore:
    """Items and members as the log's record events left them."""

    def __init__(self, database: Database, tenant: str = "default") -> None:
        self._database = database
        self._tenant = tenant

    def items(self) -> Iterator[Item]:
        """Yield every item, in the order they first came."""
        sql = "SELECT body FROM item WHERE tenant = ? AND body IS NOT NULL ORDER BY number"
        for (body,) in self._database.rows(sql, (self._tenant,)):
            yield item_from_record(_decode(body))

    def item_version(self) -> int:
        """Return the offset of the newest item change."""
        sql = "SELECT coalesce(max(offset), 0) FROM item WHERE tenant = ?"
        return int(self._database.rows(sql, (self._tenant,))[0][0])

    def item_count(self) -> int:
        """Return how many items there are."""
        sql = "SELECT count(*) FROM item WHERE tenant = ? AND body IS NOT NULL"
        return int(self._database.rows(sql, (self._tenant,))[0][0])

    def member(self, member_id: str) -> Member | None:
        """Return a member, None where there is none."""
        sql = "SELECT body FROM member WHERE tenant = ? AND member_id = ? AND body IS NOT NULL"
        rows = self._database.rows(sql, (self._tenant, member_id))
        return member_from_record(_decode(rows[0][0])) if rows else None

    def members(self, limit: int = 1000) -> list[Member]:
        """Return members in the order they first came."""
        sql = (
            "SELECT body FROM member WHERE tenant = ? AND body IS NOT NULL ORDER BY number LIMIT ?"
        )
        rows = self._database.rows(sql, (self._tenant, limit))
        return [member_from_record(_decode(body)) for (body,) in rows]

    def member_count(self) -> int:
        """Return how many members there are."""
        sql = "SELECT count(*) FROM member WHERE tenant = ? AND body IS NOT NULL"
        return int(self._database.rows(sql, (self._tenant,))[0][0])


class SqliteProfileStore:
    """Profiles with the log offset they were folded up to."""

    def __init__(self, database: Database, tenant: str = "default") -> None:
        self._database = database
        self._tenant = tenant

    def get(self, member_id: str) -> tuple[int, Profile] | None:
        """Return a stored profile, None where there is none or it is of another schema."""
        sql = "SELECT offset, body FROM profile WHERE tenant = ? AND member_id = ?"
        for offset, body in self._database.rows(sql, (self._tenant, member_id)):
            try:
                return offset, Profile.decode(body)
            except msgspec.DecodeError:
                return None
        return None

    def put(self, profiles: Mapping[str, tuple[int, Profile]]) -> None:
        """Store profiles with their offsets."""
        rows = [
            (self._tenant, member_id, offset, profile.encode())
            for member_id, (offset, profile) in profiles.items()
        ]
        self._execute_many("INSERT OR REPLACE INTO profile VALUES (?, ?, ?, ?)", rows)

    def forget(self, member_ids: Iterable[str]) -> None:
        """Drop profiles that no longer follow from the log."""
        rows = [(self._tenant, member_id) for member_id in member_ids]
        self._execute_many("DELETE FROM profile WHERE tenant = ? AND member_id = ?", rows)

    def member_ids(self) -> list[str]:
        """Return whose profiles are stored, sorted."""
        sql = "SELECT member_id FROM profile WHERE tenant = ? ORDER BY member_id"
        return [member_id for (member_id,) in self._database.rows(sql, (self._tenant,))]

    def _execute_many(self, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
        def job(connection: apsw.Connection) -> None:
            connection.executemany(sql, rows)

        if rows:
            self._database.write(job)


class SqliteLedger:
    """Keys, promotions, rules and notes."""

    def __init__(self, database: Database, tenant: str = "default") -> None:
        self._database = database
        self._tenant = tenant

    def keys(self) -> list[Key]:
        """Return all keys, revoked ones too."""
        sql = "SELECT body FROM api_key WHERE tenant = ? ORDER BY key_id"
        return [_keys.decode(body) for (body,) in self._database.rows(sql, (self._tenant,))]

    def put_key(self, key: Key) -> None:
        """Store or replace a key."""
        row = (self._tenant, key.key_id, msgspec.json.encode(key))
        self._write("INSERT OR REPLACE INTO api_key VALUES (?, ?, ?)", row)

    def live_snapshot(self) -> str:
        """Return the id of the promoted snapshot."""
        sql = "SELECT snapshot_id FROM promotion WHERE tenant = ? ORDER BY number DESC LIMIT 1"
        rows = self._database.rows(sql, (self._tenant,))
        return str(rows[0][0]) if rows else ""

    def promote(self, snapshot_id: str, at_ms: int) -> None:
        """Make a snapshot live."""
        sql = "INSERT INTO promotion (tenant, snapshot_id, promoted_ms) VALUES (?, ?, ?)"
        self._write(sql, (self._tenant, snapshot_id, at_ms))

    def promotions(self) -> list[Promotion]:
        """Return what was live when, oldest first."""
        sql = "SELECT snapshot_id, promoted_ms FROM promotion WHERE tenant = ? ORDER BY number"
        return [Promotion(*row) for row in self._database.rows(sql, (self._tenant,))]

    def rules(self, version: int | None = None) -> list[Rule]:
        """Return all rules as of a version, oldest first."""
        sql = (
            "SELECT rule_id, body FROM rule_change WHERE tenant = ? AND number <= ? ORDER BY number"
        )
        upto = 2**62 if version is None else version
        newest = dict(self._database.rows(sql, (self._tenant, upto)))
        return [_rules.decode(body) for body in newest.values()]

    def rule_version(self) -> int:
        """Return the number of the newest change of a rule."""
        sql = "SELECT coalesce(max(number), 0) FROM rule_change WHERE tenant = ?"
        return int(self._database.rows(sql, (self._tenant,))[0][0])

    def put_rule(self, rule: Rule) -> int:
        """Add or replace a rule."""
        sql = "INSERT INTO rule_change (tenant, rule_id, body) VALUES (?, ?, ?)"
        self._write(sql, (self._tenant, rule.rule_id, msgspec.json.encode(rule)))
        return self.rule_version()

    def note(self, name: str) -> str:
        """Return a note, empty when it was never written."""
        sql = "SELECT value FROM note WHERE tenant = ? AND name = ?"
        rows = self._database.rows(sql, (self._tenant, name))
        return str(rows[0][0]) if rows else ""

    def put_note(self, name: str, value: str) -> None:
        """Write a note."""
        self._write("INSERT OR REPLACE INTO note VALUES (?, ?, ?)", (self._tenant, name, value))

    def _write(self, sql: str, row: tuple[Any, ...]) -> None:
        def job(connection: apsw.Connection) -> None:
            connection.execute(sql, row)

        self._database.write(job)
