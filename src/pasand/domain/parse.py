"""The door to parsing: raw mappings, JSON values or CSV texts, into items, members and events.

The API and the imports read alike through here. Each record's fields, limits and errors are in
``parse_item``, ``parse_member`` and ``parse_event``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pasand.domain.fields import Fields, name_unknown
from pasand.domain.maturity import MATURITY_AGES, maturity_age
from pasand.domain.parse_event import EVENT_FIELDS, event_to_json, parse_event
from pasand.domain.parse_item import ITEM_FIELDS, item_to_json, parse_item
from pasand.domain.parse_member import MEMBER_FIELDS, member_to_json, parse_member

__all__ = [
    "MATURITY_AGES",
    "event_to_json",
    "item_to_json",
    "maturity_age",
    "member_to_json",
    "parse_event",
    "parse_item",
    "parse_member",
    "unknown_fields",
]

_RECORDS: Mapping[str, tuple[Fields, str]] = {
    "item": (ITEM_FIELDS, "kept in extra"),
    "event": (EVENT_FIELDS, "kept in extra"),
    "member": (MEMBER_FIELDS, "not kept"),
}


def unknown_fields(raw: Mapping[str, Any], kind: str) -> list[str]:
    """Return a sentence for each field that a record (item, member, event) does not have."""
    fields, outcome = _RECORDS[kind]
    return name_unknown(raw, fields, outcome)
