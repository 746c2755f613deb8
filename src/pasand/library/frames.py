"""Frames: tables of whatever library the caller has, read and made without needing any of them.

A frame is a DataFrame of pandas or Polars, a table of PyArrow, a structured array of NumPy, or a
mapping of names to columns. What is handed back is of the kind that came in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.errors import InvalidInput, MissingExtra

__all__ = ["FRAME_KINDS", "Frame", "as_frame", "is_frame", "make_frame", "values_of"]

Columns = Mapping[str, NDArray[Any]]

FRAME_KINDS = ("pandas", "polars", "pyarrow", "numpy", "dict")
#: What a table is called in each library, and where it keeps the names of its columns.
_TABLES = {"pandas": "DataFrame", "polars": "DataFrame", "pyarrow": "Table"}


@dataclass(frozen=True, slots=True)
class Frame:
    """A caller's table: its kind, the names of its columns, and a way to read one."""

    kind: str
    names: tuple[str, ...]
    read: Callable[[str], Any]

    def column(self, name: str) -> NDArray[Any]:
        """Return a column as a one-dimensional array.

        Raises:
            InvalidInput: there are two of that name, or its entries are lists.
        """
        found = values_of(self.read(name))
        if found.ndim != 1:
            raise InvalidInput(
                f"The column {name} is not one value a row.", field=name, fix="Name columns once."
            )
        return found


def as_frame(table: Any) -> Frame:
    """Return a caller's table as a frame.

    Raises:
        InvalidInput: it is no table of a kind that is known.
    """
    kind = _kind_of(table)
    if kind is None:
        lazy = hasattr(table, "collect")
        raise InvalidInput(
            f"A {type(table).__name__} is not a frame.",
            field="frame",
            fix="Collect it first: frame.collect()."
            if lazy
            else "Give a DataFrame of pandas or Polars, a table of PyArrow, a structured array "
            "or a dict of columns.",
        )
    if kind == "numpy":
        return Frame(kind, tuple(table.dtype.names), lambda name: table[name])
    if kind == "dict":
        return Frame(kind, tuple(map(str, table)), _reader_of_mapping(table))
    names = table.column_names if kind == "pyarrow" else table.columns
    if kind == "pyarrow":
        return Frame(kind, tuple(names), table.column)
    return Frame(kind, tuple(map(str, names)), _reader_of(table, tuple(names)))


def is_frame(table: Any) -> bool:
    """Say whether something is a table rather than a list of values."""
    return _kind_of(table) is not None


def make_frame(kind: str, columns: Columns) -> Any:
    """Return a table of one kind.

    Raises:
        MissingExtra: the library of that kind is not installed here.
    """
    if kind == "dict":
        return dict(columns)
    if kind == "numpy":
        return _structured(columns)
    try:
        library = import_module(kind)
    except ImportError as error:
        raise MissingExtra(
            f"The model was fitted on frames of {kind}, which is not installed here.",
            fix=f"Install {kind}, or load the model with frames='dict'.",
        ) from error
    # Objects become the library's own text only where they are seen to be text.
    data = {name: c.tolist() if c.dtype == object else c for name, c in columns.items()}
    if kind == "pyarrow":
        return library.table(data)
    return library.DataFrame(data)


def values_of(column: Any) -> NDArray[Any]:
    """Return a column or list of any library as an array; times keep no zone, but are UTC."""
    if getattr(getattr(column, "dtype", None), "tz", None) is not None:
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    if isinstance(column, np.ndarray):
        return column
    if hasattr(column, "to_numpy"):
        return np.asarray(column.to_numpy())
    values = list(column)
    if any(isinstance(value, float) for value in values):
        return np.asarray(values, None if all(map(_is_number, values)) else object)
    kinds = {type(value) for value in values}
    # Mixed lists stay as they are: NumPy would make texts of numbers.
    return np.asarray(values, None if kinds in ({int}, {bool}) else object)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _kind_of(table: Any) -> str | None:
    if isinstance(table, Mapping):
        return "dict"
    if isinstance(table, np.ndarray):
        return "numpy" if table.dtype.names else None
    for parent in type(table).__mro__:
        library = parent.__module__.partition(".")[0]
        if parent.__name__ == _TABLES.get(library):
            return library
    return None


def _reader_of(table: Any, names: tuple[Any, ...]) -> Callable[[str], Any]:
    own = {str(name): name for name in names}
    return lambda name: table[own[name]]


def _reader_of_mapping(table: Mapping[Any, Any]) -> Callable[[str], Any]:
    own = {str(name): name for name in table}
    return lambda name: table[own[name]]


def _structured(columns: Columns) -> NDArray[Any]:
    plain = {
        name: np.asarray(column.tolist(), str) if column.dtype == object else column
        for name, column in columns.items()
    }
    length = max(map(len, plain.values()), default=0)
    made = np.empty(length, [(name, column.dtype) for name, column in plain.items()])
    for name, column in plain.items():
        made[name] = column
    return made
