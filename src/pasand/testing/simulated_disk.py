"""A disk in memory under SQLite that loses power, fails, or fills up, as real ones do.

It promises SQLite what the default file system does, and keeps exactly that:

- What a file's ``xSync`` has returned for is on the platter. Everything after it is *pending*:
  at a power cut each piece of 512 bytes is there, is not, or is garbage, in any combination.
- Bytes outside of what was written stay as they are (``POWERSAFE_OVERWRITE``, as SQLite assumes);
  no write is atomic, and none is ordered with another.
- A name that was made or deleted is only kept once its directory was synced: with the first
  ``xSync`` of a new journal or write-ahead log, or a deletion that asks for it, as SQLite's own
  file system layer does. Before, a power cut may undo either.
- After a failed ``xSync`` what was pending is forgotten: some of it has reached the platter, the
  rest never will, and the next ``xSync`` reports success. Readers still see it ("keeps", as
  ext4 and XFS do) or no longer do ("reverts", as Btrfs does).

What it does not have: locks and shared memory. So one connection at a time, and that one with
``locking_mode=EXCLUSIVE``; a second is refused.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import count

import apsw

__all__ = ["OPERATIONS", "Breakdown", "SimulatedDisk"]

PIECE_BYTES = 512
SECTOR_BYTES = 4096
#: Of the pieces that do not arrive, this share is garbage afterwards instead of what was there.
GARBAGE_SHARE = 0.05
OPERATIONS = ("write", "sync", "truncate", "delete")
_CREATE = apsw.SQLITE_OPEN_CREATE
_SYNCED_WITH_NAME = apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_WAL
_ERRORS = {
    "write": apsw.SQLITE_IOERR_WRITE,
    "sync": apsw.SQLITE_IOERR_FSYNC,
    "truncate": apsw.SQLITE_IOERR_TRUNCATE,
    "delete": apsw.SQLITE_IOERR_DELETE,
    "read": apsw.SQLITE_IOERR_READ,
}
_numbers = count()


class Breakdown:
    """Which operations fail: after ``after`` more of those named, the next ``times``. ``deadly``:
    the process that asked for the last of them is killed right after.
    """

    def __init__(
        self,
        after: int,
        times: int,
        operations: Sequence[str] = OPERATIONS,
        deadly: bool = False,
    ) -> None:
        self._after = after
        self._times = times
        self._operations = operations
        self._deadly = deadly

    @property
    def kills(self) -> bool:
        """Whether it is over and has killed."""
        return self._deadly and self._times == 0

    def hits(self, operation: str) -> bool:
        """Whether this operation fails; to be asked once for each."""
        if operation not in self._operations:
            return False
        self._after -= 1
        if self._after >= 0 or self._times <= 0:
            return False
        self._times -= 1
        return True


class SimulatedDisk(apsw.VFS):
    """A file system of its own, registered with SQLite under ``name`` while it exists.

    ``capacity_bytes`` and ``read_only`` may be set at any time. ``operations`` counts everything
    that changes the disk, ``failed`` those that were refused while there was power.
    """

    def __init__(self, seed: int = 0, on_failed_sync: str = "keeps") -> None:
        self.name = f"simulated-{next(_numbers)}"
        super().__init__(self.name, "")
        assert on_failed_sync in ("keeps", "reverts")
        self.random = random.Random(seed)
        self.reverts = on_failed_sync == "reverts"
        self.operations = 0
        self.failed = 0
        self.capacity_bytes = 1 << 40
        self.read_only = False
        self.breakdown = Breakdown(0, 0)
        self.powered = True
        self._cut_at = -1
        self._names: dict[str, _File] = {}
        self._kept_names: dict[str, _File] = {}
        self._open_handles: set[_Handle] = set()

    def cut_after(self, operations: int) -> None:
        """Let the power fail in the middle of one of the next operations."""
        self._cut_at = self.operations + operations

    def power_on(self) -> None:
        """Come back after a power cut, which happens now where it has not happened yet."""
        for name in sorted({*self._names, *self._kept_names}):
            seen, kept = self._names.get(name), self._kept_names.get(name)
            file = seen if seen is kept else self.random.choice((seen, kept))
            if file is None:
                self._names.pop(name, None)
            else:
                self._names[name] = file
        for file in self._names.values():
            file.lose(self.random)
        self._kept_names = dict(self._names)
        self.kill()
        self._cut_at = -1
        self.powered = True

    def kill(self) -> None:
        """End whoever holds files, as ``kill -9`` does: what they wrote stays with the system."""
        for handle in self._open_handles:
            handle.cut_off()
        self._open_handles.clear()

    @property
    def in_use(self) -> bool:
        """Whether somebody holds a file."""
        return bool(self._open_handles)

    def used_bytes(self) -> int:
        """Return how much the files hold, as readers see them."""
        return sum(len(file.seen) for file in self._names.values())

    def act(self, operation: str) -> None:
        """Count an operation; raise what a disk in this state answers to it."""
        self.operations += 1
        if self.operations == self._cut_at:
            self.powered = False
        if not self.powered:
            raise _failed(operation)
        if self.read_only or self.breakdown.hits(operation):
            self.failed += 1
            if self.breakdown.kills:
                self.kill()
            raise _failed(operation)

    def take_room(self, more: int) -> None:
        """Raise where the disk has no room for so many bytes more."""
        if self.used_bytes() + more > self.capacity_bytes:
            self.failed += 1
            raise apsw.FullError("the simulated disk is full")

    def sync_names(self) -> None:
        """Keep the names as they are: the directory was synced."""
        self._kept_names = dict(self._names)

    # What SQLite asks of a file system

    def xOpen(  # type: ignore[override]
        self, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> _Handle:
        """Open a file; one without a name is a temporary one and gone when it is closed."""
        if not self.powered:
            raise apsw.CantOpenError("the power is off")
        if name is None:
            return _Handle(self, _File(), kept=False)
        path = name if isinstance(name, str) else name.filename()
        if flags[0] & apsw.SQLITE_OPEN_MAIN_DB and any(h.is_main for h in self._open_handles):
            raise apsw.CantOpenError("one connection at a time: this disk has no locks")
        made = path not in self._names
        if made:
            if not flags[0] & _CREATE or self.read_only:
                raise apsw.CantOpenError(f"there is no {path}")
            self._names[path] = _File()
        flags[1] = flags[0]
        if self.read_only and flags[0] & apsw.SQLITE_OPEN_READWRITE:
            flags[1] = flags[0] & ~apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_READONLY
        handle = _Handle(
            self,
            self._names[path],
            is_main=bool(flags[0] & apsw.SQLITE_OPEN_MAIN_DB),
            syncs_names=made and bool(flags[0] & _SYNCED_WITH_NAME),
        )
        self._open_handles.add(handle)
        return handle

    def close_handle(self, handle: _Handle) -> None:
        """Forget a handle."""
        self._open_handles.discard(handle)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        """Delete a file; without ``syncdir`` it may be back after a power cut."""
        if filename not in self._names:
            raise apsw.exception_for(apsw.SQLITE_IOERR_DELETE_NOENT)
        self.act("delete")
        del self._names[filename]
        if syncdir:
            self.sync_names()

    def xAccess(self, pathname: str, flags: int) -> bool:
        """Whether a file is there, and may be used as asked."""
        wants_write = flags == apsw.SQLITE_ACCESS_READWRITE
        return pathname in self._names and not (wants_write and self.read_only)

    def xFullPathname(self, name: str) -> str:
        """Return the name: there are no folders."""
        return name

    def xRandomness(self, numbytes: int) -> bytes:
        """Return bytes that follow from the seed."""
        return self.random.randbytes(numbytes)

    def excepthook(self, *_: object) -> bool:
        """Say nothing: these errors are meant."""
        return True


class _File:
    """``seen`` is what readers see, ``kept`` is on the platter, ``pending`` is on its way there:
    data with their offsets, or None where the file was cut to that length.
    """

    def __init__(self) -> None:
        self.seen = bytearray()
        self.kept = bytearray()
        self.pending: list[tuple[int, bytes | None]] = []

    def write(self, offset: int, data: bytes) -> None:
        _put(self.seen, offset, data)
        self.pending.append((offset, data))

    def truncate(self, size: int) -> None:
        _cut(self.seen, size)
        self.pending.append((size, None))

    def sync(self) -> None:
        for offset, data in self.pending:
            if data is None:
                _cut(self.kept, offset)
            else:
                _put(self.kept, offset, data)
        self.pending.clear()

    def lose(self, draw: random.Random, reverts: bool = True) -> None:
        """Let a part of what is pending arrive, and forget the rest."""
        share = draw.choice((0.0, 0.5, 0.9, 1.0))
        for offset, data in self.pending:
            if data is None:
                if draw.random() < share:
                    _cut(self.kept, offset)
                continue
            for start, piece in _pieces(offset, data):
                if draw.random() < share:
                    _put(self.kept, start, piece)
                elif share and draw.random() < GARBAGE_SHARE:
                    _put(self.kept, start, draw.randbytes(len(piece)))
        self.pending.clear()
        if reverts:
            self.seen = bytearray(self.kept)


class _Handle:
    """An open file, as SQLite sees it."""

    def __init__(
        self,
        disk: SimulatedDisk,
        file: _File,
        *,
        is_main: bool = False,
        syncs_names: bool = False,
        kept: bool = True,
    ) -> None:
        self._disk = disk
        self._file = file
        self._syncs_names = syncs_names
        self._kept = kept
        self._cut_off = False
        self.is_main = is_main

    def cut_off(self) -> None:
        self._cut_off = True

    def _act(self, operation: str) -> None:
        if self._cut_off:
            raise _failed(operation)
        if self._kept:
            self._disk.act(operation)

    def xRead(self, amount: int, offset: int) -> bytes:
        if self._cut_off or not self._disk.powered:
            raise _failed("read")
        return bytes(self._file.seen[offset : offset + amount])

    def xWrite(self, data: bytes | bytearray | memoryview, offset: int) -> None:
        written, reached = bytes(data), not self._cut_off and not self._disk.read_only
        try:
            self._act("write")
        except apsw.Error:
            # A write that failed, or in which the power did, may have been done in part.
            part = self._disk.random.randrange(len(written) + 1)
            if reached and part:
                self._file.write(offset, written[:part])
            raise
        more = offset + len(written) - len(self._file.seen)
        if self._kept and more > 0:
            self._disk.take_room(more)
        self._file.write(offset, written)

    def xTruncate(self, newsize: int) -> None:
        self._act("truncate")
        self._file.truncate(newsize)

    def xSync(self, flags: int) -> None:
        reached = not self._cut_off
        try:
            self._act("sync")
        except apsw.Error:
            if reached and self._disk.powered:
                self._file.lose(self._disk.random, self._disk.reverts)
            raise
        self._file.sync()
        if self._syncs_names:
            self._disk.sync_names()
            self._syncs_names = False

    def xFileSize(self) -> int:
        return len(self._file.seen)

    def xSectorSize(self) -> int:
        return SECTOR_BYTES

    def xDeviceCharacteristics(self) -> int:
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE

    def xFileControl(self, op: int, ptr: int) -> bool:
        return False

    def xLock(self, level: int) -> None:
        pass

    def xUnlock(self, level: int) -> None:
        pass

    def xCheckReservedLock(self) -> bool:
        return False

    def xClose(self) -> None:
        self._disk.close_handle(self)

    def excepthook(self, *_: object) -> bool:
        return True


def _failed(operation: str) -> Exception:
    error = apsw.exception_for(_ERRORS[operation])
    error.args = (f"{operation} failed",)
    return error


def _pieces(offset: int, data: bytes) -> list[tuple[int, bytes]]:
    """Return data cut where the disk's own pieces end."""
    starts = [0, *range(PIECE_BYTES - offset % PIECE_BYTES, len(data), PIECE_BYTES)]
    ends = [*starts[1:], len(data)]
    return [(offset + s, data[s:e]) for s, e in zip(starts, ends, strict=True)]


def _put(content: bytearray, offset: int, data: bytes) -> None:
    if offset > len(content):
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _cut(content: bytearray, size: int) -> None:
    if size < len(content):
        del content[size:]
    else:
        content.extend(bytes(size - len(content)))
