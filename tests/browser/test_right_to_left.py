"""Goal: a member who reads Urdu gets the same page mirrored: rows begin at the right, the arrow
keys go the way they point, and every word of the page is theirs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from browsing import chromium, pictured, playwright_api

from conftest import MEMBERS, Running
from pasand.testing import samples

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

Page = playwright_api.Page
WORDS_OF_ENGLISH = re.compile(
    r"\b(Play|Resume|My list|Why this|Top picks|Trending|Series|All ages|match|for you|Close)\b"
)


@pytest.fixture
def site(fresh: Callable[..., Running], tmp_path: Path) -> Running:
    """A home whose first member reads Urdu, has begun a title and chosen some."""
    site = fresh(items=pictured(tmp_path / "home" / "artwork"))
    engine = site.home.engine
    now_ms = engine.now_ms()
    reader = replace(MEMBERS[0], language="ur-PK")
    engine.append([samples.member_event(reader, "reads-urdu")])
    played = {"position_s": 900, "duration_s": 6000}
    engine.append(
        [
            samples.event(f"p{n}", item_id=f"i{n}", payload=played, occurred_ms=now_ms - 10_000 + n)
            for n in (0, 5, 10)
        ]
    )
    engine.settle()
    return site


@pytest.fixture
def page(chromium: playwright_api.Browser, site: Running) -> Iterator[Page]:
    context = chromium.new_context(
        base_url=site.url, viewport={"width": 1280, "height": 800}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(8_000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/")
    page.locator('[data-testid="member"][data-member-id="m1"]').click()
    page.wait_for_url("**/home")
    page.locator('[data-testid="hero"]').wait_for()
    yield page
    context.close()
    assert complaints == []


def left_of(locator: playwright_api.Locator) -> float:
    box = locator.bounding_box()
    assert box is not None
    return float(box["x"])


def column(page: Page) -> str | None:
    found: str | None = page.evaluate("document.activeElement.dataset.column ?? null")
    return found


def test_the_page_is_mirrored(page: Page) -> None:
    html = page.locator("html")
    assert html.get_attribute("dir") == "rtl" and html.get_attribute("lang") == "ur"
    cards = page.locator('[data-testid="row"]').nth(1).locator('[data-testid="card"]')
    assert left_of(cards.nth(0)) > left_of(cards.nth(1)) > left_of(cards.nth(2))
    brand, menu = page.locator(".brand"), page.locator('[data-testid="member-menu"]')
    assert left_of(brand) > 640 > left_of(menu)
    heading = page.locator('[data-testid="row"] h2').first
    box = heading.bounding_box()
    assert box is not None and box["x"] + box["width"] > 1_100


def test_every_word_of_the_page_is_urdu(page: Page) -> None:
    for row in page.locator('[data-testid="row"] h2').all():
        assert re.search("[\u0600-\u06ff]", row.inner_text()), row.inner_text()
    shown = page.locator("main").inner_text() + page.locator(".top").inner_text()
    assert not WORDS_OF_ENGLISH.search(shown), WORDS_OF_ENGLISH.search(shown)
    labels = page.evaluate(
        "[...document.querySelectorAll('[aria-label]')].map((n) => n.getAttribute('aria-label'))"
    )
    assert not [label for label in labels if WORDS_OF_ENGLISH.search(label)]
    page.locator('[data-testid="hero"] [data-action="why"]').click()
    details = page.locator('[data-testid="details"]')
    details.wait_for()
    assert re.search("[\u0600-\u06ff]", details.locator(".act.main").inner_text())
    page.keyboard.press("Escape")


def test_the_arrow_keys_go_the_way_they_point(page: Page) -> None:
    row = page.locator('[data-testid="row"]').nth(1)
    row.locator('[data-testid="card"]').first.focus()
    page.keyboard.press("ArrowLeft")
    assert column(page) == "1"
    page.keyboard.press("ArrowRight")
    assert column(page) == "0"
    for _ in range(9):
        page.keyboard.press("ArrowLeft")
    assert column(page) == "9"
    scroller = row.locator(".scroller").element_handle()
    page.wait_for_function("(node) => node.scrollLeft < -100", arg=scroller)
    page.keyboard.press("Home")
    page.wait_for_function("(node) => node.scrollLeft > -5", arg=scroller)
    before = page.evaluate("Number(document.activeElement.dataset.row)")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("Number(document.activeElement.dataset.row)") == before + 1


def test_another_language_may_be_asked_for(page: Page) -> None:
    page.goto("/home?locale=en-GB")
    assert page.locator("html").get_attribute("dir") == "ltr"
    assert page.locator('[data-testid="hero"] [data-action="play"]').inner_text() in (
        "Play",
        "Resume",
    )
    page.goto("/home?locale=fr")
    assert page.locator("html").get_attribute("lang") == "en"


def test_nothing_hangs_over_the_edge_of_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for locale in ("ur", "en"):
        page.goto(f"/home?device=phone&locale={locale}")
        page.locator('[data-testid="hero"]').wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
