"""Items and members as the payload of their events: plain mappings of exactly their fields.

The JSON that callers send is richer (dates as text, ages as rating words) and is parsed
elsewhere; a record is what was understood, and reads back equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import msgspec

from pasand.domain.catalog import Item
from pasand.domain.member import Member

__all__ = ["item_from_record", "item_record", "member_from_record", "member_record"]


def _record(value: Item | Member) -> dict[str, Any]:
    """Return the fields that differ from their default, ready for the log."""
    plain: dict[str, Any] = {}
    for spec in fields(value):
        content = getattr(value, spec.name)
        if content != spec.default and content not in ((), {}):
            plain[spec.name] = msgspec.to_builtins(content)
    return plain


def item_record(item: Item) -> dict[str, Any]:
    """Return an item as the payload of an item_put event."""
    return _record(item)


def item_from_record(record: Mapping[str, Any]) -> Item:
    """Return the item behind a payload."""
    return msgspec.convert(record, Item)


def member_record(member: Member) -> dict[str, Any]:
    """Return a member as the payload of a member_put event."""
    return _record(member)


def member_from_record(record: Mapping[str, Any]) -> Member:
    """Return the member behind a payload."""
    return msgspec.convert(record, Member)
