"""Profiles of the property tests (a quick one for every run, a long one for ``make soak``), and a
real server over a small home, for tests that speak HTTP.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from hypothesis import settings

from pasand.bootstrap import Home, open_home
from pasand.domain.catalog import Item
from pasand.domain.member import Member
from pasand.picture_wiring import pictures_of
from pasand.testing import samples
from pasand.web.access import new_key
from pasand.web.app import create_app
from pasand.web.picture_addresses import addresses_of

# Minutes of training are for the tests that are about it; they set their own.
os.environ.setdefault("PASAND_LEARN__SEQUENCE_SECONDS", "0")
os.environ.setdefault("PASAND_LEARN__RANKER_LESSONS", "150")

settings.register_profile("default", deadline=None)
settings.register_profile("soak", deadline=None, max_examples=2_000)
settings.load_profile("default")

MEMBERS = (
    Member(member_id="m1", account_id="a1", name="Ann", country="IN", time_zone="Asia/Kolkata"),
    Member(member_id="m2", account_id="a1", name="Bob"),
    Member(member_id="kid", account_id="a1", name="Kit", kids=True, maturity_ceiling=8),
)


@dataclass
class Running:
    """A server over an open home."""

    home: Home
    url: str
    stop: Callable[[], None]

    def key(self, *scopes: str) -> str:
        """Return the secret of a new key; all scopes but admin when none is named."""
        key, secret = new_key("test", scopes, self.home.engine.now_ms())
        self.home.engine.stores.ledger.put_key(key)
        return secret

    def client(self, *scopes: str) -> httpx.Client:
        """Return a client with a new key."""
        headers = {"Authorization": f"Bearer {self.key(*scopes)}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def picture(self, artwork_id: str) -> str:
        """Return the signed address of a picture."""
        items = self.home.engine.catalog.snapshot().items
        named = (one for item in items for one in item.artworks if one.artwork_id == artwork_id)
        return addresses_of(self.home.engine).of(next(named))

    @contextmanager
    def browser(self, member_id: str = "") -> Iterator[httpx.Client]:
        """Give a client without a key: with the session of a member, or with nothing."""
        with httpx.Client(base_url=self.url, timeout=30) as client:
            if member_id:
                answer = client.post("/session", data={"member_id": member_id})
                assert answer.status_code == 303, answer.text
            yield client


def start_server(
    path: Path,
    items: list[Item] | None = None,
    settings_text: str = "[web]\nopen_profiles = true\n",
    fill: bool = True,
    pictures: bool = False,
) -> Running:
    """Open (or make) a home, fill it, and serve it from a thread; with ``pictures`` it takes them
    and makes their sizes.
    """
    path.mkdir(parents=True, exist_ok=True)
    (path / "pasand.toml").write_text(settings_text, "utf-8")
    home = open_home(path, create=True)
    if fill:
        rows = samples.items(60) if items is None else items
        home.engine.append([samples.put_event(row) for row in rows])
        home.engine.append([samples.member_event(member) for member in MEMBERS])
        home.engine.settle()
    made = pictures_of(path, home.engine.settings.pictures) if pictures else None
    app = create_app(home.engine, path / "artwork", pictures=made)
    config = uvicorn.Config(
        app, log_level="error", access_log=False, ws="none", server_header=False
    )
    server = uvicorn.Server(config)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.005)

    def stop() -> None:
        server.should_exit = True
        thread.join()
        listener.close()
        home.close()

    return Running(home, f"http://127.0.0.1:{listener.getsockname()[1]}", stop)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that the tests of one file share; each names its own events."""
    running = start_server(tmp_path_factory.mktemp("home"))
    yield running
    running.stop()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Make servers that one test has for itself."""
    started: list[Running] = []

    def make(name: str = "home", **fields: Any) -> Running:
        started.append(start_server(tmp_path / name, **fields))
        return started[-1]

    yield make
    for running in started:
        running.stop()
