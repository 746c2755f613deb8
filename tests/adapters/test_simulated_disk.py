"""The simulated disk keeps what it promises SQLite, and nothing more."""

from __future__ import annotations

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasand.testing.simulated_disk import Breakdown, SimulatedDisk

NEW = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
DATABASE, LOG = NEW | apsw.SQLITE_OPEN_MAIN_DB, NEW | apsw.SQLITE_OPEN_WAL
OFFSETS = st.integers(0, 2_000)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), OFFSETS, st.integers(1, 1_500)),
        st.tuples(st.just("truncate"), OFFSETS, st.just(0)),
        st.tuples(st.just("sync"), st.just(0), st.just(0)),
    ),
    max_size=12,
)


def content(disk: SimulatedDisk, name: str = "log") -> bytes:
    """Return what is in a file after the power came back."""
    if not disk.xAccess(name, apsw.SQLITE_ACCESS_EXISTS):
        return b""
    handle = disk.xOpen(name, [LOG, 0])
    data = handle.xRead(handle.xFileSize(), 0)
    handle.xClose()
    return data


@given(STEPS, st.integers(0, 1_000))
def test_only_what_was_written_since_the_last_sync_may_differ(
    steps: list[tuple[str, int, int]], seed: int
) -> None:
    disk = SimulatedDisk(seed)
    handle = disk.xOpen("log", [LOG, 0])
    # ``kept`` is synced; since then bytes were ``touched``, and the file ``cut`` somewhere.
    seen, kept, touched, cut = bytearray(), b"", set[int](), 1 << 30
    for number, (what, offset, size) in enumerate(steps):
        if what == "write":
            data = bytes([number + 1]) * size
            seen.extend(bytes(max(0, offset + size - len(seen))))
            seen[offset : offset + size] = data
            touched.update(range(offset, offset + size))
            handle.xWrite(data, offset)
        elif what == "truncate":
            cut = min(cut, offset)
            seen = seen[:offset].ljust(offset, b"\0")
            handle.xTruncate(offset)
        else:
            handle.xSync(0)
            kept, touched, cut = bytes(seen), set[int](), 1 << 30
        assert handle.xRead(5_000, 0) == seen
    disk.power_on()
    after = content(disk)
    if not touched and cut == 1 << 30:
        assert after == kept
    for place in range(min(len(kept), cut)):
        assert place in touched or after[place] == kept[place]
    with pytest.raises(apsw.IOError):
        handle.xWrite(b"from before", 0)


def test_some_of_the_pieces_arrive_some_do_not_and_some_are_garbage() -> None:
    kinds = set()
    for seed in range(60):
        disk = SimulatedDisk(seed)
        handle = disk.xOpen("log", [LOG, 0])
        handle.xWrite(b"o" * 4096, 0)
        handle.xSync(0)
        handle.xWrite(b"n" * 4096, 0)
        disk.power_on()
        data = content(disk)
        pieces = {data[start : start + 512] for start in range(0, 4096, 512)}
        kinds |= {"old" if p == b"o" * 512 else "new" if p == b"n" * 512 else "x" for p in pieces}
        if len(pieces) > 1:
            kinds.add("torn")
    assert kinds == {"old", "new", "x", "torn"}


@pytest.mark.parametrize("mode", ("keeps", "reverts"))
def test_a_failed_sync_forgets_what_it_was_to_write(mode: str) -> None:
    lost = 0
    for seed in range(20):
        disk = SimulatedDisk(seed, mode)
        handle = disk.xOpen("log", [LOG, 0])
        handle.xWrite(b"old", 0)
        handle.xSync(0)
        handle.xWrite(b"new", 0)
        disk.breakdown = Breakdown(0, 1, ("sync",))
        with pytest.raises(apsw.IOError):
            handle.xSync(0)
        seen = handle.xRead(3, 0)
        assert seen == b"new" or mode == "reverts"
        # The next one reports success, and yet the data is not there.
        handle.xSync(0)
        disk.power_on()
        lost += content(disk) != b"new"
        assert mode == "keeps" or content(disk) == seen
    assert 0 < lost < 20


def test_names_are_kept_with_the_first_sync_of_a_log_or_a_synced_deletion() -> None:
    present = set()
    for seed in range(20):
        disk = SimulatedDisk(seed)
        disk.xOpen("database", [DATABASE, 0]).xSync(0)
        disk.power_on()
        present.add(disk.xAccess("database", apsw.SQLITE_ACCESS_EXISTS))
    assert present == {True, False}
    back = set()
    for seed in range(20):
        disk = SimulatedDisk(seed)
        disk.xOpen("database", [DATABASE, 0]).xSync(0)
        disk.xOpen("log", [LOG, 0]).xSync(0)
        disk.xDelete("log", seed % 2 == 0)
        disk.power_on()
        assert disk.xAccess("database", apsw.SQLITE_ACCESS_EXISTS)
        back.add((seed % 2, disk.xAccess("log", apsw.SQLITE_ACCESS_EXISTS)))
    assert back == {(0, False), (1, False), (1, True)}


def test_a_full_a_read_only_and_a_held_disk_refuse() -> None:
    disk = SimulatedDisk()
    handle = disk.xOpen("database", [DATABASE, 0])
    with pytest.raises(apsw.CantOpenError, match="one connection"):
        disk.xOpen("database", [DATABASE, 0])
    disk.capacity_bytes = 4
    handle.xWrite(b"four", 0)
    with pytest.raises(apsw.FullError):
        handle.xWrite(b"five!", 0)
    disk.read_only = True
    with pytest.raises(apsw.IOError):
        handle.xWrite(b"more", 0)
    assert handle.xRead(10, 0) == b"four"
    # A kill leaves what was written with the system: whoever comes next reads it.
    disk.kill()
    with pytest.raises(apsw.IOError):
        handle.xRead(10, 0)
    flags = [DATABASE, 0]
    assert disk.xOpen("database", flags).xRead(10, 0) == b"four"
    assert flags[1] & apsw.SQLITE_OPEN_READONLY
