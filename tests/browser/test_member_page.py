"""The member's page in a real browser: choose a member, scroll, play, thumb down, reload.

What the member did must be in the log, with dwell; the disliked title must be gone; the console
must be silent (an error there would also be how a breach of the content policy shows).
"""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pasand.bench.children import serving
from pasand.bootstrap import open_home, visit_home
from pasand.domain.catalog import Artwork, Item
from pasand.domain.events import Event
from pasand.domain.member import Member

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    found = os.environ.get("PASAND_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    with playwright.sync_playwright() as driver:
        try:
            opened = driver.chromium.launch(executable_path=found, args=ARGUMENTS)
        except playwright.Error as error:
            pytest.skip(f"no Chromium could be started: {str(error).splitlines()[0]}")
        yield opened
        opened.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A small service: 60 titles, most with a picture, and a member with a history."""
    image = pytest.importorskip("PIL.Image", reason="Pillow draws the pictures of this test")
    path = tmp_path / "home"
    (path / "artwork").mkdir(parents=True)
    (path / "pasand.toml").write_text("[web]\nopen_profiles = true\n")
    opened = open_home(path, create=True)
    rng = random.Random(1)
    for number in range(60):
        item_id = f"t{number}"
        name = f"{item_id}.jpg"
        image.new("RGB", (64, 36), (rng.randrange(256), 90, 160)).save(path / "artwork" / name)
        artwork = Artwork(artwork_id=f"{item_id}.a0", file=name)
        opened.engine.put_item(
            Item(
                item_id=item_id,
                title=f"Title {number}",
                genres=(("Drama", "Comedy", "Mystery")[number % 3],),
                synopsis="Something happens, and then something else.",
                runtime_minutes=100,
                maturity=0,
                artworks=(artwork,) if number % 10 else (),
            )
        )
    opened.engine.put_member(Member(member_id="ann", name="Ann", account_id="home"))
    opened.engine.put_member(Member(member_id="kid", name="Kit", account_id="home", kids=True))
    now_ms = opened.engine.now_ms()
    opened.engine.append(
        [
            Event(
                event_id=f"e{number}",
                kind="play_start",
                occurred_ms=now_ms - 1000 * number,
                member_id="ann" if number % 4 == 0 else f"m{number % 7}",
                item_id=f"t{number % 17}",
                payload={"position_s": 1200, "duration_s": 6000},
            )
            for number in range(80)
        ]
    )
    opened.close()
    return path


def events_of(home: Path, kind: str) -> list[Event]:
    visit = visit_home(home)
    try:
        return [stored.event for stored in visit.stores.log.read(kinds=(kind,))]
    finally:
        visit.close()


def test_a_member_finds_plays_and_dislikes(browser: object, home: Path) -> None:
    with serving(home) as server:
        context = browser.new_context(viewport={"width": 1400, "height": 900})  # type: ignore[attr-defined]
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else 0)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"http://{server.host}:{server.port}/")
        page.locator('[data-testid="member"][data-member-id="ann"]').click()
        page.wait_for_url("**/home")
        page.locator('[data-testid="hero"]').wait_for()
        assert page.locator('[data-testid="row"]').count() >= 3
        # Impressions need a second of being seen.
        page.wait_for_timeout(1500)

        card = page.locator('[data-testid="row"] [data-testid="card"]').nth(8)
        card.focus()
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        focused = page.evaluate("document.activeElement.dataset.itemId")
        assert focused and focused != card.get_attribute("data-item-id")

        page.locator('[data-testid="hero"] [data-action="play"]').click()
        player = page.locator('[data-testid="player"]')
        player.wait_for()
        scrub = player.locator('[data-testid="scrub"]')
        scrub.focus()
        for _ in range(5):
            page.keyboard.press("ArrowRight")
        page.wait_for_timeout(600)
        page.keyboard.press("Escape")
        player.wait_for(state="hidden")

        target = page.locator('[data-testid="row"][data-kind="top-picks"] [data-testid="card"]')
        disliked = target.first.get_attribute("data-item-id")
        target.first.click()
        details = page.locator('[data-testid="details"]')
        details.wait_for()
        assert "Why this" in details.inner_text()
        details.locator('[data-action="thumb-down"]').click()
        page.wait_for_timeout(400)
        page.keyboard.press("Escape")
        page.wait_for_timeout(3500)
        page.reload()
        page.locator('[data-testid="hero"]').wait_for()
        assert page.locator(f'[data-testid="card"][data-item-id="{disliked}"]').count() == 0
        context.close()
        assert said == []
    impressions = events_of(home, "impression")
    assert impressions and all(event.item_id and event.page_id for event in impressions)
    assert max(event.number("dwell_ms") for event in impressions) >= 900
    assert any(e.member_id == "ann" and e.page_id for e in events_of(home, "play_start"))
    assert [e.item_id for e in events_of(home, "thumb")] == [disliked]


def test_the_page_works_on_a_phone_without_sideways_scrolling(browser: object, home: Path) -> None:
    with serving(home) as server:
        context = browser.new_context(viewport={"width": 390, "height": 844})  # type: ignore[attr-defined]
        page = context.new_page()
        page.goto(f"http://{server.host}:{server.port}/")
        page.locator('[data-testid="member"][data-member-id="kid"]').click()
        page.locator('[data-testid="hero"]').wait_for()
        wide = page.evaluate("document.documentElement.scrollWidth")
        context.close()
    assert wide <= 390, sys.platform
