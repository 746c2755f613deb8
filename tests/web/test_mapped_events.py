"""Goal: other systems' events come in by the same door: same verdicts, counted once, kept whole."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import msgspec

from conftest import Running
from pasand.flows.choosing import mappings_in
from pasand.flows.replaying import Replayer

Results = list[dict[str, Any]]


def post(site: Running, way: str, body: Any, *scopes: str) -> Results:
    with site.client(*scopes or ("events:write",)) as client:
        answer = client.post(f"/v1/events/{way}", json=body)
    assert answer.status_code == 202, answer.text
    results: Results = answer.json()["results"]
    return results


def verdicts(results: Results) -> list[tuple[int, str, str]]:
    return [(r["index"], r["status"], r.get("event_id", "")) for r in results]


def track(event: str, message: str, **fields: Any) -> dict[str, Any]:
    return {"type": "track", "event": event, "messageId": message, "userId": "m1", **fields}


def test_a_batch_of_calls_is_taken_once(site: Running) -> None:
    products = [{"product_id": "i1", "price": 3}, {"product_id": "i2", "price": "dear"}]
    batch = {
        "context": {"locale": "hi-IN"},
        "batch": [
            track("Order Completed", "o1", properties={"products": products}),
            {"type": "page", "userId": "m1"},
            track("Product Viewed", "o2", properties={"product_id": "i3"}),
            track("Product Viewed", "o3", properties={}),
        ],
    }
    results = post(site, "segment", batch)
    assert verdicts(results) == [
        (0, "accepted", "o1.0"), (0, "rejected", "o1.1"), (1, "ignored", ""),
        (2, "accepted", "o2.0"), (3, "rejected", "o3.0"),
    ]  # fmt: skip
    assert [r.get("field") for r in results] == [None, "price", None, None, "item_id"]
    assert results[2]["code"] == "not_mapped" and "page" in results[2]["message"]
    log = site.home.engine.stores.log
    stored = log.find("o1.0")
    assert stored is not None and stored.event.language == "hi-IN"
    assert stored.event.payload == {"price": 3}
    again = post(site, "segment", batch)
    assert [r["status"] for r in again] == [
        "duplicate", "rejected", "ignored", "duplicate", "rejected",
    ]  # fmt: skip


def test_what_is_set_aside_keeps_its_bytes_and_can_be_replayed(site: Running) -> None:
    engine = site.home.engine
    log, before = engine.stores.log, engine.stores.log.rejected_count()
    bad = [{"product_id": "i1", "quantity": 1}, *({"product_id": f"no {n}"} for n in range(9))]
    call = track("Order Completed", "odd", properties={"products": bad})
    raw = b'{"batch": [ ' + msgspec.json.encode(call).replace(b":", b" : ") + b"]}"
    with site.client("events:write") as client:
        client.post("/v1/events/segment", content=raw)
    assert log.rejected_count() == before + 1, "set aside once, with all its lines"
    letter = log.rejected(limit=1)[0]
    assert letter.body == raw[12:-2] and letter.source == "segment:test"
    replayer = Replayer(
        log, engine.stores.catalog, log_sink(site), engine.now_ms(), 32_768,
        mappings_in(engine.settings),
    )  # fmt: skip
    assert replayer.replay([letter.number]).kept == 1
    fixed = letter.body.replace(b"no ", b"no.")
    report = replayer.replay_as(letter, fixed)
    assert (report.accepted, report.known) == (9, 1)
    assert log.rejected_count() == before and log.find("odd.9") is not None


def log_sink(site: Running) -> Any:
    class Sink:
        append = staticmethod(site.home.engine.append)
        settle_rejected = staticmethod(site.home.engine.stores.log.settle_rejected)

    return Sink()


def test_times_are_moved_by_when_it_was_sent(site: Running) -> None:
    now_ms = site.home.engine.now_ms()
    late = {"originalTimestamp": now_ms - 7_200_000, "sentAt": now_ms - 3_600_000}
    call = track("Product Viewed", "late", properties={"product_id": "i1"}, **late)
    assert post(site, "segment", call)[0]["status"] == "accepted"
    stored = site.home.engine.stores.log.find("late.0")
    assert stored is not None and abs(stored.event.occurred_ms - (now_ms - 3_600_000)) < 60_000


def test_ga4_events_are_taken_once_and_warned_of(site: Running) -> None:
    items = [{"item_id": "i1"}, {"item_id": "i2"}]
    body = {
        "client_id": "12.34",
        "user_id": "m1",
        "events": [
            {"name": "add_to_cart", "params": {"items": items, "currency": "EUR"}},
            {"name": "scroll"},
            {"name": "purchase", "timestamp_micros": 1_600_000_000_000_000,
             "params": {"transaction_id": "t", "items": items[:1]}},
            7,
        ],
    }  # fmt: skip
    results = post(site, "ga4", body)
    statuses = ["accepted", "accepted", "ignored", "accepted", "rejected"]
    assert [r["status"] for r in results] == statuses
    assert [len(r.get("warnings", ())) for r in results] == [1, 1, 0, 0, 0]
    assert post(site, "ga4", body)[1]["status"] == "duplicate"
    stored = site.home.engine.stores.log.find(results[3]["event_id"])
    assert stored is not None and stored.event.kind == "purchase"
    assert stored.event.occurred_ms == 1_600_000_000_000
    letter = site.home.engine.stores.log.rejected(limit=1)[0]
    assert msgspec.json.decode(letter.body) == {
        "client_id": "12.34",
        "user_id": "m1",
        "events": [7],
    }


def test_a_visitor_who_logs_in_is_merged(site: Running) -> None:
    seen = track("Product Viewed", "anon", properties={"product_id": "i9"})
    seen |= {"userId": None, "anonymousId": "v.77"}
    post(site, "segment", seen)
    identify = {"type": "identify", "userId": "m1", "anonymousId": "v.77"}
    assert post(site, "segment", identify)[0]["status"] == "ignored", "not with this key"
    keys = ("events:write", "members:write")
    assert [post(site, "segment", identify, *keys)[0]["status"] for _ in "ab"] == [
        "accepted", "duplicate",
    ]  # fmt: skip
    nobody = post(site, "segment", identify | {"userId": "nobody"}, *keys)[0]
    assert (nobody["status"], nobody["code"]) == ("rejected", "not_found")


def test_only_who_may_write_events_and_not_too_many(site: Running) -> None:
    count_max = site.home.engine.settings.limits.batch_count_max
    with site.client("page:read") as client:
        for way in ("segment", "ga4"):
            assert client.post(f"/v1/events/{way}", json={}).status_code == 403
    many = [{"product_id": f"i{n}"} for n in range(count_max + 1)]
    with site.client("events:write") as client:
        order = track("Order Completed", "huge", properties={"products": many})
        for way, body in (
            ("segment", order), ("segment", {"batch": [1] * (count_max + 1)}),
            ("ga4", {"events": [1] * (count_max + 1)}),
            ("ga4", {"client_id": "x" * 40_000, "events": []}),
        ):  # fmt: skip
            assert client.post(f"/v1/events/{way}", json=body).status_code == 413
        assert client.post("/v1/events/ga4", json=[]).status_code == 400


def test_the_schemas_are_published_to_everybody(site: Running) -> None:
    with site.browser() as client:
        for name in ("event", "item", "member"):
            answer = client.get(f"/schema/{name}")
            assert answer.status_code == 200 and answer.json()["title"] == name
            jsonschema_rs.meta.validate(answer.json())
        components = client.get("/schema").json()["components"]["schemas"]
    assert components["Event"]["required"] == ["event_id", "kind"]
    assert components["Event"]["allOf"] and components["Item"]["required"] == ["title"]
