"""Times, counts and lists as plain English words, as a member reads them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

__all__ = [
    "DAYS", "counted", "date_words", "is_or_are", "listed", "minutes_words", "part_of_day",
    "strength_words", "told_time",
]  # fmt: skip

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PARTS = (
    (5, "at night"), (12, "in the morning"), (17, "in the afternoon"), (22, "in the evening"),
    (24, "late in the evening"),
)  # fmt: skip
_PART_NAMES = (
    (5, "night"), (12, "morning"), (17, "afternoon"), (22, "evening"), (24, "evening"),
)  # fmt: skip


def strength_words(strength: float, top: float) -> str:
    """Return a taste in words, beside the member's strongest one."""
    if strength <= -0.5:
        return "not for you"
    if strength < 0.2:
        return "hardly either way"
    if strength >= 2.0 and strength >= 0.6 * top:
        return "very much"
    return "quite a lot" if strength >= 1.0 and strength >= 0.15 * top else "a little"


def told_time(then: datetime, now: datetime, *, near: bool) -> str:
    """Return a moment beside now in words; ``near`` says that a weekday is enough."""
    part = _part(_PART_NAMES, then.hour)
    if then.date() == now.date():
        return "tonight" if part == "night" and now.hour < 5 else f"this {part}"
    return f"on {DAYS[then.weekday()]} {part}" if near else f"on {date_words(then)}"


def listed(words: Iterable[str]) -> str:
    """Return words as a list in a sentence: "a, b and c"."""
    named = list(words)
    return " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)


def minutes_words(seconds: int) -> str:
    """Return seconds as hours and minutes."""
    whole = max(0, round(seconds / 60))
    return f"{whole // 60} h {whole % 60} min" if whole >= 60 else f"{whole} min"


def part_of_day(hour: int) -> str:
    """Return when in the day an hour lies: "in the evening"."""
    return _part(_PARTS, hour)


def _part(table: tuple[tuple[int, str], ...], hour: int) -> str:
    return next(words for end, words in table if hour < end)


def date_words(at: datetime) -> str:
    """Return a day with its month and year."""
    return f"{at.day} {at:%B} {at.year}"


def counted(count: int, thing: str) -> str:
    """Return a count of things: "1 title", "12 titles"."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def is_or_are(count: int) -> str:
    """Return the verb that goes with a count."""
    return "is" if count == 1 else "are"
