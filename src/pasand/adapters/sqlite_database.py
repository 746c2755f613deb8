"""The embedded store's file: opening, migrating, reading, and one writer with group commit.

WAL with ``synchronous=FULL``: what was committed survives a power cut. SQLite comes with APSW,
because many Python builds bundle a version with the WAL-reset bug. All writes go through one
thread; jobs that wait together share one transaction and one fsync.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import apsw

from pasand.errors import StoreUnavailable

__all__ = ["SCHEMA_VERSION", "SQLITE_VERSION_MIN", "Database"]

T = TypeVar("T")
Job = Callable[[apsw.Connection], Any]

SCHEMA_VERSION = 1
#: SQLite before this may lose commits in WAL mode with two connections.
SQLITE_VERSION_MIN = 3_051_003
GROUP_COUNT_MAX = 512
_DISK_ERRORS = (apsw.IOError, apsw.ReadOnlyError, apsw.CantOpenError)
QUEUE_COUNT_MAX = 20_000


class Database:
    """One SQLite file. ``vfs``, ``locking_mode`` and ``synchronous`` are there for tests that
    cut the power; an installation never sets them.
    """

    def __init__(
        self,
        path: Path,
        *,
        vfs: str | None = None,
        locking_mode: str = "NORMAL",
        synchronous: str = "FULL",
        read_only: bool = False,
    ) -> None:
        if apsw.sqlite_lib_version() and apsw.SQLITE_VERSION_NUMBER < SQLITE_VERSION_MIN:
            raise StoreUnavailable(
                f"SQLite {apsw.sqlite_lib_version()} can lose commits in WAL mode.",
                fix="Install a current apsw wheel: pip install --upgrade apsw",
            )
        self.path = path
        self._vfs = vfs
        self._pragmas = {"locking_mode": locking_mode, "synchronous": synchronous}
        self._local = threading.local()
        self._readers: list[apsw.Connection] = []
        self._exclusive = locking_mode == "EXCLUSIVE"
        self._jobs: queue.Queue[tuple[Job, Future[Any]] | None] = queue.Queue(QUEUE_COUNT_MAX)
        self._writer: apsw.Connection | None = None
        self._thread: threading.Thread | None = None
        if not read_only:
            self._writer = self._open(apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
            translated(lambda: _migrate(self._writer))
            self._thread = threading.Thread(target=self._write_on, name="store", daemon=True)
            self._thread.start()

    def write(self, job: Callable[[apsw.Connection], T]) -> T:
        """Run ``job`` in a transaction and return its result once it is on disk."""
        return self.submit(job).result()

    def submit(self, job: Callable[[apsw.Connection], T]) -> Future[T]:
        """Queue ``job``; its future is done once its transaction is on disk."""
        if self._thread is None or not self._thread.is_alive():
            raise StoreUnavailable("This store is closed or was opened for reading only.")
        future: Future[T] = Future()
        self._jobs.put((job, future))
        return future

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query, read from the last committed state."""
        return translated(lambda: list(self._reader().execute(sql, tuple(values))))

    def stream(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield rows; keep it short, a long read holds up the log's checkpoint."""
        return iter(self._reader().execute(sql, tuple(values)))

    def copy_to(self, path: Path) -> None:
        """Copy the committed state into a new file, even while another process writes."""

        def copy() -> None:
            source, target = self._reader(), apsw.Connection(str(path))
            # One read transaction: without it, every write of another process starts over.
            held = not source.in_transaction
            if held:
                source.execute("BEGIN; SELECT count(*) FROM sqlite_schema").fetchall()
            try:
                with target.backup("main", source, "main") as backup:
                    while not backup.done:
                        backup.step(10_000)
            finally:
                if held:
                    source.execute("COMMIT")
                target.close()

        translated(copy)

    def close(self) -> None:
        """Finish what is queued and close every connection."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()
            self._thread = None
        for connection in self._readers:
            connection.close()
        self._readers.clear()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _open(self, flags: int) -> apsw.Connection:
        def connect() -> apsw.Connection:
            connection = apsw.Connection(str(self.path), flags=flags, vfs=self._vfs)
            connection.set_busy_timeout(10_000)
            for name, value in self._pragmas.items():
                connection.execute(f"PRAGMA {name}={value}").fetchall()
            connection.execute("PRAGMA journal_mode=WAL").fetchall()
            connection.execute("PRAGMA cache_size=-65536").fetchall()
            return connection

        return translated(connect)

    def _reader(self) -> apsw.Connection:
        if self._exclusive and self._writer is not None:
            return self._writer
        connection: apsw.Connection | None = getattr(self._local, "connection", None)
        if connection is None or connection not in self._readers:
            connection = self._open(apsw.SQLITE_OPEN_READWRITE)
            connection.execute("PRAGMA query_only=ON").fetchall()
            self._local.connection = connection
            self._readers.append(connection)
        return connection

    def _write_on(self) -> None:
        """The writer thread: take what waits, commit it together, then answer."""
        while (first := self._jobs.get()) is not None:
            group = [first]
            while len(group) < GROUP_COUNT_MAX:
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if job is None:
                    self._jobs.put(None)
                    break
                group.append(job)
            self._commit(group)

    def _commit(self, group: list[tuple[Job, Future[Any]]]) -> None:
        assert self._writer is not None
        try:
            results = _transaction(self._writer, [job for job, _ in group])
        except Exception as error:
            if len(group) == 1 or isinstance(error, _DISK_ERRORS):
                # After the disk failed, the same write and fsync are not tried again.
                for _, future in group:
                    future.set_exception(_translate(error))
                return
            # One job spoils a group: run each alone, so that only the guilty one fails.
            for entry in group:
                self._commit([entry])
            return
        for (_, future), result in zip(group, results, strict=True):
            future.set_result(result)


def _transaction(connection: apsw.Connection, jobs: Sequence[Job]) -> list[Any]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        results = [job(connection) for job in jobs]
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return results


def _migrate(connection: apsw.Connection | None) -> None:
    """Bring the file forward to SCHEMA_VERSION; a newer file is refused."""
    assert connection is not None
    version = connection.pragma("user_version")
    if version > SCHEMA_VERSION:
        raise StoreUnavailable(
            f"This home was written by a newer Pasand (schema {version}).",
            fix="Upgrade pasand, or restore a backup made with this version.",
        )
    for step in range(version + 1, SCHEMA_VERSION + 1):
        name = "schema.sql" if step == 1 else f"migration_{step:03}.sql"
        sql = files("pasand.adapters").joinpath(name).read_text("utf-8")
        connection.execute(f"BEGIN;\n{sql}\nPRAGMA user_version={step};\nCOMMIT;")


def translated(act: Callable[[], T]) -> T:
    """Run ``act``; SQLite's errors become StoreUnavailable, which says what to do."""
    try:
        return act()
    except apsw.Error as error:
        raise _translate(error) from error


def _translate(error: Exception) -> Exception:
    if isinstance(error, apsw.FullError):
        return StoreUnavailable("The disk is full.", fix="Free some space, then try again.")
    if isinstance(error, (apsw.ReadOnlyError, apsw.CantOpenError, apsw.PermissionsError)):
        return StoreUnavailable(
            f"The store cannot be written: {error}.", fix="Check the folder's permissions."
        )
    if isinstance(error, (apsw.CorruptError, apsw.NotADBError)):
        return StoreUnavailable(
            f"The store's file is damaged: {error}.", fix="Restore the last backup."
        )
    if isinstance(error, (apsw.IOError, apsw.BusyError, apsw.LockedError)):
        return StoreUnavailable(f"The disk did not answer as it should: {error}.")
    return error
