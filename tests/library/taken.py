"""An invented service for the tests of the library: some members, two tastes, a few weeks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas
import polars
from numpy.typing import NDArray

from pasand import (
    AlsRecommender,
    BlendRecommender,
    CovisitRecommender,
    EaseRecommender,
    ItemKnnRecommender,
    PopularRecommender,
    Recommender,
    SessionKnnRecommender,
)

START_S = 1_750_000_000

#: Every model that needs no extra.
MODELS: tuple[type[Recommender], ...] = (
    PopularRecommender,
    CovisitRecommender,
    EaseRecommender,
    ItemKnnRecommender,
    AlsRecommender,
    SessionKnnRecommender,
    BlendRecommender,
)

Columns = dict[str, Any]


class ArrowTable:
    """What is used of a PyArrow table, for tests where that large library is not installed."""

    __module__ = "pyarrow.lib"

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self._columns = dict(columns)

    @property
    def column_names(self) -> list[str]:
        """The names, as PyArrow has them."""
        return list(self._columns)

    def column(self, name: str) -> Any:
        """A column with a ``to_numpy``."""
        return pandas.Series(self._columns[name])


ArrowTable.__name__ = "Table"


def small(kind: type[Recommender]) -> Recommender:
    """A model whose parameters suit so little data."""
    if kind is AlsRecommender:
        return AlsRecommender(dimension=8, unobserved_ratio=1.0)
    return kind(ridge=5.0) if "ridge" in kind.defaults() else kind()


def taken(
    member_count: int = 40, item_count: int = 24, seed: int = 1, step_s: int = 5_000
) -> Columns:
    """Members take items of their own half of the catalogue, ``step_s`` after the one before."""
    rng = np.random.default_rng(seed)
    member, item = [], []
    for number in range(member_count):
        own = np.arange(number % 2, item_count, 2)
        chance = 1.0 / np.arange(1, len(own) + 1)
        count = int(rng.integers(3, len(own)))
        item += rng.choice(own, count, replace=False, p=chance / chance.sum()).tolist()
        member += [number] * count
    order = rng.permutation(len(member))
    return {
        "member_id": np.asarray(member)[order] + 100,
        "item_id": np.asarray(item)[order] + 1,
        "at": START_S + np.arange(len(member)) * step_s,
    }


def named(columns: Columns) -> Columns:
    """The same with ids that are text, not all of it ASCII."""
    return {
        "member_id": np.asarray([f"मित्र {m}" for m in columns["member_id"]], object),
        "item_id": np.asarray([f"Ⓕ-{i:02d}é" for i in columns["item_id"]], object),
        "at": columns["at"],
    }


def structured(columns: Columns) -> NDArray[Any]:
    """The columns as one structured array."""
    plain = {name: np.asarray(list(column)) for name, column in columns.items()}
    made = np.empty(len(plain["at"]), [(name, column.dtype) for name, column in plain.items()])
    for name, column in plain.items():
        made[name] = column
    return made


FRAMES: dict[str, Any] = {
    "dict": dict,
    "numpy": structured,
    "pandas": pandas.DataFrame,
    "polars": lambda columns: polars.DataFrame(
        {name: list(column) for name, column in columns.items()}
    ),
}


def lists(frame: Any) -> dict[str, list[Any]]:
    """A frame of any kind as lists, to compare."""
    names = getattr(frame, "columns", None)
    if names is None:
        names = frame.dtype.names if isinstance(frame, np.ndarray) else frame
    return {str(name): list(np.asarray(frame[name]).tolist()) for name in names}
