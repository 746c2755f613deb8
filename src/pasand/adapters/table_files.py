"""Rows of a user's own files: CSV, JSON Lines or Parquet, told apart by their suffix.

A row that cannot be read is handed on with its problem and its original text; the file is read
on. What the values mean is not asked here, except for the names of columns (``ALIASES``).
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import msgspec

from pasand.adapters.csv_rows import csv_rows
from pasand.adapters.parquet_rows import parquet_rows
from pasand.domain.ids import short_hash
from pasand.domain.intake import RawRow
from pasand.errors import InvalidInput, NotFound, StoreUnavailable

__all__ = ["ALIASES", "SUFFIXES", "RawRow", "read_event_rows", "read_rows"]

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")

#: Column names of well-known data sets, in lower case without ``_``, and our field.
ALIASES = {
    "userid": "member_id",
    "user": "member_id",
    "memberid": "member_id",
    "movieid": "item_id",
    "item": "item_id",
    "itemid": "item_id",
    "timestamp": "occurred_at",
}

#: Types that some writers append to column names: ``user_id:token``.
_TYPES = (":token_seq", ":float_seq", ":token", ":float")
_DAMAGED = "the compressed file is damaged from here on"

_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder()


def read_rows(path: Path) -> Iterator[RawRow]:
    """Return the rows of a file, columns under our names, empty values left out."""
    path = Path(path)
    names = [suffix.lower() for suffix in path.suffixes]
    packed = names[-1:] == [".gz"]
    suffix = (names[:-1] if packed else names)[-1:]
    if not suffix or suffix[0] not in SUFFIXES or (packed and suffix == [".parquet"]):
        raise InvalidInput(
            f"{path.name} is of no known format.",
            field="path",
            fix=f"Give a file that ends in {', '.join(SUFFIXES)}; all but Parquet also with .gz.",
        )
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", field="path", fix="Check the path.")
    return _named(_raw_rows(path, suffix[0], packed))


def _raw_rows(path: Path, suffix: str, packed: bool) -> Iterator[RawRow]:
    if suffix == ".parquet":
        yield from parquet_rows(path)
        return
    try:
        opened: Any = gzip.open if packed else open
        with opened(path, "rb") as file:
            lines = _lines(file)
            if suffix in (".csv", ".tsv"):
                yield from csv_rows(lines, tabs=suffix == ".tsv")
            else:
                yield from _json_rows(lines)
    except OSError as error:
        raise StoreUnavailable(
            f"{path.name} cannot be read: {error.strerror or error}.",
            field="path",
            fix="Check the file and its permissions, then import it again.",
        ) from error


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes, str]]:
    """Yield (line number, line, problem); a damaged archive ends with its problem."""
    number = 0
    try:
        for number, line in enumerate(file, 1):
            yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line, ""
    except (EOFError, zlib.error, gzip.BadGzipFile):
        yield number + 1, b"", _DAMAGED


def _json_rows(lines: Iterator[tuple[int, bytes, str]]) -> Iterator[RawRow]:
    for number, line, problem in lines:
        stripped = line.strip()
        if not stripped and not problem:
            continue
        text = stripped.decode("utf-8", "backslashreplace")
        values: Any = None
        if not problem:
            try:
                stripped.decode()
                values = _decoder.decode(stripped)
            except UnicodeDecodeError:
                problem = "not valid UTF-8"
            except (msgspec.DecodeError, RecursionError) as error:
                problem = f"malformed JSON: {error}"
            else:
                problem = "" if isinstance(values, dict) else "not a JSON object"
        yield RawRow(number, text, None if problem else values, problem)


def _named(rows: Iterator[RawRow]) -> Iterator[RawRow]:
    """Put values under our names; ids that are numbers become texts."""
    known: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        if row.values is None:
            yield row
            continue
        columns = tuple(row.values)
        if columns not in known:
            known[columns] = _our_names(columns)
        values = dict(zip(known[columns], row.values.values(), strict=True))
        for name, value in values.items():
            if type(value) is int and name.endswith("_id"):
                values[name] = str(value)
        yield row._replace(values={n: v for n, v in values.items() if v is not None and v != ""})


def _our_names(columns: tuple[str, ...]) -> list[str]:
    """Return our name of each column; an alias never takes a name that is there already."""
    taken = set(columns)
    names: list[str] = []
    for column in columns:
        bare = column
        for ending in _TYPES:
            bare = bare.removesuffix(ending)
        name = ALIASES.get(bare.lower().replace("_", ""), bare)
        if name != column and name in taken:
            name = column
        taken.add(name)
        names.append(name)
    return names


def read_event_rows(path: Path) -> Iterator[RawRow]:
    """Return the rows of a file of events, each with a kind and an id.

    A row with a ``rating`` column and no ``kind`` is a rating. A row without ``event_id`` gets
    one from its content and from how often the same row came before, so that importing a file
    twice counts nothing twice, and two equal rows of one file both count.
    """
    return _with_ids(read_rows(path))


def _with_ids(rows: Iterator[RawRow]) -> Iterator[RawRow]:
    seen: dict[int, int] = {}
    for row in rows:
        if row.values is None:
            yield row
            continue
        values = _with_kind(row.values)
        if "event_id" not in values:
            content = _encoder.encode(values)
            key = int(short_hash(content), 16)
            seen[key] = count = seen.get(key, 0) + 1
            values["event_id"] = f"row.{short_hash(content + b'#%d' % count, 12)}"
        yield row._replace(values=values)


def _with_kind(values: Mapping[str, Any]) -> dict[str, Any]:
    if "kind" in values or "rating" not in values or "value" in values:
        return dict(values)
    kept = {name: value for name, value in values.items() if name != "rating"}
    return kept | {"kind": "rating", "value": values["rating"]}
