"""Foreign events in our words: what the mappings of other systems' events have in common.

One foreign event may say several of ours (an order with three products is three purchases). What
a mapping returns are raw events, which ``parse_event`` reads like any other: a mapping decides
nothing about what is well-formed. Properties that no field is made of are kept in ``extra``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from pasand.domain.coerce import Reader
from pasand.domain.events import CALLER_KINDS
from pasand.domain.ids import check_id
from pasand.domain.payloads import KIND_SPECS, PAYLOAD_FIELDS
from pasand.errors import InvalidInput, InvalidSettings

__all__ = [
    "IGNORE",
    "Ignored",
    "Merges",
    "Raw",
    "Said",
    "kinds_by_name",
    "optional",
    "read_with",
    "spoken",
]

IGNORE = "ignore"

_ITEM_NAMES = (
    "product_id", "sku", "item_id", "content_asset_id", "content_asset_ids", "asset_id",
    "content_id", "video_id",
)  # fmt: skip
#: Where a payload field is found; its own name counts too.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "value": ("rating", "thumb"),
    "position_s": ("position", "video_current_time"),
    "duration_s": ("total_length", "video_duration"),
    "text": ("query", "search_term"),
    "order_id": ("transaction_id",),
}
#: What an order says once for all of its lines.
_OF_ORDER = ("currency", "order_id")

Raw = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ignored:
    """A foreign event that says nothing that is counted here, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Merges:
    """A foreign event by which an anonymous visitor turns out to be a member."""

    member_id: str
    visitor_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A foreign event: what it is called there, the kind it stands for here, its properties, the
    lines of an order, the envelope around them, and what its ids begin with.
    """

    name: str
    kind: str
    properties: Mapping[str, Any]
    lines: Sequence[Any]
    envelope: Mapping[str, Any]
    stem: str
    left_out: frozenset[str] = field(default_factory=frozenset)


def kinds_by_name(
    known: Mapping[str, str], changed: Mapping[str, str], where: str
) -> Mapping[str, str]:
    """Return the kind that each foreign name stands for; names are compared in lower case.

    Raises:
        InvalidSettings: a name is to stand for a kind that there is not.
    """
    for name, kind in changed.items():
        if kind != IGNORE and kind not in CALLER_KINDS:
            near = get_close_matches(kind, CALLER_KINDS, 1, 0.4)
            hint = f"Did you mean {near[0]}?" if near else "Give a kind of event, or ignore."
            place = f"{where}.{name}"
            raise InvalidSettings(f"{place} is {kind!r}: no kind.", field=place, fix=hint)
    return {name.lower(): kind for name, kind in (*known.items(), *changed.items())}


def spoken(said: Said) -> list[Raw] | Ignored:
    """Return our raw events, in the order of the lines."""
    if said.kind == IGNORE:
        return Ignored(f"{said.name} is ignored, as the settings say.")
    if KIND_SPECS[said.kind].item == "" or not said.lines:
        return [_one(said, said.properties, {}, 0)]
    order = {name: value for name in _OF_ORDER if (value := _found(said.properties, name)[1])}
    rest = dict(said.properties)
    events = []
    for index, line in enumerate(said.lines):
        if not isinstance(line, Mapping):
            raise InvalidInput(
                f"Line {index} of {said.name} is not an object.",
                field="products",
                fix="Give every product as an object with its id.",
            )
        # What the order says of itself is kept with its first line.
        events.append(_one(said, line, order, index, rest if index == 0 else {}))
    return events


def _one(
    said: Said,
    properties: Mapping[str, Any],
    order: Mapping[str, Any],
    index: int,
    more: Mapping[str, Any] | None = None,
) -> Raw:
    used = set(said.left_out)
    payload: Raw = {}
    # Only what the kind carries: the position of a product in a list is none in a film.
    for name in KIND_SPECS[said.kind].payload:
        source, value = _found(properties, name)
        if source:
            used.add(source)
            payload[name] = _written(name, value)
        elif name in order:
            payload[name] = _written(name, order[name])
    item: Any = ""
    if KIND_SPECS[said.kind].item:
        source, item = next(
            ((name, properties[name]) for name in _ITEM_NAMES if _is_there(properties, name)),
            ("", ""),
        )
        used.add(source)
    rest = {
        name: value for name, value in {**(more or {}), **properties}.items() if name not in used
    }
    if isinstance(item, list):
        item = item[0] if item else ""
    raw = {
        **said.envelope,
        "event_id": f"{said.stem}.{index}",
        "kind": said.kind,
        "item_id": str(item) if isinstance(item, int) else item,
        "payload": payload,
        "extra": {"event": said.name, **({"properties": rest} if rest else {})},
    }
    return {name: value for name, value in raw.items() if value not in ("", {}, None)}


def _written(name: str, value: Any) -> Any:
    """Return a number where a text belongs (an order's, mostly) as that text."""
    is_text = PAYLOAD_FIELDS[name].reader.schema.get("type") == "string"
    return str(value) if is_text and type(value) is int else value


def _found(properties: Mapping[str, Any], name: str) -> tuple[str, Any]:
    """Return the name a payload field goes by in ``properties``, and its value."""
    for source in (*_NAMES.get(name, ()), name):
        if _is_there(properties, source):
            return source, properties[source]
    return "", None


def _is_there(properties: Mapping[str, Any], name: str) -> bool:
    return properties.get(name) not in (None, "", [])


def optional(value: Any) -> str:
    """Return an id that may as well be missing: "" for what is none of ours."""
    try:
        return check_id(str(value) if isinstance(value, int) else value, "")
    except InvalidInput:
        return ""


def read_with(reader: Reader, value: Any) -> Any:
    """Return a value of the envelope that may as well be missing: None where it cannot be read."""
    try:
        return reader(value, "") if value is not None else None
    except InvalidInput:
        return None
