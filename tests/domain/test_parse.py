"""Parsing: what is read, what is refused and by which name, and that nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasand.domain.catalog import ITEM_TYPES, Artwork, Item
from pasand.domain.events import CALLER_KINDS, DEVICES, Event
from pasand.domain.member import Member
from pasand.domain.parse import (
    MATURITY_AGES,
    event_to_json,
    item_to_json,
    maturity_age,
    member_to_json,
    parse_event,
    parse_item,
    parse_member,
    unknown_fields,
)
from pasand.domain.parse_event import EVENT_FIELDS
from pasand.domain.parse_item import ARTWORK_FIELDS, ITEM_FIELDS
from pasand.domain.parse_member import MEMBER_FIELDS
from pasand.domain.times import time_ms, write_time
from pasand.errors import InvalidInput

DOCS = Path(__file__).parents[2] / "docs" / "import.md"
NOW_MS = 1_750_000_000_000
EVENT = {"event_id": "e1", "kind": "view", "member_id": "m1", "item_id": "i1"}
ITEM = {"item_id": "i1", "title": "One"}


def event_of(**fields: Any) -> Event:
    return parse_event(EVENT | fields, now_ms=NOW_MS)


def test_csv_texts_become_typed_values() -> None:
    item = parse_item(
        {
            "item_id": "i1",
            "title": "One",
            "genres": "Drama| Comedy |Drama|",
            "year": "1999",
            "maturity": "pg-13",
            "released": "1999-02-01",
            "available_from": "2020-01-01 10:00:00",
            "regions": "fr|BE",
            "runtime_minutes": "97.5",
            "price": "",
            "stock": None,
            "artworks": "a.jpg|b/c.png",
            "extra": '{"shelf": 4}',
            "colour": "blue",
        }
    )
    assert item.genres == ("Drama", "Comedy")
    assert (item.year, item.maturity, item.runtime_minutes) == (1999, 13, 97.5)
    assert write_time(item.released_ms or 0) == "1999-02-01T00:00:00Z"
    assert write_time(item.available_from_ms or 0) == "2020-01-01T10:00:00Z"
    assert item.regions == ("FR", "BE")
    assert item.price is None and item.stock is None
    assert [artwork.file for artwork in item.artworks] == ["a.jpg", "b/c.png"]
    assert item.extra == {"shelf": 4, "colour": "blue"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("item_id", "no spaces"),
        ("item_id", 5),
        ("title", 7),
        ("title", "x" * 501),
        ("title", "\ud800"),
        ("title", "a\0b"),
        ("type", "flim"),
        ("genres", {"a": 1}),
        ("genres", ["x"] * 65),
        ("genres[0]", None),
        ("year", "soon"),
        ("year", True),
        ("maturity", "X-99"),
        ("maturity", 22),
        ("released", 1995),
        ("released", "1995-02-30"),
        ("available_from", "yesterday"),
        ("available_from", "20200101"),
        ("runtime_minutes", float("nan")),
        ("synopsis", "x" * 5001),
        ("price", -1),
        ("stock", 1.5),
        ("stock", "1_000"),
        ("artworks", 5),
        ("artworks", ["a"] * 33),
        ("extra", "not json"),
    ],
)
def test_a_bad_item_field_is_named(field: str, value: object) -> None:
    name, _, listed = field.partition("[")
    raw = ITEM | {name: [value] if listed else value}
    with pytest.raises(InvalidInput) as caught:
        parse_item(raw)
    assert caught.value.field == field
    assert caught.value.fix
    str(caught.value).encode()


@pytest.mark.parametrize("path", ["/etc/x", "../x", "a/../x", "a\\b", "C:/x", "http://x/y", ""])
def test_artwork_stays_below_its_folder(path: str) -> None:
    with pytest.raises(InvalidInput):
        parse_item(ITEM | {"artworks": [{"file": path}]})


def test_an_item_needs_an_id_and_a_title_and_an_end_after_its_start() -> None:
    for raw in ({"title": "One"}, {"item_id": "i1"}, {"item_id": "i1", "title": " "}):
        with pytest.raises(InvalidInput, match="missing"):
            parse_item(raw)
    with pytest.raises(InvalidInput, match="available_until"):
        parse_item(ITEM | {"available_from": "2020-01-01", "available_until": "2020-01-01"})
    with pytest.raises(InvalidInput, match="not an object"):
        parse_item([1])  # type: ignore[arg-type]


def test_ratings_are_ages() -> None:
    assert maturity_age("unrated", "maturity") == maturity_age("", "maturity") == 18
    assert [MATURITY_AGES[word] for word in ("G", "PG", "PG-13", "R", "NC-17")] == [
        0,
        8,
        13,
        17,
        18,
    ]
    assert parse_item(ITEM).maturity == 18


def test_members_keep_no_demographics_and_kids_are_guarded() -> None:
    member = parse_member({"member_id": "m1", "kids": "1", "gender": "F", "country": "gb"})
    assert member == Member(member_id="m1", kids=True, maturity_ceiling=8, country="GB")
    assert parse_member({"member_id": "m1", "kids": True, "maturity_ceiling": 13}).kids
    assert unknown_fields({"gender": "F"}, "member") == ["gender is not a known field; not kept."]
    for field, value in (("kids", "maybe"), ("time_zone", "Mars/Base"), ("time_zone", "../x")):
        with pytest.raises(InvalidInput) as caught:
            parse_member({"member_id": "m1", field: value})
        assert caught.value.field == field


def test_times_in_every_form_are_one_moment() -> None:
    forms = (
        "2025-06-15T15:06:40Z",
        "2025-06-15t17:06:40+02:00",
        "2025-06-15 15:06:40",
        1_750_000_000,
        "1750000000",
        1_750_000_000.0,
        1_750_000_000_000,
    )
    assert {time_ms(form, "occurred_at") for form in forms} == {NOW_MS}
    assert time_ms("2025-06-15T15:06:40.123456789Z", "occurred_at") == NOW_MS + 123
    for bad in (True, [], "2025-13-01", "now", 10**17, float("inf"), "2025-W01-1", "0001-01-01"):
        with pytest.raises(InvalidInput):
            time_ms(bad, "occurred_at")


def test_an_event_without_a_time_is_now_unless_history_is_imported() -> None:
    assert event_of().occurred_ms == NOW_MS
    with pytest.raises(InvalidInput) as caught:
        parse_event(EVENT, now_ms=NOW_MS, time_required=True)
    assert caught.value.field == "occurred_at"
    assert event_of(occurred_at=NOW_MS + 300_000).occurred_ms == NOW_MS + 300_000
    for bad in (NOW_MS + 300_001, "1969-12-31"):
        with pytest.raises(InvalidInput, match="occurred_at"):
            event_of(occurred_at=bad)


def test_payload_columns_are_folded_into_the_payload() -> None:
    event = event_of(kind="progress", position_s="60", duration_s="3600.5", visible="")
    assert event.payload == {"position_s": 60, "duration_s": 3600.5}
    assert event_of(kind="thumb", value="2").payload == {"value": 2}
    assert event_of(kind="rating", payload={"value": 4.5, "by": "x"}).payload["by"] == "x"
    assert event_of(kind="thumb", value=0).payload == {"value": 0}


@pytest.mark.parametrize(
    ("field", "raw"),
    [
        ("kind", {"kind": "playstart"}),
        ("kind", {"kind": "page_served"}),
        ("kind", {"kind": None}),
        ("event_id", {"event_id": None}),
        ("event_id", {"event_id": "x" * 129}),
        ("member_id", {"member_id": ""}),
        ("item_id", {"item_id": None}),
        ("item_id", {"kind": "impression", "item_id": None, "page_id": "p"}),
        ("value", {"kind": "thumb"}),
        ("value", {"kind": "thumb", "value": 3}),
        ("value", {"kind": "thumb", "value": 1.5}),
        ("value", {"kind": "rating", "value": 0}),
        ("value", {"kind": "rating", "value": 4, "payload": {"value": 3}}),
        ("value", {"value": float("nan")}),
        ("position_s", {"position_s": -1}),
        ("position_s", {"payload": {"position_s": 1e300}}),
        ("visible", {"payload": {"visible": 1.1}}),
        ("dwell_ms", {"dwell_ms": "long"}),
        ("text", {"kind": "search_query"}),
        ("text", {"kind": "search_query", "text": "x" * 201}),
        ("device", {"device": "tvv"}),
        ("request_id", {"request_id": "no spaces"}),
        ("consent", {"consent": "perhaps"}),
        ("variants", {"variants": ["a"]}),
        ("variants", {"variants": {f"e{n}": "a" for n in range(65)}}),
        ("variants (an experiment's name)", {"variants": {"no spaces": "a"}}),
        ("variants.hero", {"variants": {"hero": 1}}),
        ("variants.hero", {"variants": {"hero": ""}}),
        ("watched_ms", {"kind": "preview", "watched_ms": -1}),
        ("muted", {"kind": "preview", "payload": {"muted": "silent"}}),
        ("reversals", {"kind": "scroll", "payload": {"reversals": 1.5}}),
        ("message_id", {"kind": "message_sent", "message_id": "no spaces"}),
        ("quantity", {"kind": "purchase", "payload": {"quantity": -1}}),
        ("currency", {"kind": "purchase", "currency": "x" * 17}),
        ("order_id", {"kind": "return", "order_id": 7}),
        ("row", {"row": -1}),
        ("payload", {"payload": [1]}),
        ("payload.deep", {"payload": {"deep": {"x": [float("inf")]}}}),
        ("other", {"other": "\udfff"}),
        ("other", {"other": 2**64}),
    ],
)
def test_a_bad_event_field_is_named(field: str, raw: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_event(EVENT | raw, now_ms=NOW_MS)
    assert caught.value.field == field
    assert caught.value.fix


def test_the_whole_envelope_is_read_from_json_and_from_texts() -> None:
    event = event_of(request_id="r1", consent=False, variants={"hero": "large"}, extra={"a": 1})
    assert (event.request_id, event.consent, event.variants) == ("r1", False, {"hero": "large"})
    assert event_of(consent="0", variants='{"hero": "large"}').variants == {"hero": "large"}
    assert event_of(consent="0").consent is False and event_of(consent="").consent is None
    bought = event_of(kind="purchase", quantity="2", price="9.5", currency="EUR", order_id="#7")
    assert bought.payload == {"quantity": 2, "price": 9.5, "currency": "EUR", "order_id": "#7"}
    typed = event_of(kind="search_query", text="ni", prefix=True, result_count=12)
    assert typed.payload == {"text": "ni", "prefix": True, "result_count": 12}
    assert event_of(kind="hover", payload={"focus": True}).payload == {"focus": True}


def test_the_nearest_kind_and_field_are_named() -> None:
    with pytest.raises(InvalidInput, match="'play_start'"):
        event_of(kind="playstart")
    assert unknown_fields(EVENT | {"menber_id": "x"}, "event") == [
        "menber_id is not a known field; kept in extra. Did you mean member_id?"
    ]
    assert event_of(menber_id="x").extra == {"menber_id": "x"}


def test_a_cell_of_a_page_stands_for_its_item() -> None:
    cell = {"kind": "impression", "item_id": None, "page_id": "p1", "row": 0, "column": 3}
    event = parse_event(EVENT | cell, now_ms=NOW_MS)
    assert (event.item_id, event.row, event.column) == ("", 0, 3)


ids = st.from_regex(r"[A-Za-z0-9_.:\-]{1,128}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
words = texts.filter(bool)
lists = st.lists(words, max_size=4, unique=True).map(tuple)
times = st.none() | st.integers(-62_000_000_000_000, 250_000_000_000_000)
plain = st.dictionaries(texts, st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | texts)
codes = st.text("ABCDEFGHIJ", max_size=3)
artworks = st.lists(
    st.builds(Artwork, artwork_id=ids, file=st.just("a/b.jpg"), palette=lists, facts=plain),
    max_size=3,
    unique_by=lambda artwork: artwork.artwork_id,
).map(tuple)
items = st.builds(
    Item,
    item_id=ids,
    title=words.filter(str.strip),
    type=st.sampled_from(ITEM_TYPES),
    genres=lists,
    tags=lists,
    people=lists,
    year=st.none() | st.integers(1, 9999),
    maturity=st.integers(0, 21),
    released_ms=times,
    available_from_ms=times,
    available_until_ms=st.none(),
    regions=st.lists(codes.filter(bool), max_size=3, unique=True).map(tuple),
    runtime_minutes=st.none() | st.floats(0, 500),
    synopsis=texts,
    stock=st.none() | st.integers(0, 2**31 - 1),
    price=st.none() | st.floats(0, 1e6),
    artworks=artworks,
    extra=plain,
)
members = st.builds(
    Member,
    member_id=ids,
    name=texts,
    kids=st.booleans(),
    maturity_ceiling=st.integers(0, 21),
    country=codes,
    time_zone=st.sampled_from(("UTC", "Asia/Tokyo")),
    personalised=st.booleans(),
)
events = st.builds(
    Event,
    event_id=ids,
    kind=st.sampled_from(CALLER_KINDS).filter(lambda kind: kind not in ("thumb", "rating")),
    occurred_ms=st.integers(0, NOW_MS),
    member_id=ids,
    item_id=ids,
    device=st.sampled_from(("", *DEVICES)),
    row=st.none() | st.integers(0, 99),
    surface=texts,
    request_id=ids,
    consent=st.none() | st.booleans(),
    variants=st.dictionaries(ids, words, max_size=3),
    payload=st.fixed_dictionaries({"text": words, "position_s": st.integers(0, 9000)}),
    extra=plain,
)


@given(items)
def test_items_come_back_as_they_were(item: Item) -> None:
    assert parse_item(item_to_json(item)) == item


@given(members)
def test_members_come_back_as_they_were(member: Member) -> None:
    assert parse_member(member_to_json(member)) == member


@given(events)
def test_events_come_back_as_they_were(event: Event) -> None:
    assert parse_event(event_to_json(event), now_ms=NOW_MS) == event


@given(
    st.dictionaries(st.sampled_from([*EVENT, "occurred_at", "payload", "row", "x"]), plain | texts)
)
def test_whatever_comes_is_read_or_refused(raw: dict[str, Any]) -> None:
    for parse in (parse_item, parse_member, lambda raw: parse_event(raw, now_ms=NOW_MS)):
        try:
            parse(raw)
        except InvalidInput as error:
            str(error).encode()


def test_every_column_and_kind_is_documented() -> None:
    said = DOCS.read_text(encoding="utf-8")
    for fields in (ITEM_FIELDS, ARTWORK_FIELDS, MEMBER_FIELDS, EVENT_FIELDS, CALLER_KINDS):
        assert [name for name in fields if f"`{name}`" not in said] == []
