"""Profile: what is known of a member, in at most 8 KiB; the result of folding their events.

A profile holds ids, counts and times only. Tastes are integers at a fixed epoch: a weight w at
time t is stored as w * 1024 * 2^((t - EPOCH) / HALF_LIFE), so adding needs no clock and every
reader decays to its own moment. Vectors are made from a profile when a page is asked for and
are never stored in it. How events become a profile is in ``domain/fold.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

__all__ = [
    "EPOCH_MS",
    "HALF_LIFE_MS",
    "PROFILE_BYTES_MAX",
    "RECENT_CODES",
    "TASTE_UNIT",
    "Profile",
    "Recent",
    "Watch",
    "taste_at",
]

PROFILE_BYTES_MAX = 8192
EPOCH_MS = 946_684_800_000  # 2000-01-01
HALF_LIFE_MS = 365 * 86_400_000
TASTE_UNIT = 1024

#: What a recent entry was, by code.
RECENT_CODES = (
    "play", "complete", "abandon", "thumb", "rating", "list", "view", "cart", "purchase",
    "return", "search_click",
)  # fmt: skip


class Recent(NamedTuple):
    """One thing done with an item. ``value``: thumb, or ten times the rating, else 0."""

    item_id: str
    code: int
    at_s: int
    value: int


class Watch(NamedTuple):
    """How far a member is in an unfinished item."""

    position_s: int
    duration_s: int
    at_s: int


class Profile(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """The fold of one member's events, newest entries last in every mapping and list.

    ``fatigue`` counts impressions of an item since the member last acted on it. ``hours`` and
    ``weekdays`` count visits' actions by device class in the member's own time zone.
    ``muted`` holds what the member wants no more of, as "genre:Horror" or "tag:heist".
    """

    member_id: str
    event_count: int = 0
    first_ms: int = 0
    last_ms: int = 0
    last_id: str = ""
    page_count: int = 0
    last_page: str = ""
    last_order: tuple[str, ...] = ()
    recent: tuple[Recent, ...] = ()
    watching: dict[str, Watch] = {}
    finished: dict[str, int] = {}
    thumbs: dict[str, tuple[int, int]] = {}
    listed: dict[str, int] = {}
    hidden: dict[str, int] = {}
    genres: dict[str, int] = {}
    tags: dict[str, int] = {}
    people: dict[str, int] = {}
    hours: dict[str, tuple[int, ...]] = {}
    weekdays: dict[str, tuple[int, ...]] = {}
    fatigue: dict[str, int] = {}
    searches: tuple[tuple[str, int], ...] = ()
    muted: dict[str, int] = {}

    @property
    def last_key(self) -> tuple[int, str]:
        """The order key of the newest event folded."""
        return (self.last_ms, self.last_id)

    def encode(self) -> bytes:
        """Return the stored bytes; equal profiles give equal bytes."""
        return msgspec.msgpack.encode(self)

    @staticmethod
    def decode(data: bytes) -> Profile:
        """Return the profile behind stored bytes."""
        return _decoder.decode(data)


_decoder = msgspec.msgpack.Decoder(Profile)


def taste_at(tastes: Mapping[str, int], at_ms: int) -> dict[str, float]:
    """Return tastes as weights decayed to ``at_ms`` (1.0 is about one fresh play)."""
    years = max(-900.0, min((at_ms - EPOCH_MS) / HALF_LIFE_MS, 900.0))
    scale = TASTE_UNIT * 2.0**years
    return {name: value / scale for name, value in tastes.items()}
