"""Labels: callers' ids as codes and back, whole numbers as whole numbers and text as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.errors import InvalidInput

__all__ = ["Labels", "ids_from", "is_empty", "refuse_empty"]

_EMPTY = ("NoneType", "NAType", "NaTType")


class Labels:
    """Distinct ids in ascending order; an id's place is its code.

    So codes depend on the ids alone and not on the order of the rows that named them.
    """

    def __init__(self, value: NDArray[Any]) -> None:
        self.value = value
        self._code: dict[Any, int] = {}

    @classmethod
    def of(cls, *columns: NDArray[Any]) -> Labels:
        """Return the labels of some columns that ``ids_from`` has read."""
        filled = [column for column in columns if len(column)]
        if not filled:
            return cls(np.empty(0, np.int64))
        if filled[0].dtype != object:
            return cls(np.unique(np.concatenate(filled)))
        distinct = sorted({value for column in filled for value in column.tolist()})
        return cls(_texts(distinct))

    def __len__(self) -> int:
        return len(self.value)

    @property
    def is_text(self) -> bool:
        """Whether the ids are text rather than whole numbers."""
        return self.value.dtype == object

    @property
    def names(self) -> tuple[str, ...]:
        """The ids as text, in the order of their codes."""
        return tuple(map(str, self.value.tolist()))

    def codes(self, ids: NDArray[Any], name: str) -> NDArray[np.int64]:
        """Return the code of each id, -1 for ids that are not known.

        Raises:
            InvalidInput: numbers are asked for where text is known, or the other way round.
        """
        if not len(ids) or not len(self):
            return np.full(len(ids), -1, np.int64)
        if (ids.dtype == object) != self.is_text:
            known, given = ("text", "numbers") if self.is_text else ("numbers", "text")
            raise InvalidInput(
                f"{name}: the model knows ids that are {known}, these are {given}.",
                field=name,
                fix="Give ids of the type that the model was fitted on.",
            )
        if not self.is_text:
            place = np.minimum(np.searchsorted(self.value, ids), len(self) - 1)
            return np.where(self.value[place] == ids, place, -1)
        if not self._code:
            self._code = {value: code for code, value in enumerate(self.value.tolist())}
        return np.fromiter((self._code.get(value, -1) for value in ids), np.int64, len(ids))


def ids_from(column: NDArray[Any], name: str) -> NDArray[Any]:
    """Return ids as int64 where they are whole numbers, as objects where they are text.

    Raises:
        InvalidInput: ids are missing, or neither whole numbers nor text, or both.
    """
    if column.dtype.kind in "iu":
        return _whole(column, name)
    if column.dtype.kind == "f":
        refuse_empty(np.isnan(column), name)
        if not (column == np.floor(column)).all():
            refuse_ids(name, "fractions")
        return _whole(column, name)
    if column.dtype.kind in "UT":
        column = column.astype(object)
    if column.dtype != object:
        refuse_ids(name, str(column.dtype))
    values = column.tolist()
    # A set of the types first: a column of one type needs no look at every value.
    for kind in {type(value) for value in values}:
        if kind.__name__ in _EMPTY or issubclass(kind, float):
            refuse_empty(np.asarray([is_empty(value) for value in values], bool), name)
    kinds = {_kind(value) for value in values}
    if kinds <= {"whole"}:
        return _whole(np.asarray(values or [], object), name)
    if kinds != {"text"}:
        refuse_ids(name, " and ".join(sorted(kinds)))
    refuse_empty(np.asarray([value == "" for value in values], bool), name)
    return _texts(values)


def is_empty(value: Any) -> bool:
    """Say whether a value of an object column stands for none."""
    return type(value).__name__ in _EMPTY or (isinstance(value, float) and value != value)


def refuse_empty(empty: NDArray[np.bool_], name: str) -> None:
    """Raise InvalidInput where any row has no value, naming the first."""
    if empty.any():
        raise InvalidInput(
            f"{name} is empty in {int(empty.sum()):,} rows, first in row {int(empty.argmax())}.",
            field=name,
            fix="Leave such rows out or fill them in.",
        )


def refuse_ids(name: str, what: str) -> None:
    """Raise InvalidInput that says what ids are made of."""
    raise InvalidInput(
        f"{name} holds {what}.", field=name, fix="Give ids that are all whole numbers or all text."
    )


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return "whole"
    if isinstance(value, float) and value.is_integer():
        return "whole"
    return type(value).__name__


def _whole(column: NDArray[Any], name: str) -> NDArray[np.int64]:
    if len(column) and int(column.max()) > np.iinfo(np.int64).max:
        refuse_ids(name, "numbers of more than 63 bits")
    return column.astype(np.int64)


def _texts(values: Sequence[str]) -> NDArray[Any]:
    made = np.empty(len(values), object)
    made[:] = list(values)
    return made
