"""Goal: items are found by their words in every store, tenants apart, and an index that is
missing or of another version is made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import apsw
import msgspec
import pytest

from pasand.adapters import sqlite_search
from pasand.adapters.memory import MemoryStore
from pasand.adapters.sqlite_database import Database
from pasand.adapters.sqlite_log import SqliteEventLog
from pasand.adapters.sqlite_search import SqliteSearchIndex
from pasand.domain.records import item_record
from pasand.testing import samples, search_contracts

_numbers = count()


class TestSqliteSearchIndex(search_contracts.SearchIndexContract):
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> Iterator[None]:
        self.path = tmp_path
        self.opened: list[Database] = []
        yield
        for database in self.opened:
            database.close()

    def make(self) -> tuple[SqliteEventLog, SqliteSearchIndex]:
        database = Database(self.path / f"store-{next(_numbers)}.db")
        self.opened.append(database)
        # Another tenant's titles in the same file must never show.
        other = [samples.item("other", title="Heat", people=("Al Pacino",)), samples.item("heat")]
        SqliteEventLog(database, "other").append([samples.put_event(one) for one in other])
        return SqliteEventLog(database), SqliteSearchIndex(database)


class TestMemorySearchIndex(search_contracts.SearchIndexContract):
    def make(self) -> tuple[MemoryStore, MemoryStore]:
        store = MemoryStore()
        return store, store


def found(path: Path, tenant: str = "default", word: str = "heat") -> list[str]:
    """Open a store as its owner does, and return what is found there."""
    database = Database(path)
    try:
        return [item_id for item_id, _ in SqliteSearchIndex(database, tenant).having([word], 10)]
    finally:
        database.close()


def drop(connection: apsw.Connection) -> None:
    connection.execute("DROP TABLE item_words")


def make_old(connection: apsw.Connection) -> None:
    connection.execute("UPDATE note SET value = '0' WHERE name = 'search_words'")
    connection.execute("UPDATE item_words SET title = 'folded otherwise'")


@pytest.mark.parametrize("spoil", (drop, make_old))
def test_an_index_that_is_missing_or_old_is_made_anew(
    tmp_path: Path, spoil: Callable[[apsw.Connection], None]
) -> None:
    path = tmp_path / "store.db"
    database = Database(path)
    for tenant in ("default", "other"):
        SqliteSearchIndex(database, tenant)
        log = SqliteEventLog(database, tenant)
        log.append([samples.put_event(samples.item(f"{tenant}1", title="Heat"))])
        log.append([samples.put_event(one) for one in samples.items(30)])
        log.append([samples.delete_item_event("i1")])
    database.close()
    connection = apsw.Connection(str(path))
    spoil(connection)
    connection.close()
    assert found(path) == ["default1"]
    assert len(found(path, word="title")) == 10 and found(path, "other") == ["other1"]
    assert found(path) == ["default1"]


def test_a_store_from_before_there_was_an_index_gets_one(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    schema = Path(sqlite_search.__file__).with_name("schema.sql").read_text("utf-8")
    connection = apsw.Connection(str(path))
    connection.execute(f"{schema}; PRAGMA user_version=1")
    for number, body in enumerate((samples.item("i1", title="Heat"), None), 1):
        record = body and msgspec.msgpack.encode(item_record(body))
        row = (number, "default", f"i{number}", number, record)
        connection.execute("INSERT INTO item VALUES (?, ?, ?, ?, ?)", row)
    connection.close()
    assert found(path) == ["i1"]


def test_who_only_reads_makes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    owner = Database(path)
    SqliteEventLog(owner).append([samples.put_event(samples.item("i1", title="Heat"))])
    beside = Database(path, read_only=True)
    try:
        assert SqliteSearchIndex(beside).having(["heat"], 5)
        assert beside.rows("SELECT count(*) FROM note") == [(0,)]
    finally:
        beside.close()
        owner.close()
