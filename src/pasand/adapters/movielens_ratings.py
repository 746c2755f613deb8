"""Ratings of a MovieLens folder, in whichever of its owner's formats they lie there.

The common case, a file without a bad row, is read as arrays at once; one bad row and the file
is read again line by line, so that every bad one is set aside with its text.
"""

from __future__ import annotations

import gzip
import io
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pasand.domain.intake import SetAside
from pasand.errors import InvalidInput

__all__ = ["RATING_FILES", "RatingFile", "Ratings", "find_ratings", "load_ratings"]

ID_MAX = 10**12
AT_S_MAX = 10**10
VALUE_MIN, VALUE_MAX = 0.5, 5.0


@dataclass(frozen=True, slots=True)
class RatingFile:
    """How one edition writes its ratings: file, separator, columns, with a header or not."""

    name: str
    separator: str
    column_count: int
    header: bool


#: In the order of preference, for a folder that has several.
RATING_FILES = (
    RatingFile("ratings.dat", "::", 4, False),
    RatingFile("ratings_reconstructed.csv.gz", ",", 5, True),
    RatingFile("u.data", "\t", 4, False),
    RatingFile("ratings.csv", ",", 4, True),
)


@dataclass(frozen=True)
class Ratings:
    """Ratings in the order of the file, as arrays of one length, and the rows set aside.

    ``exact`` marks the times that a reconstructed file did not have to guess, None elsewhere.
    """

    member: NDArray[np.int64]
    item: NDArray[np.int64]
    value: NDArray[np.float64]
    at_ms: NDArray[np.int64]
    set_aside: tuple[SetAside, ...] = ()
    exact: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.member)


def find_ratings(folder: Path) -> RatingFile:
    """Return the ratings file of a folder, the preferred one where there are several."""
    for form in RATING_FILES:
        if (folder / form.name).is_file():
            return form
    raise InvalidInput(
        f"{folder} holds no MovieLens ratings.",
        field="path",
        fix=f"Give a folder with one of {', '.join(form.name for form in RATING_FILES)}.",
    )


def load_ratings(folder: Path) -> Ratings:
    """Return all ratings of a folder."""
    form = find_ratings(folder)
    data = _content(folder / form.name)
    table = _read_at_once(data, form)
    if table is not None:
        at_ms = table["at_s"] * 1000
        # The fifth column of the reconstructed file is the quality of the time: 0 is exact.
        exact = table["more_4"] == 0 if "more_4" in (table.dtype.names or ()) else None
        return Ratings(table["member"], table["item"], table["value"], at_ms, exact=exact)
    return _read_by_line(data, form)


def _content(path: Path) -> bytes:
    if path.suffix != ".gz":
        return path.read_bytes()
    try:
        with gzip.open(path, "rb") as file:
            return file.read()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidInput(
            f"{path.name} is damaged: {error}.", field="path", fix="Fetch the file again."
        ) from error


def _read_at_once(data: bytes, form: RatingFile) -> NDArray[np.void] | None:
    """Return the file as one table, None where any row of it is out of order."""
    separator = form.separator
    if len(separator) > 1:
        if b"\t" in data:
            return None
        data, separator = data.replace(separator.encode(), b"\t"), "\t"
    columns = [("member", "i8"), ("item", "i8"), ("value", "f8"), ("at_s", "i8")]
    columns += [(f"more_{place}", "i8") for place in range(len(columns), form.column_count)]
    text = io.TextIOWrapper(io.BytesIO(data), "utf-8-sig")
    try:
        # NumPy warns, and reads on, where a whole number is 1.5 or where there is no row.
        with warnings.catch_warnings(action="error"):
            if form.header:
                text.readline()
            table = np.loadtxt(text, np.dtype(columns), comments=None, delimiter=separator, ndmin=1)
    except (ValueError, Warning):
        return None
    return table if _in_range(table) else None


def _in_range(table: NDArray[np.void]) -> bool:
    value = table["value"]
    whole = [(table["member"], ID_MAX), (table["item"], ID_MAX), (table["at_s"], AT_S_MAX)]
    return bool(
        len(table)
        and all(((numbers >= 0) & (numbers <= most)).all() for numbers, most in whole)
        and ((value >= VALUE_MIN) & (value <= VALUE_MAX)).all()
    )


def _read_by_line(data: bytes, form: RatingFile) -> Ratings:
    kept: list[tuple[int, int, float, int]] = []
    set_aside: list[SetAside] = []
    for number, line in _data_lines(data, form):
        text = line.decode("utf-8", "backslashreplace")
        try:
            kept.append(_rating(text, form))
        except ValueError as error:
            set_aside.append(SetAside(number, text, str(error), form.name))
    columns = list(zip(*kept, strict=True)) if kept else [(), (), (), ()]
    return Ratings(
        np.array(columns[0], np.int64),
        np.array(columns[1], np.int64),
        np.array(columns[2], np.float64),
        np.array(columns[3], np.int64) * 1000,
        tuple(set_aside),
    )


def _data_lines(data: bytes, form: RatingFile) -> Iterator[tuple[int, bytes]]:
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    for number, line in enumerate(lines, 1):
        stripped = line.rstrip(b"\r")
        if stripped.strip() and not (form.header and number == 1):
            yield number, stripped


def _rating(text: str, form: RatingFile) -> tuple[int, int, float, int]:
    """Return (member, item, value, seconds), or raise ValueError that says what is wrong."""
    cells = text.split(form.separator)
    if len(cells) != form.column_count:
        raise ValueError(f"{len(cells)} columns where there should be {form.column_count}")
    member = _whole(cells[0], "user id", ID_MAX)
    item = _whole(cells[1], "movie id", ID_MAX)
    at_s = _whole(cells[3], "timestamp", AT_S_MAX)
    try:
        value = float(cells[2])
    except ValueError:
        raise ValueError("the rating is not a number") from None
    if not VALUE_MIN <= value <= VALUE_MAX:
        raise ValueError("the rating is not from 0.5 to 5")
    return member, item, value, at_s


def _whole(cell: str, what: str, most: int) -> int:
    stripped = cell.strip()
    if not (stripped.isascii() and stripped.isdigit() and len(stripped) <= 18):
        raise ValueError(f"the {what} is not a whole number")
    if int(stripped) > most:
        raise ValueError(f"the {what} is too large")
    return int(stripped)
