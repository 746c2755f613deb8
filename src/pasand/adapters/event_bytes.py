"""How an event is kept as bytes: what the table's own columns do not hold, as MessagePack.

Large bodies (whole pages) are compressed; a zlib stream begins with 0x78, which no MessagePack
map does, so the first byte tells them apart.
"""

from __future__ import annotations

import zlib
from hashlib import blake2b
from operator import attrgetter
from typing import Any

import msgspec

from pasand.domain.events import Event
from pasand.domain.labels import counts_for_learning

__all__ = [
    "body_counts",
    "body_device_and_value",
    "decode_body",
    "encode_body",
    "event_key",
    "fingerprint",
]

_COLUMNS = ("event_id", "kind", "occurred_ms", "member_id", "item_id", "said")
_BODY = tuple(f for f in msgspec.structs.fields(Event) if f.name not in _COLUMNS)
_NAMES = tuple(f.name for f in _BODY)
_values = attrgetter(*_NAMES)
_Body = msgspec.defstruct(
    "_Body",
    [
        (f.name, f.type, f.default)
        if f.default is not msgspec.NODEFAULT
        else (f.name, f.type, msgspec.field(default_factory=f.default_factory))
        for f in _BODY
    ],
    frozen=True,
    omit_defaults=True,
)
_COMPRESS_BYTES_MIN = 1024
_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.msgpack.Decoder(_Body).decode


def encode_body(event: Event) -> bytes:
    """Return the bytes of everything that has no column of its own."""
    data = _encode(_Body(*_values(event)))
    return zlib.compress(data, 1) if len(data) >= _COMPRESS_BYTES_MIN else data


def decode_body(
    event_id: str, kind: str, occurred_ms: int, member_id: str, item_id: str, body: bytes
) -> Event:
    """Return the event behind a row."""
    rest = _decode(zlib.decompress(body) if body[:1] == b"\x78" else body)
    return Event(
        event_id=event_id,
        kind=kind,
        occurred_ms=occurred_ms,
        member_id=member_id,
        item_id=item_id,
        **dict(zip(_NAMES, _values(rest), strict=True)),
    )


#: A body without either holds no event that nothing may be learned from.
_MAYBE_NOT = (_encode({"consent": False})[1:], _encode({"unjoined": True})[1:])


def body_counts(body: bytes) -> bool:
    """Whether something may be learned from the event of these bytes (see ``labels``); most are
    told at a glance, without decoding them.
    """
    if body[:1] != b"\x78" and not any(mark in body for mark in _MAYBE_NOT):
        return True
    return counts_for_learning(decode_body("", "", 0, "", "", body))


class _Glance(msgspec.Struct):
    device: str = ""
    payload: msgspec.Raw = msgspec.Raw(b"\x80")


class _Valued(msgspec.Struct):
    value: Any = 0


_glance = msgspec.msgpack.Decoder(_Glance).decode
_valued = msgspec.msgpack.Decoder(_Valued).decode


def body_device_and_value(body: bytes, with_value: bool) -> tuple[str, float]:
    """Return the device and, if wanted, the payload's value (else 0), decoding no more of it."""
    seen = _glance(zlib.decompress(body) if body[:1] == b"\x78" else body)
    value = _valued(seen.payload).value if with_value else 0
    return seen.device, float(value) if isinstance(value, (int, float)) else 0.0


def fingerprint(event: Event, body: bytes) -> bytes:
    """Return a hash by which a repeated event is told from another one under the same id."""
    if event.said:
        return blake2b(event.said.encode(), digest_size=8).digest()
    columns = (event.kind, event.occurred_ms, event.member_id, event.item_id)
    said = "\x1f".join(map(str, columns)).encode()
    return blake2b(said + body, digest_size=8).digest()


def event_key(event_id: str) -> int:
    """Return 64 bits of a hash of an event's id, as SQLite's signed integer."""
    return int.from_bytes(blake2b(event_id.encode(), digest_size=8).digest(), "big", signed=True)
