"""Time zones by name, UTC where a name is unknown."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["local_hour", "zone"]

#: Zones differ by whole quarters of an hour, so within one the local hour stays the same.
_QUARTER_MS = 900_000


@lru_cache(maxsize=512)
def zone(name: str) -> ZoneInfo:
    """Return a time zone, UTC where the name is unknown."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def local_hour(name: str, at_ms: int) -> tuple[int, int]:
    """Return the hour (0..23) and weekday (0 Monday) of a moment in a time zone."""
    return _local_hour(name, at_ms // _QUARTER_MS)


@lru_cache(maxsize=32_768)
def _local_hour(name: str, quarter: int) -> tuple[int, int]:
    local = datetime.fromtimestamp(quarter * _QUARTER_MS / 1000, UTC).astimezone(zone(name))
    return local.hour, local.weekday()
