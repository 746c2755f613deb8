"""Trivago's hotel searches (RecSys Challenge 2019) as views of hotels and click-outs.

An action is of a hotel where its reference is a hotel's number: its pictures, ratings, details
and deals were looked at (``view``), it was searched for by name (``view``), or the member left for
the shop that sells it (``cart``, for nobody knows whether they bought). Searches for places,
filters and orders are no interactions.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pasand.adapters.set_columns import coded, of_rows, read_columns
from pasand.domain.interaction_features import action_code, device_code
from pasand.evaluation.data import EvaluationData

__all__ = ["is_trivago", "read_trivago", "trivago_file"]

#: A sample in one Parquet file, or the owner's file of actions.
_NAMES = ("actions.parquet", "train.csv")
_TEXT = {"header": True, "all_varchar": True, "delim": ","}
_COLUMNS = {
    "member": "user_id",
    "session": "session_id",
    "item": "CAST(reference AS BIGINT)",
    "at_ms": "CAST(timestamp AS BIGINT) * 1000",
    "out": "action_type = 'clickout item'",
    "device": "device",
    "platform": "platform",
}
_OF_HOTEL = "action_type LIKE '%item%' AND regexp_matches(reference, '^[0-9]{1,18}$')"
_DEVICES = {"mobile": "phone", "tablet": "tablet", "desktop": "desktop"}


def trivago_file(path: Path) -> Path | None:
    """Return the file of actions at a path or in a folder, None where there is none."""
    found = [path] if path.is_file() else [path / name for name in _NAMES]
    there = [file for file in found if file.name in _NAMES and file.is_file()]
    return next((file for file in there if _is_of_trivago(file)), None)


def is_trivago(path: Path) -> bool:
    """Say whether there are such actions at a path."""
    return trivago_file(path) is not None


def read_trivago(path: Path) -> EvaluationData:
    """Return the actions at a path that are of a hotel."""
    file = trivago_file(path)
    assert file is not None
    rows = read_columns(file, _COLUMNS, where=_OF_HOTEL, form=_TEXT)
    devices = {theirs: device_code(ours) for theirs, ours in _DEVICES.items()}
    return of_rows(
        rows["member"].astype(str),
        rows["item"],
        rows["at_ms"],
        {
            "action": np.where(rows["out"], action_code("cart"), action_code("view")),
            "device": np.array([devices.get(name, 0) for name in rows["device"].tolist()]),
            "region": coded(rows["platform"]),
        },
        session=np.unique(rows["session"].astype(str), return_inverse=True)[1].astype(np.int32),
        exact=np.ones(len(rows["item"]), bool),
    )


def _is_of_trivago(file: Path) -> bool:
    if file.suffix == ".parquet":
        with file.open("rb") as data:
            data.seek(-min(file.stat().st_size, 65_536), 2)
            return b"current_filters" in data.read()
    with file.open("rb") as data:
        return b"current_filters" in data.readline()
