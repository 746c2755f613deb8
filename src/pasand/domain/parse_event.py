"""Events from raw mappings (JSON values or CSV texts), and back to JSON.

Only what callers may send is read; the engine writes its own kinds itself. Whether the item or
member is known is not asked: an event may arrive before they do. What the payloads of the kinds
may hold is said in ``payloads``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pasand.domain.coerce import (
    Reader,
    check_plain,
    country,
    flag,
    identifier,
    mapping,
    one_of,
    refuse,
    text,
    whole,
)
from pasand.domain.events import CALLER_KINDS, DEVICES, Event
from pasand.domain.fields import Field, missing, read_fields, write_fields
from pasand.domain.ids import check_id
from pasand.domain.payloads import CELL_KINDS, ITEM_KINDS, KIND_SPECS, PAYLOAD_FIELDS, VALUES
from pasand.domain.times import moment_since_1970, write_time

__all__ = [
    "AHEAD_MAX_MS",
    "EVENT_FIELDS",
    "VARIANT_COUNT_MAX",
    "event_to_json",
    "parse_event",
]

AHEAD_MAX_MS = 5 * 60_000
VARIANT_COUNT_MAX = 64

_place = whole(0, 100_000)
_arm = text(100)


def _read_variants(value: Any, field: str) -> dict[str, str]:
    arms: dict[str, Any] = mapping(value, field)
    if len(arms) > VARIANT_COUNT_MAX:
        fix = f"Give at most {VARIANT_COUNT_MAX} experiments."
        refuse(field, value, f"{len(arms)} experiments are too many", fix)
    for name, arm in arms.items():
        check_id(name, f"{field} (an experiment's name)")
        if not _arm(arm, f"{field}.{name}"):
            refuse(f"{field}.{name}", arm, "empty", "Give the name of the arm.")
    return arms


_variants = Reader(
    _read_variants,
    {
        "type": "object",
        "propertyNames": identifier.schema,
        "additionalProperties": {**_arm.schema, "minLength": 1},
        "maxProperties": VARIANT_COUNT_MAX,
    },
)
_READ_PAYLOAD = {name: field.reader.read for name, field in PAYLOAD_FIELDS.items()}

EVENT_FIELDS = {
    "event_id": Field("event_id", identifier, text="Your id; the same id twice counts once."),
    "kind": Field("kind", one_of(CALLER_KINDS), text="What happened."),
    "occurred_at": Field(
        "occurred_ms", moment_since_1970, write_time, "When, by your clock; now if missing."
    ),
    "member_id": Field("member_id", identifier, text="Who did it."),
    "account_id": Field("account_id", identifier, text="The member's household."),
    "item_id": Field("item_id", identifier, text="With which item."),
    "artwork_id": Field("artwork_id", identifier, text="Which picture of it was shown."),
    "device": Field("device", one_of(DEVICES), text="On which class of device."),
    "device_id": Field("device_id", identifier, text="Your id of the device."),
    "session_id": Field("session_id", identifier, text="Your id of the visit."),
    "request_id": Field("request_id", identifier, text="Your id of the request it belongs to."),
    "page_id": Field("page_id", identifier, text="On which page, as the page named itself."),
    "surface": Field("surface", text(64), text="On which surface, such as home."),
    "row": Field("row", _place, text="In which row of the page, from 0."),
    "column": Field("column", _place, text="In which cell of the row, from 0."),
    "country": Field("country", country, text="Two-letter code; the member's own if missing."),
    "language": Field("language", text(35), text="Tag such as en-IN."),
    "time_zone": Field("time_zone", text(64), text="Name such as Asia/Kolkata."),
    "consent": Field("consent", flag, text="false: not to be learned from."),
    "variants": Field("variants", _variants, dict, "The arm of each experiment, by its name."),
    **{name: Field("") for name in PAYLOAD_FIELDS},
    "payload": Field("payload", mapping, dict, "What only this kind has."),
    "extra": Field("extra", mapping, dict, "Whatever else is known; kept as it is."),
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
    for name in known.keys() & _READ_PAYLOAD.keys():
        beside = known.pop(name)
        if payload.setdefault(name, beside) != beside:
            refuse(name, beside, "given twice, and differently", "Give it in payload only.")
    for name in list(payload):
        read = _READ_PAYLOAD.get(name)
        if read is None:
            continue
        value = payload[name]
        if value is None or value == "":
            del payload[name]
        elif name != "value":
            payload[name] = read(value, name)
        elif kind in VALUES:
            payload[name] = VALUES[kind](value, name)
        else:
            check_plain({"value": value}, "")
    for name in KIND_SPECS[kind].needs:
        if name not in payload:
            raise missing(name, _NEEDED[kind])
    return payload


_NEEDED = {
    "thumb": "Give -1, 0, 1 or 2.",
    "rating": "Give a number from 0.5 to 5.",
    "search_query": "Give the words that were searched.",
}


def event_to_json(event: Event) -> dict[str, Any]:
    """Return an event as JSON values that ``parse_event`` reads back to an equal event."""
    return write_fields(event, EVENT_FIELDS)
