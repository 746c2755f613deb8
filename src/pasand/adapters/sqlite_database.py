"""The embedded store's file: opening, migrating, reading, and one writer with group commit.

WAL with ``synchronous=FULL``: what was committed survives a power cut. SQLite comes with APSW,
because many Python builds bundle a version with the WAL-reset bug. All writes go through one
thread; jobs that wait together share one transaction and one fsync.

After a failed write or fsync the system may forget what it was to write and yet show it to
readers. So nothing is tried again over such a connection, and no log is trusted that was only
read back: see ``_reopen`` and ``docs/decisions/0011-durability-is-proved.md``.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import apsw

from pasand.adapters.event_bytes import event_key
from pasand.adapters.sqlite_errors import DISK_ERRORS, translated, unavailable
from pasand.errors import OperatorError, Overloaded, StoreUnavailable

__all__ = ["SCHEMA_VERSION", "SQLITE_VERSION_MIN", "Database"]

_log = logging.getLogger(__name__)

T = TypeVar("T")
Job = Callable[[apsw.Connection], Any]
Waiting = tuple[Job, Future[Any]]

SCHEMA_VERSION = 5
#: SQLite before this may lose commits in WAL mode with two connections.
SQLITE_VERSION_MIN = 3_051_003
GROUP_COUNT_MAX = 512
#: Jobs that may wait; more are refused at once, which is better than an answer that comes late.
QUEUE_COUNT_MAX = 2_000
#: The log is brought into the file when it has grown to this many pages.
CHECKPOINT_PAGES = 1_000
_RW = apsw.SQLITE_OPEN_READWRITE
_TRUNCATE = apsw.SQLITE_CHECKPOINT_TRUNCATE


class Database:
    """One SQLite file. What comes after ``path`` is there for tests, but for ``read_only``; an
    installation never sets it. With the locking mode EXCLUSIVE there is one connection, so the
    writer's thread reads too.

    ``fault`` says why nothing can be written at the moment and what to do; it is None while all
    is well. Reading goes on meanwhile.
    """

    def __init__(
        self,
        path: Path,
        *,
        vfs: str | None = None,
        locking_mode: str = "NORMAL",
        synchronous: str = "FULL",
        checkpoint_pages: int = CHECKPOINT_PAGES,
        queue_count_max: int = QUEUE_COUNT_MAX,
        busy_ms: int = 10_000,
        read_only: bool = False,
    ) -> None:
        if apsw.sqlite_lib_version() and apsw.SQLITE_VERSION_NUMBER < SQLITE_VERSION_MIN:
            raise StoreUnavailable(
                f"SQLite {apsw.sqlite_lib_version()} can lose commits in WAL mode.",
                fix="Install a current apsw wheel: pip install --upgrade apsw",
            )
        self.path = path
        self.fault: StoreUnavailable | None = None
        self._vfs = vfs
        self._busy_ms = busy_ms
        self._pragmas = {"locking_mode": locking_mode, "synchronous": synchronous}
        self._local = threading.local()
        self._readers: list[apsw.Connection] = []
        self._closed = False
        self._exclusive = locking_mode == "EXCLUSIVE"
        self._checkpoint_pages = checkpoint_pages
        self._log_pages = 0
        self._trusted = True
        self._jobs: queue.Queue[Waiting | None] = queue.Queue(queue_count_max)
        self._writer: apsw.Connection | None = None
        self._thread: threading.Thread | None = None
        #: How many transactions were rolled back: what they showed meanwhile is not there.
        self.rollback_count = 0
        if not read_only:
            try:
                self._writer = self._open_writer()
            except apsw.BusyError as error:
                # Reading works; writing is tried again with the first write.
                self._trusted = False
                self._note_fault(error)
            except apsw.Error as error:
                raise unavailable(error) from error
            self._thread = threading.Thread(target=self._write_on, name="store", daemon=True)
            self._thread.start()

    @property
    def writable(self) -> bool:
        """Whether this process writes the store."""
        return self._thread is not None and not self._closed

    def write(self, job: Callable[[apsw.Connection], T]) -> T:
        """Run ``job`` in a transaction and return its result once it is on disk."""
        return self.submit(job).result()

    def submit(self, job: Callable[[apsw.Connection], T]) -> Future[T]:
        """Queue ``job``; its future is done once its transaction is on disk.

        Raises:
            StoreUnavailable: there is no writer.
            Overloaded: too much waits already; nothing of this job is kept.
        """
        if self._thread is None or not self._thread.is_alive():
            raise StoreUnavailable("This store is closed or was opened for reading only.")
        future: Future[T] = Future()
        try:
            self._jobs.put_nowait((job, future))
        except queue.Full:
            raise Overloaded(
                f"{self._jobs.maxsize:,} writes wait for the disk already.",
                fix="Send the same again after the seconds that Retry-After names.",
            ) from None
        return future

    def mend(self) -> None:
        """Try once whether a store at fault can be written again; ``fault`` tells."""
        if self.fault and self._thread is not None:
            with suppress(OperatorError):
                self.write(_rewrite_version)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query, read from the last committed state."""
        if self._exclusive:
            return self.write(lambda connection: list(connection.execute(sql, tuple(values))))
        return translated(lambda: list(self._reader().execute(sql, tuple(values))))

    def stream(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield rows; keep it short, a long read holds up the log's checkpoint."""
        if self._exclusive:
            return iter(self.rows(sql, values))
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
        self._closed = True
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()
            self._thread = None
        while self._readers:
            try:
                self._readers[-1].close()
            except apsw.ThreadingViolationError:
                # The index is being merged in another thread, which ends at its next write.
                time.sleep(0.001)
            else:
                self._readers.pop()
        if self._writer is not None:
            # What was acknowledged is in the log already; the next start brings it into the file.
            with suppress(apsw.Error):
                self._writer.close()
            self._writer = None

    def _open(self, flags: int) -> apsw.Connection:
        connection = apsw.Connection(str(self.path), flags=flags, vfs=self._vfs)
        try:
            connection.set_busy_timeout(self._busy_ms)
            for name, value in self._pragmas.items():
                connection.execute(f"PRAGMA {name}={value}").fetchall()
            connection.execute("PRAGMA journal_mode=WAL").fetchall()
            connection.execute("PRAGMA cache_size=-65536").fetchall()
            # What is deleted is overwritten: of who was erased, nothing stays between rows.
            connection.execute("PRAGMA secure_delete=ON").fetchall()
        except apsw.Error:
            with suppress(apsw.Error):
                connection.close()
            raise
        return connection

    def _open_writer(self) -> apsw.Connection:
        """Open for writing, with all that the log shows brought into the file first.

        The process before may have been killed after a failed fsync: what the log shows then is
        the system's memory, perhaps not the disk. Nothing may be appended behind that.
        """
        connection = self._open(_RW | apsw.SQLITE_OPEN_CREATE)
        try:
            connection.wal_checkpoint(mode=_TRUNCATE)
            _migrate(connection)
        except Exception:
            with suppress(apsw.Error):
                connection.close()
            raise
        self._log_pages = 0
        connection.set_wal_hook(self._note_log_pages)
        return connection

    def _note_log_pages(self, connection: apsw.Connection, name: str, pages: int) -> int:
        self._log_pages = pages
        return apsw.SQLITE_OK

    def _reader(self) -> apsw.Connection:
        connection: apsw.Connection | None = getattr(self._local, "connection", None)
        if connection is None or connection not in self._readers:
            if self._closed:
                raise StoreUnavailable("This store is closed.")
            connection = self._open(_RW)
            connection.execute("PRAGMA query_only=ON").fetchall()
            self._local.connection = connection
            self._readers.append(connection)
        return connection

    def _write_on(self) -> None:
        """The writer thread: take what waits, commit it together, then answer."""
        going = True
        while going:
            group: list[Waiting] = []
            while going and len(group) < GROUP_COUNT_MAX:
                try:
                    waiting = self._jobs.get(block=not group)
                except queue.Empty:
                    break
                if waiting is None:
                    going = False
                # A caller who went away before the turn has taken the job back.
                elif waiting[1].set_running_or_notify_cancel():
                    group.append(waiting)
            if group:
                self._commit(group)
                self._checkpoint()

    def _commit(self, group: list[Waiting]) -> None:
        try:
            if not self._trusted:
                self._reopen()
            assert self._writer is not None
            results = _transaction(self._writer, [job for job, _ in group])
        except Exception as error:
            self.rollback_count += 1
            self._note_fault(error)
            if len(group) == 1 or not self._trusted:
                # After the disk failed, the same write and fsync are not tried again.
                for _, future in group:
                    future.set_exception(unavailable(error))
                return
            # One job spoils a group: run each alone, so that only the guilty one fails.
            for entry in group:
                self._commit([entry])
            return
        if self.fault:
            _log.warning("the store can be written again")
            self.fault = None
        for (_, future), result in zip(group, results, strict=True):
            future.set_result(result)

    def _checkpoint(self) -> None:
        """Bring the log into the file when it is long; after the answers, which need not wait.

        SQLite would do so by itself, but keep to itself that it failed.
        """
        if self._trusted and self._writer is not None and self._log_pages >= self._checkpoint_pages:
            self._log_pages = 0
            try:
                self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            except apsw.BusyError:
                pass
            except apsw.Error as error:
                self._note_fault(error)

    def _note_fault(self, error: Exception) -> None:
        if isinstance(error, DISK_ERRORS):
            self._trusted = False
        if not self._trusted or isinstance(error, apsw.FullError):
            fault = unavailable(error)
            if not isinstance(fault, StoreUnavailable):
                fault = StoreUnavailable(f"The store could not be opened anew: {error}.")
            if self.fault is None:
                _log.error("the store cannot be written: %s", fault)
            self.fault = fault

    def _reopen(self) -> None:
        """Open the store anew after a disk error; raise the next error where it goes on.

        The old connection first brings what was committed into the file: it alone knows how far
        the log had reached the disk. A new one reads the log as the system shows it, may take
        for committed what never arrived, and append behind it; after a power cut all that
        follows the gap would be gone.
        """
        if self._writer is not None:
            self._writer.wal_checkpoint(mode=_TRUNCATE)
            old, self._writer = self._writer, None
            with suppress(apsw.Error):
                old.close()
        self._writer = self._open_writer()
        self._trusted = True


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


def _rewrite_version(connection: apsw.Connection) -> None:
    """Write a page as it is: only a write tells whether the disk takes one."""
    connection.pragma("user_version", SCHEMA_VERSION)


def _migrate(connection: apsw.Connection) -> None:
    """Bring the file forward to SCHEMA_VERSION; a newer file is refused."""
    version = connection.pragma("user_version")
    if version > SCHEMA_VERSION:
        raise StoreUnavailable(
            f"This home was written by a newer Pasand (schema {version}).",
            fix="Upgrade pasand, or restore a backup made with this version.",
        )
    connection.create_scalar_function(
        "event_key", lambda *ids: event_key(str(ids[0])), 1, deterministic=True
    )
    for step in range(version + 1, SCHEMA_VERSION + 1):
        name = "schema.sql" if step == 1 else f"migration_{step:03}.sql"
        sql = files("pasand.adapters").joinpath(name).read_text("utf-8")
        connection.execute(f"BEGIN;\n{sql}\nPRAGMA user_version={step};\nCOMMIT;")
