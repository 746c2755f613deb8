"""How much each candidate is taken: lately, for long, here, on this device, at this hour, first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pasand.domain.candidates import Candidates, Column
from pasand.domain.profile import DAYPART_HOURS
from pasand.domain.query import Query
from pasand.stages.models import Models

__all__ = ["Config", "PopularityHydrator"]


@dataclass(frozen=True, slots=True)
class Config:
    """Nothing to set: the speeds and scopes are those of the counters."""


class PopularityHydrator:
    """Columns ``taken_hour``, ``taken_day``, ``taken_week``, ``taken_month``, ``taken_year``
    (half-lives, everybody's), ``taken_country`` and ``taken_device`` (a week), ``taken_daypart``
    (this part of the day, a month) and ``taken_first`` (by members who came back, a month):
    counts that fade.
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Mapping[str, Column]:
        """Return the counts of each candidate."""
        daypart = query.local.hour // DAYPART_HOURS
        wanted = {
            "hour": ("hour", ""),
            "day": ("trending", ""),
            "week": ("popular", ""),
            "month": ("month", ""),
            "year": ("year", ""),
            "country": ("popular", f"country:{query.country}"),
            "device": ("popular", f"device:{query.device}"),
            "daypart": ("month", f"daypart:{daypart}"),
            "first": ("month", "return"),
        }
        view, catalog = query.counters, query.catalog
        return {
            f"taken_{name}": view.counts(catalog, candidates.position, *of, query.at_ms)
            for name, of in wanted.items()
        }
