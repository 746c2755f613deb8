"""Goal: in a real browser a member reads and corrects what is known of them by pointer, by remote
and without scripts, each act shows on the next page, and a kid stays in until the PIN is given.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import chromium, pictured, playwright_api

from conftest import Running
from pasand.domain.events import Event

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

Page = playwright_api.Page
PIN = "4071"
SIZES = {"desktop": (1440, 900), "tv": (1920, 1080), "phone": (390, 844)}

#: What a reader of screens, a finger and weak eyes need, judged in the page itself.
CHECK = """() => {
  const wrong = [];
  const all = (chosen) => [...document.querySelectorAll(chosen)];
  const seen = (node) => node.getClientRects().length > 0;
  const nameOf = (node) => (node.getAttribute("aria-label") || node.labels?.[0]?.textContent
    || node.textContent || node.title || "").trim();
  for (const node of all("a, button, summary, input:not([type=hidden])").filter(seen)) {
    if (!nameOf(node)) wrong.push(`no name: ${node.outerHTML.slice(0, 80)}`);
    const box = node.getBoundingClientRect();
    if (!node.matches(".skip, #pin, nav a, .brand") && Math.min(box.width, box.height) < 24)
      wrong.push(`small: ${nameOf(node)} ${box.width} x ${box.height}`);
  }
  const ids = all("[id]").map((node) => node.id);
  for (const id of new Set(ids))
    if (ids.filter((one) => one === id).length > 1) wrong.push(`twice: ${id}`);
  for (const node of all("img:not([alt])")) wrong.push(`no alt: ${node.src}`);
  if (all("h1").length !== 1) wrong.push("not one h1");
  if (document.documentElement.scrollWidth > innerWidth) wrong.push("wider than the window");
  const parse = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const linear = (c) => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * linear(r / 255) + .7152 * linear(g / 255)
    + .0722 * linear(b / 255);
  const written = (node) => [...node.childNodes].some((one) => one.nodeType === 3
    && one.textContent.trim());
  const groundOf = (node) => {
    for (let back = node; back; back = back.parentElement) {
      const style = getComputedStyle(back);
      if (style.backgroundImage.includes("gradient")) return null;
      const [r, g, b, a = 1] = parse(style.backgroundColor);
      if (a > .9) return [r, g, b];
    }
    return [11, 13, 18];
  };
  const texts = all("p, b, small, h1, h2, h3, li, label, summary, .act span, text");
  for (const node of texts.filter((one) => seen(one) && written(one))) {
    const ground = groundOf(node);
    if (!ground) continue;
    const style = getComputedStyle(node);
    const ink = parse(node.matches("text") ? style.fill : style.color);
    const [dark, bright] = [light(ink), light(ground)].sort((a, b) => a - b);
    const needed = parseFloat(style.fontSize) >= 24 ? 3 : 4.5;
    if ((bright + .05) / (dark + .05) < needed)
      wrong.push(`faint: ${node.textContent.trim().slice(0, 40)}`);
  }
  return wrong;
}"""


@pytest.fixture
def site(fresh: Callable[..., Running], tmp_path: Path) -> Running:
    running = fresh(items=pictured(tmp_path / "home" / "artwork"))
    for item_id in ("i0", "i5", "i10", "i15"):
        did(running, "play_start", item_id, position_s=600, duration_s=6000)
    did(running, "thumb", "i10", value=2)
    did(running, "thumb", "i21", value=-1)
    did(running, "hide", "i22")
    for number in (1, 2, 3, 6):
        did(running, "play_start", f"i{number}", member_id="m2")
    did(running, "search_query", "", text="slow boats")
    for _ in range(3):
        did(running, "impression", "i30", visible=1.0, dwell_ms=2000)
    return running


def did(site: Running, kind: str, item_id: str, member_id: str = "m1", **payload: Any) -> None:
    engine = site.home.engine
    number = engine.stores.log.last_offset()
    at_ms = engine.now_ms() - 3_600_000 + 1000 * number
    engine.append([
        Event(event_id=f"did-{number}", kind=kind, occurred_ms=at_ms, member_id=member_id,
              item_id=item_id, device="tv", country="IN", payload=payload)
    ])  # fmt: skip
    engine.settle()


@pytest.fixture
def windows(chromium: playwright_api.Browser, site: Running) -> Iterator[Callable[..., Page]]:
    """Open windows; complaints of the browser fail the test."""
    contexts, complaints = [], []

    def open_window(member_id: str = "m1", device: str = "desktop", scripts: bool = True) -> Page:
        width, height = SIZES[device]
        context = chromium.new_context(
            base_url=site.url, viewport={"width": width, "height": height},
            java_script_enabled=scripts, reduced_motion="reduce",
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8_000)
        page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}")
                if said.type in ("error", "warning") and "(Forbidden)" not in said.text
                else None)  # fmt: skip
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.goto("/")
        page.locator(f'[data-member-id="{member_id}"]').click()
        page.wait_for_url("**/home")
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert complaints == []


def profile(site: Running) -> Any:
    return site.home.engine.profiles.get("m1")[1]


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait for the server: what the page sends is on its way."""
    for _ in range(80):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it never came to hold")


def chip(page: Page, name: str) -> playwright_api.Locator:
    return page.locator(f'[data-testid="chip"][data-name="{name}"]')


def test_a_taste_is_explained_muted_and_unmuted(
    windows: Callable[..., Page], site: Running
) -> None:
    page = windows()
    page.locator('[data-testid="member-menu"] summary').click()
    page.locator('[data-testid="to-taste"]').click()
    page.wait_for_url("**/taste")
    assert page.locator("h1").inner_text() == "Your taste"
    drama = chip(page, "genre:Drama")
    drama.locator("summary").click()
    assert "Title i15" in drama.locator(".cause").inner_text()
    drama.get_by_role("button", name="Mute Drama").click()
    muted = page.locator('[data-testid="muted"]')
    muted.wait_for()
    assert drama.count() == 0 and "Drama is muted" in page.locator(".toasts").inner_text()
    page.get_by_role("link", name="Home").click()
    page.locator('[data-testid="row"]').first.wait_for()
    shown = json.loads(page.locator("#page-data").text_content())["rows"]
    others = [cell for row in shown if row["kind"] != "continue" for cell in row["cells"]]
    assert others and not any("Drama" in cell["genres"] for cell in others)
    page.go_back()
    page.locator('[data-testid="muted"]').click()
    chip(page, "genre:Drama").wait_for()
    assert not profile(site).muted


def test_a_removed_title_comes_back_or_is_gone_from_the_next_page(
    windows: Callable[..., Page], site: Running
) -> None:
    page = windows()
    page.goto("/taste")
    card = page.locator('[data-testid="history-card"][data-item-id="i5"]')
    remove = card.get_by_role("button", name="Remove from your history: Title i5")
    remove.click()
    page.locator('[data-testid="undo"]').click()
    assert "going" not in (card.get_attribute("class") or "")
    assert page.evaluate("document.activeElement.ariaLabel") == (
        "Remove from your history: Title i5"
    )
    page.goto("/home")
    page.goto("/taste")
    assert "i5" in profile(site).watching, "nothing was sent, then or when the page was left"
    remove.click()
    page.get_by_role("link", name="Home").click()
    page.wait_for_url("**/home")
    cards = page.locator('[data-row-id="continue"] [data-testid="card"]')
    assert "i5" not in cards.evaluate_all("nodes => nodes.map((n) => n.dataset.itemId)")
    assert cards.count() == 3 and "i5" not in profile(site).watching


def test_leaving_the_page_sends_what_still_waited(
    windows: Callable[..., Page], site: Running
) -> None:
    page = windows()
    page.goto("/taste")
    page.get_by_role("button", name="Remove from your history: Title i0").click()
    page.goto("/")
    until(page, lambda: "i0" not in profile(site).watching)


def test_switches_and_taking_back_show_on_the_next_page(
    windows: Callable[..., Page], site: Running
) -> None:
    page = windows()
    kinds = "nodes => nodes.map((n) => n.dataset.kind)"
    assert "top-10" in page.locator('[data-testid="row"]').evaluate_all(kinds)
    page.goto("/taste")
    page.get_by_role("switch", name="Top 10").click()
    until(page, lambda: "occasion:top_ten" in profile(site).muted)
    for name in ("Take back: Title i21", "Show again: Title i22"):
        page.get_by_role("button", name=name).click()
    page.get_by_role("link", name="Home").click()
    page.locator('[data-testid="row"]').first.wait_for()
    assert "top-10" not in page.locator('[data-testid="row"]').evaluate_all(kinds)
    assert not profile(site).hidden and "i21" not in profile(site).thumbs
    page.goto("/taste")
    page.get_by_role("switch", name="Learn from what I do").click()
    page.locator('[data-key="toggle:Learn from what I do"][aria-checked="false"]').wait_for()
    until(page, lambda: not site.home.engine.member("m1").personalised)
    page.reload()
    assert "switched off" in page.locator(".sentences").inner_text()


def test_without_scripts_the_forms_do_the_same(windows: Callable[..., Page], site: Running) -> None:
    page = windows(scripts=False)
    page.goto("/taste")
    chip(page, "genre:Drama").locator("summary").click()
    page.get_by_role("button", name="Mute Drama").click()
    assert "genre:Drama" in profile(site).muted
    page.get_by_role("button", name="Remove from your history: Title i0").click()
    assert page.locator('[data-testid="history-card"][data-item-id="i0"]').count() == 0
    page.get_by_label("New").fill(PIN)
    page.get_by_role("button", name="Set").click()
    assert "A PIN is set" in page.locator("#pin").inner_text()


def test_a_remote_reaches_everything_and_never_loses_the_focus(
    windows: Callable[..., Page],
) -> None:
    page = windows(device="tv")
    page.goto("/taste?device=tv")
    page.keyboard.press("ArrowDown")
    reached = set()
    for key in ["ArrowDown"] * 40 + ["ArrowUp"] * 40:
        page.keyboard.press(key)
        reached.add(page.evaluate("document.activeElement.closest('section')?.id || 'top'"))
        assert page.evaluate("document.activeElement !== document.body")
        if key == "ArrowDown" and page.evaluate("!!document.activeElement.closest('.toggles')"):
            page.keyboard.press("ArrowLeft")
    assert {"tastes", "leave-out", "history", "passed-by", "yours"} <= reached
    page.locator('[data-testid="chip"] summary').first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    assert "Forget" in page.evaluate("document.activeElement.ariaLabel")
    page.keyboard.press("ArrowRight")
    assert "Mute" in page.evaluate("document.activeElement.ariaLabel")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.locator('[data-testid="history-card"] button').first.focus()
    page.keyboard.press("Enter")
    assert "Remove" in page.evaluate("document.activeElement.ariaLabel"), "focus went to the next"


def test_a_kid_stays_until_the_pin_is_given(windows: Callable[..., Page], site: Running) -> None:
    site.home.engine.set_pin("m1", PIN, "", own=False)
    page = windows("kid")
    page.locator('[data-testid="member-menu"] summary').click()
    page.get_by_role("button", name="Switch member").click()
    page.locator('[data-testid="grown-ups"]').wait_for()
    assert page.locator('[data-testid="member"]').count() == 1
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/pin")
    assert page.evaluate(CHECK) == []
    for digit in "1111":
        page.keyboard.press(digit)
    page.get_by_text("That is not the PIN. 4 tries left").wait_for()
    page.goto("/home")
    assert page.url.endswith("/"), "the session ended, the lock did not"
    page.goto("/pin")
    # By the remote: from the 5 in the middle to the 4, the 0, the 7 and the 1.
    for key in ("Left", "Down", "Down", "Right", "Up", "Left", "Up", "Up"):
        page.keyboard.press(f"Arrow{key}")
        digit = page.evaluate("document.activeElement.dataset.digit")
        if (key, digit) in (("Left", "4"), ("Right", "0"), ("Left", "7"), ("Up", "1")):
            page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/")
    page.locator('[data-member-id="m1"]').click()
    page.wait_for_url("**/home")


@pytest.mark.parametrize("device", SIZES)
def test_everybody_can_read_and_press_it(windows: Callable[..., Page], device: str) -> None:
    page = windows(device=device)
    page.goto(f"/taste?device={device}")
    assert page.evaluate(CHECK) == []
    page.locator('[data-testid="chip"] summary').nth(1).click()
    box = page.locator(".chip[open] .pop").bounding_box()
    width, height = SIZES[device]
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= width
    assert device != "phone" or box["y"] + box["height"] <= height
