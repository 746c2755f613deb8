"""How soon a page follows what a member did: a thumb down, then pages until its title is gone.

Time runs from having read the acknowledgement to having read the first page without the title;
the page is asked for at once, so it holds one whole page at least. Every try is another member.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, NamedTuple

from pasand.bench.catalogue import Size
from pasand.bench.children import Serving, serving
from pasand.bench.client import Client
from pasand.bench.figures import Measured, quantile
from pasand.bench.homes import make_home
from pasand.bench.ingest import key_of
from pasand.bench.load import loading
from pasand.bench.mixed import learning, mixed_load
from pasand.errors import OperatorError

__all__ = ["measure_freshness"]

ATTEMPTS_MAX = 50
WARM_UP = 20
#: Between tries, so that trying is no load of its own.
PAUSE_S = 0.05


class _Gone(NamedTuple):
    took_ms: float
    attempts: int


def measure_freshness(
    folder: Path, size: Size, now_ms: int, tries: int = 300, mixed_s: float = 30.0
) -> list[Measured]:
    """Make a synthetic home, serve it, and try: idle, then under the load of ``mixed``."""
    made = make_home(folder, size, now_ms)
    key = key_of(made.home)
    with serving(made.home) as server:
        client = Client(server, key)
        for number in range(WARM_UP):
            _try(client, number % size.profiles, "warm")
        idle = [_try(client, number % size.profiles, "idle") for number in range(tries)]
        found = _figures(idle, size, "idle")
        if mixed_s:
            found += _figures(_under_load(made.home, server, key, size, now_ms, mixed_s), size)
        client.close()
    return found


def _under_load(
    home: Path, server: Serving, key: str, size: Size, now_ms: int, seconds: float
) -> list[_Gone]:
    """Try again and again while everything else is going on."""
    client = Client(server, key)
    gone: list[_Gone] = []
    wanted = mixed_load(server, key, size, now_ms, seconds)
    with loading(wanted) as running, learning(home, running):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            gone.append(_try(client, len(gone) % size.profiles, f"loaded{len(gone)}"))
            time.sleep(PAUSE_S)
        seen = running.seen()
    client.close()
    errors = sum(stream.errors for stream in seen.values())
    if errors:
        raise OperatorError(f"{errors} requests of the load failed.")
    return gone


def _try(client: Client, number: int, tag: str) -> _Gone:
    """Put a thumb down on a title of a member's page, and ask for pages until it is gone.

    Raises:
        OperatorError: it stayed, or the thumb was not accepted.
    """
    path = f"/v1/page?device=tv&member_id=m{number}"
    items = _items(client.get(path))
    if not items:
        raise OperatorError(f"The page of m{number} is empty.")
    item_id = items[-1]
    thumb = {
        "event_id": f"{tag}-{number}-{item_id}",
        "kind": "thumb",
        "member_id": f"m{number}",
        "item_id": item_id,
        "payload": {"value": -1},
    }
    (verdict,) = client.post("/v1/events", {"events": [thumb]})["results"]
    started = time.perf_counter()
    if verdict["status"] != "accepted":
        raise OperatorError(f"A thumb was not accepted: {verdict}.")
    for attempt in range(ATTEMPTS_MAX):
        page = client.get(path)
        took_ms = 1000.0 * (time.perf_counter() - started)
        if item_id not in _items(page):
            return _Gone(took_ms, attempt + 1)
    raise OperatorError(f"{item_id} is on the page of m{number} after {ATTEMPTS_MAX} attempts.")


def _items(page: dict[str, Any]) -> list[str]:
    """Return every item on a page."""
    return [cell["item_id"] for row in page["rows"] for cell in row["cells"]]


def _figures(gone: list[_Gone], size: Size, load: str = "mixed") -> list[Measured]:
    at = {"load": load, "items": size.items, "profiles": size.profiles, "tries": len(gone)}
    took_ms = [one.took_ms for one in gone]
    pages = max(one.attempts for one in gone)
    return [
        Measured("freshness_p50_ms", round(quantile(took_ms, 0.5), 2), "ms", at=at),
        Measured("freshness_p99_ms", round(quantile(took_ms, 0.99), 2), "ms", at=at),
        Measured("freshness_pages_max", pages, "pages", at=at),
    ]
