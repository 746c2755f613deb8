"""Goal: a stranger's own site, built from docs/browser.md word for word, sends its members'
events from a real browser; a copy of its page on another site sends nothing.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from browsing import chromium, playwright_api

from conftest import Running
from pasand.domain.events import Event
from pasand.web.access import new_browser_key

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

EXAMPLE = Path(__file__).parents[2] / "docs" / "browser.md"


def block(language: str) -> str:
    """Return the example in a language."""
    found = re.search(rf"```{language}\n(.*?)```", EXAMPLE.read_text("utf-8"), re.S)
    assert found is not None
    return found[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


class Shop:
    """The example's server with the example's page, as a child process of its own."""

    def __init__(self, folder: Path, site: Running) -> None:
        self.port, self.site = free_port(), site
        self.origin = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        code = block("python").replace("3000", str(self.port))
        (folder / "shop.py").write_text(self._here(code), "utf-8")

    def _here(self, text: str) -> str:
        return text.replace("http://127.0.0.1:8765", self.site.url)

    def open(self, key: str, page: str) -> subprocess.Popen[bytes]:
        """Serve the page with a key."""
        (self.folder / "page.html").write_text(self._here(page).replace("bk_...", key), "utf-8")
        environment = {**os.environ, "PASAND_KEY": self.site.key("events:write")}
        server = subprocess.Popen(
            [sys.executable, "shop.py"], cwd=self.folder, env=environment, stderr=subprocess.DEVNULL
        )
        for _ in range(200):
            with socket.socket() as caller:
                if caller.connect_ex(("127.0.0.1", self.port)) == 0:
                    return server
            time.sleep(0.05)
        raise AssertionError("the shop did not open")

    def key(self, origin: str = "", visitors: bool = False) -> str:
        """Return the secret of a new browser key."""
        key, secret = new_browser_key("shop", (origin or self.origin,), 1, visitors)
        self.site.home.engine.stores.ledger.put_key(key)
        # The server looks for new keys every second, and when it sees one it does not know.
        httpx.get(f"{self.site.url}/v1/page", headers={"Authorization": "Bearer no"})
        return secret


@pytest.fixture
def shop(tmp_path: Path, site: Running) -> Shop:
    return Shop(tmp_path, site)


@pytest.fixture
def page(chromium: playwright_api.Browser) -> Iterator[playwright_api.Page]:
    context = chromium.new_context()
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


#: A page's last word when its visitor logs in.
LOG_IN = """
async (address) => {
  const { forgetVisitor, visitorId } = await import(`${address}/static/tracker.js`);
  const before = visitorId();
  forgetVisitor();
  return visitorId() === before ? "the same" : before;
}
"""


def visit(
    page: playwright_api.Page, shop: Shop, key: str, html: str, at_last: str = ""
) -> list[str]:
    """Open the shop, look, put something into the cart and go; return what the page complained
    of, and what its last word was.
    """
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    server = shop.open(key, html)
    try:
        page.goto(shop.origin)
        page.wait_for_timeout(1_100)
        page.locator('[data-item-id="i2"] button').click()
        page.wait_for_timeout(300)
        if at_last:
            said.append(page.evaluate(at_last, shop.site.url))
        page.goto("about:blank")
        page.wait_for_timeout(200)
    finally:
        server.terminate()
        server.wait()
    return said


def told(shop: Shop, kind: str, since: int, count: int = 0) -> list[Event]:
    """Return the log's events of a kind after an offset, once so many are there."""
    log = shop.site.home.engine.stores.log
    for _ in range(100):
        found = [one.event for one in log.read(since, (kind,))]
        if len(found) >= count:
            break
        time.sleep(0.05)
    return found


def test_the_example_sends_a_signed_members_events(page: playwright_api.Page, shop: Shop) -> None:
    since = shop.site.home.engine.stores.log.last_offset()
    assert not visit(page, shop, shop.key(), block("html"))
    [added] = told(shop, "cart_add", since, 1)
    assert (added.member_id, added.item_id, added.payload) == ("m1", "i2", {"quantity": 1})
    seen = told(shop, "impression", since, 2)
    assert {(event.member_id, event.item_id) for event in seen} == {("m1", "i1"), ("m1", "i2")}


def test_a_copy_on_another_site_sends_nothing(page: playwright_api.Page, shop: Shop) -> None:
    since = shop.site.home.engine.stores.log.last_offset()
    said = visit(page, shop, shop.key("http://127.0.0.1:1"), block("html"))
    assert any("CORS" in text for text in said)
    assert not told(shop, "cart_add", since)


def test_a_visitor_needs_no_server_of_the_shops(page: playwright_api.Page, shop: Shop) -> None:
    html = re.sub(
        r'    memberId: "m1",\n|    session: .*?\n    },\n', "", block("html"), flags=re.S
    )
    assert "memberId" not in html and "session" not in html
    since = shop.site.home.engine.stores.log.last_offset()
    [visitor] = visit(page, shop, shop.key(visitors=True), html, LOG_IN)
    [added] = told(shop, "cart_add", since, 1)
    assert re.fullmatch(r"visitor-[0-9a-f-]{36}", added.member_id) and added.member_id == visitor
