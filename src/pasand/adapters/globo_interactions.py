"""Globo's clicks as an evaluation reads them: views with session, device and state, as arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pasand.adapters.globo_codes import BRAZIL, device_class, place
from pasand.adapters.globo_files import article_rows, click_files, click_rows
from pasand.adapters.set_columns import Columns, of_rows, read_columns
from pasand.domain.intake import SetAside
from pasand.domain.interaction_features import action_code, device_code
from pasand.domain.zones import local_hour
from pasand.evaluation.data import EvaluationData

__all__ = ["read_globo_interactions"]

HOUR_MS = 3_600_000

_COLUMNS = {
    "user_id": "user_id", "session_id": "session_id", "click_article_id": "click_article_id",
    "click_timestamp": "click_timestamp", "click_deviceGroup": "click_deviceGroup",
    "click_country": "click_country", "click_region": "click_region",
}  # fmt: skip
#: Where those columns stand in a click that is read row by row.
_PLACES = (0, 1, 2, 3, 5, 7, 8)


def read_globo_interactions(folder: Path) -> EvaluationData:
    """Return the clicks of a folder, with the category of an article where the owner's file is."""
    rows = _rows(folder)
    at_ms = rows["click_timestamp"].astype(np.int64)
    categories = {
        str(row[0]): (f"Category {row[1]}",)
        for row in article_rows(folder)
        if not isinstance(row, SetAside)
    }
    device = _devices(rows["click_deviceGroup"])
    region = _regions(rows["click_country"], rows["click_region"])
    hour, weekday = _local(at_ms, region)
    return of_rows(
        rows["user_id"],
        rows["click_article_id"],
        at_ms,
        {
            "action": np.full(len(at_ms), action_code("view")),
            "device": device,
            "region": region,
        },
        session=np.unique(rows["session_id"], return_inverse=True)[1].astype(np.int32),
        exact=np.ones(len(at_ms), bool),
        genres=categories,
        context={
            name: column.astype(np.int16)
            for name, column in {
                "hour": hour,
                "weekday": weekday,
                "device": device,
                "region": region,
            }.items()
        },
    )


def _rows(folder: Path) -> Columns:
    files = click_files(folder)
    if files and files[0].suffix == ".parquet":
        return read_columns(files[0], _COLUMNS)
    clicks = [row for row in click_rows(folder) if not isinstance(row, SetAside)]
    table = np.array(clicks, np.int64).reshape(-1, 10)
    return {name: table[:, place] for name, place in zip(_COLUMNS, _PLACES, strict=True)}


def _devices(group: NDArray[np.integer]) -> NDArray[np.int64]:
    found = {value: device_code(device_class(value)) for value in np.unique(group).tolist()}
    return np.array([found[value] for value in group.tolist()], np.int64)


def _regions(country: NDArray[np.integer], region: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the owner's code of a state of Brazil, 0 elsewhere and where none is named."""
    codes = np.unique(region[country == BRAZIL]).tolist()
    states = [code for code in codes if place(BRAZIL, code).region]
    return np.where((country == BRAZIL) & np.isin(region, states), region, 0)


def _local(
    at_ms: NDArray[np.int64], region: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return 1 + the hour (0 to 23) and 1 + the weekday (Monday 0) where each click was made.

    Where no state is named it is that of most of the country.
    """
    hours, which = np.unique(
        np.stack([at_ms // HOUR_MS, region.astype(np.int64)]), axis=1, return_inverse=True
    )
    local = []
    for hour, state in hours.T.tolist():
        clock, weekday = local_hour(place(BRAZIL, state).time_zone, hour * HOUR_MS)
        local.append((1 + clock, 1 + weekday))
    table = np.array(local, np.int64).reshape(-1, 2)[which.ravel()]
    return table[:, 0], table[:, 1]
