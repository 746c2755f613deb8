"""Goal: SQLite and the snapshot folder keep what every port promises, tenants apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from pasand.adapters.snapshot_folder import FolderModelStore
from pasand.adapters.sqlite_database import Database
from pasand.adapters.sqlite_log import SqliteEventLog
from pasand.adapters.sqlite_stores import SqliteCatalogStore, SqliteLedger, SqliteProfileStore
from pasand.testing import contracts, model_contracts, samples

_numbers = count()


class Embedded:
    """Opens a fresh database for each store a test makes, and closes it afterwards."""

    tenant = "default"

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
        # Another tenant's records in the same file must never show.
        other = SqliteEventLog(database, "other")
        other.append([samples.event("e1"), samples.put_event(samples.item("other"))])
        SqliteLedger(database, "other").promote("other", 1)
        return database


class TestSqliteEventLog(Embedded, contracts.EventLogContract):
    def make(self) -> SqliteEventLog:
        return SqliteEventLog(self.database())


class TestSqliteCatalogStore(Embedded, contracts.CatalogStoreContract):
    def make(self) -> tuple[SqliteEventLog, SqliteCatalogStore]:
        database = self.database()
        return SqliteEventLog(database), SqliteCatalogStore(database)


class TestSqliteProfileStore(Embedded, contracts.ProfileStoreContract):
    def make(self) -> tuple[SqliteEventLog, SqliteProfileStore]:
        database = self.database()
        return SqliteEventLog(database), SqliteProfileStore(database)


class TestSqliteLedger(Embedded, contracts.LedgerContract):
    def make(self) -> SqliteLedger:
        return SqliteLedger(self.database())


class TestFolderModelStore(model_contracts.ModelStoreContract):
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "snapshots"

    def make(self) -> FolderModelStore:
        return FolderModelStore(self.path)
