"""Segments: sealed ranges of the log as Parquet files, for archives, analytics and rebuilding.

A file is named by its hash, never overwritten; a manifest beside it, named by its own hash, says
what it holds. Both are written, fsynced and renamed, then entered in the store, so a segment is
there whole or not at all. The store's events stay the truth: a segment whose range changed is
written again from them, under another name.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import apsw
import msgspec

from pasand.adapters.sqlite_database import SCHEMA_VERSION, Database
from pasand.domain.events import Event, Stored
from pasand.domain.ids import short_hash
from pasand.errors import StoreUnavailable
from pasand.member_ports import Progress, Segment

__all__ = ["FolderSegments", "SegmentFiles"]

_FORMAT = 1
_BATCH_COUNT = 2_048
_GROUP_BYTES = 64 * 1024**2
_GROUP_COUNT_MAX = 122_880
_FIELDS = tuple(field for field in msgspec.structs.fields(Event) if field.name != "said")
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "threads": 1,
    "memory_limit": "512MB",
}


def _sql_type(kind: Any) -> str:
    text = str(kind)
    if "bool" in text:
        return "BOOLEAN"
    return "BIGINT" if "int" in text and "Mapping" not in text else "VARCHAR"


_TYPES = {"offset": "BIGINT", **{field.name: _sql_type(field.type) for field in _FIELDS}}
_MAPPINGS = tuple(field.name for field in _FIELDS if "Mapping" in str(field.type))


class FolderSegments:
    """The segments of one tenant, below one folder that tenants share."""

    def __init__(self, root: Path, database: Database, tenant: str = "default") -> None:
        self._root = root
        self._database = database
        self._tenant = tenant

    def segments(self) -> list[Segment]:
        """Return the segments in the order of their offsets."""
        sql = (
            "SELECT first_offset, last_offset, name, stale, erasures FROM segment"
            " WHERE tenant = ? ORDER BY first_offset"
        )
        return [
            Segment(first, last, name, stale, tuple(json.loads(erasures)))
            for first, last, name, stale, erasures in self._database.rows(sql, (self._tenant,))
        ]

    def seal(self, events: Iterable[Stored], replaced: Segment | None = None) -> Segment | None:
        """Write a segment durably and enter it; None where there was nothing to write."""
        self._root.mkdir(mode=0o700, exist_ok=True)
        draft = self._root / f".draft-{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        try:
            facts = _write_parquet(draft, events)
            sealed = None
            if facts["events"]:
                if replaced is not None:
                    facts |= {"first_offset": replaced.first_offset}
                    facts |= {"last_offset": replaced.last_offset}
                sealed = self._enter(draft, facts, replaced)
            elif replaced is not None:
                self._drop(replaced)
        except OSError as error:
            raise StoreUnavailable(f"The segment was not written: {error}.") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        self.sweep()
        return sealed

    def manifest(self, segment: Segment) -> dict[str, Any]:
        """Return what the manifest of a segment says."""
        try:
            found: dict[str, Any] = json.loads((self._root / f"{segment.name}.json").read_bytes())
        except (OSError, ValueError) as error:
            raise StoreUnavailable(
                f"The segment {segment.name} cannot be read: {error}.", fix="pasand seal --verify"
            ) from error
        return found

    def read(self, segment: Segment) -> Iterator[Stored]:
        """Yield the events of a segment, in the order of their offsets."""
        import duckdb

        path = self._root / f"{self.manifest(segment)['file']}.parquet"
        with duckdb.connect(":memory:", config=_SETTINGS) as connection:
            names = ", ".join(f'"{name}"' for name in _TYPES)
            rows = connection.execute(f"SELECT {names} FROM read_parquet(?)", [str(path)])
            while batch := rows.fetchmany(_BATCH_COUNT):
                for offset, *values in batch:
                    said = dict(zip(list(_TYPES)[1:], values, strict=True))
                    said |= {name: msgspec.json.decode(said[name]) for name in _MAPPINGS}
                    yield Stored(offset, Event(**said))

    def damaged(self) -> dict[str, Segment]:
        """Return the segments of which a file is missing or not as its hash says, by its name."""
        bad = {}
        for segment in self.segments():
            try:
                data = (self._root / f"{segment.name}.json").read_bytes()
                known = json.loads(data)
                if short_hash(data, 16) != segment.name:
                    bad[f"{segment.name}.json"] = segment
                elif _digest(self._root / f"{known['file']}.parquet") != known["sha256"]:
                    bad[f"{known['file']}.parquet"] = segment
            except (OSError, ValueError, KeyError):
                bad[f"{segment.name}.json or its file"] = segment
        return bad

    def files(self) -> list[Path]:
        """Return the files of every segment in use."""
        found = []
        for segment in self.segments():
            found.append(self._root / f"{segment.name}.json")
            found.append(self._root / f"{self.manifest(segment)['file']}.parquet")
        return found

    def sweep(self) -> None:
        """Remove what no segment of any tenant uses: of older versions, and of cut-off writing."""
        if not self._root.exists():
            return
        used = set()
        for (name,) in self._database.rows("SELECT name FROM segment"):
            used.add(f"{name}.json")
            try:
                known = json.loads((self._root / f"{name}.json").read_bytes())
                used.add(f"{known['file']}.parquet")
            except (OSError, ValueError, KeyError):
                return  # damaged: what it used is not known, so nothing is removed
        for path in self._root.iterdir():
            if path.is_dir() and path.name.startswith(".draft-"):
                shutil.rmtree(path, ignore_errors=True)
            elif path.suffix in (".json", ".parquet") and path.name not in used:
                path.unlink()

    def _enter(self, draft: Path, facts: Mapping[str, Any], replaced: Segment | None) -> Segment:
        erasures = () if replaced is None else replaced.erasures
        said = {**facts, "tenant": self._tenant, "erasures": list(erasures)}
        data = json.dumps(said, indent=1, sort_keys=True).encode()
        name = short_hash(data, 16)
        (draft / "manifest.json").write_bytes(data)
        _place(draft / "segment.parquet", self._root / f"{facts['file']}.parquet")
        _place(draft / "manifest.json", self._root / f"{name}.json")
        _sync(self._root)
        segment = Segment(facts["first_offset"], facts["last_offset"], name, 0, erasures)

        def job(connection: apsw.Connection) -> None:
            if replaced is None:
                values = (self._tenant, segment.first_offset, segment.last_offset, name)
                insert = "INSERT INTO segment VALUES (?, ?, ?, ?, 0, '[]')"
                connection.execute(insert, values)
                return
            # Marked again while it was written: then it is written once more.
            connection.execute(
                "UPDATE segment SET name = ?, stale = (stale <> ?)"
                " WHERE tenant = ? AND first_offset = ?",
                (name, replaced.stale, self._tenant, replaced.first_offset),
            )

        self._database.write(job)
        return segment

    def _drop(self, segment: Segment) -> None:
        sql = "DELETE FROM segment WHERE tenant = ? AND first_offset = ?"
        values = (self._tenant, segment.first_offset)
        self._database.write(lambda connection: connection.execute(sql, values) and None)


class SegmentFiles:
    """The place of members' data in segments: ``renew`` writes those that are stale again."""

    name = "segments"
    tables: tuple[str, ...] = ()

    def __init__(self, segments: FolderSegments, renew: Callable[[Progress], int]) -> None:
        self._segments = segments
        self._renew = renew

    def held(self, member_id: str) -> Iterator[Mapping[str, Any]]:
        """Yield nothing: a segment holds the log's own events again."""
        return iter(())

    def erase(self, erasure_id: str, member_ids: Sequence[str], progress: Progress) -> int:
        """Write every segment again that was marked when its events went."""
        self._segments.sweep()
        return self._renew(progress)


def _write_parquet(draft: Path, events: Iterable[Stored]) -> dict[str, Any]:
    """Write events into the draft and return what a manifest says of them."""
    import duckdb

    facts: dict[str, Any] = {"format": _FORMAT, "schema": SCHEMA_VERSION, "events": 0}
    received = [0, 0]
    heaviest = 1
    with duckdb.connect(str(draft / "stage.db"), config=_SETTINGS) as connection:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in _TYPES.items())
        connection.execute(f"CREATE TABLE event ({columns})")
        unnested = ", ".join(f"unnest(?::{kind}[])" for kind in _TYPES.values())
        for batch in _batches(events):
            rows = [_row(stored) for stored in batch]
            cells = [list(column) for column in zip(*rows, strict=True)]
            connection.execute(f"INSERT INTO event SELECT {unnested}", cells)
            facts.setdefault("first_offset", batch[0].offset)
            facts["last_offset"] = batch[-1].offset
            facts["events"] += len(batch)
            received[0] = received[0] or batch[0].event.received_ms
            received[1] = max(received[1], *(stored.event.received_ms for stored in batch))
            size = sum(len(cell) for row in rows for cell in row if isinstance(cell, str))
            heaviest = max(heaviest, size // len(batch))
        group = max(_BATCH_COUNT, min(_GROUP_COUNT_MAX, _GROUP_BYTES // heaviest))
        path = draft / "segment.parquet"
        connection.execute(
            f"COPY event TO '{str(path).replace(chr(39), chr(39) * 2)}'"
            f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {group // 2048 * 2048})"
        )
    digest = _digest(path)
    facts |= {"file": digest[:32], "sha256": digest, "bytes": path.stat().st_size}
    return facts | {"received_from_ms": received[0], "received_to_ms": received[1]}


def _row(stored: Stored) -> tuple[Any, ...]:
    values = msgspec.structs.asdict(stored.event)
    values |= {name: msgspec.json.encode(values[name]).decode() for name in _MAPPINGS}
    return (stored.offset, *(values[field.name] for field in _FIELDS))


def _batches(events: Iterable[Stored]) -> Iterator[list[Stored]]:
    batch: list[Stored] = []
    for stored in events:
        batch.append(stored)
        if len(batch) == _BATCH_COUNT:
            yield batch
            batch = []
    if batch:
        yield batch


def _place(source: Path, target: Path) -> None:
    """Move a finished file into place, durably: what has its name is the same, or damaged."""
    source.chmod(0o600)
    _sync(source)
    source.rename(target)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as source:
        while block := source.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
