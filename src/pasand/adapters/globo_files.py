"""The click files of a Globo folder as rows of whole numbers, whichever format they lie there in.

Rows come in the order of the files and are read a few thousand at a time, so memory stays flat
however long the log is. A bad row is set aside with its place and text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from pasand.adapters.csv_rows import csv_rows
from pasand.domain.intake import SetAside
from pasand.errors import InvalidInput, StoreUnavailable

__all__ = ["CLICK_COLUMNS", "METADATA_FILE", "Click", "article_rows", "click_files", "click_rows"]

CLICK_COLUMNS = (
    "user_id", "session_id", "click_article_id", "click_timestamp", "click_environment",
    "click_deviceGroup", "click_os", "click_country", "click_region", "click_referrer_type",
)  # fmt: skip
METADATA_FILE = "articles_metadata.csv"
_METADATA_COLUMNS = ("article_id", "category_id", "created_at_ts", "publisher_id", "words_count")

#: The owner's hourly files, the same in one file, and the owner's sample: the first that is there.
_FORMS = ("clicks/clicks_hour_*.csv", "clicks_hour_*.csv", "clicks.parquet", "clicks_sample.csv")
_ID_MAX = 10**12
_NUMBER_MAX = 10**18
_AT_MS_MAX = 10**13
BATCH_ROWS = 4096

#: The columns of one click in the order of CLICK_COLUMNS.
Click = tuple[int, int, int, int, int, int, int, int, int, int]


def click_files(folder: Path) -> list[Path]:
    """Return the files of clicks in a folder in the order of their names, none where none are."""
    for form in _FORMS:
        found = sorted(folder.glob(form))
        if found:
            return found
    return []


def click_rows(folder: Path) -> Iterator[Click | SetAside]:
    """Yield every click in the order of the files, and the rows that could not be used."""
    for path in click_files(folder):
        if path.suffix == ".parquet":
            yield from _parquet_clicks(path)
        else:
            yield from _csv_numbers(path, CLICK_COLUMNS, _problem)  # type: ignore[misc]


def article_rows(folder: Path) -> Iterator[tuple[int, ...] | SetAside]:
    """Yield (article, category, created in Unix ms, publisher, words) where the owner's file is."""
    path = folder / METADATA_FILE
    if path.is_file():
        yield from _csv_numbers(path, _METADATA_COLUMNS, _metadata_problem)


def _parquet_clicks(path: Path) -> Iterator[Click | SetAside]:
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "memory_limit": "256MB",
        "threads": 1,
    }
    with duckdb.connect(":memory:", config=settings) as connection:
        try:
            described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)])
            kinds = {str(row[0]): str(row[1]) for row in described.fetchall()}
            whole = [name for name, kind in kinds.items() if kind.endswith(("INT", "INTEGER"))]
            _check_columns(path, whole, CLICK_COLUMNS)
            chosen = ", ".join(f'"{name}"' for name in CLICK_COLUMNS)
            found = connection.execute(f"SELECT {chosen} FROM read_parquet(?)", [str(path)])
            number = 0
            while batch := found.fetchmany(BATCH_ROWS):
                for row in batch:
                    number += 1
                    reason = _problem(row)
                    yield SetAside(number, repr(row), reason, path.name) if reason else row
        except duckdb.Error as error:
            raise InvalidInput(
                f"{path.name} is not a readable Parquet file: {str(error).splitlines()[0]}",
                field="path",
                fix="Fetch the file again.",
            ) from error


def _csv_numbers(
    path: Path, wanted: tuple[str, ...], problem_of: Callable[[tuple[int, ...]], str]
) -> Iterator[tuple[int, ...] | SetAside]:
    try:
        with path.open("rb") as file:
            lines = ((number, line, "") for number, line in enumerate(file, 1))
            checked = False
            for row in csv_rows(lines):
                if row.values is None:
                    yield SetAside(row.number, row.text, row.problem, path.name)
                    continue
                if not checked:
                    _check_columns(path, list(row.values), wanted)
                    checked = True
                try:
                    numbers = tuple(_whole(row.values[name], name) for name in wanted)
                    problem = problem_of(numbers)
                except ValueError as error:
                    problem = str(error)
                yield SetAside(row.number, row.text, problem, path.name) if problem else numbers
    except OSError as error:
        raise StoreUnavailable(
            f"{path.name} cannot be read: {error.strerror or error}.",
            field="path",
            fix="Check the file and its permissions, then import it again.",
        ) from error


def _check_columns(path: Path, there: list[str], wanted: tuple[str, ...]) -> None:
    missing = [name for name in wanted if name not in there]
    if missing:
        raise InvalidInput(
            f"{path.name} has no column {missing[0]} of whole numbers.",
            field="path",
            fix="Give the folder as Globo.com's data set was unpacked.",
        )


def _whole(cell: str, name: str) -> int:
    stripped = cell.strip()
    if not (stripped.isascii() and stripped.isdigit() and len(stripped) <= 18):
        raise ValueError(f"{name} is not a whole number")
    return int(stripped)


def _problem(click: tuple[int, ...]) -> str:
    """Return what is wrong with a click, "" where nothing is."""
    try:
        good = min(click) >= 0 and max(click) <= _NUMBER_MAX
        if good and max(click[0], click[2]) <= _ID_MAX and click[3] <= _AT_MS_MAX:
            return ""
    except TypeError:
        return "a value is missing"
    return "a number is out of range"


def _metadata_problem(article: tuple[int, ...]) -> str:
    return "" if article[0] <= _ID_MAX and article[2] <= _AT_MS_MAX else "a number is out of range"
