"""Goal: when more comes in than the disk takes, senders are told when to come back; pages go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import apsw
import pytest

from conftest import Running
from pasand.adapters.clocks import HandClock

DAY_MS = 86_400_000


def play(event_id: str, **fields: Any) -> dict[str, Any]:
    known = {"event_id": event_id, "kind": "play_start", "member_id": "m1", "item_id": "i1"}
    return {"events": [{**known, **fields}]}


@contextmanager
def writer_held(running: Running, queue_count: int) -> Iterator[None]:
    """Hold the writer and let no more than a few jobs wait, all of which are taken already."""
    database = running.home.database
    entered, gate = threading.Event(), threading.Event()

    def wait(connection: apsw.Connection) -> None:
        entered.set()
        gate.wait()

    before = database._jobs.maxsize
    held = [database.submit(wait)]
    entered.wait()
    database._jobs.maxsize = queue_count
    held += [database.submit(lambda connection: None) for _ in range(queue_count)]
    try:
        yield
    finally:
        gate.set()
        for future in held:
            future.result()
        database._jobs.maxsize = before


def test_a_full_queue_answers_429_with_a_jittered_time_and_nothing_is_lost(
    fresh: Callable[..., Running],
) -> None:
    running = fresh()
    client = running.client("events:write", "page:read", "items:write")
    with writer_held(running, 3):
        answers = [client.post("/v1/events", json=play(f"e{n}")) for n in range(12)]
        assert {answer.status_code for answer in answers} == {429}
        error = answers[0].json()["error"]
        assert error["code"] == "overloaded" and "Retry-After" in error["fix"]
        waits = {int(answer.headers["Retry-After"]) for answer in answers}
        assert len(waits) > 1 and waits <= set(range(1, 6))
        put = client.put("/v1/items/new", json={"title": "New"})
        assert put.status_code == 429
        # A page does not wait for its log.
        page = client.get("/v1/page?member_id=m1")
        assert page.status_code == 200 and page.json()["rows"]
        for _ in range(200):
            if running.home.engine.lost_page_count:
                break
            time.sleep(0.01)
        assert running.home.engine.lost_page_count == 1
        assert client.get("/health/ready").status_code == 200
    for number in range(12):
        (result,) = client.post("/v1/events", json=play(f"e{number}")).json()["results"]
        assert result["status"] == "accepted"
    assert client.get("/v1/items/new").status_code == 404
    client.close()


@pytest.mark.parametrize("days", (-1, 1))
def test_a_clock_that_steps_a_day_loses_nothing_and_is_told(
    fresh: Callable[..., Running], monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    running = fresh()
    engine = running.home.engine
    clock = HandClock(engine.now_ms())
    monkeypatch.setattr(type(engine.stores.clock), "now_ms", lambda self: clock.at_ms)
    client = running.client("events:write", "page:read", "members:read")
    assert client.post("/v1/events", json=play("before")).status_code == 202
    clock.at_ms += days * DAY_MS
    for number in range(3):
        clock.at_ms += 1_000
        sent = client.post("/v1/events", json=play(f"e{number}", item_id=f"i{number}"))
        assert [result["status"] for result in sent.json()["results"]] == ["accepted"]
        page = client.get("/v1/page?member_id=m1")
        assert page.status_code == 200 and page.json()["rows"]
        engine.tick()
    # The server looks at its clock every second.
    for _ in range(200):
        ready = client.get("/health/ready")
        if ready.json()["status"] != "ready":
            break
        time.sleep(0.05)
    assert ready.status_code == 200 and ready.json()["status"] == "degraded"
    way = "back" if days < 0 else "forward"
    assert f"the clock went {way} by 24.0 h" in ready.json()["reasons"][0]
    again = client.post("/v1/events", json=play("before")).json()["results"]
    assert again[0]["status"] == "duplicate"
    _, profile = engine.profiles.get("m1")
    assert set(profile.watching) == {"i0", "i1", "i2"}
    client.close()
