"""The vocabulary of the log: one envelope for everything that happens.

Catalogue and member writes are events too, so the log alone rebuilds an installation. An event
is never edited. Times are whole milliseconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

__all__ = [
    "CALLER_KINDS",
    "DEVICES",
    "KINDS",
    "RECORD_KINDS",
    "WATCH_KINDS",
    "Event",
    "Stored",
]

DEVICES = ("phone", "tablet", "desktop", "tv", "other")

#: What a caller may send: what members did.
CALLER_KINDS = (
    "impression", "hover", "preview", "scroll", "detail_open",
    "play_start", "progress", "play_stop", "complete", "abandon", "rewatch",
    "thumb", "rating", "list_add", "list_remove", "hide", "not_interested",
    "search_query", "search_click",
    "message_sent", "message_delivered", "message_opened", "message_clicked", "message_opt_out",
    "view", "cart_add", "cart_remove", "purchase", "return",
)  # fmt: skip

#: What the engine itself writes: catalogue, members, pages served, members' corrections, and
#: that an anonymous visitor turned out to be a member.
RECORD_KINDS = (
    "item_put", "item_deleted", "member_put", "member_deleted", "page_served",
    "history_removed", "taste_set", "member_merged",
)  # fmt: skip

KINDS = CALLER_KINDS + RECORD_KINDS

#: Kinds that carry a position in an item.
WATCH_KINDS = ("play_start", "progress", "play_stop", "complete", "abandon", "rewatch")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened.

    ``occurred_ms`` is the client's time on the server's clock, never later than ``received_ms``,
    the server's own; ``client_ms`` is what the client's clock said, where that was corrected.
    ``variants`` holds the arm of each experiment that the member saw, by the experiment's name.
    ``consent`` is False where the member had not agreed to be learned from, None where the
    sender does not say. ``payload`` holds what only this kind has: ``value`` of a thumb
    (-1, 1, 2) or a rating (0.5 to 5), ``position_s`` and ``duration_s`` of a play, ``visible``
    and ``dwell_ms`` of an impression, ``text`` of a search. ``extra`` keeps fields that we do
    not know. ``said`` is a hash of what the sender said, before anything was filled in for
    them: by it a repeat is told from another event under the same id. It is not part of what
    is read back.
    """

    event_id: str
    kind: str
    occurred_ms: int
    received_ms: int = 0
    client_ms: int = 0
    member_id: str = ""
    account_id: str = ""
    item_id: str = ""
    artwork_id: str = ""
    device: str = ""
    device_id: str = ""
    session_id: str = ""
    request_id: str = ""
    page_id: str = ""
    surface: str = ""
    row: int | None = None
    column: int | None = None
    country: str = ""
    language: str = ""
    time_zone: str = ""
    consent: bool | None = None
    variants: Mapping[str, str] = msgspec.field(default_factory=dict)
    payload: Mapping[str, Any] = msgspec.field(default_factory=dict)
    extra: Mapping[str, Any] = msgspec.field(default_factory=dict)
    said: str = ""

    @property
    def key(self) -> tuple[int, str]:
        """The order of the fold: when it happened, then the id."""
        return (self.occurred_ms, self.event_id)

    def number(self, name: str, default: float = 0.0) -> float:
        """Return a number of the payload, or ``default`` where it is missing."""
        value = self.payload.get(name, default)
        return float(value) if isinstance(value, (int, float)) else default


class Stored(NamedTuple):
    """An event with its place in the log."""

    offset: int
    event: Event
