"""Lives of a store on one simulated disk, and what must hold between them.

A life opens the store, checks all that was ever acknowledged, sends again what was not, and goes
on writing until its caller ends it. The parts are the real ones: writer, log, items, members,
profiles folded and written behind. Everything follows from the seed: what is written together
waits at a gate, so that the writer's thread finds it as one group.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import apsw
import msgspec

from pasand.adapters.sqlite_database import Database
from pasand.adapters.sqlite_log import SqliteEventLog
from pasand.adapters.sqlite_stores import SqliteCatalogStore, SqliteProfileStore
from pasand.domain.catalog import Item, ItemFacts, facts_of
from pasand.domain.events import Event
from pasand.domain.member import Member
from pasand.domain.records import item_from_record, item_record, member_record
from pasand.errors import StoreUnavailable
from pasand.flows.keepers import ProfileKeeper
from pasand.flows.rebuilding import compare_profiles
from pasand.ports import Verdict
from pasand.testing.simulated_disk import SimulatedDisk

__all__ = ["Lives", "Store", "Tally"]

NOW_MS = 1_780_000_000_000
MEMBERS = tuple(f"m{number}" for number in range(5))
ITEMS = tuple(f"i{number}" for number in range(8))
WORDS = ("Drama", "Comedy", "Crime", "Space")
#: What members do, more often than items and members change.
KINDS = (
    *("play_start", "progress", "complete", "thumb", "impression", "list_add", "hide") * 2,
    *("history_removed", "page_served", "item_put", "item_put", "item_deleted", "member_put"),
)
REPORTED_COUNT_MAX = 20
Batch = tuple[Event, ...]


@dataclass(slots=True)
class Tally:
    """What was found. ``acked`` counts events, ``lost`` those of them that were gone later,
    ``duplicated`` events in the log twice and profiles other than the log's fold, ``corrupt``
    everything else that must not be. ``reported`` says the first findings in words.
    """

    cuts: int = 0
    faults: int = 0
    acked: int = 0
    lost: int = 0
    duplicated: int = 0
    corrupt: int = 0
    reported: list[str] = field(default_factory=list)

    def report(self, text: str) -> None:
        """Keep a finding."""
        if len(self.reported) < REPORTED_COUNT_MAX:
            self.reported.append(text)


class Store:
    """The real parts over one simulated disk, open."""

    def __init__(
        self, disk: SimulatedDisk, options: Mapping[str, Any], kind: type[Database] = Database
    ) -> None:
        self.database = kind(Path("store.db"), vfs=disk.name, locking_mode="EXCLUSIVE", **options)
        try:
            self.log = SqliteEventLog(self.database)
            self.catalog = SqliteCatalogStore(self.database)
            self.stored = SqliteProfileStore(self.database)
            self.facts = {item.item_id: facts_of(item) for item in self.catalog.items()}
            self.profiles = ProfileKeeper(self.stored, self.log, self.fact)
        except BaseException:
            self.database.close()
            raise

    def fact(self, item_id: str) -> ItemFacts | None:
        """Return what a fold reads of an item."""
        return self.facts.get(item_id)

    def append(self, batches: Sequence[Batch]) -> list[list[Verdict] | None]:
        """Append batches in one group; the verdicts of each, None where it was refused."""
        changes = any(e.kind in ("item_put", "item_deleted") for batch in batches for e in batch)
        with self.profiles.changing_items() if changes else nullcontext():
            entered, gate = threading.Event(), threading.Event()

            def wait(connection: apsw.Connection) -> None:
                entered.set()
                gate.wait()

            held = self.database.submit(wait)
            # Where the store is at fault the gate is never entered, but its future is done.
            held.add_done_callback(lambda _: entered.set())
            entered.wait()
            futures = [self.log.submit(batch) for batch in batches]
            gate.set()
            found: list[list[Verdict] | None] = []
            for batch, future in zip(batches, futures, strict=True):
                found.append(None if future.exception() else future.result())
                self._follow(batch, found[-1] or ())
            return found

    def settle(self) -> None:
        """Wait until the writer's thread has nothing left to do, its checkpoint included."""
        with suppress(StoreUnavailable):
            self.database.write(lambda connection: None)

    def _follow(self, batch: Batch, verdicts: Sequence[Verdict]) -> None:
        for event, verdict in zip(batch, verdicts, strict=False):
            if verdict.status != "accepted":
                continue
            if event.kind == "item_put":
                self.facts[event.item_id] = facts_of(item_from_record(event.payload))
            elif event.kind == "item_deleted":
                self.facts.pop(event.item_id, None)


class Lives:
    """One disk with what its callers were told. ``kind`` may be a worse writer, as a control."""

    def __init__(
        self,
        seed: int,
        tally: Tally,
        synchronous: str = "FULL",
        kind: type[Database] = Database,
    ) -> None:
        self.seed = seed
        self.draw = random.Random(seed)
        self.tally = tally
        self.disk = SimulatedDisk(self.draw.getrandbits(32), self.draw.choice(("keeps", "reverts")))
        self._options = {
            "synchronous": synchronous,
            "checkpoint_pages": self.draw.choice((4, 16, 1_000)),
        }
        self._kind = kind
        self._numbers = count()
        self._sent: dict[str, Event] = {}
        self._acked: dict[str, Batch] = {}
        self._waiting: list[Batch] = []
        self._held: set[str] = set()

    def open(self) -> Store | None:
        """Open the store and check it; None where the power failed meanwhile."""
        try:
            store = Store(self.disk, self._options, self._kind)
        except StoreUnavailable as error:
            if self.disk.powered:
                self.wrong(f"the store cannot be opened: {error}")
            return None
        self.check(store)
        return store

    def step(self, store: Store) -> None:
        """Write something, and let it come to rest."""
        batches = [self._batch() for _ in range(self.draw.choice((1, 1, 2, 3)))]
        if self._waiting and self.draw.random() < 0.7:
            batches.append(self._waiting.pop(self.draw.randrange(len(self._waiting))))
        if self._acked and self.draw.random() < 0.3:
            batches.append(self.draw.choice(list(self._acked.values())))
        self.draw.shuffle(batches)
        for batch, verdicts in zip(batches, store.append(batches), strict=True):
            self._note(batch, verdicts)
        folds, merges = self.draw.random() < 0.35, self.draw.random() < 0.1
        with suppress(StoreUnavailable):
            if folds:
                for member_id in self.draw.sample(MEMBERS, 2):
                    store.profiles.get(member_id)
                store.profiles.flush()
            if merges:
                store.log.index()
        store.settle()

    def check(self, store: Store) -> None:
        """Compare what the store holds with what its callers were told."""
        if store.database.rows("PRAGMA integrity_check") != [("ok",)]:
            self.wrong("the file's integrity check fails")
        stored = list(store.log.read())
        self._held = {one.event.event_id for one in stored}
        if len(self._held) < len(stored):
            self.tally.duplicated += len(stored) - len(self._held)
            self.tally.report(f"seed {self.seed}: an event is in the log twice")
        if any(self._sent.get(one.event.event_id) != one.event for one in stored):
            self.wrong("the log holds what nobody sent")
        lost = [event_id for event_id in self._acked if event_id not in self._held]
        for event_id in lost:
            del self._acked[event_id]
        if lost:
            self.tally.lost += len(lost)
            self.tally.report(f"seed {self.seed}: {len(lost)} events are lost")
        if any(0 < sum(e.event_id in self._held for e in b) < len(b) for b in self._waiting):
            self.wrong("a batch is there in part")
        items: dict[str, Item] = {}
        for _, event in stored:
            if event.kind == "item_put":
                items[event.item_id] = item_from_record(event.payload)
            elif event.kind == "item_deleted":
                items.pop(event.item_id, None)
        if {item.item_id: item for item in store.catalog.items()} != items:
            self.wrong("the items are not those of the log")
        differing = compare_profiles(store.stored, store.log, store.fact).differing
        if differing:
            self.tally.duplicated += len(differing)
            self.tally.report(f"seed {self.seed}: {len(differing)} profiles are not the log's")

    def _note(self, batch: Batch, verdicts: Sequence[Verdict] | None) -> None:
        """Note what a batch's sender was told, and whether it can be true."""
        if verdicts is None:
            if batch[0].event_id not in self._acked:
                self._waiting.append(batch)
            return
        told = {verdict.status for verdict in verdicts}
        known = batch[0].event_id in self._held
        if len(told) > 1:
            self.wrong(f"a batch was taken in part: {told}")
        elif told != {"duplicate" if known else "accepted"}:
            self.tally.duplicated += len(batch)
            self.tally.report(f"seed {self.seed}: sent again, {told} though held is {known}")
        self._held.update(event.event_id for event in batch)
        if batch[0].event_id not in self._acked:
            self.tally.acked += len(batch)
            self._acked.update((event.event_id, batch) for event in batch)

    def wrong(self, text: str) -> None:
        """Note what must not be."""
        self.tally.corrupt += 1
        self.tally.report(f"seed {self.seed}: {text}")

    def _batch(self) -> Batch:
        batch = tuple(self._event() for _ in range(self.draw.choice((1, 2, 4, 8))))
        self._sent.update((event.event_id, event) for event in batch)
        return batch

    def _event(self) -> Event:
        draw = self.draw
        kind = draw.choice(KINDS)
        item_id, member_id = draw.choice(ITEMS), draw.choice(MEMBERS)
        payload: dict[str, Any] = {"value": draw.choice((-1, 1, 2)), "position_s": draw.random()}
        if kind.startswith("item"):
            item = Item(item_id=item_id, title="A title", genres=(draw.choice(WORDS),), maturity=0)
            payload = item_record(item) if kind == "item_put" else {}
            member_id = ""
        elif kind == "member_put":
            payload = member_record(Member(member_id=member_id, name=draw.choice(WORDS)))
            item_id = ""
        elif kind == "page_served":
            payload = {"page": draw.randbytes(draw.choice((500, 500, 3_000, 20_000))).hex()}
            item_id = ""
        return Event(
            event_id=f"e{next(self._numbers)}",
            kind=kind,
            occurred_ms=NOW_MS + draw.randrange(30 * 86_400_000),
            member_id=member_id,
            item_id=item_id,
            # As it is read back: lists, where a record has tuples.
            payload=msgspec.msgpack.decode(msgspec.msgpack.encode(payload)),
        )
