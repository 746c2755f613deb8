"""What is offered: how new, for how long still, how long it takes, for what age, at what price."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates, Column
from pasand.domain.query import Query
from pasand.stages.columns import newest_positions
from pasand.stages.models import Models

__all__ = ["Config", "OfferHydrator"]

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Config:
    """``leaving_days``: how long before its end a title is leaving; ``low_stock``: from how many
    pieces down a product is nearly gone; ``newest``: how many of the member's newest titles tell
    what length, age and price are usual.
    """

    leaving_days: float = 14.0
    low_stock: int = 5
    newest: int = 40


class OfferHydrator:
    """Columns ``new_days`` (log of the days since it came, 0 where that is not known), ``leaving``
    (1 on its last day, 0 before ``leaving_days``), ``length_gap`` (log of its length over the
    visit that is usual at this hour, 0 where either is not known), ``maturity_gap`` and
    ``price_gap`` (above what the member usually takes) and ``low_stock``.
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Mapping[str, Column]:
        """Return what is offered with each candidate."""
        catalog, position, config = query.catalog, candidates.position, self.config
        newest = newest_positions(query, config.newest)
        came_ms = catalog.released_ms[position]
        age_days = np.maximum((query.at_ms - came_ms) / _DAY_MS, 0.0)
        left_days = (catalog.available_until_ms[position] - query.at_ms) / _DAY_MS
        stock = catalog.stock[position]
        usual = query.profile.visit_minutes(query.local.hour)
        return {
            "new_days": np.where(came_ms > 0, np.log1p(age_days), 0.0),
            "leaving": np.clip(1.0 - left_days / config.leaving_days, 0.0, 1.0),
            "length_gap": _log_ratio(catalog.runtime_minutes[position], usual),
            "maturity_gap": _above(catalog.maturity, newest, position),
            "price_gap": _above(catalog.price, newest, position, np.log1p),
            "low_stock": ((stock >= 0) & (stock <= config.low_stock)).astype(np.float32),
        }


def _log_ratio(minutes: NDArray[np.float32], usual: float) -> NDArray[np.float64]:
    known = (minutes > 0) & (usual > 0)
    return np.where(known, np.log(np.where(known, minutes, 1.0) / (usual or 1.0)), 0.0)


def _above(
    value: NDArray[np.generic],
    newest: NDArray[np.int32],
    position: NDArray[np.int32],
    scale: Callable[[Any], Any] = np.asarray,
) -> NDArray[np.float64]:
    """Return by how much each value lies above the mean of the newest ones, 0 if not known."""
    had = scale(value[newest].astype(np.float64))
    had = had[~np.isnan(had)]
    found = scale(value[position].astype(np.float64))
    if not len(had):
        return np.zeros(len(position))
    return np.where(np.isnan(found), 0.0, found - had.mean())
