"""Goal: pages made beside the listening process are the same pages, as current, and never fail."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from conftest import MEMBERS
from pasand.bootstrap import open_beside, open_home, read_home
from pasand.domain.events import Event
from pasand.errors import StoreUnavailable
from pasand.settings import Settings
from pasand.testing import samples
from pasand.web.access import new_key
from pasand.web.api_pages import page_request
from pasand.web.page_bodies import page_body
from pasand.web.page_frames import Answer, Frames, Logged, frame
from pasand.web.page_process import answered

SETTINGS = "[web]\nopen_profiles = true\n"
ITEMS = samples.items(60)


@dataclass
class Front:
    """A server of its own with two page processes, and the home it owns."""

    path: Path
    process: subprocess.Popen[bytes]
    client: httpx.Client

    def children(self) -> list[int]:
        """Return the page processes that run."""
        done = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        return [int(line) for line in done.stdout.split()]

    def state(self) -> dict[str, int]:
        """Return what the server says of its page processes."""
        found: dict[str, int] = self.client.get("/health/ready").json()["page_processes"]
        return found

    def made_none_here(self) -> bool:
        """Return whether page processes made every page; what the server said is printed."""
        print(self.path.with_suffix(".log").read_text("utf-8"))  # noqa: T201
        return self.state()["pages_made_here"] == 0

    def page(self, member_id: str, **more: Any) -> dict[str, Any]:
        """Return a page."""
        answer = self.client.get("/v1/page", params={"member_id": member_id, **more})
        assert answer.status_code == 200, answer.text[:300]
        page: dict[str, Any] = answer.json()
        return page

    def send(self, *events: dict[str, Any]) -> None:
        """Send events that must be accepted."""
        answer = self.client.post("/v1/events", json={"events": list(events)})
        assert [one["status"] for one in answer.json()["results"]] == ["accepted"] * len(events)

    def find(self, event_id: str) -> Event | None:
        """Return an event of the log."""
        stores, database = read_home(self.path, Settings())
        try:
            stored = stores.log.find(event_id)
        finally:
            database.close()
        return None if stored is None else stored.event


def eventually(check: Callable[[], Any]) -> None:
    for _ in range(400):
        if check():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")


def shown(page: dict[str, Any]) -> set[str]:
    return {cell["item_id"] for row in page["rows"] for cell in row["cells"]}


def start_front(path: Path) -> Front:
    path.mkdir()
    (path / "pasand.toml").write_text(SETTINGS, "utf-8")
    home = open_home(path, create=True)
    home.engine.append([samples.put_event(row) for row in ITEMS])
    home.engine.append([samples.member_event(member) for member in MEMBERS])
    key, secret = new_key("test", (), home.engine.now_ms())
    home.engine.stores.ledger.put_key(key)
    home.close()
    command = [sys.executable, "-m", "pasand", "serve", "--home", str(path), "--port", "0"]
    log = path.with_suffix(".log")
    with log.open("wb") as told:
        process = subprocess.Popen([*command, "--pages", "2"], stderr=told)
        for _ in range(1200):
            text = log.read_text("utf-8")
            url = re.search(r"http://[0-9.:]+", text)
            if url or process.poll() is not None:
                break
            time.sleep(0.05)
    assert url, text
    headers = {"Authorization": f"Bearer {secret}"}
    return Front(path, process, httpx.Client(base_url=url[0], headers=headers, timeout=30))


def stop_front(front: Front) -> None:
    front.client.close()
    front.process.terminate()
    try:
        front.process.wait(20)
    finally:
        front.process.kill()
        front.process.wait()


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    front = start_front(tmp_path_factory.mktemp("beside") / "home")
    yield front
    stop_front(front)


def test_pages_are_those_that_one_process_makes(front: Front) -> None:
    beside = open_beside(front.path)
    found = {"at": "2026-12-01T20:00:00Z", "device": "tv"}

    def same(member_id: str) -> bool:
        asked = page_request(beside.engine, {**found, "member_id": member_id})
        wanted = json.loads(page_body(beside.engine, "json", asked).body)
        page = front.page(member_id, **found)
        assert page.pop("page_id") == page.pop("cursor") != wanted.pop("page_id")
        wanted.pop("cursor")
        return bool(page == wanted)

    def current() -> bool:
        beside.follower.tick()
        return all(same(member.member_id) for member in MEMBERS for _ in range(2))

    # Counts reach every process within a second; profiles and items need no waiting.
    eventually(current)
    with pytest.raises(StoreUnavailable, match="reading only"):
        beside.engine.stores.log.append([samples.event("x")])
    assert front.made_none_here()


def test_what_was_acknowledged_shows_on_the_next_page(front: Front) -> None:
    for number in range(6):
        hero = front.page("m1")["rows"][0]["cells"][0]["item_id"]
        thumb = {"event_id": f"t{number}", "kind": "thumb", "member_id": "m1", "item_id": hero}
        front.send({**thumb, "value": -1})
        assert hero not in shown(front.page("m1"))
    assert front.made_none_here()


def test_what_was_taken_out_or_is_for_grown_ups_now_is_never_shown_again(front: Front) -> None:
    kids = sorted(shown(front.page("kid")))
    for number, item_id in enumerate(kids[:6]):
        if number % 2:
            assert front.client.delete(f"/v1/items/{item_id}").status_code == 204
        else:
            old = {"title": "Now for grown-ups", "maturity": 18}
            assert front.client.put(f"/v1/items/{item_id}", json=old).status_code == 200
        # Both page processes are asked, whichever comes first.
        with ThreadPoolExecutor(4) as pool:
            pages = list(pool.map(front.page, ["kid"] * 4))
        assert all(item_id not in shown(page) for page in pages)
    young = {"name": "Kit", "maturity_ceiling": 8}
    assert front.client.put("/v1/members/m2", json=young).status_code == 200
    assert all(cell["maturity"] <= 8 for r in front.page("m2")["rows"] for cell in r["cells"])
    assert front.made_none_here()


def test_a_page_is_logged_joined_and_gone_on_from(front: Front) -> None:
    page = front.page("m1", rows=3, columns=5)
    row = len(page["rows"]) - 1
    wanted = page["rows"][row]["cells"][0]
    seen = {"event_id": "seen", "kind": "impression", "member_id": "m1", "row": row, "column": 0}
    front.send({**seen, "page_id": page["page_id"]})
    joined = front.find("seen")
    assert joined is not None and not joined.extra.get("unjoined")
    assert (joined.item_id, joined.artwork_id) == (wanted["item_id"], wanted["artwork_id"])
    eventually(lambda: front.find(page["page_id"]))
    block = front.find(page["page_id"])
    assert block is not None
    assert [one["items"] for one in block.payload["rows"]] == [
        [cell["item_id"] for cell in one["cells"]] for one in page["rows"]
    ]
    before: set[str] = shown(page)
    for _ in range(4):
        page = front.page("m1", rows=2, columns=4, cursor=page["page_id"])
        assert page["rows"] and not shown(page) & before
        before |= shown(page)


def test_the_browser_gets_its_page_from_a_page_process(front: Front) -> None:
    with httpx.Client(base_url=front.client.base_url) as browser:
        browser.post("/session", data={"member_id": "m1"})
        answer = browser.get("/home")
    assert answer.status_code == 200 and 'id="page-data"' in answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert front.made_none_here()


def test_a_search_is_answered_by_a_page_process_and_is_as_current(front: Front) -> None:
    def found(text: str) -> list[str]:
        answer = front.client.get("/v1/search", params={"q": text, "member_id": "kid"})
        assert answer.status_code == 200, answer.text[:300]
        return [cell["item_id"] for cell in answer.json()["cells"]]

    assert found("title") and found('"zzzz* NEAR(') == []
    said = {"title": "Mirage", "maturity": 0}
    assert front.client.put("/v1/items/mirage", json=said).status_code == 200
    for _ in range(200):
        # A page shows a new title within a second too.
        if found("mirage"):
            break
        time.sleep(0.05)
    assert found("mirage") == ["mirage"]
    assert front.client.delete("/v1/items/mirage").status_code == 204
    assert found("mirage") == [] and front.made_none_here()


def test_a_killed_page_process_costs_no_request(front: Front) -> None:
    failed: list[str] = []
    going = threading.Event()

    def load(_: int) -> int:
        count = 0
        with httpx.Client(base_url=front.client.base_url, headers=front.client.headers) as client:
            while not going.is_set():
                answer = client.get("/v1/page", params={"member_id": "m1", "device": "tv"})
                count += 1
                if answer.status_code != 200 or answer.json()["degraded"]:
                    failed.append(answer.text[:200])
        return count

    with ThreadPoolExecutor(3) as pool:
        loads = [pool.submit(load, number) for number in range(3)]
        for _ in range(2):
            eventually(lambda: front.state()["running"] == 2)
            os.kill(front.children()[0], signal.SIGKILL)
            eventually(lambda: front.state()["running"] < 2 or front.state()["started"] > 3)
        eventually(lambda: front.state()["running"] == 2)
        going.set()
        counts = [one.result() for one in loads]
    assert failed == [] and min(counts) > 5
    assert front.state()["started"] >= 4
    assert 'pasand_page_processes{state="running"} 2.0' in front.client.get("/metrics").text


def test_a_page_process_that_hangs_costs_no_request(front: Front) -> None:
    eventually(lambda: front.state()["running"] == 2)
    hung = front.children()
    for child in hung:
        os.kill(child, signal.SIGSTOP)
    assert front.page("m1")["degraded"] is None
    assert front.state()["pages_made_here"] >= 1
    eventually(lambda: not set(hung) & set(front.children()))
    eventually(lambda: front.state()["running"] == 2)


def test_page_processes_end_with_the_listening_process(tmp_path: Path) -> None:
    front = start_front(tmp_path / "home")
    children = front.children()
    front.page("m1")
    front.client.close()
    front.process.kill()
    front.process.wait()
    assert len(children) == 2
    eventually(lambda: not any(Path(f"/proc/{child}/cmdline").exists() for child in children))


def test_a_page_that_fails_beside_is_left_to_the_listening_process(front: Front) -> None:
    beside = open_beside(front.path)
    asked = page_request(beside.engine, {"member_id": "m1"})

    class Broken:
        number, shape, record_offset = 7, "json", 0

        @property
        def asked(self) -> Any:
            beside.logged.append(lambda: samples.event("half"))
            raise RuntimeError("not today")

    answer, body = answered(beside, Broken())  # type: ignore[arg-type]
    assert (answer.number, answer.error, body) == (7, "RuntimeError: not today", b"")
    assert beside.logged == [] and asked.member_id == "m1"


def test_frames_arrive_in_any_pieces() -> None:
    sent: list[tuple[Answer | Logged, bytes]] = [
        (Answer(number, number % 3), bytes(number * 7)) for number in range(20)
    ]
    sent.insert(7, (Logged(6, None), b""))
    data = b"".join(frame(answer, body) + body for answer, body in sent)
    for size in (1, 3, 64, len(data)):
        frames = Frames()
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        assert [found for piece in pieces for found in frames.answers(piece)] == sent
