"""One event of a batch, from its bytes onto the server's clock.

Most events are plain: fields of the envelope and numbers, as the schema writes them. Those are
decoded in one go. Whatever is out of the ordinary, right or wrong, is read by ``parse_event``,
which explains what it refuses; for plain events both give the same, which a test holds them to.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from pasand.domain.events import Event
from pasand.domain.ids import short_hash
from pasand.domain.messages import MESSAGE_KINDS, check_message
from pasand.domain.parse import parse_event, unknown_fields
from pasand.domain.parse_event import AHEAD_MAX_MS
from pasand.domain.payloads import CELL_KINDS, ITEM_KINDS
from pasand.errors import InvalidInput, TooMuch
from pasand.flows.engine import Engine
from pasand.web.access import Caller
from pasand.web.answers import json_of

__all__ = ["Moment", "read_event"]

#: A difference of the clocks that is corrected; less may be how long the batch travelled.
DRIFT_MS_MIN = 5_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
#: Unix milliseconds from 1973 to 2286: nothing else that a number may mean.
_Milliseconds = Annotated[int, Meta(ge=10**11, le=10**13)]
_Place = Annotated[int, Meta(ge=0, le=100_000)]
_Seconds = Annotated[int, Meta(ge=0, le=10**7)] | Annotated[float, Meta(ge=0, le=10**7)]
_Spell = Annotated[int, Meta(ge=0, le=10**10)] | Annotated[float, Meta(ge=0, le=10**10)]
_Share = Annotated[int, Meta(ge=0, le=1)] | Annotated[float, Meta(ge=0, le=1)]
_Kind = Literal[
    "impression", "hover", "preview", "scroll", "detail_open", "play_start", "progress",
    "play_stop", "complete", "abandon", "rewatch", "list_add", "list_remove", "hide",
    "not_interested", "view",
]  # fmt: skip

#: The ids of an event, then its words, one a line; missing ones are empty.
_are_plain = re.compile(
    r"[A-Za-z0-9_.:\-]{1,128}\n[A-Za-z0-9_.:\-]{1,128}(?:\n[A-Za-z0-9_.:\-]{0,128}){7}"
    r"\n[A-Za-z0-9_\-]{0,64}\n[A-Za-z0-9\-]{0,35}\n[A-Za-z0-9_/+\-]{0,64}\n(?:[A-Z]{2})?"
).fullmatch


class _Payload(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    position_s: _Seconds | None = None
    duration_s: _Seconds | None = None
    visible: _Share | None = None
    dwell_ms: _Spell | None = None
    watched_ms: _Spell | None = None
    focus: bool | None = None
    muted: bool | None = None
    autoplayed: bool | None = None
    row_depth: _Place | None = None
    column_depth: _Place | None = None
    speed_px_s: _Seconds | None = None
    reversals: _Place | None = None


class _Plain(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A plain event as it is sent."""

    event_id: str
    kind: _Kind
    occurred_at: _Milliseconds | str | None = None
    member_id: str = ""
    account_id: str = ""
    item_id: str = ""
    artwork_id: str = ""
    device: Literal["phone", "tablet", "desktop", "tv", "other", ""] = ""
    device_id: str = ""
    session_id: str = ""
    request_id: str = ""
    page_id: str = ""
    surface: str = ""
    row: _Place | None = None
    column: _Place | None = None
    country: str = ""
    language: str = ""
    time_zone: str = ""
    consent: bool | None = None
    payload: _Payload | None = None


_decode = msgspec.json.Decoder(_Plain).decode
_encode = msgspec.msgpack.Encoder().encode


class Moment(msgspec.Struct, frozen=True):
    """When a batch came in, and when its sender's clock says that it was sent."""

    now_ms: int
    sent_ms: int | None = None

    @property
    def client_now_ms(self) -> int:
        """The moment of arrival by the sender's clock, as far as it is known."""
        return self.now_ms if self.sent_ms is None else self.sent_ms

    @property
    def moved_ms(self) -> int:
        """How far times are moved onto the server's clock.

        A few seconds are the network's, not the clock's: moving by them could turn the order of
        two batches around.
        """
        drift_ms = self.now_ms - self.client_now_ms
        return drift_ms if abs(drift_ms) >= DRIFT_MS_MIN else 0


def read_event(
    engine: Engine, caller: Caller, body: bytes, moment: Moment
) -> tuple[Event, list[str]]:
    """Return the event behind ``body`` on the server's clock, and what was odd about it.

    Raises:
        InvalidInput: a field is malformed or missing.
        NotAllowed: the caller may not write for this member, or a message to a kids' profile.
        TooMuch: it is larger than an event may be.
    """
    bytes_max = engine.settings.limits.event_bytes_max
    if len(body) > bytes_max:
        raise TooMuch(f"The event is larger than {bytes_max:,} bytes.", field="event")
    warnings: list[str] = []
    event = _plain(body, caller.member_id, moment)
    if event is None:
        event, warnings = _any(body, caller.member_id, moment)
    caller.allow("events:write", event.member_id)
    if event.kind in MESSAGE_KINDS:
        check_message(event.kind, engine.members.get(event.member_id))
    if event.country and event.time_zone:
        return event, warnings
    member = engine.members.get(event.member_id)
    if member is None:
        return event, warnings
    event = replace(
        event,
        country=event.country or member.country,
        time_zone=event.time_zone or member.time_zone,
        account_id=event.account_id or member.account_id,
    )
    return event, warnings


def _plain(body: bytes, member_id: str, moment: Moment) -> Event | None:
    """Return a plain event, None where it is not plain."""
    try:
        sent = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    sent.member_id = sent.member_id or member_id
    kind = sent.kind
    words = (
        f"{sent.event_id}\n{sent.member_id}\n{sent.account_id}\n{sent.item_id}"
        f"\n{sent.artwork_id}\n{sent.device_id}\n{sent.session_id}\n{sent.request_id}"
        f"\n{sent.page_id}\n{sent.surface}\n{sent.language}\n{sent.time_zone}\n{sent.country}"
    )
    if not _are_plain(words):
        return None
    if not sent.item_id and (kind in ITEM_KINDS or (kind in CELL_KINDS and not _names_cell(sent))):
        return None
    at_ms = _at_ms(sent.occurred_at, moment.client_now_ms)
    if at_ms is None or not 0 <= at_ms <= moment.client_now_ms + AHEAD_MAX_MS:
        return None
    occurred_ms = min(moment.now_ms, at_ms + moment.moved_ms)
    if occurred_ms < 0:
        return None
    return Event(
        event_id=sent.event_id,
        kind=kind,
        occurred_ms=occurred_ms,
        received_ms=moment.now_ms,
        client_ms=at_ms if at_ms != occurred_ms else 0,
        member_id=sent.member_id,
        account_id=sent.account_id,
        item_id=sent.item_id,
        artwork_id=sent.artwork_id,
        device=sent.device,
        device_id=sent.device_id,
        session_id=sent.session_id,
        request_id=sent.request_id,
        page_id=sent.page_id,
        surface=sent.surface,
        row=sent.row,
        column=sent.column,
        country=sent.country,
        language=sent.language,
        time_zone=sent.time_zone,
        consent=sent.consent,
        payload=msgspec.to_builtins(sent.payload) if sent.payload else {},
        said=blake2b(_encode(sent), digest_size=16).hexdigest(),
    )


def _names_cell(sent: _Plain) -> bool:
    return bool(sent.page_id) and sent.row is not None and sent.column is not None


def _at_ms(written: int | str | None, now_ms: int) -> int | None:
    """Return a time as it is usually written, None where it is written in another way."""
    if written is None:
        return now_ms
    if isinstance(written, int):
        return written
    if len(written) != 24 or written[10] != "T" or written[19] != "." or written[23] != "Z":
        return None
    try:
        return (datetime.fromisoformat(written) - _EPOCH) // _MILLISECOND
    except ValueError:
        return None


def _any(body: bytes, member_id: str, moment: Moment) -> tuple[Event, list[str]]:
    """Return any event, read with care."""
    raw: Any = json_of(body)
    if not isinstance(raw, dict):
        raise InvalidInput("An event is a JSON object.", field="event")
    if member_id:
        raw.setdefault("member_id", member_id)
    said = short_hash(msgspec.json.encode(raw, order="sorted"), 16)
    event = parse_event(raw, now_ms=moment.client_now_ms)
    occurred_ms = min(moment.now_ms, event.occurred_ms + moment.moved_ms)
    if occurred_ms < 0:
        raise InvalidInput(
            "By sent_at and occurred_at this happened before 1970.",
            field="sent_at",
            fix="Give both by the same clock.",
        )
    event = replace(
        event,
        occurred_ms=occurred_ms,
        received_ms=moment.now_ms,
        client_ms=event.occurred_ms if event.occurred_ms != occurred_ms else 0,
        said=said,
    )
    return event, unknown_fields(raw, "event")
