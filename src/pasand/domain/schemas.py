"""The published JSON Schemas (2020-12) of events, items and members, made from their tables.

What a schema takes, the parser takes. What the parser takes as JSON, the schema takes, but for
what only a parser can say: whether a day exists, whether a time lies ahead of now, how deep an
object is, whether a value given twice is the same. The parser also reads the texts of flat files
("3", "true", "a|b", and the empty text for what is missing), which the schemas leave out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pasand.domain.fields import THERE, nullable, record_schema
from pasand.domain.parse_event import EVENT_FIELDS
from pasand.domain.parse_item import ITEM_FIELDS
from pasand.domain.parse_member import MEMBER_FIELDS
from pasand.domain.payloads import CELL_KINDS, ITEM_KINDS, KIND_SPECS, PAYLOAD_FIELDS, VALUES

__all__ = ["SCHEMAS", "event_schema", "item_schema", "member_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def event_schema() -> Schema:
    """Return the schema of an event as a caller sends it.

    ``member_id`` is needed but where a session says who sends; a server key has to give it.
    """
    schema = record_schema(EVENT_FIELDS, "event_id", "kind", "member_id")
    columns = {
        name: _described(field.text, nullable(field.reader.schema))
        for name, field in PAYLOAD_FIELDS.items()
    }
    payload = schema["properties"]["payload"]
    schema["properties"] |= columns | {"payload": payload | {"properties": columns}}
    schema["allOf"] = [
        _where(ITEM_KINDS, _has("item_id")),
        _where(CELL_KINDS, {"anyOf": [_has("item_id"), _has("page_id", "row", "column")]}),
        *(_where([kind], _payload_of(kind)) for kind in KIND_SPECS if KIND_SPECS[kind].needs),
    ]
    return _published("event", schema)


def item_schema() -> Schema:
    """Return the schema of an item."""
    schema = record_schema(ITEM_FIELDS, "item_id", "title")
    # A title of blanks is none.
    schema["properties"]["title"]["allOf"] = [{"pattern": r"[^\s\x1c-\x1f\x85]"}]
    return _published("item", schema)


def member_schema() -> Schema:
    """Return the schema of a member."""
    return _published("member", record_schema(MEMBER_FIELDS, "member_id"))


#: What is published, by the name it is published under.
SCHEMAS = {"event": event_schema, "item": item_schema, "member": member_schema}


def _published(name: str, schema: Schema) -> Schema:
    return {"$schema": _DIALECT, "title": name, "description": f"One {name} of Pasand.", **schema}


def _described(text: str, schema: Schema) -> Schema:
    return {"description": f"{text[:1].upper()}{text[1:]}.", **schema}


def _where(kinds: Iterable[str], then: Schema) -> Schema:
    chosen = {"properties": {"kind": {"enum": sorted(kinds)}}, "required": ["kind"]}
    return {"if": chosen, "then": then}


def _has(*names: str) -> Schema:
    return {"required": list(names), "properties": dict.fromkeys(names, THERE)}


def _payload_of(kind: str) -> Schema:
    """Return what a kind needs of its payload, in the payload itself or beside it."""
    needs = KIND_SPECS[kind].needs
    there = {name: VALUES[kind].schema if name == "value" else THERE for name in needs}
    inside = {"required": list(needs), "properties": there}
    return {
        "anyOf": [
            {"required": ["payload"], "properties": {"payload": {"type": "object", **inside}}},
            inside,
        ],
        **_value_of(kind),
    }


def _value_of(kind: str) -> Schema:
    """Return how ``value`` has to read wherever it stands, for kinds that have one."""
    if kind not in VALUES:
        return {}
    value = {"properties": {"value": nullable(VALUES[kind].schema)}}
    return {"properties": value["properties"] | {"payload": value}}
