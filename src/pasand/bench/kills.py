"""``kill -9`` under load: a server with default settings is killed again and again over one home.

Several clients send batches of events, items and page requests, each waiting for its answer. At a
drawn moment the server is killed; the next one starts on the same home, and what had no answer is
sent again under the same ids. In the end the store is read: every acknowledged event must be there
once, as it was sent, and every stored profile must be the fold of its member's events.

A kill leaves the system's memory alone, so this says nothing of fsync; ``powercuts`` does.
"""

from __future__ import annotations

import http.client
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pasand.adapters.sqlite_database import Database
from pasand.adapters.sqlite_log import SqliteEventLog
from pasand.adapters.sqlite_stores import SqliteCatalogStore, SqliteProfileStore
from pasand.bench.children import Serving, run, serving
from pasand.bench.client import Client
from pasand.bench.figures import Measured
from pasand.bench.ingest import key_of
from pasand.domain.catalog import facts_of
from pasand.errors import OperatorError
from pasand.flows.rebuilding import compare_profiles

__all__ = ["Told", "kill_again_and_again", "measure_kills"]

CLIENTS = 4
MEMBERS_A_ROUND = 6
ITEMS = 30
FLUSH_WAIT_S = 30.0
KINDS = ("play_start", "progress", "complete", "thumb", "impression", "hide", "list_add")
Batch = list[dict[str, Any]]


@dataclass
class Told:
    """What clients were told: ``acked`` events by id as they were sent, the newest acknowledged
    version of each item, acknowledged members, and the batches that no answer came for.
    """

    acked: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    unanswered: list[Batch] = field(default_factory=list)
    rounds: int = 0
    lost: int = 0
    duplicated: int = 0
    refused: int = 0
    resent: int = 0
    profiles: int = 0
    reported: list[str] = field(default_factory=list)

    def report(self, text: str) -> None:
        """Keep the first findings."""
        if len(self.reported) < 20:
            self.reported.append(text)


def measure_kills(
    folder: Path,
    rounds: int,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[Measured], list[str]]:
    """Kill a server ``rounds`` times; return figures, and findings in words where any are."""
    told = kill_again_and_again(folder, rounds, seed, progress)
    at = {
        "rounds": told.rounds,
        "clients": CLIENTS,
        "resent": told.resent,
        "profiles": told.profiles,
        "seed": seed,
    }
    found = [
        Measured("kill9_acked", len(told.acked), "events", "higher", at),
        Measured("kill9_lost", told.lost, "events", at=at),
        Measured("kill9_duplicated", told.duplicated, "events", at=at),
        Measured("kill9_refused", told.refused, "requests", at=at),
    ]
    return found, told.reported


def kill_again_and_again(
    folder: Path,
    rounds: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> Told:
    """Make a home in ``folder``, kill its server ``rounds`` times, and compare the store."""
    home = folder / "home"
    run("init", "--home", str(home))
    key = key_of(home)
    draw = random.Random(seed)
    told = Told()
    for number in range(rounds):
        # Profiles are written behind every second, so some rounds live longer.
        live_s = draw.choice(
            (draw.uniform(0.0, 0.2), draw.uniform(0.0, 0.5), draw.uniform(1.0, 2.3))
        )
        with serving(home) as server:
            _load_and_kill(server, key, told, draw, number, live_s)
        told.rounds += 1
        if progress is not None:
            progress(told.rounds, rounds)
    with serving(home) as server:
        client = _Sender(Client(server, key), told, random.Random(seed), "last", threading.Lock())
        while told.unanswered:
            client.send(told.unanswered.pop(), again=True)
        client.close()
        _fold_some(home, server, key, sorted(told.members)[-MEMBERS_A_ROUND:])
        os.kill(server.pid, signal.SIGKILL)
    _compare(home, told)
    return told


def _fold_some(home: Path, server: Serving, key: str, member_ids: list[str]) -> None:
    """Ask for pages, and wait until profiles are written behind: a busy machine takes its time."""
    client = Client(server, key)
    database = Database(home / "store.db", read_only=True)
    until_s = time.monotonic() + FLUSH_WAIT_S
    while time.monotonic() < until_s and not database.rows("SELECT 1 FROM profile LIMIT 1"):
        for member_id in member_ids:
            client.get(f"/v1/page?member_id={member_id}&rows=4&columns=6")
        time.sleep(0.1)
    client.close()
    database.close()


def _load_and_kill(
    server: Serving, key: str, told: Told, draw: random.Random, number: int, live_s: float
) -> None:
    lock = threading.Lock()
    client = Client(server, key)
    for place in range(MEMBERS_A_ROUND):
        client.put(f"/v1/members/r{number}m{place}", {"name": f"Member {place}"})
        told.members.add(f"r{number}m{place}")
    client.close()
    senders = [
        _Sender(
            Client(server, key),
            told,
            random.Random(draw.getrandbits(32)),
            f"r{number}c{name}",
            lock,
            # A changed item drops what waits to be written behind; so not in every round.
            puts_items=number % 3 == 0,
        )
        for name in range(CLIENTS)
    ]
    threads = [threading.Thread(target=sender.send_on) for sender in senders]
    for thread in threads:
        thread.start()
    time.sleep(live_s)
    os.kill(server.pid, signal.SIGKILL)
    for thread in threads:
        thread.join()


class _Sender:
    """One client: it sends until its server is gone."""

    def __init__(
        self,
        client: Client,
        told: Told,
        draw: random.Random,
        tag: str,
        lock: threading.Lock,
        puts_items: bool = False,
    ) -> None:
        self._client = client
        self._told = told
        self._draw = draw
        self._tag = tag
        self._lock = lock
        self._puts_items = puts_items
        self._count = 0

    def send_on(self) -> None:
        """Send one thing after the other, first what had no answer."""
        try:
            while True:
                with self._lock:
                    again = self._told.unanswered.pop() if self._told.unanswered else None
                self.send(again or self._batch(), again=again is not None)
                what = self._draw.random()
                if what < 0.15:
                    self._client.get(f"/v1/page?member_id={self._member()}&rows=4&columns=6")
                elif what < 0.3 and self._puts_items:
                    self._put_item()
        except (OSError, http.client.HTTPException):
            pass  # the server is gone
        except OperatorError as error:
            with self._lock:
                self._told.refused += 1
                self._told.report(str(error))
        finally:
            self.close()

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def send(self, batch: Batch, again: bool) -> None:
        """Send a batch and note the verdicts; without an answer it is to be sent again."""
        try:
            results = self._client.post("/v1/events", {"events": batch})["results"]
        except BaseException:
            with self._lock:
                self._told.unanswered.append(batch)
            raise
        told = {result["status"] for result in results}
        with self._lock:
            self._told.resent += again
            self._told.acked.update((event["event_id"], event) for event in batch)
            if told != {"accepted"} and not (again and told == {"duplicate"}):
                self._told.duplicated += 1
                self._told.report(f"batch {batch[0]['event_id']} was answered {told}")

    def _put_item(self) -> None:
        item_id = f"{self._tag}i{self._draw.randrange(3)}"
        version = self._count
        self._client.put(f"/v1/items/{item_id}", {"title": f"{version}", "genres": ["Drama"]})
        with self._lock:
            self._told.versions[item_id] = version

    def _batch(self) -> Batch:
        self._count += 1
        draw = self._draw
        return [
            {
                "event_id": f"{self._tag}-{self._count}-{place}",
                "kind": draw.choice(KINDS),
                "occurred_at": time.time() - draw.random() * 60,
                "member_id": self._member(),
                "item_id": f"i{draw.randrange(ITEMS)}",
                "payload": {"value": draw.choice((-1, 1, 2)), "position_s": draw.randrange(5_000)},
            }
            for place in range(draw.choice((1, 3, 10, 20)))
        ]

    def _member(self) -> str:
        return f"{self._tag[:-2]}m{self._draw.randrange(MEMBERS_A_ROUND)}"


def _compare(home: Path, told: Told) -> None:
    """Compare the store with what clients were told."""
    database = Database(home / "store.db", read_only=True)
    try:
        log = SqliteEventLog(database)
        if database.rows("PRAGMA integrity_check") != [("ok",)]:
            raise OperatorError("The store's integrity check fails.")
        kept: set[str] = set()
        missing = dict(told.acked)
        for _, event in log.read():
            if event.event_id in kept:
                told.duplicated += 1
                told.report(f"{event.event_id} is in the log twice")
            kept.add(event.event_id)
            sent = missing.get(event.event_id)
            if sent is not None and (
                (sent["kind"], sent["member_id"], sent["item_id"], sent["payload"])
                == (event.kind, event.member_id, event.item_id, event.payload)
            ):
                del missing[event.event_id]
        told.lost += len(missing)
        for event_id in missing:
            told.report(f"{event_id} is not in the log as it was sent")
        catalog = SqliteCatalogStore(database)
        for member_id in told.members:
            if catalog.member(member_id) is None:
                told.lost += 1
                told.report(f"member {member_id} is not there")
        items = {item.item_id: item for item in catalog.items()}
        for item_id, version in told.versions.items():
            if item_id not in items or int(items[item_id].title) < version:
                told.lost += 1
                told.report(f"item {item_id} is older than acknowledged")
        facts = {item_id: facts_of(item) for item_id, item in items.items()}
        compared = compare_profiles(SqliteProfileStore(database), log, facts.get)
        told.profiles = compared.equal
        told.duplicated += len(compared.differing)
        for member_id in compared.differing:
            told.report(f"the profile of {member_id} is not the fold of the log")
    finally:
        database.close()
