"""Tables of fields: how one kind of record is read from a raw mapping and written back.

A record's fields are data (JSON name, attribute, reader, writer), so parsing, writing and the
report of unknown names cannot drift apart. What a record needs is said in its own module.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from pasand.domain.coerce import Reader, as_is, nearest, printable
from pasand.errors import InvalidInput

__all__ = [
    "THERE",
    "Field",
    "Fields",
    "missing",
    "name_unknown",
    "nullable",
    "read_fields",
    "record_schema",
    "write_fields",
]


def _same(value: Any) -> Any:
    return value


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    """One field. ``attribute`` is its name in the record, "" for a column folded elsewhere;
    ``text`` says what it is, for the published schemas.
    """

    attribute: str
    reader: Reader = as_is
    write: Callable[[Any], Any] = _same
    text: str = ""
    #: The reader's own function: one call less for every value that is read.
    read: Callable[[Any, str], Any] = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "read", self.reader.read)


Fields = Mapping[str, Field]

#: The schema of what counts as there: null does not.
THERE = {"not": {"type": "null"}}


def read_fields(raw: object, fields: Fields, what: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values read by attribute (by column where it has none), and unknown fields.

    None and the empty text count as missing.
    """
    if not isinstance(raw, Mapping):
        raise InvalidInput(
            f"This {what} is a {type(raw).__name__}, not an object.",
            field=what,
            fix=f"Give one JSON object for each {what}.",
        )
    known: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    for name, value in raw.items():
        field = fields.get(name)
        if field is None:
            unknown[str(name)] = value
        elif value is not None and value != "":
            known[field.attribute or name] = field.read(value, name)
    return known, unknown


def missing(field: str, fix: str) -> InvalidInput:
    """Return the error for a field that is needed and not there."""
    return InvalidInput(f"{field} is missing.", field=field, fix=fix)


def write_fields(record: object, fields: Fields) -> dict[str, Any]:
    """Return a record as JSON values, without what is empty."""
    written: dict[str, Any] = {}
    for name, field in fields.items():
        if field.attribute:
            value = getattr(record, field.attribute)
            if value is not None and value != "" and value != () and value != {}:
                written[name] = field.write(value)
    return written


def name_unknown(raw: Mapping[str, Any], fields: Fields, outcome: str) -> list[str]:
    """Return one sentence for every field of ``raw`` that has no place in the record."""
    said: list[str] = []
    for name in raw:
        if name not in fields:
            close = nearest(str(name), tuple(fields))
            hint = f" Did you mean {close}?" if close else ""
            said.append(f"{printable(name)} is not a known field; {outcome}.{hint}")
    return said


def record_schema(fields: Fields, *required: str) -> dict[str, Any]:
    """Return the JSON Schema of a record: null counts as missing, unknown fields are welcome."""
    properties: dict[str, Any] = {}
    for name, field in fields.items():
        schema = dict(field.reader.schema)
        if field.text:
            schema = {"description": field.text, **schema}
        properties[name] = schema if name in required else nullable(schema)
    return {"type": "object", "properties": properties, "required": list(required)}


def nullable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema that takes null, too."""
    if not schema:
        return {}
    described = {"description": schema["description"]} if "description" in schema else {}
    bare = {name: value for name, value in schema.items() if name != "description"}
    if isinstance(bare.get("type"), str):
        return {**described, **bare, "type": [bare["type"], "null"]}
    return {**described, "anyOf": [*bare.get("anyOf", [bare]), {"type": "null"}]}
