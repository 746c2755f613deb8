"""Goal: in a real browser a member finds a title, plays it, dislikes it, and never sees it again;
what the page tells the server is in the log, and the browser has nothing to complain of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browsing import chromium, pictured, playwright_api

from conftest import Running

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

Page = playwright_api.Page


@pytest.fixture
def site(fresh: Callable[..., Running], tmp_path: Path) -> Running:
    return fresh(items=pictured(tmp_path / "home" / "artwork"))


@pytest.fixture
def page(chromium: playwright_api.Browser, site: Running) -> Iterator[Page]:
    """A member's page in a new window; complaints of the browser fail the test."""
    context = chromium.new_context(
        base_url=site.url, viewport={"width": 1280, "height": 800}, reduced_motion="no-preference"
    )
    page = context.new_page()
    page.set_default_timeout(8_000)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}")
            if said.type in ("error", "warning") else None)  # fmt: skip
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}")
            if "/v1/" not in request.url else None)  # fmt: skip
    page.add_init_script(
        "addEventListener('securitypolicyviolation', (e) =>"
        " console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI));"
    )
    page.goto("/")
    page.locator('[data-testid="member"][data-member-id="m1"]').click()
    page.wait_for_url("**/home")
    page.locator('[data-testid="hero"]').wait_for()
    yield page
    context.close()
    assert complaints == []


def kinds(site: Running) -> dict[str, list[dict[str, object]]]:
    """Return what m1's browser told, by kind."""
    found: dict[str, list[dict[str, object]]] = {}
    for stored in site.home.engine.stores.log.of_member("m1"):
        event = stored.event
        told = {"item_id": event.item_id, "page_id": event.page_id, **event.payload}
        found.setdefault(event.kind, []).append(told)
    return found


def wait_for_events(page: Page, site: Running, *wanted: str) -> dict[str, list[dict[str, object]]]:
    for _ in range(150):
        if set(wanted) <= kinds(site).keys():
            break
        page.wait_for_timeout(100)
    found = kinds(site)
    assert set(wanted) <= found.keys(), sorted(found)
    return found


def click_where_it_lies(page: Page, button: playwright_api.Locator) -> None:
    """Click as a hand would: what has grown under the pointer is not scrolled to."""
    page.wait_for_timeout(400)
    box = button.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_find_play_dislike_and_never_see_again(page: Page, site: Running) -> None:
    rows = page.locator('[data-testid="row"]')
    assert rows.count() >= 3 and rows.first.is_visible()
    first = rows.first.locator('[data-testid="card"]').nth(1)
    item_id = first.get_attribute("data-item-id")
    first.hover()
    panel = page.locator('[data-testid="panel"]')
    panel.wait_for()
    assert panel.get_attribute("data-item-id") == item_id
    click_where_it_lies(page, panel.locator('[data-action="play"]').first)
    player = page.locator('[data-testid="player"]')
    player.wait_for()
    scrub = player.locator('[data-testid="scrub"]')
    scrub.evaluate(
        "(input) => { input.value = String(Number(input.max) / 2);"
        " input.dispatchEvent(new Event('input', {bubbles: true}));"
        " input.dispatchEvent(new Event('change', {bubbles: true})); }"
    )
    player.locator('[data-action="close"]').first.click()
    player.wait_for(state="detached")
    told = wait_for_events(page, site, "play_start", "progress", "play_stop", "impression")
    assert told["play_start"][0]["item_id"] == item_id and told["play_start"][0]["page_id"]
    assert told["play_stop"][0]["position_s"]
    assert all(float(str(seen["dwell_ms"])) >= 1000 for seen in told["impression"])
    assert all(seen["item_id"] for seen in told["impression"])
    # The next page goes on with it.
    page.reload()
    resumed = page.locator('[data-row-id="continue"] [data-testid="card"]')
    assert resumed.first.get_attribute("data-item-id") == item_id
    # A dislike takes it off every page.
    resumed.first.click()
    details = page.locator('[data-testid="details"]')
    details.locator('[data-action="thumb-down"]').click()
    wait_for_events(page, site, "thumb")
    page.keyboard.press("Escape")
    details.wait_for(state="detached")
    assert page.locator('[data-action="undo"]').count() >= 1
    page.reload()
    page.locator('[data-testid="hero"]').wait_for()
    assert item_id not in page.locator("#page-data").text_content().split('"')
    assert page.locator(f'[data-item-id="{item_id}"]').count() == 0


def test_a_row_scrolls_by_keys_and_by_arrows(page: Page) -> None:
    row = page.locator('[data-testid="row"]').first
    scroller = row.locator(".scroller")
    row.locator('[data-testid="card"]').first.focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    focused = page.evaluate("document.activeElement.dataset.column")
    assert focused == "12"
    page.wait_for_function("(node) => node.scrollLeft > 100", arg=scroller.element_handle())
    page.keyboard.press("Home")
    page.wait_for_function("(node) => node.scrollLeft < 5", arg=scroller.element_handle())
    page.keyboard.press("Escape")
    row.hover(position={"x": 600, "y": 10})
    row.locator(".page-by.after").click(force=True)
    page.wait_for_function("(node) => node.scrollLeft > 100", arg=scroller.element_handle())
    page.keyboard.press("ArrowDown")
    below = page.evaluate("document.activeElement.dataset.row")
    assert below is not None


def test_why_this_gives_a_reason(page: Page) -> None:
    page.locator('[data-testid="hero"] [data-action="why"]').click()
    details = page.locator('[data-testid="details"]')
    lead = details.locator(".why .lead")
    lead.wait_for()
    page.wait_for_function("(node) => node.textContent.length > 3", arg=lead.element_handle())
    details.locator('[data-action="close"]').click()
    details.wait_for(state="detached")


def test_my_list_is_kept(page: Page, site: Running) -> None:
    hero = page.locator('[data-testid="hero"]')
    item_id = hero.get_attribute("data-item-id")
    hero.locator('[data-action="list"]').click()
    wait_for_events(page, site, "list_add")
    page.reload()
    listed = page.locator('[data-row-id="my-list"] [data-testid="card"]')
    assert listed.first.get_attribute("data-item-id") == item_id


def test_an_undone_dislike_brings_the_title_back(page: Page, site: Running) -> None:
    card = page.locator('[data-testid="row"]').first.locator('[data-testid="card"]').nth(2)
    item_id = card.get_attribute("data-item-id")
    card.click()
    details = page.locator('[data-testid="details"]')
    details.locator('[data-action="thumb-down"]').click()
    page.keyboard.press("Escape")
    details.wait_for(state="detached")
    page.locator(f'.less[data-item-id="{item_id}"] [data-action="undo"]').click()
    for _ in range(100):
        if len(kinds(site).get("thumb", ())) == 2:
            break
        page.wait_for_timeout(100)
    assert [told["value"] for told in kinds(site)["thumb"]] == [-1, 0]
    page.reload()
    assert page.locator(f'[data-item-id="{item_id}"]').count() >= 1
