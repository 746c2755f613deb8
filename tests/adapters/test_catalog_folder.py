"""Goal: a catalogue in a folder is whole or not there, and the same for every process."""

from __future__ import annotations

from pathlib import Path

import pytest

from pasand.adapters import catalog_folder
from pasand.adapters.catalog_folder import CatalogFolder
from pasand.adapters.catalog_press import press
from pasand.adapters.sqlite_database import Database
from pasand.adapters.sqlite_log import SqliteEventLog
from pasand.adapters.sqlite_stores import SqliteCatalogStore
from pasand.flows.catalog_keeper import CatalogKeeper
from pasand.testing import samples


@pytest.fixture
def folder(tmp_path: Path) -> CatalogFolder:
    return CatalogFolder(tmp_path / "catalog", tmp_path / "store.db", "default", count_min=0)


def put(path: Path, count: int, tenant: str = "default") -> int:
    """Put items into the store and return the newest version."""
    database = Database(path / "store.db")
    log = SqliteEventLog(database, tenant)
    log.append([samples.put_event(one, f"{one.item_id}-{count}") for one in samples.items(count)])
    version = SqliteCatalogStore(database, tenant).item_version()
    database.close()
    return version


def test_a_process_of_its_own_makes_what_all_read(tmp_path: Path, folder: CatalogFolder) -> None:
    version = put(tmp_path, 30)
    assert folder.newest() is None
    folder.renew(wait=True)
    made = folder.newest()
    assert made is not None and made.version == version and list(made.items) == samples.items(30)
    assert folder.newest(version) is None and folder.newest(version - 1) is not None
    database = Database(tmp_path / "store.db", read_only=True)
    store = SqliteCatalogStore(database)
    beside = CatalogFolder(
        tmp_path / "catalog", tmp_path / "store.db", "default", presses=False, count_min=0
    )
    assert list(CatalogKeeper(store, beside).snapshot().items) == samples.items(30)
    database.close()


def test_who_takes_what_there_is_has_nothing_made(tmp_path: Path) -> None:
    put(tmp_path, 3)
    beside = CatalogFolder(tmp_path / "catalog", tmp_path / "store.db", "default", presses=False)
    beside.renew(wait=True)
    assert beside.newest() is None and not (tmp_path / "catalog").exists()


def test_what_cannot_be_used_is_passed_over(tmp_path: Path, folder: CatalogFolder) -> None:
    first = put(tmp_path, 3)
    press(tmp_path / "store.db", tmp_path / "catalog", "default")
    second = put(tmp_path, 5)
    press(tmp_path / "store.db", tmp_path / "catalog", "default")
    newest = tmp_path / "catalog" / str(second)
    (newest / "maturity.npy").write_bytes(b"short")
    found = folder.newest()
    assert found is not None and found.version == first and len(found) == 3
    (newest / "manifest.json").unlink()
    (tmp_path / "catalog" / "no snapshot").mkdir()
    assert (found := folder.newest()) is not None and found.version == first


def test_a_snapshot_of_another_kind_is_not_read(
    tmp_path: Path, folder: CatalogFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, 3, "other")
    press(tmp_path / "store.db", tmp_path / "catalog", "other")
    assert folder.newest() is None
    press(tmp_path / "store.db", tmp_path / "catalog", "default")
    assert folder.newest() is not None
    monkeypatch.setattr(catalog_folder, "PACKING", "later")
    assert folder.newest() is None


def test_the_last_few_stay_and_drafts_go(tmp_path: Path, folder: CatalogFolder) -> None:
    (tmp_path / "catalog" / ".draft-1").mkdir(parents=True)
    (tmp_path / "catalog" / "99999").mkdir()
    versions = []
    for count in (2, 4, 6):
        versions.append(put(tmp_path, count))
        press(tmp_path / "store.db", tmp_path / "catalog", "default")
    names = {path.name for path in (tmp_path / "catalog").iterdir()}
    assert names == {str(version) for version in versions[1:]}


def test_none_is_begun_too_soon_after_the_last(tmp_path: Path, folder: CatalogFolder) -> None:
    put(tmp_path, 3)
    folder.renew(wait=True)
    second = put(tmp_path, 5)
    folder.renew()
    found = folder.newest()
    assert found is not None and found.version < second
    folder.renew(wait=True)
    found = folder.newest()
    assert found is not None and found.version == second
    folder.close()
