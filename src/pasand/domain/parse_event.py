"""Events from raw mappings (JSON values or CSV texts), and back to JSON.

Only what callers may send is read; the engine writes its own kinds itself. Whether the item or
member is known is not asked: an event may arrive before they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pasand.domain.coerce import (
    Reader,
    as_is,
    check_plain,
    country,
    mapping,
    number,
    one_of,
    refuse,
    text,
    whole,
)
from pasand.domain.events import CALLER_KINDS, DEVICES, WATCH_KINDS, Event
from pasand.domain.fields import Field, missing, read_fields, write_fields
from pasand.domain.ids import check_id
from pasand.domain.times import time_ms, write_time

__all__ = [
    "AHEAD_MAX_MS",
    "CELL_KINDS",
    "EVENT_FIELDS",
    "ITEM_KINDS",
    "PAYLOAD_FIELDS",
    "SEARCH_TEXT_MAX",
    "event_to_json",
    "parse_event",
]

AHEAD_MAX_MS = 5 * 60_000
SEARCH_TEXT_MAX = 200

#: Kinds that say nothing without an item.
ITEM_KINDS = frozenset(WATCH_KINDS) | {
    "detail_open", "thumb", "rating", "list_add", "list_remove", "hide", "not_interested",
    "search_click", "view", "cart_add", "cart_remove", "purchase", "return",
}  # fmt: skip

#: Kinds that name an item, or a cell of a page that was served.
CELL_KINDS = frozenset({"impression", "hover", "preview"})

#: Fields of the payload; a flat file may give them as columns.
PAYLOAD_FIELDS: Mapping[str, Reader] = {
    "value": as_is,
    "position_s": number(0, 10_000_000),
    "duration_s": number(0, 10_000_000),
    "visible": number(0, 1),
    "dwell_ms": number(0, 10_000_000_000),
    "text": text(SEARCH_TEXT_MAX),
}

_VALUES: Mapping[str, Reader] = {"thumb": whole(-1, 2), "rating": number(0.5, 5)}
_place = whole(0, 100_000)

EVENT_FIELDS = {
    "event_id": Field("event_id", check_id),
    "kind": Field("kind", one_of(CALLER_KINDS)),
    "occurred_at": Field("occurred_ms", time_ms, write_time),
    "member_id": Field("member_id", check_id),
    "account_id": Field("account_id", check_id),
    "item_id": Field("item_id", check_id),
    "artwork_id": Field("artwork_id", check_id),
    "device": Field("device", one_of(DEVICES)),
    "device_id": Field("device_id", check_id),
    "session_id": Field("session_id", check_id),
    "page_id": Field("page_id", check_id),
    "surface": Field("surface", text(64)),
    "row": Field("row", _place),
    "column": Field("column", _place),
    "country": Field("country", country),
    "language": Field("language", text(35)),
    "time_zone": Field("time_zone", text(64)),
    **{name: Field("") for name in PAYLOAD_FIELDS},
    "payload": Field("payload", mapping, dict),
    "extra": Field("extra", mapping, dict),
}


def parse_event(
    raw: Mapping[str, Any],
    *,
    now_ms: int,
    default_id: str | None = None,
    time_required: bool = False,
) -> Event:
    """Return the event behind a raw mapping; unknown fields are kept in ``extra``.

    Without ``occurred_at`` it happened now, unless ``time_required`` (imports: history needs
    its times). ``default_id`` is for rows of files without an ``event_id``.
    """
    known, unknown = read_fields(raw, EVENT_FIELDS, "event")
    if "kind" not in known:
        raise missing("kind", f"Give one of {', '.join(CALLER_KINDS)}.")
    _check_who_and_what(known, default_id)
    _check_time(known, now_ms, time_required)
    if payload := _payload(known):
        known["payload"] = payload
    if unknown:
        check_plain(unknown, "")
        known["extra"] = known.get("extra", {}) | unknown
    return Event(**known)


def _check_who_and_what(known: dict[str, Any], default_id: str | None) -> None:
    if "event_id" not in known:
        if default_id is None:
            raise missing("event_id", "Give each event its own id; the same id counts once.")
        known["event_id"] = check_id(default_id, "event_id")
    if "member_id" not in known:
        raise missing("member_id", "Give the id of the member who did this.")
    if "item_id" in known:
        return
    kind = known["kind"]
    if kind in ITEM_KINDS:
        raise missing("item_id", f"Give the id of the item of this {kind}.")
    if kind in CELL_KINDS and not {"page_id", "row", "column"} <= known.keys():
        raise missing("item_id", "Give the item, or the page_id, row and column of its cell.")


def _check_time(known: dict[str, Any], now_ms: int, time_required: bool) -> None:
    at_ms = known.get("occurred_ms")
    if at_ms is None:
        if time_required:
            fix = "Give the time it happened as RFC 3339, or as Unix seconds or milliseconds."
            raise missing("occurred_at", fix)
        known["occurred_ms"] = now_ms
    elif at_ms < 0:
        refuse("occurred_at", write_time(at_ms), "before 1970", "Give a later time.")
    elif at_ms > now_ms + AHEAD_MAX_MS:
        fix = "Give the time it happened, at most 5 minutes ahead; check the sender's clock."
        refuse("occurred_at", write_time(at_ms), "in the future", fix)


def _payload(known: dict[str, Any]) -> dict[str, Any]:
    """Return the payload: its object, and payload columns given beside it, each checked."""
    kind: str = known["kind"]
    payload: dict[str, Any] = known.get("payload") or {}
    for name, read in PAYLOAD_FIELDS.items():
        if name in known:
            beside = known.pop(name)
            if payload.setdefault(name, beside) != beside:
                refuse(name, beside, "given twice, and differently", "Give it in payload only.")
        if name not in payload:
            continue
        value = payload[name]
        if value is None or value == "":
            del payload[name]
        else:
            payload[name] = (_VALUES.get(kind, read) if name == "value" else read)(value, name)
    if kind in _VALUES and "value" not in payload:
        wanted = "-1, 0, 1 or 2" if kind == "thumb" else "a number from 0.5 to 5"
        raise missing("value", f"Give {wanted}.")
    if kind == "search_query" and "text" not in payload:
        raise missing("text", "Give the words that were searched.")
    if "value" in payload and kind not in _VALUES:
        check_plain({"value": payload["value"]}, "")
    return payload


def event_to_json(event: Event) -> dict[str, Any]:
    """Return an event as JSON values that ``parse_event`` reads back to an equal event."""
    return write_fields(event, EVENT_FIELDS)
