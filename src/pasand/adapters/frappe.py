"""Frappe, the use of apps in context, as plays of apps.

A row sums up how often a member used an app in one context. The file has no times: the order of
its rows stands for one, so figures of it say little about order. ``meta.csv`` gives categories.
The column ``cost`` is no context: it says whether the app is a paid one, which is to be foretold.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pasand.adapters.set_columns import coded, of_rows, read_columns
from pasand.domain.interaction_features import action_code
from pasand.evaluation.data import EvaluationData

__all__ = ["is_frappe", "read_frappe"]

_NAME = "frappe.csv"
_HEADER = b"user\titem\tcnt\t"
_COLUMNS = {
    "member": 'CAST("user" AS BIGINT)',
    "item": "CAST(item AS BIGINT)",
    "country": "coalesce(country, '')",
    "daytime": "coalesce(daytime, '')",
    "weekday": "coalesce(weekday, '')",
    "isweekend": "coalesce(isweekend, '')",
    "homework": "coalesce(homework, '')",
    "weather": "coalesce(weather, '')",
    "city": "coalesce(city, '')",
}
#: What the owner says of the moment, by our names.
_CONTEXT = {
    "hour": "daytime", "weekday": "weekday", "weekend": "isweekend", "place": "homework",
    "weather": "weather", "region": "country", "city": "city",
}  # fmt: skip
#: A city of 0 is one that the owner does not tell.
_UNKNOWN = ("", "unknown", "0")
_TEXT = {"header": True, "all_varchar": True, "delim": "\t", "quote": ""}


def is_frappe(path: Path) -> bool:
    """Say whether a folder holds Frappe."""
    file = path / _NAME
    if not file.is_file():
        return False
    with file.open("rb") as data:
        return data.readline().startswith(_HEADER)


def read_frappe(path: Path) -> EvaluationData:
    """Return the rows of a folder."""
    rows = read_columns(path / _NAME, _COLUMNS, form=_TEXT)
    return of_rows(
        rows["member"],
        rows["item"],
        None,
        {
            "action": np.full(len(rows["item"]), action_code("play")),
            "region": coded(rows["country"]),
        },
        genres=_categories(path / "meta.csv"),
        context={ours: coded(rows[theirs], _UNKNOWN) for ours, theirs in _CONTEXT.items()},
        notes=("The file has no times; the order of its rows stands for that of use.",),
    )


def _categories(file: Path) -> dict[str, tuple[str, ...]]:
    if not file.is_file():
        return {}
    rows = read_columns(file, {"item": "item", "category": "coalesce(category, '')"}, form=_TEXT)
    pairs = zip(rows["item"].tolist(), rows["category"].tolist(), strict=True)
    return {item: (name,) for item, name in pairs if name not in ("", "unknown")}
