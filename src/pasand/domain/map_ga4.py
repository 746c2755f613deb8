"""Events of Google Analytics' Measurement Protocol (version 4) as our events.

Its recommended names for shops, searches and videos are known; ``[mappings.ga4]`` of the settings
adds others. It has no event id, so one is made of what was said: who, what, with which parameters
and when. Without ``timestamp_micros``, two events that say the same to the letter count once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from pasand.domain.coerce import country, text
from pasand.domain.foreign import Ignored, Raw, Said, optional, read_with, spoken
from pasand.domain.ids import short_hash
from pasand.errors import InvalidInput

__all__ = ["GA4_KINDS", "ga4_events"]

GA4_KINDS: Mapping[str, str] = {
    "view_item": "view",
    "select_item": "detail_open",
    "select_content": "detail_open",
    "add_to_cart": "cart_add",
    "remove_from_cart": "cart_remove",
    "add_to_wishlist": "list_add",
    "purchase": "purchase",
    "refund": "return",
    "search": "search_query",
    "view_search_results": "search_query",
    "video_start": "play_start",
    "video_progress": "progress",
    "video_complete": "complete",
}

_DEVICES = {
    "mobile": "phone", "tablet": "tablet", "desktop": "desktop", "smart tv": "tv",
    "connected tv": "tv",
}  # fmt: skip
_OF_SESSION = ("session_id", "ga_session_id")
_MICROS_MAX = 10**18


def ga4_events(
    event: Mapping[str, Any], sent: Mapping[str, Any], kinds: Mapping[str, str]
) -> list[Raw] | Ignored:
    """Return what one event of the body ``sent`` says, as raw events.

    Raises:
        InvalidInput: it has no name, or the body does not say who did it.
    """
    name = event.get("name")
    if not isinstance(name, str) or not name:
        raise InvalidInput("name is missing.", field="name", fix="Give the name of the event.")
    kind = kinds.get(name.lower())
    if kind is None:
        return Ignored(f"{name[:100]} stands for no kind of event; see [mappings.ga4].")
    params = event.get("params") or {}
    if not isinstance(params, Mapping):
        raise InvalidInput("params is not an object.", field="params", fix="Give {}.")
    who = sent.get("user_id") or sent.get("client_id")
    if not who:
        fix = "Give user_id, or client_id before the login."
        raise InvalidInput("user_id and client_id are missing.", field="user_id", fix=fix)
    micros = event.get("timestamp_micros", sent.get("timestamp_micros"))
    said = msgspec.json.encode([who, name, params, micros], order="sorted")
    items = params.get("items")
    session = next((params[name] for name in _OF_SESSION if params.get(name)), "")
    device, place = _inside(sent, "device"), _inside(sent, "user_location")
    return spoken(
        Said(
            name=name[:100],
            kind=kind,
            properties=params,
            lines=items if isinstance(items, list) else (),
            envelope={
                "member_id": str(who) if isinstance(who, int) else who,
                "occurred_at": _at_ms(micros),
                "session_id": optional(session),
                "device": _DEVICES.get(str(device.get("category", "")).lower(), ""),
                "language": read_with(text(35), device.get("language")),
                "country": read_with(country, place.get("country_id")),
            },
            stem=f"ga4.{short_hash(said, 12)}",
            left_out=frozenset({"items", *_OF_SESSION}),
        )
    )


def _inside(sent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = sent.get(name)
    return found if isinstance(found, Mapping) else {}


def _at_ms(micros: Any) -> int | None:
    if micros is None:
        return None
    try:
        found = int(micros)
    except (TypeError, ValueError, OverflowError):
        found = -1
    if not 0 <= found <= _MICROS_MAX:
        fix = "Give microseconds since 1970."
        raise InvalidInput("timestamp_micros is no time.", field="timestamp_micros", fix=fix)
    return found // 1000
