"""Single values as callers give them, JSON or text, turned into typed ones or refused.

A reader takes (value, field name) and returns the typed value, or raises InvalidInput that says
what was found and what is expected; it also carries the JSON Schema of what it takes as JSON.
The texts of flat files ("3", "true", "a|b") are read too, but are no part of that schema. A
reader knows nothing of items, members or events: which one belongs to which field is said in
``parse_item``, ``parse_member``, ``parse_event`` and ``payloads``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NoReturn

from pasand.domain.ids import ID_PATTERN, check_id
from pasand.errors import InvalidInput

__all__ = [
    "LIST_COUNT_MAX",
    "LIST_TEXT_MAX",
    "Reader",
    "as_is",
    "check_plain",
    "country",
    "flag",
    "identifier",
    "mapping",
    "names",
    "nearest",
    "number",
    "one_of",
    "printable",
    "refuse",
    "text",
    "whole",
]


@dataclass(frozen=True, slots=True)
class Reader:
    """How one value is read. ``schema`` is the JSON Schema of what ``read`` takes as JSON."""

    read: Callable[[Any, str], Any]
    schema: Mapping[str, Any]

    def __call__(self, value: Any, field: str) -> Any:
        """Return the typed value behind ``value``, or raise InvalidInput that names ``field``."""
        return self.read(value, field)


LIST_COUNT_MAX = 64
LIST_TEXT_MAX = 100
SHOWN_MAX = 60
DEPTH_MAX = 16

_is_number = re.compile(
    r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:[eE][+-]?[0-9]{1,2})?"
).fullmatch
_is_whole = re.compile(r"[+-]?[0-9]{1,20}").fullmatch

_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def refuse(field: str, value: object, why: str, fix: str) -> NoReturn:
    """Raise InvalidInput that names the field, shows what was found and says what to do."""
    raise InvalidInput(f"{field} is {_shown(value)}: {why}.", field=field, fix=fix)


def _shown(value: object) -> str:
    found = ascii(value) if isinstance(value, str) else repr(value)
    return found if len(found) <= SHOWN_MAX else found[: SHOWN_MAX - 3] + "..."


def nearest(name: str, known: Sequence[str]) -> str:
    """Return the known word nearest to ``name``, "" where none is near."""
    close = get_close_matches(name.strip().lower(), known, n=1, cutoff=0.6)
    return close[0] if close else ""


#: The value unread; its kind decides later how to read it.
as_is = Reader(lambda value, field: value, {})

#: An id of the caller's.
identifier = Reader(check_id, {"type": "string", "pattern": ID_PATTERN})


def text(length_max: int) -> Reader:
    """Return a reader of texts of at most ``length_max`` characters."""

    def read(value: Any, field: str) -> str:
        if not isinstance(value, str):
            refuse(field, value, "not a text", f"Give a text of up to {length_max:,} characters.")
        if len(value) > length_max:
            fix = f"Give at most {length_max:,} characters."
            refuse(field, value, f"{len(value):,} characters are too many", fix)
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            refuse(field, value, "half a character (a lone surrogate)", "Give valid Unicode.")
        if "\0" in value:
            refuse(field, value, "a NUL character is in it", "Remove the NUL character.")
        return value

    # A backslash and u: the NUL itself may not stand in a pattern.
    return Reader(read, {"type": "string", "maxLength": length_max, "pattern": "^[^\\u0000]*$"})


def number(low: float, high: float) -> Reader:
    """Return a reader of finite numbers from ``low`` to ``high``."""
    fix = f"Give a number from {low:,} to {high:,}."

    def read(value: Any, field: str) -> int | float:
        found = _number(value, field, fix)
        if not low <= found <= high:
            refuse(field, value, "out of range", fix)
        return found

    return Reader(read, {"type": "number", "minimum": low, "maximum": high})


def _number(value: Any, field: str, fix: str) -> int | float:
    if isinstance(value, str):
        stripped = value.strip()
        if _is_whole(stripped):
            return int(stripped)
        if _is_number(stripped):
            return float(stripped)
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return value
    refuse(field, value, "not a number", fix)


def whole(low: int, high: int) -> Reader:
    """Return a reader of whole numbers from ``low`` to ``high``; 3.0 reads as 3."""
    fix = f"Give a whole number from {low} to {high}."

    def read(value: Any, field: str) -> int:
        found = _number(value, field, fix)
        if found != found // 1:
            refuse(field, value, "not a whole number", fix)
        if not low <= found <= high:
            refuse(field, value, "out of range", fix)
        return int(found)

    return Reader(read, {"type": "integer", "minimum": low, "maximum": high})


def _flag(value: Any, field: str) -> bool:
    """Return true or false, also from the texts true, false, 1 and 0."""
    if isinstance(value, bool):
        return value
    found = _FLAGS.get(str(value).strip().lower()) if isinstance(value, (str, int)) else None
    if found is None:
        refuse(field, value, "neither true nor false", "Give true or false (or 1 or 0).")
    return found


#: True or false.
flag = Reader(_flag, {"type": "boolean"})


def one_of(words: tuple[str, ...]) -> Reader:
    """Return a reader of one of ``words``; the error names the nearest of them."""
    known = frozenset(words)

    def read(value: Any, field: str) -> str:
        if isinstance(value, str):
            if value in known:
                return value
            close = nearest(value, words)
            if close:
                refuse(field, value, "not known", f"Did you mean {close!r}?")
        refuse(field, value, "not known", f"Give one of {', '.join(words)}.")

    return Reader(read, {"enum": list(words)})


def _country(value: Any, field: str) -> str:
    """Return a country code in capitals, so that codes compare."""
    found: str = _code(value, field)
    return found.strip().upper()


_code = text(8)
country = Reader(_country, _code.schema)

_name = text(LIST_TEXT_MAX)


def _names(value: Any, field: str) -> tuple[str, ...]:
    """Return a list of words without repeats; a text is split at ``|``."""
    if isinstance(value, str):
        value = [part for part in (piece.strip() for piece in value.split("|")) if part]
    if not isinstance(value, (list, tuple)):
        refuse(field, value, "not a list", "Give a list of texts, or one text separated by |.")
    if len(value) > LIST_COUNT_MAX:
        fix = f"Give at most {LIST_COUNT_MAX} entries."
        refuse(field, value, f"{len(value)} entries are too many", fix)
    for place, entry in enumerate(value):
        if not _name(entry, f"{field}[{place}]"):
            refuse(f"{field}[{place}]", entry, "empty", "Remove the empty entry.")
    return tuple(dict.fromkeys(value))


#: A list of words without repeats.
names = Reader(
    _names,
    {
        "type": "array",
        "items": {**_name.schema, "minLength": 1},
        "maxItems": LIST_COUNT_MAX,
    },
)


def _mapping(value: Any, field: str) -> dict[str, Any]:
    """Return an object with text keys; a text is read as JSON."""
    fix = 'Give a JSON object such as {"name": 1}.'
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            refuse(field, value, "not JSON", fix)
    if not isinstance(value, Mapping):
        refuse(field, value, "not an object", fix)
    if not all(isinstance(key, str) for key in value):
        refuse(field, value, "a key is not a text", fix)
    found = dict(value)
    check_plain(found, field)
    return found


#: An object whose content is kept as it is.
mapping = Reader(_mapping, {"type": "object"})


def check_plain(value: Mapping[str, Any], field: str) -> None:
    """Raise InvalidInput unless ``value`` can be written as JSON in UTF-8 and read back."""
    for name, entry in value.items():
        if not (_is_plain(name, 0) and _is_plain(entry, 0)):
            where = f"{field}.{printable(name)}" if field else printable(name)
            fix = "Give finite numbers of 64 bits, valid texts, and lists and objects of these."
            raise InvalidInput(f"{where} cannot be kept as JSON.", field=where, fix=fix)


def _is_plain(value: object, depth: int) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    if isinstance(value, float):
        return math.isfinite(value)
    if depth >= DEPTH_MAX or not isinstance(value, (list, tuple, dict)):
        return False
    if isinstance(value, dict):
        inside = (part for pair in value.items() for part in pair)
        keys_are_texts = all(isinstance(key, str) for key in value)
        return keys_are_texts and all(_is_plain(part, depth + 1) for part in inside)
    return all(_is_plain(part, depth + 1) for part in value)


def printable(name: object) -> str:
    """Return a caller's field name so that it can stand in a message."""
    return str(name)[:SHOWN_MAX].encode("utf-8", "backslashreplace").decode()
