"""Goal: Segment's and GA4's events say the same in our words, and say it once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasand.domain.events import CALLER_KINDS, Event
from pasand.domain.foreign import IGNORE, Ignored, Merges, kinds_by_name
from pasand.domain.map_ga4 import GA4_KINDS, ga4_events
from pasand.domain.map_segment import SEGMENT_KINDS, segment_events
from pasand.domain.parse import parse_event
from pasand.errors import InvalidInput, InvalidSettings

NOW_MS = 1_750_000_000_000
SEGMENT = kinds_by_name(SEGMENT_KINDS, {"Clip Liked": "thumb", "Cart Viewed": IGNORE}, "x")
GA4 = kinds_by_name(GA4_KINDS, {"poster_seen": "impression"}, "x")
CALL: dict[str, Any] = {
    "type": "track",
    "messageId": "msg-1",
    "userId": "m1",
    "originalTimestamp": "2025-06-15T10:00:00.250Z",
    "timestamp": "2025-06-15T10:00:09Z",
    "context": {
        "ip": "203.0.113.9",
        "locale": "pt-BR",
        "timezone": "America/Bahia",
        "device": {"type": "ios", "id": "d-7"},
        "location": {"country": "br"},
    },
}
ORDER = {
    "order_id": "#50314",
    "currency": "BRL",
    "total": 61.5,
    "products": [
        {"product_id": 507, "sku": "x", "price": 19, "quantity": 2, "brand": "Aurora"},
        {"product_id": "lamp.2", "price": "23.50"},
    ],
}


def segment(event: str, properties: dict[str, Any], **call: Any) -> list[Event]:
    found = segment_events(CALL | {"event": event, "properties": properties} | call, SEGMENT)
    assert isinstance(found, list), found
    return [parse_event(raw, now_ms=NOW_MS) for raw in found]


def ga4(name: str, params: dict[str, Any], **sent: Any) -> list[Event]:
    found = ga4_events({"name": name, "params": params}, {"client_id": "v.1", **sent}, GA4)
    assert isinstance(found, list), found
    return [parse_event(raw, now_ms=NOW_MS) for raw in found]


def test_an_order_is_a_purchase_a_product() -> None:
    first, second = segment("Order Completed", ORDER)
    assert (first.kind, first.event_id, second.event_id) == ("purchase", "msg-1.0", "msg-1.1")
    assert (first.item_id, second.item_id) == ("507", "lamp.2")
    of_order = {"currency": "BRL", "order_id": "#50314"}
    assert first.payload == {"price": 19, "quantity": 2} | of_order
    assert second.payload == {"price": 23.5} | of_order
    # What no field is made of is kept, the order's own with its first line.
    kept = {"sku": "x", "brand": "Aurora", "total": 61.5} | of_order
    assert first.extra == {"event": "Order Completed", "properties": kept}
    assert second.extra == {"event": "Order Completed"}
    assert segment("Order Completed", ORDER) == [first, second], "a retry says the same"


def test_the_envelope_is_read_and_addresses_are_left_out() -> None:
    (event,) = segment("Product Viewed", {"product_id": "p1", "position": 3}, sentAt="later")
    assert (event.kind, event.member_id, event.item_id) == ("view", "m1", "p1")
    assert event.occurred_ms == 1_749_981_600_250, "the client's own time"
    assert (event.device, event.device_id, event.country) == ("phone", "d-7", "BR")
    assert (event.language, event.time_zone) == ("pt-BR", "America/Bahia")
    assert event.payload == {} and event.extra["properties"] == {"position": 3}
    assert "203.0.113.9" not in repr(event)
    (forwarded,) = segment("Product Viewed", {"sku": "p1"}, receivedAt="2025-06-15T10:00:10Z")
    assert forwarded.occurred_ms == 1_749_981_609_000, "corrected by who forwarded it"
    context = {"consent": {"categoryPreferences": {"Personalization": False, "Ads": True}}}
    (refused,) = segment("Product Viewed", {"sku": "p1"}, context=context)
    assert refused.consent is False and event.consent is None


@pytest.mark.parametrize(
    ("name", "properties", "kind", "item_id", "payload"),
    [
        ("products searched", {"query": "blue lamp"}, "search_query", "", {"text": "blue lamp"}),
        ("Product Added", {"sku": "s1", "quantity": 2}, "cart_add", "s1", {"quantity": 2}),
        ("Product Reviewed", {"product_id": "p", "rating": "4"}, "rating", "p", {"value": 4}),
        ("Video Playback Started", {"content_asset_ids": ["f1"], "position": 0, "total_length": 90,
                                    "session_id": "s.1"},
         "play_start", "f1", {"position_s": 0, "duration_s": 90}),
        ("Order Refunded", {"order_id": 7, "sku": "s1"}, "return", "s1", {"order_id": "7"}),
        ("Video Content Playing", {"asset_id": "f1", "position": 8}, "progress", "f1",
         {"position_s": 8}),
        ("Video Content Completed", {"asset_id": "f1"}, "complete", "f1", {}),
        ("Video Playback Interrupted", {"content_asset_id": "f1"}, "play_stop", "f1", {}),
        ("Clip Liked", {"video_id": "c1", "value": 1}, "thumb", "c1", {"value": 1}),
    ],
)  # fmt: skip
def test_names_of_the_specifications_and_of_the_settings(
    name: str, properties: dict[str, Any], kind: str, item_id: str, payload: dict[str, Any]
) -> None:
    (event,) = segment(name, properties)
    assert (event.kind, event.item_id, event.payload) == (kind, item_id, payload)
    assert event.session_id == properties.get("session_id", "")


def test_a_call_without_a_message_id_is_named_by_what_it_says() -> None:
    call = {"messageId": None, "sentAt": "2025-06-15T10:00:11Z"}
    one = segment("Product Viewed", {"sku": "p1"}, **call)
    again = segment("Product Viewed", {"sku": "p1"}, messageId=None, sentAt="another time")
    other = segment("Product Viewed", {"sku": "p2"}, **call)
    assert one == again and one[0].event_id != other[0].event_id
    assert segment("Product Viewed", {"sku": "p1"}, messageId="ü" * 200)[0].event_id


@pytest.mark.parametrize("call", ["page", "screen", "group", "identify", "alias"])
def test_other_calls_say_nothing_unless_they_bind_a_visitor(call: str) -> None:
    plain = {"type": call, "userId": "m1"}
    assert isinstance(segment_events(plain, SEGMENT), Ignored)
    found = segment_events(plain | {"anonymousId": "v1", "previousId": "v1"}, SEGMENT)
    binds = call in ("identify", "alias")
    assert found == Merges("m1", "v1") if binds else isinstance(found, Ignored)


def test_unknown_names_are_ignored_with_a_reason_and_bad_calls_refused() -> None:
    for name in ("Checkout Started", "Cart Viewed"):
        found = segment_events(CALL | {"event": name}, SEGMENT)
        assert isinstance(found, Ignored) and name in found.reason
    assert isinstance(ga4_events({"name": "scroll"}, {"client_id": "v"}, GA4), Ignored)
    known = CALL | {"event": "Product Viewed"}
    for bad, named in (
        ({"type": "trak"}, "type"), ({"event": " "}, "event"), ({"properties": [1]}, "properties"),
        ({"userId": ""}, "userId"), ({"properties": {"products": [1]}}, "products"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as caught:
            segment_events(known | bad, SEGMENT)
        assert caught.value.field == named
    for event, sent, named in (
        ({}, {"client_id": "v"}, "name"), ({"name": "view_item"}, {}, "user_id"),
        ({"name": "view_item", "params": 3}, {"client_id": "v"}, "params"),
        ({"name": "view_item"}, {"client_id": "v", "timestamp_micros": "x"}, "timestamp_micros"),
        ({"name": "view_item", "timestamp_micros": float("inf")}, {"client_id": "v"},
         "timestamp_micros"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as caught:
            ga4_events(event, sent, GA4)
        assert caught.value.field == named


def test_ga4_events_are_named_by_what_they_say() -> None:
    items = [{"item_id": "p1", "price": 3.5, "quantity": 2}, {"item_id": "p2", "item_name": "Lamp"}]
    order = {"transaction_id": "T1", "currency": "EUR", "value": 9, "items": items}
    micros = {"timestamp_micros": "1749981600250000"}
    first, second = ga4("purchase", order | {"ga_session_id": 77}, user_id="m1", **micros)
    assert (first.member_id, first.occurred_ms, first.session_id) == ("m1", 1_749_981_600_250, "77")
    assert first.payload == {"price": 3.5, "quantity": 2, "currency": "EUR", "order_id": "T1"}
    assert second.item_id == "p2" and second.extra["properties"] == {"item_name": "Lamp"}
    assert first.event_id != second.event_id
    again = ga4("purchase", order | {"ga_session_id": 77}, user_id="m1", **micros)
    assert again == [first, second]
    later = ga4("purchase", order | {"ga_session_id": 77}, user_id="m1", timestamp_micros=10**15)
    assert not {event.event_id for event in later} & {first.event_id, second.event_id}


def test_ga4_searches_films_and_own_names() -> None:
    (search,) = ga4("view_search_results", {"search_term": "night"})
    assert (search.kind, search.payload, search.member_id) == (
        "search_query", {"text": "night"}, "v.1",
    )  # fmt: skip
    film = {"video_id": "f1", "video_current_time": 30, "video_duration": 60, "video_percent": 50}
    (progress,) = ga4("video_progress", film, device={"category": "smart TV", "language": "de"})
    assert (progress.kind, progress.item_id, progress.device) == ("progress", "f1", "tv")
    assert progress.payload == {"position_s": 30, "duration_s": 60}
    assert progress.language == "de" and progress.extra["properties"] == {"video_percent": 50}
    (seen,) = ga4("poster_seen", {"item_id": "f2"}, user_location={"country_id": "de"})
    assert (seen.kind, seen.country) == ("impression", "DE")


def test_names_stand_for_kinds_that_there_are() -> None:
    assert {*SEGMENT_KINDS.values(), *GA4_KINDS.values()} <= set(CALLER_KINDS)
    with pytest.raises(InvalidSettings, match="Did you mean purchase") as caught:
        kinds_by_name({}, {"Sold": "purchased"}, "mappings.ga4")
    assert caught.value.field == "mappings.ga4.Sold"


plain = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text(max_size=9)
anything = st.recursive(
    plain | st.sampled_from(["i1", "track", "Order Completed", "m1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["product_id", "products", "items", "item_id", "price", "position"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
PARTS = {"properties": anything, "messageId": anything, "context": anything, "userId": anything}


@given(st.fixed_dictionaries({"event": st.sampled_from(list(SEGMENT_KINDS))}, optional=PARTS))
def test_whatever_a_call_holds_it_is_said_or_refused(call: dict[str, Any]) -> None:
    body = {"name": "purchase", "params": call.get("properties")}
    for say in (
        lambda: segment_events(CALL | call, SEGMENT),
        lambda: ga4_events(body, {"client_id": call.get("userId", "v")}, GA4),
    ):
        try:
            said = say()
            for raw in said if isinstance(said, list) else ():
                parse_event(raw, now_ms=NOW_MS)
        except InvalidInput as error:
            str(error).encode()
