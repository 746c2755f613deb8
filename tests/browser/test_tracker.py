"""Goal: every signal of a real browser arrives in the log, once, whatever happens to the line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from browsing import chromium, pictured, playwright_api
from cut_line import CUT, DEAF, PASS, Line

from conftest import start_server
from pasand.domain.events import CALLER_KINDS, Event

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

Page = playwright_api.Page

#: What the page itself says it tracked, kept where a reload does not reach.
NOTE_MADE = """
document.addEventListener("pasand:tracked", ({ detail }) =>
  localStorage.setItem("made", (localStorage.getItem("made") ?? "") + detail.event_id + " "));
"""
#: As a browser says it when the line is back: nothing waits out its back-off.
AGAIN = "dispatchEvent(new Event('online'))"
UNSENT = """
async () => new Promise((resolve) => {
  const asked = indexedDB.open("pasand");
  asked.onsuccess = () => {
    const count = asked.result.transaction("events").objectStore("events").count();
    count.onsuccess = () => { asked.result.close(); resolve(count.result); };
  };
})
"""


class Setting:
    """A server, the line to it, and a browser of its own; each may fail and come back."""

    def __init__(self, browser: playwright_api.Browser, path: Path) -> None:
        self.path = path
        self.site = start_server(path, items=pictured(path / "artwork"))
        self.line = Line(int(self.site.url.rpartition(":")[2]))
        self.context = browser.new_context(
            base_url=self.line.url, viewport={"width": 1280, "height": 800}, locale="en-GB",
            timezone_id="Europe/Lisbon",
        )  # fmt: skip
        self.context.set_default_timeout(10_000)
        self.context.add_init_script(NOTE_MADE)
        self.become("m1")

    def become(self, member_id: str) -> None:
        """Choose a member, whatever the line does: cookies do not know ports."""
        form = {"member_id": member_id}
        self.context.request.post(f"{self.site.url}/session", form=form, max_redirects=0)

    def page(self) -> Page:
        """Return a new tab with the member's page."""
        page = self.context.new_page()
        page.goto("/home")
        page.locator('[data-testid="hero"]').wait_for()
        return page

    def restart(self) -> None:
        """Stop the server and serve the same home again."""
        self.site.stop()
        self.site = start_server(self.path, fill=False)
        self.line.server_port = int(self.site.url.rpartition(":")[2])

    def told(self, member_id: str = "m1") -> list[Event]:
        """Return what the log has of a member's own doing."""
        log = self.site.home.engine.stores.log
        return [one.event for one in log.of_member(member_id) if one.event.kind in CALLER_KINDS]

    def wait_for(self, page: Page, arrived: Callable[[list[Event]], bool]) -> list[Event]:
        """Return the log's events once they are as wanted."""
        for _ in range(200):
            if arrived(self.told()):
                break
            page.wait_for_timeout(100)
        told = self.told()
        assert arrived(told), Counter(event.kind for event in told)
        return told

    def settle(self, page: Page) -> list[Event]:
        """Wait until the log holds what the page says it made, all of it and once."""
        for _ in range(200):
            made = page.evaluate("localStorage.getItem('made')").split()
            told = self.told()
            # The page goes on making events: what it made is compared with what came since.
            if len(told) == len(made) and page.evaluate(UNSENT) == 0:
                break
            page.wait_for_timeout(100)
        assert sorted(event.event_id for event in told) == sorted(made)
        assert page.evaluate(UNSENT) == 0
        return told

    def duplicate_count(self) -> int:
        """Return how many events came a second time."""
        text = httpx.get(f"{self.site.url}/metrics").text
        found = re.search(r'pasand_events_total{status="duplicate"} (\d+)', text)
        return int(found[1]) if found else 0

    def close(self) -> None:
        """End all."""
        self.context.close()
        self.line.close()
        self.site.stop()


@pytest.fixture
def setting(chromium: playwright_api.Browser, tmp_path: Path) -> Iterator[Setting]:
    made = Setting(chromium, tmp_path / "home")
    yield made
    made.close()


def of(told: list[Event], kind: str) -> list[Event]:
    return [event for event in told if event.kind == kind]


def wheel(page: Page, *steps: int) -> None:
    """Turn the wheel, as a hand does: step by step."""
    page.mouse.move(640, 500)
    for step in steps:
        page.mouse.wheel(0, step)
        page.wait_for_timeout(60)


def press_list(page: Page, times: int) -> None:
    """Put the first title on the list and take it off again, so many presses in all."""
    button = page.locator('[data-testid="hero"] [data-action="list"]')
    for _ in range(times):
        button.dispatch_event("click")


def presses(told: list[Event]) -> list[Event]:
    return of(told, "list_add") + of(told, "list_remove")


def test_what_is_seen_hovered_and_scrolled_arrives(setting: Setting) -> None:
    page = setting.page()
    page.wait_for_timeout(1_200)
    card = page.locator('[data-testid="card"][data-row="1"][data-column="1"]')
    item_id = card.get_attribute("data-item-id")
    card.hover()
    page.locator('[data-testid="panel"]').wait_for()
    page.wait_for_timeout(1_150)
    page.mouse.move(2, 400)
    page.keyboard.press("Tab")
    page.locator('[data-testid="card"][data-row="1"][data-column="0"]').focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    page.evaluate("document.activeElement.closest('.scroller').scrollLeft = 300")
    wheel(page, 500, 500, 500, -400, -400, 600)
    page.wait_for_timeout(1_200)
    # Leaving the page ends what goes on: nothing waits for a timer.
    page.goto("about:blank")
    kinds = {"impression", "hover", "preview", "scroll"}
    told = setting.wait_for(page, lambda told: kinds <= {event.kind for event in told})
    for seen in of(told, "impression"):
        assert 0.5 <= seen.number("visible") <= 1 and 1_000 <= seen.number("dwell_ms") <= 30_000
        assert seen.item_id and seen.page_id and seen.row is not None and seen.column is not None
        assert seen.occurred_ms + seen.number("dwell_ms") <= setting.site.home.engine.now_ms()
    rows = {seen.row for seen in of(told, "impression")}
    assert {0, 1} <= rows and max(filter(None, rows)) >= 2
    pointed = [event for event in of(told, "hover") if not event.payload["focus"]]
    assert next(event.number("dwell_ms") for event in pointed if event.item_id == item_id) >= 1_000
    focused = [event for event in of(told, "hover") if event.payload["focus"]]
    assert {(event.row, event.column) for event in focused} >= {(1, 2)}
    assert of(told, "preview")[0].number("watched_ms") >= 1_000
    down = [event for event in of(told, "scroll") if event.row is None]
    assert max(event.number("row_depth") for event in down) >= 2
    assert sum(event.number("reversals") for event in down) >= 2
    assert all(0 < event.number("speed_px_s") < 100_000 for event in down)
    assert 1 in {event.row for event in of(told, "scroll")}
    about = {(e.device, e.time_zone, e.language, e.consent, len(e.session_id)) for e in told}
    assert about == {("desktop", "Europe/Lisbon", "en-GB", None, 36)}
    assert len({event.session_id for event in told}) == 1


def test_a_cut_line_loses_nothing_and_counts_nothing_twice(setting: Setting) -> None:
    page = setting.page()
    page.wait_for_timeout(1_100)
    wheel(page, 400, 400, -300)
    press_list(page, 1)
    setting.line.set(CUT)
    page.locator('[data-testid="hero"] [data-action="play"]').dispatch_event("click")
    player = page.locator('[data-testid="player"]')
    player.locator('[data-action="ahead"]').click()
    player.locator('[data-action="close"]').first.click()
    wheel(page, 500, 500)
    press_list(page, 1)
    # The member loads the page again while nothing answers, and the server starts anew.
    with suppress(playwright_api.Error):
        page.reload()
    setting.restart()
    setting.line.set(PASS)
    page.goto("/home")
    page.locator('[data-testid="hero"]').wait_for()
    # Now the server hears, and its answers are lost: what it took is said again.
    setting.line.set(DEAF)
    press_list(page, 2)
    page.evaluate(AGAIN)
    setting.wait_for(page, lambda told: len(presses(told)) == 4)
    setting.line.set(PASS)
    page.evaluate(AGAIN)
    told = setting.settle(page)
    assert setting.duplicate_count() > 0
    assert len(presses(told)) == 4 and len(of(told, "play_start")) == 1
    assert len(of(told, "play_stop")) == 1 and of(told, "impression") and of(told, "scroll")


def test_two_tabs_share_one_outbox_and_send_one_at_a_time(setting: Setting) -> None:
    first, second = setting.page(), setting.page()
    setting.line.set(CUT)
    press_list(second, 20)
    press_list(first, 20)
    setting.line.set(PASS)
    for page in (first, second):
        page.evaluate(AGAIN)
    told = setting.settle(first)
    assert len(presses(told)) == 40 and setting.duplicate_count() == 0
    assert len({event.session_id for event in told}) == 1
    assert len({event.page_id for event in presses(told)}) == 2
    # A tab is closed before it could send; the other one says what it had to say.
    setting.line.set(CUT)
    press_list(second, 3)
    second.close()
    setting.line.set(PASS)
    press_list(first, 1)
    first.evaluate(AGAIN)
    assert len(presses(setting.settle(first))) == 44


def test_another_members_events_wait_for_their_own_page(setting: Setting) -> None:
    page = setting.page()
    setting.line.set(CUT)
    press_list(page, 1)
    setting.become("m2")
    setting.line.set(PASS)
    with page.expect_response("**/v1/events") as answer:
        page.evaluate(AGAIN)
    assert answer.value.status == 403
    page.goto("/home")
    press_list(page, 2)
    for _ in range(100):
        if len(presses(setting.told("m2"))) == 2:
            break
        page.wait_for_timeout(50)
    assert not presses(setting.told("m1")) and len(presses(setting.told("m2"))) == 2
    setting.become("m1")
    page.goto("/home")
    setting.wait_for(page, lambda told: len(presses(told)) == 1)
    assert setting.site.home.engine.stores.log.rejected_count() == 0


def test_without_a_database_memory_keeps_them(setting: Setting) -> None:
    setting.context.add_init_script(
        "Object.defineProperty(globalThis, 'indexedDB', { get() { throw new Error('private'); } });"
    )
    page = setting.page()
    setting.line.set(CUT)
    press_list(page, 2)
    setting.line.set(PASS)
    page.evaluate(AGAIN)
    setting.wait_for(page, lambda told: len(presses(told)) == 2)


def test_without_consent_nothing_is_measured(setting: Setting) -> None:
    engine = setting.site.home.engine
    engine.set_personalised("m1", False)
    page = setting.page()
    page.wait_for_timeout(1_200)
    wheel(page, 500)
    press_list(page, 1)
    page.goto("about:blank")
    told = setting.wait_for(page, lambda told: bool(presses(told)))
    assert {event.kind for event in told} == {"list_add"}
    assert {event.consent for event in told} == {False}


MANY = """
async () => {
  const { Tracker } = await import("/static/tracker.js");
  const tracker = new Tracker({ memberId: "m1", debug: true });
  const text = "é".repeat(1500);
  for (let n = 0; n < 450; n += 1)
    tracker.track("search_query", null, { text: "tea", note: n < 200 ? text : "" });
  tracker.track("no_such_kind");
  tracker.track("search_query", null, { text: "tea", note: "x".repeat(600000) });
  tracker.backOff("7");
  const waits = tracker.notBefore - Date.now();
  tracker.notBefore = 0;
  tracker.flush();
  return waits;
}
"""


def test_batches_are_bounded_and_rejected_events_are_let_go(setting: Setting) -> None:
    page = setting.page()
    sizes: list[tuple[int, int]] = []
    said: list[str] = []

    def note(request: Any) -> None:
        if request.url.endswith("/v1/events"):
            body = request.post_data_buffer
            sizes.append((len(body), body.count(b'"event_id"')))

    page.on("request", note)
    page.on("console", lambda message: said.append(message.text))
    assert page.evaluate(MANY) > 6_500
    setting.wait_for(page, lambda told: len(of(told, "search_query")) == 450)
    # What no batch may hold has no verdict, so it stays, and holds nothing up.
    for _ in range(50):
        if page.evaluate(UNSENT) == 1:
            break
        page.wait_for_timeout(100)
    assert page.evaluate(UNSENT) == 1
    sizes = [(size, count) for size, count in sizes if size < 600_000]
    assert max(count for _, count in sizes) <= 200 and max(size for size, _ in sizes) <= 500_000
    assert max(size for size, _ in sizes) > 60_000
    assert any("rejected" in text and "no_such_kind" in text for text in said)
    assert setting.duplicate_count() == 0


FULL = """
async () => {
  const { newId, Outbox } = await import("/static/outbox.js");
  const fill = async (outbox) => {
    await outbox.opened;
    for (const kind of ["thumb", "scroll", "view", "hover"])
      for (let n = 0; n < 20; n += 1) outbox.put({ event_id: newId(), kind });
    outbox.write();
    outbox.trim();
    return (await outbox.batch(1000)).map(({ text }) => JSON.parse(text));
  };
  const kept = await fill(new Outbox("full", 50));
  const memory = new Outbox("memory", 50);
  memory.use(null);
  memory.opened = Promise.resolve();
  return [kept, await fill(memory)];
}
"""


def test_a_full_outbox_lets_bulky_kinds_go_first(setting: Setting) -> None:
    page = setting.page()
    for kept in page.evaluate(FULL):
        counts = {kind: 0 for kind in ("thumb", "scroll", "view", "hover")}
        for event in kept:
            counts[event["kind"]] += 1
        # Of the bulky ones the oldest are gone, which are the scrolls.
        assert counts == {"thumb": 20, "scroll": 0, "view": 20, "hover": 10}
        ids = [event["event_id"] for event in kept]
        assert ids == sorted(ids) and len(set(ids)) == 50


def test_what_a_closing_page_says_last_is_kept(setting: Setting) -> None:
    page = setting.page()
    setting.line.set(CUT)
    page.locator('[data-testid="hero"] [data-action="play"]').dispatch_event("click")
    page.locator('[data-testid="player"]').wait_for()
    page.close()
    setting.line.set(PASS)
    page = setting.page()
    told = setting.settle(page)
    assert [len(of(told, kind)) for kind in ("play_start", "play_stop")] == [1, 1]
