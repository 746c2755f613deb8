"""Promotions under load: no page fails, and none mixes two snapshots.

Every snapshot ranks differently, and pages are asked for one member at one moment, so each
snapshot has exactly one right page. A page that names a snapshot and is not its right page was
made of more than that. What is right is asked afterwards, when nothing changes any more.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from pasand.adapters.home_lock import owner_of
from pasand.adapters.remote_owner import RemoteOwner
from pasand.bench.children import Serving, run, serving
from pasand.bench.client import Client
from pasand.bench.figures import Measured
from pasand.domain.member import Member
from pasand.errors import OperatorError
from pasand.flows.engine import Engine, PageRequest
from pasand.model_ports import ModelStore
from pasand.ports import Key
from pasand.testing import samples

__all__ = ["Told", "measure_swaps", "swap_under_load", "varied_snapshots"]

MEMBER = "m1"
CLIENT_COUNT = 2
ITEM_COUNT = 60
#: Between two pages of one asker, so that what swaps gets its turn in the same process.
REST_S = 0.005
#: For so long at most a page may name the snapshot that was rolled back.
ROLLBACK_S_MAX = 5.0

#: What all of them have in common.
_KEPT = ("item_ids", "covisit.strength", "ease.item")

#: A page as (the snapshot it names, everything that it shows).
Seen = tuple[str, str]


@dataclass
class Told:
    """What was seen. ``right`` is the page of each snapshot alone."""

    swaps: int = 0
    failures: list[str] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    right: dict[str, str] = field(default_factory=dict)

    @property
    def mixed(self) -> int:
        """How many pages are not the right one of the snapshot they name."""
        return sum(self.right.get(name) != shown for name, shown in self.seen)

    @property
    def served(self) -> set[str]:
        """The snapshots that pages named."""
        return {name for name, _ in self.seen}


def varied_snapshots(
    models: ModelStore, item_ids: Sequence[str], count: int, *, sequence: bool = False
) -> list[str]:
    """Save snapshots that rank the same items differently; return their ids.

    ``sequence``: with a sequence model too, of whose members' states pages are made.
    """
    known = samples.models(item_ids).arrays
    arrays = {
        name: array
        for name, array in known.items()
        if name in _KEPT or (sequence and name.startswith("sequence."))
    }
    turning = ["covisit.neighbour", "ease.weights", *(["sequence.item"] if sequence else [])]
    found = []
    for number in range(count):
        turned = {name: np.roll(known[name], 3 * number, axis=0) for name in turning}
        about = {"created_ms": samples.NOW_MS + number, "log_offset": 0}
        found.append(models.save({**arrays, **turned}, about))
    return found


def swap_under_load(engine: Engine, member_id: str, snapshots: Sequence[str], swaps: int) -> Told:
    """Promote one snapshot after the other in this process while threads ask for pages."""
    request = PageRequest(member_id=member_id, at_ms=samples.NOW_MS)

    def ask() -> Seen:
        page = engine.page(request).page
        if page.degraded is not None:
            raise OperatorError(f"A page is degraded: {page.degraded.reasons}")
        rows = [(row.row_id, row.position.tolist(), row.score.tolist()) for row in page.rows]
        return page.snapshot, repr(rows)

    def promote(snapshot_id: str) -> None:
        engine.stores.ledger.promote(snapshot_id, engine.now_ms())
        engine.tick()

    told = Told()
    promote(snapshots[0])
    with _asking(told, [ask] * CLIENT_COUNT):
        for number in range(swaps):
            promote(snapshots[number % len(snapshots)])
            told.swaps += 1
    for snapshot_id in snapshots:
        promote(snapshot_id)
        told.right.update([ask()])
    return told


def measure_swaps(
    folder: Path,
    swaps: int,
    promotions: int,
    open_home: Callable[..., Any],
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[Measured], list[str]]:
    """Serve a home, promote through the gate and swap under load; return figures and findings.

    ``seed`` draws which snapshot comes next. ``open_home`` is ``bootstrap.open_home``, which
    stands above this floor.
    """
    home = folder / "home"
    secret, snapshots = _made(home, promotions, open_home)
    told, total, chance = Told(), promotions + swaps, random.Random(seed)
    with serving(home) as server, _clients(server, secret) as asks:
        told.right.update([asks[0]()])  # before anything is live
        with _asking(told, asks):
            for snapshot_id in snapshots:
                run("models", "promote", snapshot_id, "--home", str(home))
                told.swaps += 1
                _say(progress, told.swaps, total)
            owner = owner_of(home)
            pointer = RemoteOwner(str(owner["url"]), str(owner["token"]))
            for _ in range(swaps):
                pointer.promote(chance.choice(snapshots))
                told.swaps += 1
                _say(progress, told.swaps, total)
        for snapshot_id in snapshots:
            pointer.promote(snapshot_id)
            told.right.update([_until(asks[0], snapshot_id)[0]])
        started = time.perf_counter()
        run("models", "rollback", "--home", str(home))
        (_, waited_s) = _until(asks[0], snapshots[-2])
        whole_s = time.perf_counter() - started
    return _figures(told, promotions, swaps, waited_s, whole_s), _findings(told, waited_s)


def _figures(
    told: Told, promotions: int, swaps: int, waited_s: float, whole_s: float
) -> list[Measured]:
    at = {"gated": promotions, "swaps": swaps, "pages": len(told.seen)}
    return [
        Measured("swap_pages_failed", len(told.failures), "pages", at=at),
        Measured("swap_pages_mixed", told.mixed, "pages", at=at),
        Measured("swap_snapshots_served", len(told.served), "snapshots", "higher", at),
        Measured("rollback_seconds", round(whole_s, 3), "s", at={"of": "the whole command"}),
        Measured("rollback_page_seconds", round(waited_s, 3), "s", at={"of": "its end to a page"}),
    ]


def _findings(told: Told, waited_s: float) -> list[str]:
    findings = list(told.failures)
    if told.mixed:
        findings.append(f"{told.mixed} pages are not of the snapshot that they name")
    if len(set(told.right.values())) < len(told.right):
        findings.append("two snapshots have the same page: the proof proves nothing")
    if waited_s > ROLLBACK_S_MAX:
        findings.append(f"a page named the snapshot that was rolled back {waited_s:.1f} s later")
    return findings


def _made(home: Path, count: int, open_home: Callable[..., Any]) -> tuple[str, list[str]]:
    """Make a home with snapshots that no gate has seen; return a key's secret and their ids."""
    opened = open_home(home, create=True)
    try:
        engine = opened.engine
        items = samples.items(ITEM_COUNT)
        engine.append([samples.put_event(one) for one in items])
        engine.put_member(Member(member_id=MEMBER))
        events = [
            samples.event(f"e{n}", member_id=f"m{n % 30}", item_id=f"i{(n * 7) % ITEM_COUNT}",
                          occurred_ms=samples.NOW_MS - 1_000_000 + n)
            for n in range(300)
        ]  # fmt: skip
        engine.append(events)
        names = [one.item_id for one in items]
        models = engine.stores.models
        return _key(engine), varied_snapshots(models, names, max(count, 2), sequence=True)
    finally:
        opened.close()


def _key(engine: Engine) -> str:
    """Write a key that may ask for pages, and return its secret."""
    secret = "pk_" + "swaps" * 8
    digest = sha256(secret.encode()).hexdigest()
    engine.stores.ledger.put_key(Key("swaps", "swaps", ("page:read",), digest, 1))
    return secret


@contextmanager
def _clients(server: Serving, secret: str) -> Iterator[list[Callable[[], Seen]]]:
    clients = [Client(server, secret) for _ in range(CLIENT_COUNT)]
    path = f"/v1/page?member_id={MEMBER}&device=tv&at={samples.NOW_MS}"

    def asking(client: Client) -> Callable[[], Seen]:
        def ask() -> Seen:
            page = client.get(path)
            if page["degraded"]:
                raise OperatorError(f"A page is degraded: {page['degraded']}")
            return page["snapshot"], repr(page["rows"])

        return ask

    try:
        yield [asking(client) for client in clients]
    finally:
        for client in clients:
            client.close()


@contextmanager
def _asking(told: Told, asks: Sequence[Callable[[], Seen]]) -> Iterator[None]:
    """Ask again and again in threads while the block runs."""
    ended = threading.Event()

    def on(ask: Callable[[], Seen]) -> None:
        while not ended.wait(REST_S):
            try:
                told.seen.append(ask())
            except Exception as error:
                told.failures.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=on, args=(ask,)) for ask in asks]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _until(ask: Callable[[], Seen], snapshot_id: str) -> tuple[Seen, float]:
    """Ask until a page names a snapshot; return it with the seconds that took."""
    started = time.perf_counter()
    while time.perf_counter() - started < 60:
        seen = ask()
        if seen[0] == snapshot_id:
            return seen, time.perf_counter() - started
        time.sleep(0.02)
    raise OperatorError(f"No page ever named snapshot {snapshot_id}.")


def _say(progress: Callable[[int, int], None] | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)
