"""Rows of delimited text, line by line, so that one bad row costs itself and no other.

A quoted field may hold newlines. Where a quote is never closed, or the record does not come
out right, its first line alone is set aside and reading goes on at the next one. What the
columns mean is not asked.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator

from pasand.domain.intake import RawRow
from pasand.errors import InvalidInput

__all__ = ["RECORD_LINES_MAX", "csv_rows"]

#: A quoted field over more lines than this counts as a quote that was never closed.
RECORD_LINES_MAX = 200
_OPEN = "a quote is never closed"

Line = tuple[int, bytes, str]


def csv_rows(lines: Iterator[Line], *, tabs: bool = False) -> Iterator[RawRow]:
    """Yield the rows below the header. ``lines`` are (number, bytes, problem)."""
    first = next((line for line in lines if line[1].strip() or line[2]), None)
    if first is None:
        return
    if first[2]:
        yield _aside(first, first[2])
        return
    header, delimiter = _header(first[1], tabs)
    waiting: deque[Line] = deque()
    while (line := waiting.popleft() if waiting else next(lines, None)) is not None:
        if line[1].strip() or line[2]:
            yield _row(line, waiting, lines, header, delimiter)


def _header(line: bytes, tabs: bool) -> tuple[list[str], str]:
    try:
        text = line.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        fix = "Save the file as UTF-8."
        raise InvalidInput("The header is not valid UTF-8.", field="header", fix=fix) from None
    counts = {mark: text.count(mark) for mark in (",", ";", "\t")}
    delimiter = "\t" if tabs else max(counts, key=lambda mark: counts[mark])
    try:
        names = [name.strip() for name in _split(text, delimiter)]
    except csv.Error as error:
        fix = "Give one line of column names."
        raise InvalidInput(f"The header is malformed: {error}.", field="header", fix=fix) from None
    header = [name or f"column_{place}" for place, name in enumerate(names, 1)]
    twice = {name for name in header if header.count(name) > 1}
    if twice:
        found = ", ".join(sorted(twice))
        fix = "Give every column its own name."
        raise InvalidInput(f"The header names {found} twice.", field="header", fix=fix)
    return header, delimiter


def _row(
    line: Line, waiting: deque[Line], lines: Iterator[Line], header: list[str], delimiter: str
) -> RawRow:
    """Return the row that begins at ``line``, taking further lines while a quote is open."""
    if line[2]:
        return _aside(line, line[2])
    taken: list[Line] = []
    record = line[1]
    cells, problem = _cells(record, delimiter)
    while problem == _OPEN and len(taken) < RECORD_LINES_MAX:
        more = waiting.popleft() if waiting else next(lines, None)
        if more is None:
            break
        taken.append(more)
        record += more[1]
        if b'"' in more[1]:
            cells, problem = _cells(record, delimiter)
    if not problem and len(cells) != len(header):
        problem = f"{len(cells)} columns where the header has {len(header)}"
    if problem:
        waiting.extendleft(reversed(taken))
        return _aside(line, problem)
    text = record.decode().rstrip("\r\n")
    return RawRow(line[0], text, dict(zip(header, cells, strict=True)))


def _cells(record: bytes, delimiter: str) -> tuple[list[str], str]:
    """Return the cells of a record, and its problem."""
    try:
        text = record.decode()
    except UnicodeDecodeError:
        return [], "not valid UTF-8"
    if "\0" in text:
        return [], "a NUL byte is in it"
    text = text.rstrip("\r\n")
    if '"' not in text:
        return text.split(delimiter), ""
    try:
        return _split(text, delimiter), ""
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return [], _OPEN
        return [], f"malformed quotes: {error}"


def _split(text: str, delimiter: str) -> list[str]:
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    if len(rows) != 1:
        raise csv.Error("a line break outside quotes")
    return rows[0]


def _aside(line: Line, problem: str) -> RawRow:
    text = line[1].rstrip(b"\r\n").decode("utf-8", "backslashreplace")
    return RawRow(line[0], text, None, problem)
