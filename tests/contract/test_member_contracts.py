"""Goal: erasures, the log that refuses, and the places of members' data keep their promises."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import apsw
import pytest

from pasand.adapters import sqlite_erasing
from pasand.adapters.memory_members import GuardedMemoryStore, MemoryErasures
from pasand.adapters.sqlite_database import SCHEMA_VERSION, Database
from pasand.adapters.sqlite_erasures import GuardedEventLog, SqliteErasures
from pasand.adapters.sqlite_log import SqliteEventLog
from pasand.member_ports import MemberPlace
from pasand.testing import member_contracts, samples

_numbers = count()


class Stored:
    """Opens a fresh database for each store, in which another tenant has erased somebody."""

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> Iterator[None]:
        self.path = tmp_path
        self.opened: list[Database] = []
        yield
        for database in self.opened:
            database.close()

    def database(self) -> Database:
        database = Database(self.path / f"store-{next(_numbers)}.db")
        self.opened.append(database)
        SqliteErasures(database, "other").suppress(["m1", "m7"], "er_0", 1)
        SqliteEventLog(database, "other").append([samples.event("o", member_id="erin-17")])
        return database


class TestSqliteErasures(Stored, member_contracts.ErasureLedgerContract):
    def make(self) -> SqliteErasures:
        return SqliteErasures(self.database())


class TestMemoryErasures(member_contracts.ErasureLedgerContract):
    def make(self) -> MemoryErasures:
        return MemoryErasures()


class TestGuardedEventLog(Stored, member_contracts.GuardedLogContract):
    def make(self) -> tuple[GuardedEventLog, SqliteErasures]:
        database = self.database()
        erasures = SqliteErasures(database)
        return GuardedEventLog(database, erasures), erasures


class TestGuardedMemoryStore(member_contracts.GuardedLogContract):
    def make(self) -> tuple[GuardedMemoryStore, MemoryErasures]:
        erasures = MemoryErasures()
        return GuardedMemoryStore(erasures), erasures


class TestStorePlaces(Stored, member_contracts.MemberPlacesContract):
    def make(self) -> tuple[SqliteEventLog, Sequence[MemberPlace]]:
        database = self.database()
        log = SqliteEventLog(database)
        return log, sqlite_erasing.store_places(database, log)


def test_every_table_is_declared_to_hold_members_data_or_none(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.db")
    try:
        rows = database.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")
        tables = {name for (name,) in rows if not re.match("sqlite_", name)}
        places = sqlite_erasing.store_places(database, SqliteEventLog(database))
    finally:
        database.close()
    declared = [table for place in places for table in place.tables]
    assert sorted([*declared, *sqlite_erasing.MEMBERLESS_TABLES]) == sorted(tables)


def test_another_process_that_reads_knows_of_an_erasure_at_once(tmp_path: Path) -> None:
    owner, beside = Database(tmp_path / "store.db"), None
    try:
        ledger = SqliteErasures(owner)
        beside = Database(tmp_path / "store.db", read_only=True)
        follower = SqliteErasures(beside)
        assert not follower.is_erased("m1")
        ledger.suppress(["m1"], "er_1", 5)
        assert follower.is_erased("m1") and not follower.is_erased("m2")
    finally:
        owner.close()
        if beside is not None:
            beside.close()


def test_a_store_of_the_first_version_is_brought_forward_with_its_events(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    schema = Path(sqlite_erasing.__file__).with_name("schema.sql").read_text("utf-8")
    connection = apsw.Connection(str(path))
    connection.execute(f"{schema}; PRAGMA user_version=1")
    connection.close()
    database = Database(path)
    try:
        assert database.rows("PRAGMA user_version") == [(SCHEMA_VERSION,)]
        assert SqliteErasures(database).entries() == []
        assert database.rows("PRAGMA secure_delete") == [(1,)]
    finally:
        database.close()
