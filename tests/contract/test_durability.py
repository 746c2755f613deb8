"""Goal: what was acknowledged is there after a kill, a full disk, or a damaged file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import pytest

from pasand.adapters.snapshot_folder import FolderModelStore
from pasand.adapters.sqlite_database import SCHEMA_VERSION, Database
from pasand.adapters.sqlite_log import SqliteEventLog
from pasand.bootstrap import open_home
from pasand.errors import HomeBusy, SnapshotDamaged, StoreUnavailable
from pasand.flows.engine import PageRequest
from pasand.testing import samples

#: Appends from three threads, and says each id on standard output once it is acknowledged.
CHILD = """
import sys, threading
from pathlib import Path
from pasand.adapters.sqlite_database import Database
from pasand.adapters.sqlite_log import SqliteEventLog
from pasand.testing import samples

log = SqliteEventLog(Database(Path(sys.argv[1])))
said = threading.Lock()

def append(name):
    for number in range(100_000):
        ids = [f"{name}-{number}-{part}" for part in range(3)]
        log.append([samples.event(event_id) for event_id in ids])
        with said:
            print(*ids, sep="\\n", flush=True)

for name in ("a", "b", "c"):
    threading.Thread(target=append, args=(sys.argv[2] + name,)).start()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = Database(path)
    yield database
    database.close()


def test_acknowledged_events_survive_a_kill(path: Path) -> None:
    Database(path).close()
    acknowledged: set[str] = set()
    for number in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path), f"r{number}"], stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        # The moment of the kill differs by round: after some hundred acknowledgements.
        for _ in range(100 + 130 * number):
            acknowledged.add(child.stdout.readline().decode().strip())
        os.kill(child.pid, signal.SIGKILL)
        rest = child.stdout.read().decode()
        child.wait()
        child.stdout.close()
        # The last line may have been cut by the kill.
        acknowledged.update(rest.splitlines() if rest.endswith("\n") else rest.splitlines()[:-1])
        database = Database(path)
        log = SqliteEventLog(database)
        kept = [stored.event.event_id for stored in log.read()]
        offsets = [stored.offset for stored in log.read()]
        again = log.append([samples.event(sorted(acknowledged)[0])])
        database.close()
        assert len(acknowledged) >= 100 and acknowledged <= set(kept)
        assert len(kept) == len(set(kept)) and offsets == sorted(offsets)
        assert again[0].status == "duplicate"


def test_a_full_disk_loses_nothing_that_was_acknowledged(path: Path, database: Database) -> None:
    log = SqliteEventLog(database)
    log.append([samples.event("before")])
    pages = database.write(lambda connection: connection.pragma("page_count"))
    database.write(lambda connection: connection.pragma("max_page_count", pages + 3))
    large = samples.event("large", payload={"noise": [n * 7919 % 100_003 for n in range(40_000)]})
    with pytest.raises(StoreUnavailable, match="full") as full:
        log.append([large])
    assert full.value.fix
    # A large event that does not fit spoils neither what came before nor what comes with it.
    futures = [log.submit([samples.event("small")]), log.submit([large])]
    assert futures[0].result()[0].status == "accepted"
    with pytest.raises(StoreUnavailable):
        futures[1].result()
    assert [stored.event.event_id for stored in log.read()] == ["before", "small"]
    # With room again, the same event is taken: its failure left no trace.
    database.write(lambda connection: connection.pragma("max_page_count", 2**30))
    assert log.append([large])[0].status == "accepted"
    database.close()
    again = Database(path)
    names = [stored.event.event_id for stored in SqliteEventLog(again).read()]
    again.close()
    assert names == ["before", "small", "large"]


def test_one_bad_job_in_a_group_fails_alone(database: Database) -> None:
    log = SqliteEventLog(database)

    def fail(connection: apsw.Connection) -> None:
        connection.execute("INSERT INTO note VALUES ('default', 'half', 'done')")
        raise ValueError("this job is broken")

    futures = [log.submit([samples.event("a")]), database.submit(fail)]
    futures.append(log.submit([samples.event("b")]))
    with pytest.raises(ValueError, match="broken"):
        futures[1].result()
    assert futures[0].result()[0].status == futures[2].result()[0].status == "accepted"
    assert database.rows("SELECT * FROM note") == []


def test_a_closed_or_read_only_store_says_so(path: Path, database: Database) -> None:
    reader = Database(path, read_only=True)
    SqliteEventLog(database).append([samples.event("a")])
    assert SqliteEventLog(reader).count() == 1
    with pytest.raises(StoreUnavailable, match="reading only"):
        SqliteEventLog(reader).append([samples.event("b")])
    reader.close()
    database.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        SqliteEventLog(database).append([samples.event("b")])


def test_a_newer_schema_is_refused_and_left_alone(path: Path) -> None:
    Database(path).close()
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", SCHEMA_VERSION + 1)
    connection.close()
    with pytest.raises(StoreUnavailable, match="newer") as refused:
        Database(path)
    assert "Upgrade" in refused.value.fix
    connection = apsw.Connection(str(path))
    assert connection.pragma("user_version") == SCHEMA_VERSION + 1
    connection.close()


def test_a_file_that_is_no_store_is_named_as_damaged(path: Path) -> None:
    path.write_bytes(b"This is not a database at all. " * 300)
    with pytest.raises(StoreUnavailable) as refused:
        Database(path)
    assert "backup" in refused.value.fix


def flip(path: Path, at: int = -3) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("name", ("weights.npy", "manifest.json", "manifest.sig"))
def test_one_flipped_bit_in_a_snapshot_is_found(tmp_path: Path, name: str) -> None:
    store = FolderModelStore(tmp_path / "snapshots")
    snapshot_id = store.save({"weights": np.arange(5.0)}, {"log_offset": 1})
    flip(store.folder(snapshot_id) / name)
    with pytest.raises(SnapshotDamaged):
        store.load(snapshot_id)


def test_a_missing_file_of_a_snapshot_is_found(tmp_path: Path) -> None:
    store = FolderModelStore(tmp_path / "snapshots")
    snapshot_id = store.save({"weights": np.arange(5.0)}, {})
    (store.folder(snapshot_id) / "weights.npy").unlink()
    with pytest.raises(SnapshotDamaged):
        store.load(snapshot_id)


@pytest.mark.parametrize("with_older", (True, False))
def test_a_damaged_live_snapshot_gives_way_and_the_page_says_so(
    tmp_path: Path, with_older: bool
) -> None:
    home = open_home(tmp_path / "home", create=True)
    home.engine.append([samples.put_event(one) for one in samples.items(12)])
    stores = home.engine.stores
    arrays = dict(samples.models([f"i{n}" for n in range(12)]).arrays)
    older = stores.models.save(arrays, {"log_offset": 0}) if with_older else ""
    live = stores.models.save(arrays, {"log_offset": 12})
    stores.ledger.promote(live, 1)
    home.close()
    flip(tmp_path / "home" / "snapshots" / live / "ease.weights.npy")
    home = open_home(tmp_path / "home")
    try:
        page = home.engine.page(PageRequest(member_id="m1", device="phone")).page
        assert home.engine.live.models.snapshot_id == older
        assert page.degraded is not None and page.degraded.level == 1
        assert "ease.weights" in page.degraded.reasons[0]
        assert page.rows and page.snapshot == older
    finally:
        home.close()


def test_one_process_owns_a_home(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", create=True)
    with pytest.raises(HomeBusy) as busy:
        open_home(tmp_path / "home")
    assert str(os.getpid()) in busy.value.message
    home.close()
    open_home(tmp_path / "home").close()


def test_a_group_is_not_tried_again_after_the_disk_failed(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.db")
    tried: list[str] = []

    def good(connection: apsw.Connection) -> None:
        tried.append("good")

    def fails(connection: apsw.Connection) -> None:
        tried.append("fails")
        raise apsw.IOError("the disk is gone")

    group: list[tuple[Any, Future[Any]]] = [(good, Future()), (fails, Future())]
    try:
        database._commit(group)
        for _, future in group:
            assert isinstance(future.exception(0), StoreUnavailable)
    finally:
        database.close()
    assert tried == ["good", "fails"]
