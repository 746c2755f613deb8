"""Candidates: the frozen table handed from stage to stage.

A filter can only return a mask and a hydrator or scorer only new columns, so dropping,
reordering or overwriting by accident cannot be written. Setting a column twice is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["Candidates", "Column", "union"]

Column = NDArray[Any]
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Candidates:
    """Positions in one catalogue snapshot, ascending and unique, with columns beside them."""

    position: NDArray[np.int32]
    columns: Mapping[str, Column] = field(default_factory=dict)
    _made: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.position)

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def column(self, name: str, default: float = 0.0) -> Column:
        """Return a column, or a constant one where no stage has set it."""
        found = self.columns.get(name)
        return np.full(len(self.position), default, np.float32) if found is None else found

    def remember(self, key: str, make: Callable[[], Made]) -> Made:
        """Return what ``make`` gave for ``key`` the first time: a table never changes.

        ``make`` must depend on this table and the query alone.
        """
        if key not in self._made:
            self._made[key] = make()
        made: Made = self._made[key]
        return made

    def keep(self, mask: NDArray[np.bool_]) -> Candidates:
        """Return the candidates where ``mask`` is true."""
        assert mask.shape == self.position.shape and mask.dtype == np.bool_
        return Candidates(
            self.position[mask], {name: column[mask] for name, column in self.columns.items()}
        )

    def extend(self, columns: Mapping[str, Column]) -> Candidates:
        """Return the same candidates with more columns."""
        for name, column in columns.items():
            assert name not in self.columns, f"column {name} is set twice"
            assert column.shape[:1] == self.position.shape, f"column {name} has another length"
        return Candidates(self.position, {**self.columns, **columns})

    def without(self, names: Collection[str]) -> Candidates:
        """Return the same candidates without some columns."""
        rest = {name: column for name, column in self.columns.items() if name not in names}
        return Candidates(self.position, rest)


def union(parts: Iterable[Candidates]) -> Candidates:
    """Return all candidates of ``parts``; a column is 0 where its part lacks the item."""
    tables = [part for part in parts if len(part)]
    if not tables:
        return Candidates(np.empty(0, np.int32))
    position = np.unique(np.concatenate([table.position for table in tables])).astype(np.int32)
    columns: dict[str, Column] = {}
    for table in tables:
        where = np.searchsorted(position, table.position)
        for name, column in table.columns.items():
            assert name not in columns, f"two sources set column {name}"
            wide = np.zeros((len(position), *column.shape[1:]), column.dtype)
            wide[where] = column
            columns[name] = wide
    return Candidates(position, columns)
