"""Whether an answer is what its schema says: the few words of JSON Schema that ours use.

Stricter than the schema in one thing: a field that it does not name is a problem, so that
nothing is answered that is not documented.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["problem_of"]

Schema = Mapping[str, Any]

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
}


def problem_of(value: Any, schema: Schema, named: Mapping[str, Schema], at: str = "$") -> str:
    """Return where and how ``value`` differs from its schema, "" where it does not.

    ``named`` holds the schemas that a ``$ref`` may name.
    """
    if "$ref" in schema:
        schema = named[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        said = [problem_of(value, choice, named, at) for choice in schema["anyOf"]]
        return "" if "" in said else said[0]
    if "enum" in schema:
        return "" if value in schema["enum"] else f"{at} is {value!r}, not one of its values"
    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    if kinds and not any(_TYPES[kind](value) for kind in kinds):
        return f"{at} is {str(value)[:60]!r}, not of type {' or '.join(kinds)}"
    if isinstance(value, dict):
        return _object_problem(value, schema, named, at)
    if isinstance(value, list):
        entries = schema.get("items", {})
        found = (problem_of(v, entries, named, f"{at}[{n}]") for n, v in enumerate(value))
        return next(filter(None, found), "")
    return _plain_problem(value, schema, at)


def _object_problem(
    value: dict[str, Any], schema: Schema, named: Mapping[str, Schema], at: str
) -> str:
    for name in schema.get("required", ()):
        if name not in value:
            return f"{at}.{name} is missing"
    properties = schema.get("properties")
    rest = schema.get("additionalProperties")
    if properties is None and rest is None:
        return ""
    for name, held in value.items():
        known = (properties or {}).get(name, rest)
        if known is None:
            return f"{at}.{name} is not documented"
        if problem := problem_of(held, known, named, f"{at}.{name}"):
            return problem
    return ""


def _plain_problem(value: Any, schema: Schema, at: str) -> str:
    if isinstance(value, str):
        unlike = "pattern" in schema and not re.search(schema["pattern"], value)
        return f"{at} is {value[:60]!r}, not like {schema['pattern']}" if unlike else ""
    if value is None or isinstance(value, bool):
        return ""
    if value < schema.get("minimum", value) or value > schema.get("maximum", value):
        return f"{at} is {value}, out of its range"
    return ""
