"""Goal: in a real browser a member finds a title as they type, by pointer, keys and remote, on
every screen; what they settled on and chose is told, and the next page follows from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from browsing import chromium, pictured, playwright_api

from conftest import Running
from pasand.testing import samples

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

Page = playwright_api.Page
TITLES = ("Heat", "Heat Wave", "Dead Heat", "Heathers", "Night Train", "The Long Heat")


@pytest.fixture
def site(fresh: Callable[..., Running], tmp_path: Path) -> Running:
    """A server whose youngest titles, which everybody may see, have names to look for."""
    items = pictured(tmp_path / "home" / "artwork")
    names = iter(TITLES)
    items = [
        replace(one, title=next(names, one.title), people=(f"Al Pacino {at}",))
        if one.maturity == 0
        else one
        for at, one in enumerate(items)
    ]
    return fresh(items=items)


@pytest.fixture
def page(chromium: playwright_api.Browser, site: Running) -> Iterator[Page]:
    """The page of a member in a new window; complaints of the browser fail the test."""
    context = chromium.new_context(base_url=site.url, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(8_000)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}")
            if said.type in ("error", "warning") else None)  # fmt: skip
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
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


def told(site: Running, kind: str) -> list[dict[str, object]]:
    log = site.home.engine.stores.log.of_member("m1")
    return [
        {"item_id": stored.event.item_id, **stored.event.payload}
        for stored in log
        if stored.event.kind == kind
    ]


def wait_until(page: Page, check: Callable[[], object]) -> None:
    for _ in range(150):
        if check():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not come about")


def names(page: Page) -> list[str]:
    return page.locator('[data-testid="found"] .name').all_text_contents()


def wait_for_names(page: Page, *wanted: str) -> None:
    wait_until(page, lambda: names(page)[: len(wanted)] == list(wanted))


def wait_for_results(page: Page) -> None:
    said = page.locator('[data-testid="search-said"]')
    wait_until(page, lambda: re.match(r"\d+ titles|The \d+ closest", str(said.text_content())))


def focused(page: Page, what: str) -> bool:
    return bool(page.evaluate("(what) => document.activeElement?.matches(what)", what))


BOX = '[data-testid="search-box"]'
RESULT = '[data-testid="result"]'


def test_results_come_as_one_types_and_what_was_meant_is_told(page: Page, site: Running) -> None:
    page.locator('[data-testid="search"]').click()
    box = page.locator(BOX)
    assert focused(page, BOX) and len(names(page)) >= 4, "something to begin with"
    said = page.locator('[data-testid="search-said"]')
    assert "Type a title or a name" in str(said.text_content())
    box.press_sequentially("heat", delay=30)
    wait_for_names(page, "Heat")
    assert set(names(page)) == {name for name in TITLES if "Heat" in name}
    assert said.text_content() == "5 titles"
    below = page.locator(f"li:has({RESULT}) p").all_text_contents()
    assert below == names(page), "the title alone, where that is what fits"
    wait_until(page, lambda: told(site, "search_query"))
    assert [(one["text"], one["result_count"]) for one in told(site, "search_query")] == [
        ("heat", 5)
    ]
    page.locator(RESULT).first.click()
    details = page.locator('[data-testid="details"]')
    details.wait_for()
    wait_until(page, lambda: told(site, "search_click"))
    clicked = told(site, "search_click")[0]
    assert clicked["text"] == "heat" and len(told(site, "search_query")) == 1
    page.keyboard.press("Escape")
    details.wait_for(state="detached")
    assert focused(page, RESULT), "back where one was"
    page.keyboard.press("Escape")
    assert focused(page, BOX)
    page.keyboard.press("Escape")
    page.locator('[data-testid="search-dialog"]').wait_for(state="detached")
    assert focused(page, '[data-testid="search"]')
    # The next page follows from it, and says so.
    page.reload()
    page.locator('[data-testid="hero"]').wait_for()
    assert "Because you searched for “heat”" in str(page.locator("#page-data").text_content())


def test_keys_go_from_the_box_into_the_grid_and_back(page: Page) -> None:
    page.keyboard.press("/")
    assert focused(page, BOX)
    page.keyboard.type("title")
    wait_for_results(page)
    page.keyboard.press("ArrowDown")
    assert focused(page, f"li:nth-child(1) > {RESULT}")
    page.keyboard.press("ArrowRight")
    assert focused(page, f"li:nth-child(2) > {RESULT}")
    page.keyboard.press("ArrowDown")
    assert focused(page, f"li:nth-child(7) > {RESULT}"), "five stand side by side"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    assert focused(page, f"li:nth-child(1) > {RESULT}")
    page.keyboard.press("ArrowUp")
    assert focused(page, BOX)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert focused(page, BOX)
    page.keyboard.type("night")
    wait_for_names(page, "Night Train")
    page.keyboard.press("Enter")
    assert focused(page, RESULT)
    page.keyboard.press("x")
    assert focused(page, BOX), "letters belong to the box"


def test_a_remote_reaches_the_box_from_the_hero(page: Page) -> None:
    page.locator('[data-testid="hero"] [data-action="play"]').focus()
    page.keyboard.press("ArrowUp")
    for _ in range(6):
        if focused(page, '[data-testid="search"]'):
            break
        page.keyboard.press("ArrowRight")
    assert focused(page, '[data-testid="search"]')
    page.keyboard.press("Enter")
    assert focused(page, BOX)


def test_nothing_found_is_said_and_slips_are_mended(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("haet")
    wait_for_names(page, "Heat")
    said = page.locator('[data-testid="search-said"]')
    assert said.text_content() == "Nothing has all of “haet”. 5 titles for “heat”"
    page.locator(BOX).fill("qqqqqqq")
    wait_until(page, lambda: "Nothing here goes by “qqqqqqq”" in str(said.text_content()))
    assert len(names(page)) >= 4, "something to go on with"
    page.locator(BOX).fill("")
    wait_until(page, lambda: "Type a title" in str(said.text_content()))


def test_an_old_answer_never_covers_a_newer_one(page: Page) -> None:
    """The answer to the first letters comes long after that to the last ones."""
    held: list[playwright_api.Route] = []

    def hold(route: playwright_api.Route) -> None:
        if "q=heat&" in route.request.url:
            held.append(route)
        else:
            route.continue_()

    page.route("**/v1/search*", hold)
    page.keyboard.press("/")
    page.keyboard.type("heat")
    wait_until(page, lambda: held)
    page.locator(BOX).fill("night")
    wait_for_names(page, "Night Train")
    with suppress(playwright_api.Error):  # it was taken back, which is as good
        held[0].continue_()
    page.wait_for_timeout(300)
    assert names(page)[0] == "Night Train"


def test_a_server_out_of_reach_is_said_and_typing_on_goes_on(page: Page) -> None:
    page.route("**/v1/search*", lambda route: route.fulfill(body="null"))
    page.keyboard.press("/")
    page.keyboard.type("hea")
    said = page.locator('[data-testid="search-said"]')
    wait_until(page, lambda: "out of reach" in str(said.text_content()))
    page.unroute("**/v1/search*")
    page.keyboard.type("t")
    wait_for_names(page, "Heat")


@pytest.mark.parametrize("width,columns", ((390, 2), (820, 3), (1280, 5), (1600, 6)))
def test_it_fits_every_screen(page: Page, width: int, columns: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.locator('[data-testid="search"]').click()
    page.keyboard.type("title")
    wait_for_results(page)
    tops = page.locator('[data-testid="found"] .cell').evaluate_all(
        "(cells) => cells.map((cell) => cell.offsetTop)"
    )
    assert tops.count(tops[0]) == columns
    wide = page.locator('[data-testid="search-dialog"]').evaluate(
        "(node) => node.scrollWidth - node.clientWidth"
    )
    assert wide <= 0


def test_the_scripts_of_the_page_stay_small() -> None:
    import gzip
    from importlib.resources import files

    static = files("pasand.web").joinpath("static")
    own = ("taste.js", "members.js", "pin.js")
    scripts = [one for one in static.iterdir() if one.name.endswith(".js") and one.name not in own]
    assert sum(len(gzip.compress(one.read_bytes())) for one in scripts) < 60_000
    assert all(len(one.read_text("utf-8").splitlines()) < 400 for one in scripts)


def test_a_kid_finds_no_more_than_a_kid_may(site: Running) -> None:
    items = [one for one in samples.items(60) if one.maturity > 8]
    with site.browser("kid") as browser:
        for one in items[:3]:
            answer = browser.get("/v1/search", params={"q": one.title}).json()
            assert one.item_id not in [cell["item_id"] for cell in answer["cells"]]
