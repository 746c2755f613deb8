"""Rows of a Parquet file, read in batches through DuckDB with its extensions switched off.

Values become what JSON has: times as RFC 3339 texts, decimals as numbers. What the columns
mean is not asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from pasand.domain.intake import RawRow
from pasand.domain.times import write_time
from pasand.errors import InvalidInput

__all__ = ["parquet_rows"]

BATCH_ROWS = 4096
_ZONED = "TIMESTAMP WITH TIME ZONE"

_encoder = msgspec.json.Encoder()


def parquet_rows(path: Path) -> Iterator[RawRow]:
    """Yield the rows of a Parquet file, numbered from 1."""
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "threads": 1,
    }
    with duckdb.connect(":memory:", config=settings) as connection:
        try:
            described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)])
            columns = {str(row[0]): str(row[1]) for row in described.fetchall()}
            zoned = {name for name, kind in columns.items() if kind == _ZONED}
            chosen = ", ".join(_expression(name, name in zoned) for name in columns)
            found = connection.execute(f"SELECT {chosen} FROM read_parquet(?)", [str(path)])
        except duckdb.Error as error:
            raise InvalidInput(
                f"{path.name} is not a readable Parquet file: {str(error).splitlines()[0]}",
                field="path",
                fix="Write the file again as Parquet, or give CSV or JSON Lines.",
            ) from error
        number = 0
        try:
            while batch := found.fetchmany(BATCH_ROWS):
                for cells in batch:
                    number += 1
                    yield _row(number, dict(zip(columns, cells, strict=True)), zoned)
        except duckdb.Error as error:
            problem = f"the file is damaged from here on: {str(error).splitlines()[0]}"
            yield RawRow(number + 1, "", None, problem)


def _expression(name: str, zoned: bool) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    # Zoned times would need a further library to become Python values: take milliseconds.
    return f"epoch_ms({quoted}) AS {quoted}" if zoned else quoted


def _row(number: int, cells: dict[str, Any], zoned: set[str]) -> RawRow:
    values = {name: _plain(value) for name, value in cells.items()}
    for name in zoned:
        if values[name] is not None:
            values[name] = write_time(values[name])
    try:
        return RawRow(number, _encoder.encode(values).decode(), values)
    except (TypeError, ValueError) as error:
        return RawRow(number, repr(cells), None, f"a value is of no usable type: {error}")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, dict):
        return {str(name): _plain(entry) for name, entry in value.items()}
    return value
