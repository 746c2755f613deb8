"""Tables of fields: how one kind of record is read from a raw mapping and written back.

A record's fields are data (JSON name, attribute, reader, writer), so parsing, writing and the
report of unknown names cannot drift apart. What a record needs is said in its own module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pasand.domain.coerce import Reader, as_is, nearest, printable
from pasand.errors import InvalidInput

__all__ = ["Field", "Fields", "missing", "name_unknown", "read_fields", "write_fields"]


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``attribute`` is its name in the record, "" for a column folded elsewhere."""

    attribute: str
    read: Reader = as_is
    write: Callable[[Any], Any] = _same


Fields = Mapping[str, Field]


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
