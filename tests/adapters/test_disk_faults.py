"""Goal: a store whose disk fails refuses, says why, loses nothing, and comes back by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import apsw
import pytest

from pasand.adapters import sqlite_database
from pasand.adapters.sqlite_database import Database
from pasand.adapters.sqlite_log import SqliteEventLog
from pasand.bench.faults import fail_disks, measure_faults
from pasand.errors import Overloaded, StoreUnavailable
from pasand.testing import samples
from pasand.testing.simulated_disk import Breakdown, SimulatedDisk


def test_two_hundred_faults_lose_nothing() -> None:
    tally = fail_disks(200, 1)
    assert tally.reported == []
    assert (tally.lost, tally.duplicated, tally.corrupt) == (0, 0, 0)
    assert tally.faults >= 200 and tally.cuts > 50 and tally.acked > 2_000
    assert [figure.value for figure in measure_faults(5, 2)[0]][1:] == [0, 0, 0]


class Trusting(Database):
    """A control: it appends to whatever log it finds when it opens, and it reopens at once."""

    def _open_writer(self) -> apsw.Connection:
        connection = self._open(apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
        sqlite_database._migrate(connection)
        connection.set_wal_hook(self._note_log_pages)
        return connection

    def _reopen(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer = None
        self._writer = self._open_writer()
        self._trusted = True


def test_a_writer_that_trusts_what_it_reads_back_loses() -> None:
    assert fail_disks(150, 1, Trusting).lost > 0


def lost_after_a_kill(seed: int, kind: type[Database]) -> bool:
    """Kill a writer right after a failed fsync, let ``kind`` go on, then cut the power."""
    disk = SimulatedDisk(seed)
    options = {"vfs": disk.name, "locking_mode": "EXCLUSIVE"}
    path = Path("store.db")
    first = Database(path, **options)  # type: ignore[arg-type]
    SqliteEventLog(first).append([samples.event("before")])
    disk.breakdown = Breakdown(0, 1, ("sync",), deadly=True)
    with pytest.raises(StoreUnavailable):
        SqliteEventLog(first).append([samples.event("never acknowledged")])
    first.close()
    # The system still shows what was never acknowledged; the disk may not hold it.
    second = kind(path, **options)  # type: ignore[arg-type]
    assert SqliteEventLog(second).append([samples.event("after")])[0].status == "accepted"
    disk.power_on()
    second.close()
    third = Database(path, **options)  # type: ignore[arg-type]
    names = {stored.event.event_id for stored in SqliteEventLog(third).read()}
    third.close()
    return not {"before", "after"} <= names


def test_a_start_after_a_failed_fsync_and_a_kill_appends_behind_no_gap() -> None:
    assert not any(lost_after_a_kill(seed, Database) for seed in range(30))
    assert any(lost_after_a_kill(seed, Trusting) for seed in range(30))


class Bench:
    """A store on a simulated disk, to be broken step by step."""

    def __init__(self) -> None:
        self.disk = SimulatedDisk(5)
        self.open()

    def open(self) -> None:
        self.database = Database(Path("s.db"), vfs=self.disk.name, locking_mode="EXCLUSIVE")
        self.log = SqliteEventLog(self.database)

    def append(self, name: str) -> str:
        return self.log.append([samples.event(name)])[0].status

    def names(self) -> list[str]:
        return [stored.event.event_id for stored in self.log.read()]


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.database.close()


@pytest.mark.parametrize("times", (1, 2, 3, 4))
def test_after_a_failed_fsync_nothing_acknowledged_is_lost_and_a_retry_counts_once(
    bench: Bench, times: int
) -> None:
    bench.append("before")
    bench.disk.breakdown = Breakdown(0, times, ("sync",))
    refused = 0
    while refused < 8:
        try:
            bench.append("again")
            break
        except StoreUnavailable as error:
            assert "FSYNC" in error.message and error.fix
            assert bench.database.fault is not None
            refused += 1
    assert 1 <= refused < 8 and bench.database.fault is None
    assert bench.append("again") == "duplicate"
    assert bench.append("after") == "accepted"
    assert bench.names() == ["before", "again", "after"]
    bench.disk.power_on()
    bench.database.close()
    bench.open()
    assert bench.names() == ["before", "again", "after"]


def test_a_store_at_fault_takes_nothing_until_its_disk_is_well(bench: Bench) -> None:
    bench.append("before")
    bench.disk.read_only = True
    for name in ("a", "b"):
        with pytest.raises(StoreUnavailable):
            bench.append(name)
    operations = bench.disk.operations
    bench.database.mend()
    assert bench.database.fault is not None and bench.disk.operations > operations
    bench.disk.read_only = False
    # Nobody needs to write for it to come back.
    bench.database.mend()
    assert bench.database.fault is None
    operations = bench.disk.operations
    bench.database.mend()
    assert bench.disk.operations == operations, "a store that is well is left alone"
    assert bench.append("a") == "accepted"
    assert bench.names() == ["before", "a"]


def test_a_full_disk_is_told_and_forgotten_once_there_is_room(bench: Bench) -> None:
    bench.append("before")
    bench.disk.capacity_bytes = bench.disk.used_bytes()
    with pytest.raises(StoreUnavailable, match="full"):
        bench.append("large")
    fault = bench.database.fault
    assert fault is not None and "full" in fault.message and "space" in fault.fix
    bench.disk.capacity_bytes = 1 << 30
    assert bench.append("large") == "accepted"
    assert bench.database.fault is None
    assert bench.names() == ["before", "large"]


def test_a_checkpoint_that_fails_is_noticed_after_its_acknowledgement() -> None:
    disk = SimulatedDisk(1)
    database = Database(Path("s.db"), vfs=disk.name, locking_mode="EXCLUSIVE", checkpoint_pages=1)
    log = SqliteEventLog(database)
    # The commit's own fsync succeeds; that of the checkpoint behind it does not.
    disk.breakdown = Breakdown(1, 1, ("sync",))
    assert log.append([samples.event("a")])[0].status == "accepted"
    for _ in range(200):
        if database.fault is not None:
            break
        time.sleep(0.01)
    assert database.fault is not None and "FSYNC" in database.fault.message
    assert log.append([samples.event("b")])[0].status == "accepted"
    assert database.fault is None
    assert [stored.event.event_id for stored in log.read()] == ["a", "b"]
    database.close()


def test_a_long_reader_at_the_start_delays_writing_and_not_reading(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    first = Database(path)
    SqliteEventLog(first).append([samples.event("a")])
    # A reader in another connection keeps the log from being emptied.
    reader = apsw.Connection(str(path))
    reader.execute("BEGIN; SELECT count(*) FROM event").fetchall()
    first.close()
    second = Database(path, busy_ms=20)
    log = SqliteEventLog(second)
    assert second.fault is not None and "backup" in second.fault.fix
    assert log.count() == 1
    with pytest.raises(StoreUnavailable, match="reading"):
        log.append([samples.event("b")])
    reader.execute("COMMIT")
    assert log.append([samples.event("b")])[0].status == "accepted"
    assert second.fault is None
    reader.close()
    second.close()


def test_more_than_may_wait_is_refused_at_once(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.db", queue_count_max=3)
    log = SqliteEventLog(database)
    entered, gate = threading.Event(), threading.Event()

    def wait(connection: apsw.Connection) -> None:
        entered.set()
        gate.wait()

    held = database.submit(wait)
    entered.wait()
    waiting = [log.submit([samples.event(f"e{number}")]) for number in range(3)]
    with pytest.raises(Overloaded) as refused:
        log.submit([samples.event("one too many")])
    assert "Retry-After" in refused.value.fix
    gate.set()
    held.result()
    assert [future.result()[0].status for future in waiting] == ["accepted"] * 3
    assert log.count() == 3
    assert log.append([samples.event("one too many")])[0].status == "accepted"
    database.close()


def test_who_went_away_before_the_turn_takes_the_job_back(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.db")
    log = SqliteEventLog(database)
    entered, gate = threading.Event(), threading.Event()

    def wait(connection: apsw.Connection) -> None:
        entered.set()
        gate.wait()

    held = database.submit(wait)
    entered.wait()
    job = database.submit(lambda connection: connection.execute("DELETE FROM note") and None)
    assert job.cancel() and not held.cancel()
    gate.set()
    with pytest.raises(CancelledError):
        job.result()
    assert log.append([samples.event("a")])[0].status == "accepted"
    database.close()
