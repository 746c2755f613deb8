"""Calls of Segment's tracking interface as our events: track, by the names of its specifications.

The names of the second version of its ecommerce specification and of its video specification are
known; ``[mappings.segment]`` of the settings adds others. A call's ``messageId`` makes the ids of
its events, so a call that is sent again counts once. Of ``context`` only what an event has a
field for is read: addresses and user agents are not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from pasand.domain.coerce import country, flag, text
from pasand.domain.foreign import Ignored, Merges, Raw, Said, optional, read_with, spoken
from pasand.domain.ids import short_hash
from pasand.errors import InvalidInput

__all__ = ["SEGMENT_KINDS", "segment_events", "segment_sent_at"]

SEGMENT_KINDS: Mapping[str, str] = {
    "Products Searched": "search_query",
    "Product Clicked": "detail_open",
    "Product Viewed": "view",
    "Product Added": "cart_add",
    "Product Removed": "cart_remove",
    "Product Added to Wishlist": "list_add",
    "Product Removed from Wishlist": "list_remove",
    "Wishlist Product Added to Cart": "cart_add",
    "Product Reviewed": "rating",
    "Order Completed": "purchase",
    "Order Refunded": "return",
    "Order Cancelled": "return",
    # A playback is the whole play, a content one of the parts it is cut into by advertisements.
    "Video Playback Started": "play_start",
    "Video Playback Paused": "progress",
    "Video Playback Resumed": "progress",
    "Video Playback Interrupted": "play_stop",
    "Video Playback Exited": "play_stop",
    "Video Playback Completed": "play_stop",
    "Video Content Started": "progress",
    "Video Content Playing": "progress",
    "Video Content Completed": "complete",
}

_CALLS = ("identify", "group", "alias", "page", "screen")
#: Calls that may name an anonymous visitor beside a member, and where.
_BINDING = {"identify": "anonymousId", "alias": "previousId"}
#: Types of device, as libraries name them, by our class.
_DEVICES = {
    "ios": "phone", "android": "phone", "mobile": "phone", "phone": "phone", "tablet": "tablet",
    "desktop": "desktop", "tv": "tv", "ctv": "tv", "tvos": "tv", "android_tv": "tv", "roku": "tv",
}  # fmt: skip
_PERSONAL = ("personalization", "personalisation")
_MESSAGE_ID_MAX = 120


def segment_events(
    call: Mapping[str, Any], kinds: Mapping[str, str]
) -> list[Raw] | Ignored | Merges:
    """Return what one call says, as raw events; ``kinds`` is by names in lower case.

    An identify or alias call that names a visitor beside a member merges the two.

    Raises:
        InvalidInput: it is no call, or does not say who did it.
    """
    kind_of_call = call.get("type", "track" if "event" in call else "")
    if kind_of_call in _CALLS:
        member_id = optional(call.get("userId"))
        visitor_id = optional(call.get(_BINDING.get(kind_of_call, "")))
        if member_id and visitor_id:
            return Merges(member_id, visitor_id)
        return Ignored(f"A {kind_of_call} call says nothing that is counted here; send track.")
    if kind_of_call != "track":
        fix = "Give one of track, identify, group, alias, page, screen."
        raise InvalidInput("The call has no known type.", field="type", fix=fix)
    name = call.get("event")
    if not isinstance(name, str) or not name.strip():
        raise InvalidInput("event is missing.", field="event", fix="Give the name of the event.")
    kind = kinds.get(name.strip().lower())
    if kind is None:
        return Ignored(f"{name[:100]} stands for no kind of event; see [mappings.segment].")
    properties = call.get("properties") or {}
    if not isinstance(properties, Mapping):
        raise InvalidInput("properties is not an object.", field="properties", fix="Give {}.")
    products = properties.get("products")
    return spoken(
        Said(
            name=name.strip()[:100],
            kind=kind,
            properties=properties,
            lines=products if isinstance(products, list) else (),
            envelope=_envelope(call, properties),
            stem=_stem(call),
            left_out=frozenset({"products", "session_id"}),
        )
    )


def segment_sent_at(call: Mapping[str, Any]) -> Any:
    """Return when a call says that it was sent; None where its time is corrected already."""
    return None if call.get("receivedAt") else call.get("sentAt")


def _envelope(call: Mapping[str, Any], properties: Mapping[str, Any]) -> Raw:
    who = call.get("userId") or call.get("anonymousId")
    if not who:
        fix = "Give userId, or anonymousId before the login."
        raise InvalidInput("userId and anonymousId are missing.", field="userId", fix=fix)
    told: Any = call.get("context")
    context: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    device = _inside(context, "device")
    own = call.get("timestamp") if call.get("receivedAt") else call.get("originalTimestamp")
    return {
        "member_id": str(who) if isinstance(who, int) else who,
        "occurred_at": own or call.get("timestamp"),
        "device": _device(context, device),
        "device_id": optional(device.get("id")),
        "session_id": optional(properties.get("session_id") or context.get("sessionId")),
        "language": read_with(text(35), context.get("locale")),
        "time_zone": read_with(text(64), context.get("timezone")),
        "country": read_with(country, _inside(context, "location").get("country")),
        "consent": _consent(context),
    }


def _inside(context: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = context.get(name)
    return found if isinstance(found, Mapping) else {}


def _device(context: Mapping[str, Any], device: Mapping[str, Any]) -> str:
    known = _DEVICES.get(str(device.get("type", "")).lower(), "")
    is_mobile = _inside(context, "userAgentData").get("mobile")
    if known or not isinstance(is_mobile, bool):
        return known
    return "phone" if is_mobile else "desktop"


def _consent(context: Mapping[str, Any]) -> bool | None:
    """Return what was said to a category named personalisation; other categories are not ours."""
    preferences = _inside(_inside(context, "consent"), "categoryPreferences")
    for name, value in preferences.items():
        if str(name).lower() in _PERSONAL:
            found: bool | None = read_with(flag, value)
            return found
    return None


def _stem(call: Mapping[str, Any]) -> str:
    """Return what the ids begin with: the message's id, or a hash of what was said."""
    message_id = optional(call.get("messageId"))
    if message_id and len(message_id) <= _MESSAGE_ID_MAX:
        return message_id
    said = {
        name: call.get(name)
        for name in (
            "messageId", "event", "userId", "anonymousId", "properties", "timestamp",
            "originalTimestamp",
        )
    }  # fmt: skip
    return f"segment.{short_hash(msgspec.json.encode(said, order='sorted'), 12)}"
