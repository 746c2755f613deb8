"""What can be measured of a home's disk and files: fsync, free space, permissions, schema.

Facts only; what they mean is judged elsewhere.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import apsw

from pasand.adapters.sqlite_database import SCHEMA_VERSION, SQLITE_VERSION_MIN, Database

__all__ = ["file_mode", "free_bytes", "schema_versions", "sqlite_version", "store_bytes", "sync_ms"]

_SYNC_BYTES = 512


def sync_ms(home: Path, count: int = 50) -> list[float]:
    """Return how long each of ``count`` small writes took to reach the disk, sorted."""
    sync = getattr(os, "fdatasync", os.fsync)
    path = home / f".doctor-{os.getpid()}"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    took = []
    try:
        for _ in range(count):
            os.write(handle, b"\0" * _SYNC_BYTES)
            started = time.perf_counter()
            sync(handle)
            took.append((time.perf_counter() - started) * 1000)
    finally:
        os.close(handle)
        path.unlink()
    return sorted(took)


def free_bytes(home: Path) -> int:
    """Return how much this user may still write beside the home."""
    return shutil.disk_usage(home).free


def store_bytes(home: Path) -> int:
    """Return the size of the store with its write-ahead log."""
    paths = [home / "store.db", home / "store.db-wal"]
    return sum(path.stat().st_size for path in paths if path.exists())


def file_mode(path: Path) -> int:
    """Return a file's permission bits, 0 where it is missing."""
    return path.stat().st_mode & 0o777 if path.exists() else 0


def sqlite_version() -> tuple[str, bool]:
    """Return SQLite's version and whether it is past the WAL-reset bug."""
    return apsw.sqlite_lib_version(), apsw.SQLITE_VERSION_NUMBER >= SQLITE_VERSION_MIN


def schema_versions(database: Database) -> tuple[int, int]:
    """Return the schema of the file, and the one of this code."""
    return int(database.rows("PRAGMA user_version")[0][0]), SCHEMA_VERSION
