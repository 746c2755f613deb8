"""Columns of a data set's file as arrays, and what evaluations need made of them.

Files are read through DuckDB with its extensions switched off, whole columns at once. A file that
is not as its owner ships it is an error that names the column; there is nothing to set aside in
data sets that are compared by their hashes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.errors import InvalidInput
from pasand.evaluation.data import EvaluationData

__all__ = ["Columns", "coded", "numbered", "of_rows", "read_columns"]

Columns = Mapping[str, NDArray[Any]]


def read_columns(
    path: Path,
    wanted: Mapping[str, str],
    *,
    where: str = "TRUE",
    form: Mapping[str, Any] | None = None,
) -> Columns:
    """Return the columns ``wanted``, {name: SQL expression}, of a Parquet file or delimited text.

    ``form`` says how a text is written, in the options of DuckDB's ``read_csv``. Rows keep the
    order of the file.

    Raises:
        InvalidInput: the file cannot be read so.
    """
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "threads": 1,
    }
    chosen = ", ".join(f"{expression} AS {name}" for name, expression in wanted.items())
    if path.suffix == ".parquet":
        source = "read_parquet(?)"
    else:
        options = [f", {key} = {_sql(value)}" for key, value in (form or {}).items()]
        source = f"read_csv(?{''.join(options)})"
    with duckdb.connect(":memory:", config=settings) as connection:
        try:
            found = connection.execute(f"SELECT {chosen} FROM {source} WHERE {where}", [str(path)])
            arrays = found.fetchnumpy()
        except duckdb.Error as error:
            raise InvalidInput(
                f"{path.name} cannot be read: {str(error).splitlines()[0]}",
                field="data",
                fix="Give the file as its owner ships it.",
            ) from error
    for name, array in arrays.items():
        if np.ma.isMaskedArray(array) and np.ma.getmaskarray(array).any():
            raise InvalidInput(
                f"{path.name} has rows without {name}.",
                field="data",
                fix="Give the file as its owner ships it.",
            )
    return {name: np.ma.getdata(array) for name, array in arrays.items()}


def _sql(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"'{key}': '{kind}'" for key, kind in value.items()) + "}"
    return "'" + str(value).replace("'", "''") + "'"


def of_rows(
    member: NDArray[Any],
    item: NDArray[Any],
    at_ms: NDArray[np.int64] | None,
    feature: Mapping[str, NDArray[np.integer]],
    **beside: Any,
) -> EvaluationData:
    """Return rows of a file as data in stable time order, each weighing 1.

    Ids are coded in their own order. Without times the rows of each member are numbered.
    """
    member_ids, members = np.unique(member, return_inverse=True)
    item_ids, items = np.unique(item, return_inverse=True)
    interactions = Interactions(
        member=members.astype(np.int32),
        item=items.astype(np.int32),
        at_ms=(numbered(members) if at_ms is None else at_ms).astype(np.int64),
        weight=np.ones(len(members), np.float32),
        member_ids=tuple(map(str, member_ids.tolist())),
        item_ids=tuple(map(str, item_ids.tolist())),
        feature={name: column.astype(np.int16) for name, column in feature.items()},
        timed=at_ms is not None,
    )
    return EvaluationData(interactions, **beside).in_order()


def numbered(member: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the place of each row among its member's, from 0."""
    order = np.argsort(member, kind="stable")
    ordered = member[order]
    place = np.empty(len(member), np.int64)
    place[order] = np.arange(len(member)) - np.searchsorted(ordered, ordered)
    return place


def coded(values: NDArray[Any], unknown: Sequence[str] = ("", "unknown")) -> NDArray[np.int16]:
    """Return texts as codes from 1 up in their own order, 0 for those that say nothing."""
    texts = values.astype(str)
    known = sorted(set(texts.tolist()) - set(unknown))
    code = {text: number for number, text in enumerate(known, 1)}
    return np.array([code.get(text, 0) for text in texts.tolist()], np.int16)
