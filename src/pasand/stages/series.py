"""Which items are series, and which of them have a new season: read once from a catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Catalog

__all__ = ["Seasons", "arrived_ms", "is_series", "newest_seasons"]


def is_series(catalog: Catalog) -> NDArray[np.bool_]:
    """Return for every item whether it is a series."""
    kept = catalog.memory("series")
    if "is" not in kept:
        kept["is"] = np.array([item.type == "series" for item in catalog.items], bool)
    found: NDArray[np.bool_] = kept["is"]
    return found


def arrived_ms(catalog: Catalog, position: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return since when items are offered, 0 where that is not known."""
    came = catalog.available_from_ms[position]
    return np.where(came > 0, came, catalog.released_ms[position])


@dataclass(frozen=True, slots=True)
class Seasons:
    """Series (positions, ascending) with a season after their first, and when it began."""

    position: NDArray[np.int32]
    began_ms: NDArray[np.int64]


def newest_seasons(catalog: Catalog, at_ms: int) -> Seasons:
    """Return the newest season of every series that has begun by ``at_ms``."""
    table = _seasons(catalog)
    begun = table.began_ms <= at_ms
    # Rows are ordered by series, then time: the last one that has begun is the newest.
    position, began = table.position[begun], table.began_ms[begun]
    last = np.append(position[1:] != position[:-1], True)[: len(position)]
    return Seasons(position[last], began[last])


def _seasons(catalog: Catalog) -> Seasons:
    """Return every season after the first of every series, once for each catalogue."""
    kept = catalog.memory("series")
    if "seasons" not in kept:
        began: dict[tuple[int, int], int] = {}
        for item in catalog.items:
            if item.type != "episode" or item.season is None or item.season < 2:
                continue
            series, came = catalog.find(item.series_id), item.available_from_ms or item.released_ms
            if series >= 0 and came:
                key = (series, item.season)
                began[key] = min(came, began.get(key, came))
        rows = sorted((series, came) for (series, _), came in began.items())
        table = np.array(rows, np.int64).reshape(-1, 2)
        kept["seasons"] = Seasons(table[:, 0].astype(np.int32), table[:, 1])
    found: Seasons = kept["seasons"]
    return found
