"""Goal: one film, two stars, two pictures. Who follows the one star is shown the film with that
star and told so, who follows the other with the other, and who follows neither what is explored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from browsing import chromium, playwright_api
from PIL import Image

from conftest import Running
from pasand.domain.catalog import Item
from pasand.domain.events import Event
from pasand.domain.member import Member
from pasand.testing import samples
from pasand.world.titles import make_titles

__all__ = ["chromium"]

pytestmark = pytest.mark.browser


def film() -> Item:
    """Return the world's film with two pictures of a star each, for everybody everywhere."""
    titles = make_titles(1, samples.NOW_MS, 40)
    found = next(t.item for t in titles if any("cast:" in str(a.facts) for a in t.item.artworks))
    return replace(found, maturity=0, regions=(), available_until_ms=None)


def with_star(number: int, star: str) -> Item:
    return Item(item_id=f"s{number}", title=f"Story {number}", people=(star,), genres=("Drama",),
                maturity=0)  # fmt: skip


@pytest.fixture
def stars(fresh: Callable[..., Running], tmp_path: Path) -> tuple[Running, Item]:
    """Return a site whose members Fan and Foe have watched all that one star is in."""
    shared = film()
    folder = tmp_path / "home" / "artwork"
    folder.mkdir(parents=True)
    for artwork in shared.artworks:
        Image.new("RGB", (32, 18), (90, 30, 60)).save(folder / artwork.file, "JPEG")
    others = [with_star(n, shared.people[n % 2]) for n in range(16)]
    site = fresh(items=[shared, *others])
    engine = site.home.engine
    engine.append([samples.member_event(Member(member_id=m, account_id="a2", name=m.title()))
                   for m in ("fan", "foe")])  # fmt: skip
    now = engine.now_ms()
    engine.append(
        [
            Event(
                event_id=f"{member}.{number}.{kind}", kind=kind, member_id=member,
                item_id=f"s{number}", occurred_ms=now - 3_600_000 * (30 - number),
                payload={"position_s": 5_400.0, "duration_s": 5_400.0},
            )
            for place, member in enumerate(("fan", "foe"))
            for number in range(place, 12, 2)
            for kind in ("complete", "rewatch")
        ]
    )  # fmt: skip
    engine.settle()
    return site, shared


def shown_to(
    browser: playwright_api.Browser, site: Running, member_id: str, item_id: str
) -> tuple[str, str]:
    """Return the address of the film's picture on a member's page, and what is said of it."""
    context = browser.new_context(base_url=site.url, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(8_000)
    page.goto("/")
    page.locator(f'[data-testid="member"][data-member-id="{member_id}"]').click()
    page.wait_for_url("**/home")
    page.locator('[data-testid="hero"]').wait_for()
    hero = page.locator(f'[data-testid="hero"][data-item-id="{item_id}"]')
    place = (
        hero if hero.count() else page.locator(f'[data-testid="card"][data-item-id="{item_id}"]')
    )
    place.first.scroll_into_view_if_needed()
    address = place.first.locator("img").first.get_attribute("src") or ""
    (hero.locator('[data-action="why"]') if hero.count() else place.first).click()
    also = page.locator('[data-testid="details"] .why .also')
    also.wait_for()
    said = also.inner_text()
    page.screenshot(path=str(Path(site.home.path) / f"{member_id}.png"))
    context.close()
    return address, said


def test_the_picture_shows_the_star_that_the_member_follows(
    chromium: playwright_api.Browser, stars: tuple[Running, Item]
) -> None:
    site, shared = stars
    for place, member_id in enumerate(("fan", "foe")):
        address, said = shown_to(chromium, site, member_id, shared.item_id)
        assert shared.artworks[place].artwork_id in address
        assert shared.people[place] in said and "follow" in said


def test_without_history_the_picture_is_explored(
    chromium: playwright_api.Browser, stars: tuple[Running, Item]
) -> None:
    site, shared = stars
    _, said = shown_to(chromium, site, "m1", shared.item_id)
    assert not any(person in said for person in shared.people)
    (page,) = [s.event for s in site.home.engine.stores.log.of_member("m1")
               if s.event.kind == "page_served"][:1]  # fmt: skip
    chances = [
        chance if isinstance(row["artwork_propensity"], float) else chance[place]
        for row in page.payload["rows"]
        for chance in [row["artwork_propensity"]]
        for place, item_id in enumerate(row["items"])
        if item_id == shared.item_id
    ]
    assert len(chances) == 1 and 0.3 < chances[0] < 0.7
