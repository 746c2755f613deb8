"""Time zones by name, UTC where a name is unknown."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["zone"]


@lru_cache(maxsize=512)
def zone(name: str) -> ZoneInfo:
    """Return a time zone, UTC where the name is unknown."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
