"""Occasions: what a day is beside its hour: season, weekend, a day of the market's calendar.

The calendar knows days of fixed date that many markets' shops and services live by; feasts that
follow the moon or Easter are not among them. A day's occasion begins a week before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType

__all__ = ["LEAD_DAYS", "occasions"]

LEAD_DAYS = 7

#: Days by (month, day), for everybody ("") and by country.
_CALENDAR: Mapping[str, Mapping[tuple[int, int], str]] = MappingProxyType({
    "": {(1, 1): "new-year", (2, 14): "valentine", (10, 31): "halloween", (11, 11): "singles",
         (12, 25): "christmas"},
    "IN": {(1, 26): "national", (8, 15): "national"}, "US": {(7, 4): "national"},
    "FR": {(7, 14): "national"}, "BR": {(6, 12): "valentine", (9, 7): "national"},
    "DE": {(10, 3): "national"}, "MX": {(9, 16): "national", (11, 2): "dead"},
    "CN": {(10, 1): "national"}, "JP": {(5, 3): "golden-week"}, "TR": {(10, 29): "national"},
})  # fmt: skip


@lru_cache(maxsize=4_096)
def occasions(day: date, country: str) -> tuple[str, ...]:
    """Return what a day is: "season:3", "weekend:1", "country:IN", and "day:christmas" if it is
    near one.
    """
    found = [f"season:{day.month % 12 // 3}", f"weekend:{int(day.weekday() >= 5)}"]
    found += [f"country:{country}"] if country else []
    dates = {**_CALENDAR[""], **(_CALENDAR.get(country, {}) if country else {})}
    for ahead in range(LEAD_DAYS + 1):
        try:
            coming = day + timedelta(days=ahead)
        except OverflowError:
            break
        if (coming.month, coming.day) in dates:
            found.append(f"day:{dates[coming.month, coming.day]}")
            break
    return tuple(found)
