"""Goal: whatever is sent, the answer says what is wrong and what to do, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import Running

GOOD = {"event_id": "good", "kind": "play_start", "member_id": "m1", "item_id": "i1"}


def check_error(answer: httpx.Response, status: int, field: str | None = None) -> dict[str, str]:
    """Hold an error answer to its shape: it helps, and it tells nothing of the inside."""
    assert answer.status_code == status, answer.text[:500]
    error: dict[str, str] = answer.json()["error"]
    assert set(error) == {"code", "message", "field", "fix", "request_id"}
    assert error["code"] and error["message"]
    assert error["request_id"] == answer.headers["X-Request-Id"]
    assert "Traceback" not in answer.text and ".py" not in answer.text
    if field is not None:
        assert error["field"] == field, error
    return error


def post(site: Running, *events: Any) -> list[dict[str, Any]]:
    """Send events and return the verdicts."""
    with site.client() as client:
        answer = client.post("/v1/events", json={"events": list(events)})
    assert answer.status_code == 202, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    assert [result["index"] for result in results] == list(range(len(events)))
    return results


@pytest.mark.parametrize(
    ("body", "field"),
    (
        (b"", "body"),
        (b"{", "body"),
        (b"nothing", "body"),
        (b'{"events": [}', "body"),
        (b"\xff\xfe{}", "body"),
        (b"[]", "body"),
        (b"{}", "body"),
        (b'{"events": 3}', "events"),
        (b'{"events": {"event_id": "a"}}', "events"),
        (b'{"events": [], "sent_at": []}', "sent_at"),
        (b'{"events": [], "sent_at": "yesterday"}', "sent_at"),
        (b'{"events": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", None),
        (b'{"events": [' + b'{"a":' * 60_000 + b"1" + b"}" * 60_000 + b"]}", None),
    ),
)
def test_a_body_that_is_no_batch(site: Running, body: bytes, field: str | None) -> None:
    with site.client() as client:
        answer = client.post("/v1/events", content=body)
    if field is None and answer.status_code == 202:
        assert {result["status"] for result in answer.json()["results"]} == {"rejected"}
        return
    check_error(answer, 400, field)


BAD_EVENTS = (
    ({}, "kind"),
    ({**GOOD, "event_id": None}, "event_id"),
    ({**GOOD, "event_id": ""}, "event_id"),
    ({**GOOD, "event_id": "a b"}, "event_id"),
    ({**GOOD, "event_id": "x" * 129}, "event_id"),
    ({**GOOD, "event_id": 7}, "event_id"),
    ({**GOOD, "event_id": "a\u0000"}, "event_id"),
    ({**GOOD, "member_id": "../../etc"}, "member_id"),
    ({**GOOD, "item_id": ["i1"]}, "item_id"),
    ({**GOOD, "item_id": None}, "item_id"),
    ({**GOOD, "kind": "plays"}, "kind"),
    ({**GOOD, "kind": "page_served"}, "kind"),
    ({**GOOD, "kind": "item_put"}, "kind"),
    ({**GOOD, "device": "fridge"}, "device"),
    ({**GOOD, "row": -1}, "row"),
    ({**GOOD, "row": "first"}, "row"),
    ({**GOOD, "occurred_at": "2999-01-01T00:00:00Z"}, "occurred_at"),
    ({**GOOD, "occurred_at": "1969-01-01T00:00:00Z"}, "occurred_at"),
    ({**GOOD, "occurred_at": "2026-13-01"}, "occurred_at"),
    ({**GOOD, "occurred_at": True}, "occurred_at"),
    ({**GOOD, "payload": "no"}, "payload"),
    ({**GOOD, "payload": {"position_s": "far"}}, "position_s"),
    ({**GOOD, "kind": "thumb"}, "value"),
    ({**GOOD, "kind": "thumb", "payload": {"value": 3}}, "value"),
    ({**GOOD, "kind": "rating", "payload": {"value": 9}}, "value"),
    ({**GOOD, "kind": "search_query"}, "text"),
    ({**GOOD, "kind": "impression", "item_id": None}, "item_id"),
    ([], "event"),
    ("event", "event"),
    (None, "event"),
    (3, "event"),
)


@pytest.mark.parametrize(("bad", "field"), BAD_EVENTS)
def test_a_bad_event_is_kept_and_the_rest_is_taken(site: Running, bad: Any, field: str) -> None:
    log = site.home.engine.stores.log
    before, kept = log.last_offset(), len(log.rejected(limit=10_000))
    good = {**GOOD, "event_id": f"beside-{before}-{kept}"}
    verdicts = post(site, bad, good)
    assert [result["status"] for result in verdicts] == ["rejected", "accepted"]
    assert verdicts[0]["field"] == field and verdicts[0]["message"] and verdicts[0]["code"]
    assert log.last_offset() == before + 1
    rejected = log.rejected(limit=1)[0]
    assert json.loads(rejected.body) == bad
    assert rejected.source == "test" and rejected.field == field
    assert len(log.rejected(limit=10_000)) == kept + 1


def test_what_is_rejected_keeps_its_original_bytes(site: Running) -> None:
    raw = b'{"kind" : "plays",\t"event_id":"odd","note":"\xff\xfe"}'
    with site.client() as client:
        answer = client.post("/v1/events", content=b'{"events": [' + raw + b"]}")
    assert answer.json()["results"][0]["status"] == "rejected"
    assert site.home.engine.stores.log.rejected(limit=1)[0].body == raw


def test_unknown_fields_are_kept_with_a_warning(site: Running) -> None:
    event = {**GOOD, "event_id": "warned", "itm_id": "i2", "mood": {"deep": ["glad", 1]}}
    result = post(site, event)[0]
    assert result["status"] == "accepted" and len(result["warnings"]) == 2
    assert any("item_id" in said for said in result["warnings"])
    stored = site.home.engine.stores.log.find("warned")
    assert stored is not None
    assert stored.event.extra == {"itm_id": "i2", "mood": {"deep": ["glad", 1]}}


def test_too_much_is_refused_before_it_is_read(site: Running) -> None:
    limits = site.home.engine.settings.limits
    with site.client() as client:
        large = client.post("/v1/events", content=b" " * (limits.batch_bytes_max + 1))
        check_error(large, 413)
        many = [{"event_id": f"n{n}"} for n in range(limits.batch_count_max + 1)]
        check_error(client.post("/v1/events", json={"events": many}), 413, "events")
        padded = {"title": "x", "synopsis": "y" * limits.event_bytes_max}
        check_error(client.put("/v1/items/large", json=padded), 413)
    fat = {**GOOD, "event_id": "fat", "note": "x" * limits.event_bytes_max}
    result = post(site, fat)[0]
    assert (result["status"], result["code"]) == ("rejected", "too_much")


@pytest.mark.parametrize("sent_at", ("9999-12-30T00:00:00Z", "1970-01-01T00:00:01Z", 4e12, 1))
def test_a_wild_clock_of_a_client_never_spoils_its_member(site: Running, sent_at: Any) -> None:
    """Whether such an event is taken or rejected, the member's page and profile stay well."""
    event = {**GOOD, "event_id": f"wild-{sent_at}".replace(":", "."), "member_id": "wild"}
    with site.client() as client:
        for at in ({}, {"occurred_at": "2026-05-01T00:00:00Z"}, {"occurred_at": 5}):
            event["event_id"] += "x"
            body = {"sent_at": sent_at, "events": [{**event, **at}]}
            assert client.post("/v1/events", json=body).status_code == 202
        assert client.get("/v1/members/wild/profile").status_code == 200
        answer = client.get("/v1/page", params={"member_id": "wild"})
        assert answer.status_code == 200 and answer.json()["degraded"] is None
    for stored in site.home.engine.stores.log.of_member("wild"):
        assert 0 <= stored.event.occurred_ms <= site.home.engine.now_ms() + 300_000


PAGE = "/v1/page?member_id=m1"


@pytest.mark.parametrize(
    ("address", "status", "field", "fix"),
    (
        ("/v1/page", 400, "member_id", ""),
        ("/v1/page?member=m1", 400, "member", "member_id"),
        (PAGE + "&colums=3", 400, "colums", "columns"),
        (PAGE + "&zzz=3", 400, "zzz", "Known"),
        (PAGE + "&member_id=m2", 400, "member_id", "once"),
        ("/v1/page?member_id=" + "x" * 129, 400, "member_id", "128"),
        ("/v1/page?member_id=a/b", 400, "member_id", ""),
        (PAGE + "&device=toaster", 400, "device", "phone"),
        (PAGE + "&country=India", 400, "country", "IN"),
        (PAGE + "&locale=%3Cscript%3E", 400, "locale", ""),
        (PAGE + "&surface=roof", 400, "surface", "home"),
        (PAGE + "&rows=0", 400, "rows", "1 to"),
        (PAGE + "&rows=-3", 400, "rows", "1 to"),
        (PAGE + "&rows=61", 400, "rows", "1 to"),
        (PAGE + "&rows=0000000000019999", 400, "rows", "1 to"),
        (PAGE + "&rows=" + "9" * 5000, 400, "rows", "1 to"),
        (PAGE + "&rows=%C2%B2", 400, "rows", "1 to"),
        (PAGE + "&at=tomorrow", 400, "at", "RFC 3339"),
        (PAGE + "&at=20260517", 400, "at", "RFC 3339"),
        (PAGE + "&cursor=../x", 400, "cursor", ""),
        ("/v1/explain?page_id=pg_0&row=0&column=0", 404, "page_id", ""),
        ("/v1/explain?page=pg_0", 400, "page", "page_id"),
        ("/v1/items/nowhere", 404, "item_id", ""),
        ("/v1/items/nowhere/similar", 404, "item_id", ""),
        ("/v1/items/i1/similar?k=201", 400, "k", "1 to 200"),
        ("/v1/items/i1/similar?n=3", 400, "n", "k"),
        ("/v1/items/%20", 400, "item_id", "letters"),
        ("/v1/members/nobody", 404, "member_id", "PUT"),
        ("/artwork/nowhere/x", 404, "artwork_id", ""),
        ("/artwork/i1.a0/x?w=641", 404, "w", "640"),
        ("/artwork/i1.a0", 404, None, ""),
        ("/artwork/i1.a0/forged", 404, "artwork_id", ""),
        ("/artwork/..%2f..%2fpasand.toml", 404, None, ""),
        ("/static/nothing.js", 404, "", "/schema"),
        ("/v2/page", 404, "", "/schema"),
    ),
)
def test_a_bad_request_names_what_is_wrong(
    site: Running, address: str, status: int, field: str | None, fix: str
) -> None:
    with site.client() as client:
        error = check_error(client.get(address), status, field)
    assert fix in error["fix"]


def test_an_address_has_one_spelling(site: Running) -> None:
    with site.client() as client:
        assert client.get("/v1/page/", params={"member_id": "m1"}).status_code == 404


@pytest.mark.parametrize("part", ("bytes=9-1", "bytes=0-0,2-3,-9", "bytes=99999999-", "bytes", "x"))
def test_a_file_is_sent_whole_whatever_part_of_it_is_asked_for(site: Running, part: str) -> None:
    with site.client() as client:
        whole = client.get("/static/home.js")
        asked = client.get("/static/home.js", headers={"Range": part})
        assert (asked.status_code, asked.content) == (200, whole.content)


def test_a_wrong_method_is_not_found_out_by_a_stack_trace(site: Running) -> None:
    with site.client() as client:
        check_error(client.delete("/v1/page"), 405)
        check_error(client.get("/v1/events"), 405)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    (
        ("/v1/items/n1", {}, "title"),
        ("/v1/items/n1", [], "body"),
        ("/v1/items/n1", {"title": "T", "item_id": "n2"}, "item_id"),
        ("/v1/items/n1", {"title": 3}, "title"),
        ("/v1/items/n1", {"title": "T", "maturity": 99}, "maturity"),
        ("/v1/items/n1", {"title": "T", "genres": 3}, "genres"),
        ("/v1/items/n1", {"title": "T", "artworks": [{"file": "../x"}]}, None),
        ("/v1/members/n1", {"maturity_ceiling": "never"}, "maturity_ceiling"),
        ("/v1/members/n1", {"time_zone": "Moon/Base"}, "time_zone"),
        ("/v1/members/n1", {"kids": "perhaps"}, "kids"),
    ),
)
def test_a_bad_record_is_refused_by_its_field(
    site: Running, path: str, body: Any, field: str | None
) -> None:
    with site.client() as client:
        check_error(client.put(path, json=body), 400, field)
        assert client.get(path).status_code == 404


_texts = st.text(max_size=12)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=6,
)
_events = st.fixed_dictionaries(
    {},
    optional={
        "event_id": _json | st.just("drawn"),
        "kind": _json | st.sampled_from(("thumb", "rating", "progress", "impression", "view")),
        "member_id": _json | st.just("drawn"),
        "item_id": _json | st.just("i1"),
        "occurred_at": _json,
        "page_id": _json,
        "row": _json,
        "column": _json,
        "time_zone": _json,
        "country": _json,
        "payload": _json | st.dictionaries(st.sampled_from(("value", "position_s", "text")), _json),
        "extra": _json,
        "surprise": _json,
    },
)


@given(st.lists(_events | _json, min_size=1, max_size=6))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_gets_a_verdict_and_the_page_stays_well(site: Running, batch: list[Any]) -> None:
    with site.client() as client:
        answer = client.post("/v1/events", content=json.dumps({"events": batch}))
        assert answer.status_code in (202, 400), answer.text
        if answer.status_code == 202:
            assert len(answer.json()["results"]) == len(batch)
        assert client.get("/v1/members/drawn/profile").status_code == 200
        page = client.get("/v1/page", params={"member_id": "drawn", "at": "2026-01-01"})
        assert page.status_code == 200 and page.json()["degraded"] is None


def test_a_full_disk_is_told_as_such(fresh: Callable[..., Running]) -> None:
    site = fresh()
    database = site.home.database
    pages = database.write(lambda connection: connection.pragma("page_count"))
    database.write(lambda connection: connection.pragma("max_page_count", pages))
    noise = [{**GOOD, "event_id": f"n{n}", "note": "x" * 3000} for n in range(60)]
    with site.client() as client:
        answer = client.post("/v1/events", json={"events": noise})
        error = check_error(answer, 503)
        assert "disk is full" in error["message"] and answer.headers["Retry-After"]
        page = client.get("/v1/page", params={"member_id": "m1"})
        assert page.status_code == 200 and page.json()["rows"]
        database.write(lambda connection: connection.pragma("max_page_count", 2**30))
        again = client.post("/v1/events", json={"events": noise})
        assert {result["status"] for result in again.json()["results"]} == {"accepted"}
