"""Times as callers write them, and as we write them back: RFC 3339 or Unix time.

Inside, a time is whole milliseconds since 1970 UTC. No clock is read here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pasand.domain.coerce import Reader, number, refuse

__all__ = [
    "SECONDS_BELOW",
    "day",
    "day_ms",
    "moment",
    "moment_since_1970",
    "time_ms",
    "write_day",
    "write_time",
]

#: A number nearer to 1970 than this counts seconds, one further away milliseconds.
SECONDS_BELOW = 10**11

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FIRST_MS = (datetime(1, 1, 2, tzinfo=UTC) - _EPOCH) // _MILLISECOND
_LAST_MS = (datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH) // _MILLISECOND
_FIX = (
    "Give RFC 3339 such as 2026-05-17T20:15:00Z, a date YYYY-MM-DD, or Unix seconds or "
    "milliseconds."
)

_is_time = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?"
).fullmatch
_is_number = re.compile(r"[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?").fullmatch
_is_compact_day = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_any_number = number(-1e18, 1e18)


def time_ms(value: Any, field: str) -> int:
    """Return a time in milliseconds; a text without a zone counts as UTC."""
    if isinstance(value, str):
        written = value.strip().upper()
        if not _is_number(written):
            return _written_ms(written, value, field)
        value = written
    if _is_compact_day.fullmatch(str(value)):
        refuse(field, value, "a date without dashes, or a moment of 1970", _FIX)
    found = _any_number(value, field)
    exact = round(found * 1000) if abs(found) < SECONDS_BELOW else round(found)
    return _in_range(exact, value, field)


def day_ms(value: Any, field: str) -> int:
    """Return the time of a release; a bare year is refused rather than read as seconds."""
    if re.fullmatch(r"[0-9]{4}", str(value).strip()):
        refuse(field, value, "a year alone", "Give a date YYYY-MM-DD, or use the field year.")
    return time_ms(value, field)


_DAY = r"(?:0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_ZONE = r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
#: Eight digits that look like a date without dashes are no number of seconds or milliseconds.
_COMPACT_DAYS = {"minimum": 19_000_101, "maximum": 20_991_231}
_BARE_YEARS = {"minimum": 1_000, "maximum": 9_999}


def _schema(year: str, low: int, *refused: Mapping[str, int]) -> dict[str, Any]:
    """Return the schema of times from ``low`` on, in years of a pattern."""
    written = f"^{year}-(?:0[1-9]|1[0-2])-{_DAY}(?:[Tt ]{_CLOCK}{_ZONE}?)?$"
    numbers = {"type": "number", "minimum": low, "maximum": _LAST_MS}
    return {
        "description": (
            "RFC 3339 (UTC where no zone is named), a date, or Unix seconds, or milliseconds "
            f"from {SECONDS_BELOW:,} on."
        ),
        "anyOf": [
            {"type": "string", "pattern": written},
            {**numbers, "not": {"anyOf": [_COMPACT_DAYS, *refused]}},
        ],
    }


_ANY_YEAR = "(?!0000)[0-9]{4}"
#: Any moment; one from 1970 on; the day of a release, of which a bare year is none.
moment = Reader(time_ms, _schema(_ANY_YEAR, _FIRST_MS))
moment_since_1970 = Reader(time_ms, _schema("(?:19[7-9]|[2-9][0-9]{2})[0-9]", 0))
day = Reader(day_ms, _schema(_ANY_YEAR, _FIRST_MS, _BARE_YEARS))


def _written_ms(written: str, value: str, field: str) -> int:
    if _is_time(written):
        try:
            found = datetime.fromisoformat(written)
        except ValueError:
            refuse(field, value, "no such day or time", _FIX)
        moment = found.replace(tzinfo=UTC) if found.tzinfo is None else found
        return _in_range((moment - _EPOCH) // _MILLISECOND, value, field)
    refuse(field, value, "not a time", _FIX)


def _in_range(found_ms: int, value: object, field: str) -> int:
    if not _FIRST_MS <= found_ms <= _LAST_MS:
        refuse(field, value, "outside the years 1 to 9999", _FIX)
    return found_ms


def write_time(at_ms: int) -> str:
    """Return a time as RFC 3339 in UTC, with milliseconds where there are any."""
    moment = _EPOCH + at_ms * _MILLISECOND
    spec = "milliseconds" if at_ms % 1000 else "seconds"
    return moment.isoformat(timespec=spec).replace("+00:00", "Z")


def write_day(at_ms: int) -> str:
    """Return a time as a date where it is midnight UTC, else as RFC 3339."""
    return write_time(at_ms)[:10] if at_ms % 86_400_000 == 0 else write_time(at_ms)
