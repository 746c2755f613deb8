"""Goal: what the published schemas take, the parser takes, and the other way round."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pasand.domain.events import CALLER_KINDS
from pasand.domain.parse import parse_event, parse_item, parse_member
from pasand.domain.payloads import KIND_SPECS, PAYLOAD_FIELDS
from pasand.domain.schemas import SCHEMAS
from pasand.errors import InvalidInput

DOCS = Path(__file__).parents[2] / "docs" / "events.md"
#: Far away, so that no time of the examples lies ahead of it.
NOW_MS = 253_000_000_000_000
EXAMPLES = settings().max_examples

PARSERS: Mapping[str, Callable[[Any], object]] = {
    "event": lambda raw: parse_event(raw, now_ms=NOW_MS),
    "item": parse_item,
    "member": parse_member,
}
VALID = {name: jsonschema_rs.validator_for(make()).is_valid for name, make in SCHEMAS.items()}
WHOLE: Mapping[str, Mapping[str, Any]] = {
    "event": {"event_id": "e1", "member_id": "m1", "item_id": "i1", "payload": {}},
    "item": {"item_id": "i1", "title": "One"},
    "member": {"member_id": "m1"},
}
#: Values on both sides of every limit, and of every type.
VALUES = (
    None, True, False, -1, 0, 0.4, 0.5, 1, 1.5, 2, 3, 3.0, 5, 5.1, 18, 21, 22, 32, 9_999, 10_000,
    99_999.5, 100_000, 100_001, 1_000_000, 1_000_001, 10_000_000, 10_000_001, 2**31, 10**10,
    10**10 + 1, 10**12, 10**12 + 1, 20_200_101, 1_995, -5_000_000, 1_750_000_000,
    1_750_000_000_000, 10**16,
    "ok", "no spaces", "x" * 8, "x" * 9, "x" * 32, "x" * 33, "x" * 128, "x" * 129, "x" * 200,
    "x" * 201, "x" * 500, "x" * 501, "x" * 5_001, "a\0b", "tv", "film", "PG-13", "UTC", "café",
    "2025-06-15T15:06:40Z", "2025-06-15 15:06", "1969-12-31", "2025-13-01", "2025-6-1", " ",
    "a/b.jpg", "/a", "a/../b", "a/./b", "a//b", "C:/x", "a\\b", ".", "..", ".a", "a/..b",
    [], ["a"], [""], [1], [None], ["x" * 100], ["x" * 101], ["a"] * 64, ["a"] * 65, ["GB", "x"],
    [{}], [{"file": "a.jpg"}], [{"file": "/a"}], [{"artwork_id": "no spaces"}],
    {}, {"a": "b"}, {"a": ""}, {"a": 1}, {"a b": "x"}, {"a": "x" * 101},
)  # fmt: skip


def reads_as_text(schema: Mapping[str, Any], value: object) -> bool:
    """Whether the parser takes this value only because flat files write it so."""
    types = schema.get("type", "")
    if isinstance(value, str) and ("array" in types or not value):
        return True
    if value == " " and "anyOf" in schema:
        return True  # a blank rating word
    return "boolean" in types and value in (0, 1) and not isinstance(value, bool)


def takes(parse: Callable[[Any], object], raw: Mapping[str, Any]) -> bool:
    try:
        parse(raw)
    except InvalidInput:
        return False
    return True


def odd(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return records that are right but for up to three fields."""
    properties = SCHEMAS[name]()["properties"]
    if name == "event":
        properties = {field: schema for field, schema in properties.items() if field != "value"}
    pairs = [
        (field, value)
        for field, schema in properties.items()
        for value in VALUES
        if not reads_as_text(schema, value)
    ]
    changes = st.lists(st.sampled_from(pairs), max_size=3).map(dict)
    return changes.map(lambda changed: {**WHOLE[name], **changed})


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_are_schemas(name: str) -> None:
    jsonschema_rs.meta.validate(SCHEMAS[name]())
    assert SCHEMAS[name]()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@settings(max_examples=4 * EXAMPLES)
@given(odd("item"))
def test_items_are_taken_by_both_or_neither(raw: dict[str, Any]) -> None:
    if not {"available_from", "available_until"} <= raw.keys():
        assert VALID["item"](raw) == takes(PARSERS["item"], raw)


@pytest.mark.parametrize("path", [value for value in VALUES if isinstance(value, str)])
def test_paths_are_taken_by_both_or_neither(path: str) -> None:
    for entry in (path, {"file": path}):
        raw = WHOLE["item"] | {"artworks": [entry]}
        assert VALID["item"](raw) == takes(PARSERS["item"], raw)


@given(odd("member"))
def test_members_are_taken_by_both_or_neither(raw: dict[str, Any]) -> None:
    if raw.get("time_zone") in (None, "UTC"):
        assert VALID["member"](raw) == takes(PARSERS["member"], raw)


payloads = st.dictionaries(
    st.sampled_from([*PAYLOAD_FIELDS, "value", "note"]), st.sampled_from(VALUES), max_size=3
)
CELL = {"page_id": "p1", "row": 0, "column": 2}
kinds = st.sampled_from([*CALLER_KINDS, "page_served"])


@settings(max_examples=6 * EXAMPLES)
@given(odd("event"), kinds, payloads, st.sets(st.sampled_from(["item_id", *CELL])))
def test_events_are_taken_by_both_or_neither(
    raw: dict[str, Any], kind: str, payload: dict[str, Any], absent: set[str]
) -> None:
    raw = {name: value for name, value in (CELL | raw).items() if name not in absent}
    typed = {name: PAYLOAD_FIELDS[name].reader.schema for name in PAYLOAD_FIELDS}
    said = {n: v for n, v in payload.items() if not reads_as_text(typed.get(n, {}), v)}
    raw.setdefault("kind", kind)
    if isinstance(raw.get("payload"), dict) and not said.keys() & raw.keys():
        raw["payload"] = said
    assert VALID["event"](raw) == takes(PARSERS["event"], raw)


@pytest.mark.parametrize("kind", CALLER_KINDS)
def test_every_kind_can_be_said(kind: str) -> None:
    value = {"thumb": 2, "rating": 4.5}.get(kind)
    raw = WHOLE["event"] | {"kind": kind, "text": "night"} | ({"value": value} if value else {})
    assert VALID["event"](raw) and takes(PARSERS["event"], raw)
    for name in KIND_SPECS[kind].needs:
        without = {field: given for field, given in raw.items() if field != name}
        assert not VALID["event"](without) and not takes(PARSERS["event"], without)


@pytest.mark.parametrize("kind", CALLER_KINDS)
def test_a_kind_names_an_item_or_a_cell_where_it_must(kind: str) -> None:
    whole = WHOLE["event"] | CELL | {"kind": kind, "value": 2, "text": "night"}
    names, spec = ("item_id", *CELL), KIND_SPECS[kind].item
    for absent in chain.from_iterable(combinations(names, count) for count in range(5)):
        raw = {name: None if name in absent else value for name, value in whole.items()}
        cell = spec == "cell" and not CELL.keys() & set(absent)
        enough = spec in ("", "may") or "item_id" not in absent or cell
        assert VALID["event"](raw) == takes(PARSERS["event"], raw) == enough


def test_the_tables_of_the_vocabulary_are_complete() -> None:
    assert tuple(KIND_SPECS) == CALLER_KINDS
    for spec in KIND_SPECS.values():
        assert set(spec.needs) <= set(spec.payload) <= set(PAYLOAD_FIELDS)


def test_the_document_says_what_the_tables_say() -> None:
    rows = [line for line in DOCS.read_text("utf-8").splitlines() if re.match(r"\| `", line)]
    item = {"needed": "yes", "cell": "or a cell", "may": "may", "": ""}
    for kind, spec in KIND_SPECS.items():
        names = ", ".join(f"`{n}`" + (" *" if n in spec.needs else "") for n in spec.payload)
        assert f"| `{kind}` | {spec.text} | {item[spec.item]} | {names} |" in rows
    for name, field in PAYLOAD_FIELDS.items():
        bounds = field.reader.schema
        kind = bounds.get("type", "as its kind says")
        span = ""
        if "minimum" in bounds:
            span = f", {bounds['minimum']:,} to {bounds['maximum']:,.0f}"
        elif "maxLength" in bounds:
            span = f", up to {bounds['maxLength']} characters"
        elif "pattern" in bounds:
            kind = "id"
        assert f"| `{name}` | {kind}{span} | {field.text} |" in rows
