"""Goal: a backup that was changed anywhere is refused by name, and a copy is of one moment."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pasand.adapters.backups import read_manifest, restore_backup, write_backup
from pasand.adapters.sqlite_database import Database
from pasand.adapters.sqlite_log import SqliteEventLog
from pasand.errors import InvalidInput, StoreUnavailable
from pasand.testing import samples


def made(folder: Path, name: str) -> Path:
    database = Database(folder / "store.db")
    try:
        SqliteEventLog(database).append([samples.event(f"e{n}") for n in range(200)])
        (folder / "pasand.toml").write_text('tenant = "default"\n')
        files = {"pasand.toml": folder / "pasand.toml"}
        write_backup(folder / name, database, files, lambda store: {"path": store.name})
    finally:
        database.close()
    return folder / name


def edit_manifest(backup: Path, change: Callable[[dict[str, dict[str, object]]], object]) -> None:
    manifest = json.loads((backup / "manifest.json").read_text())
    change(manifest)
    (backup / "manifest.json").write_text(json.dumps(manifest))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("damage", "names"),
    [
        (lambda b: cut(b / "store.db"), "store.db"),
        (lambda b: (b / "pasand.toml").unlink(), "pasand.toml"),
        (lambda b: (b / "pasand.toml").write_text("tenant = 'defaulT'\n"), "pasand.toml"),
        (lambda b: cut(b / "manifest.json"), "manifest.json"),
        (lambda b: edit_manifest(b, lambda m: m["about"].update(events=7)), "manifest.json"),
        (lambda b: edit_manifest(b, lambda m: m["files"].pop("store.db")), "manifest.json"),
        (lambda b: edit_manifest(b, lambda m: m["files"].update({"../x": {}})), "manifest.json"),
        (lambda b: (b / "manifest.json").write_text("[]"), "manifest.json"),
    ],
)
def test_any_change_is_refused_by_name(
    tmp_path: Path, damage: Callable[[Path], object], names: str
) -> None:
    backup = made(tmp_path, "copy")
    assert read_manifest(backup)["about"] == {"path": "store.db"}
    damage(backup)
    with pytest.raises(StoreUnavailable) as refused:
        read_manifest(backup)
    assert names in refused.value.message


@pytest.mark.parametrize("share", (0.0, 0.02, 0.5, 0.9))
def test_a_cut_archive_is_refused(tmp_path: Path, share: float) -> None:
    backup = made(tmp_path, "copy.tar")
    data = backup.read_bytes()
    whole = data.rstrip(b"\0")
    backup.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(StoreUnavailable):
        read_manifest(backup)


def test_what_changed_after_the_check_is_refused_and_leaves_no_home(tmp_path: Path) -> None:
    backup = made(tmp_path, "copy")
    (backup / "pasand.toml").write_text("tenant = 'other'\n")
    with pytest.raises(StoreUnavailable, match="changed while it was read"):
        restore_backup(backup, tmp_path / "home")
    assert not [p for p in tmp_path.iterdir() if "home" in p.name]


def test_a_failed_backup_leaves_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.db")
    try:
        with pytest.raises(StoreUnavailable):
            write_backup(tmp_path / "copy", database, {"x": tmp_path / "none"}, lambda store: {})
        (tmp_path / "there").mkdir()
        with pytest.raises(InvalidInput):
            write_backup(tmp_path / "there", database, {}, lambda store: {})
    finally:
        database.close()
    assert {p.name for p in tmp_path.iterdir()} == {"store.db", "there"}


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    backup = made(tmp_path, "copy")
    packed = made(tmp_path, "copy.tar")
    restore_backup(packed, tmp_path / "home")
    modes = {p.stat().st_mode & 0o077 for p in (backup, packed, tmp_path / "home")}
    assert modes == {0} and (tmp_path / "home" / "store.db").stat().st_mode & 0o077 == 0
