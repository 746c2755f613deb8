"""Two tenants of one store, told apart: whatever one writes, the other never reads.

Both use the same ids for everything, so a forgotten tenant clause shows at once: all content
carries its tenant's mark, and every answer is held against a model of what this tenant alone
wrote. The operations are shared by a property test, which shortens a failure, and by
``measure_tenants``, a faster driver that draws a million steps from a seed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pasand.adapters.memory import MemoryLedger, MemoryStore
from pasand.adapters.sqlite_database import Database
from pasand.adapters.sqlite_erasing import store_places
from pasand.adapters.sqlite_erasures import SqliteErasures
from pasand.adapters.sqlite_log import SqliteEventLog
from pasand.adapters.sqlite_stores import SqliteCatalogStore, SqliteLedger, SqliteProfileStore
from pasand.bench.figures import Measured
from pasand.bench.tenant_ledger import read_ledger, write_ledger
from pasand.domain.catalog import Item, facts_of
from pasand.domain.events import Event
from pasand.domain.member import Member
from pasand.domain.profile import Profile
from pasand.domain.records import item_record, member_record
from pasand.domain.rules import Rule
from pasand.member_ports import ErasureLedger, MemberPlace
from pasand.ports import CatalogStore, EventLog, Key, Ledger, ProfileStore, Rejected

__all__ = [
    "MARKS", "OPERATIONS", "Leak", "Tenant", "measure_tenants", "memory_tenants", "sqlite_tenants",
]  # fmt: skip

MARKS = ("apricot", "bramble")
#: Steps on one pair of stores before a fresh pair: reading everything stays cheap.
ROUND_STEPS = 1_000
_WEIGHTS = {"view": 0.5, "play_start": 1.0}
_KINDS = ("view", "play_start", "thumb", "list_add", "item_put", "item_deleted", "member_put",
          "member_deleted")  # fmt: skip


class Leak(AssertionError):
    """A tenant read, or lost, something by what another one did."""


@dataclass
class Tenant:
    """One tenant's stores, and beside them what it wrote, by our own simple account."""

    mark: str
    log: EventLog
    catalog: CatalogStore
    profiles: ProfileStore
    ledger: Ledger
    #: Who was erased, and where members' data lie; a store in memory has no such thing.
    erasures: ErasureLedger | None = None
    places: tuple[MemberPlace, ...] = ()
    events: dict[str, tuple[int, Event]] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    stored: dict[str, tuple[int, Profile]] = field(default_factory=dict)
    aside: dict[int, Rejected] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)
    gone_ids: set[str] = field(default_factory=set)
    promoted: list[str] = field(default_factory=list)
    rules: dict[str, Rule] = field(default_factory=dict)
    rule_version: int = 0
    item_version: int = 0

    def same(self, what: str, found: Any, wanted: Any) -> None:
        """Raise Leak where the store tells something else than this tenant wrote."""
        if found != wanted:
            raise Leak(f"{self.mark} reads of {what}: {found!r}; it wrote: {wanted!r}"[:2000])


@contextmanager
def sqlite_tenants(path: Path) -> Iterator[dict[str, Tenant]]:
    """Give two tenants in one SQLite file, which is not synced: no power is cut here."""
    database = Database(path, synchronous="OFF")
    try:
        yield {mark: _sqlite_tenant(database, mark) for mark in MARKS}
    finally:
        database.close()


def _sqlite_tenant(database: Database, mark: str) -> Tenant:
    log = SqliteEventLog(database, mark)
    return Tenant(
        mark,
        log,
        SqliteCatalogStore(database, mark),
        SqliteProfileStore(database, mark),
        SqliteLedger(database, mark),
        SqliteErasures(database, mark),
        store_places(database, log, mark),
    )


@contextmanager
def memory_tenants(path: Path) -> Iterator[dict[str, Tenant]]:
    """Give two tenants in dictionaries; ``path`` is not used."""
    stores = {mark: MemoryStore() for mark in MARKS}
    yield {m: Tenant(m, store, store, store, MemoryLedger()) for m, store in stores.items()}


Act = Callable[[Tenant, Tenant, random.Random], None]


def _append(own: Tenant, other: Tenant, chance: random.Random) -> None:
    """Write a few events under ids that the other tenant uses too; repeats among them."""
    events = [_event(own, chance) for _ in range(chance.randint(1, 3))]
    changes_items = any(event.kind.startswith("item_") for event in events)
    if changes_items:
        _read_profiles(own, other, chance)
    at_once = chance.random() < 0.7
    verdicts = own.log.append(events) if at_once else own.log.submit(events).result()
    for event, verdict in zip(events, verdicts, strict=True):
        known = own.events.get(event.event_id)
        wanted = "accepted" if known is None else "duplicate" if known[1] == event else "conflict"
        if event.event_id in own.gone_ids:
            own.same(f"the verdict on {event.event_id}", verdict.status, "duplicate")
            continue
        own.same(f"the verdict on {event.event_id}", verdict.status, wanted)
        if known is None:
            own.events[event.event_id] = (verdict.offset, event)
            _follow(own, verdict.offset, event)
    if changes_items:
        # A store may forget more than it must, of its own tenant alone.
        for member_id in [name for name in own.stored if own.profiles.get(name) is None]:
            del own.stored[member_id]


def _event(own: Tenant, chance: random.Random) -> Event:
    kind = chance.choice(_KINDS)
    number, member_id = chance.randrange(5), f"m{chance.randrange(4)}"
    item_id = f"i{number}"
    payload: dict[str, Any] = {"mark": own.mark}
    if kind == "item_deleted" and item_id not in own.items:
        kind = "view"
    if kind == "member_deleted" and member_id not in own.members:
        kind = "view"
    if kind == "item_put":
        genres = (own.mark, f"g{chance.randrange(2)}")
        payload = item_record(Item(item_id=item_id, title=own.mark, genres=genres))
    elif kind == "member_put":
        payload = member_record(Member(member_id=member_id, name=own.mark, country=own.mark[:2]))
    return Event(
        event_id=f"e{chance.randrange(400)}",
        kind=kind,
        occurred_ms=1_700_000_000_000 + chance.randrange(1_000),
        member_id="" if kind.startswith("item_") else member_id,
        item_id="" if kind.startswith("member_") else item_id,
        session_id=own.mark,
        # As bytes give it back: lists, never tuples.
        payload={name: list(v) if isinstance(v, tuple) else v for name, v in payload.items()},
    )


def _follow(own: Tenant, offset: int, event: Event) -> None:
    """Do to the model what an accepted event does to the stores."""
    if event.kind in ("item_put", "item_deleted"):
        old, new = own.items.pop(event.item_id, None), None
        if event.kind == "item_put":
            new = own.items[event.item_id] = Item(
                item_id=event.item_id, title=own.mark, genres=tuple(event.payload["genres"])
            )
        own.item_version = offset
        if (old and facts_of(old)) != (new and facts_of(new)):
            for _, held in own.events.values():
                if held.item_id == event.item_id:
                    own.stored.pop(held.member_id, None)
    elif event.kind == "member_put":
        own.members[event.member_id] = Member(
            member_id=event.member_id, name=own.mark, country=own.mark[:2]
        )
    elif event.kind == "member_deleted":
        own.members.pop(event.member_id, None)


def _keep_up(own: Tenant, other: Tenant, chance: random.Random) -> None:
    """Let the index tables answer instead of the tail of the log, where there is one."""
    if isinstance(own.log, SqliteEventLog):
        own.log.index()


def _set_aside(own: Tenant, other: Tenant, chance: random.Random) -> None:
    count = chance.randint(1, 3)
    new = [
        Rejected(chance.randrange(99), own.mark, "kind", own.mark, own.mark.encode())
        for _ in range(count)
    ]
    own.log.set_aside(new)
    numbered = own.log.rejected(limit=count)[::-1]
    own.same("what it just set aside", numbered, new)
    own.aside.update({one.number: one for one in numbered})


def _settle(own: Tenant, other: Tenant, chance: random.Random) -> None:
    """Settle and renew numbers of both tenants; only its own may change."""
    numbers = [*own.aside, *other.aside]
    chance.shuffle(numbers)
    gone, renewed = numbers[:2], numbers[2:4]
    reason = f"{own.mark} again"
    own.log.settle_rejected(gone, [Rejected(0, reason, "value", "", b"", n) for n in renewed])
    for number in gone:
        own.aside.pop(number, None)
    for number in renewed:
        if number in own.aside:
            own.aside[number] = replace(own.aside[number], reason=reason, field="value")


def _read_rejected(own: Tenant, other: Tenant, chance: random.Random) -> None:
    newest_first = [own.aside[number] for number in sorted(own.aside, reverse=True)]
    own.same("dead letters", own.log.rejected(limit=10_000), newest_first)
    own.same("how many dead letters", own.log.rejected_count(), len(own.aside))
    for number in (*list(own.aside)[:2], *list(other.aside)[:2]):
        own.same(f"dead letter {number}", own.log.rejected_one(number), own.aside.get(number))


def _read_log(own: Tenant, other: Tenant, chance: random.Random) -> None:
    known = sorted(own.events.values(), key=lambda entry: entry[0])
    after = chance.choice([0, *(offset for offset, _ in known[-20:])])
    kinds = tuple(chance.sample(_KINDS, chance.randrange(3)))
    wanted = [e for e in known if e[0] > after and (not kinds or e[1].kind in kinds)]
    own.same("the log", [tuple(s) for s in own.log.read(after=after, kinds=kinds)], wanted)
    own.same("the last offset", own.log.last_offset(), known[-1][0] if known else 0)
    member_id = f"m{chance.randrange(4)}"
    of_member = [e for e in known if e[1].member_id == member_id and e[0] > after]
    found = [tuple(stored) for stored in own.log.of_member(member_id, after=after)]
    own.same(f"the events of {member_id}", found, of_member)


def _find(own: Tenant, other: Tenant, chance: random.Random) -> None:
    for event_id in (f"e{chance.randrange(400)}", *list(other.events)[-2:]):
        found = own.log.find(event_id)
        own.same(event_id, found and tuple(found), own.events.get(event_id))


def _count(own: Tenant, other: Tenant, chance: random.Random) -> None:
    events = [event for _, event in own.events.values()]
    kind = chance.choice(("", *_KINDS))
    wanted = sum(not kind or event.kind == kind for event in events)
    own.same(f"how many {kind} events", own.log.count(kind), wanted)
    records = ("item_put", "item_deleted", "member_put", "member_deleted")
    latest = max((e.occurred_ms for e in events if e.kind not in records), default=0)
    own.same("the latest moment", own.log.latest_ms(), latest)
    taken = own.log.interactions(_WEIGHTS)
    members = [taken.member_ids[code] for code in taken.member]
    found = sorted(zip(taken.at_ms.tolist(), members, strict=True))
    weighed = sorted((e.occurred_ms, e.member_id) for e in events if e.kind in _WEIGHTS)
    own.same("interactions", found, weighed)


def _read_catalogue(own: Tenant, other: Tenant, chance: random.Random) -> None:
    own.same("items", {item.item_id: item for item in own.catalog.items()}, own.items)
    changes = {name: item for _, name, item in own.catalog.items_since(0)}
    own.same("changed items", {n: item for n, item in changes.items() if item}, own.items)
    own.same("how many items", own.catalog.item_count(), len(own.items))
    own.same("the version of the items", own.catalog.item_version(), own.item_version)
    members = {member.member_id: member for member in own.catalog.members()}
    own.same("members", members, own.members)
    own.same("how many members", own.catalog.member_count(), len(own.members))
    member_id = f"m{chance.randrange(4)}"
    own.same(member_id, own.catalog.member(member_id), own.members.get(member_id))


def _put_profiles(own: Tenant, other: Tenant, chance: random.Random) -> None:
    new = {
        f"m{n}": (chance.randrange(99), Profile(member_id=f"m{n}", searches=((own.mark, 1),)))
        for n in chance.sample(range(4), chance.randrange(3))
    }
    own.profiles.put(new)
    own.stored.update(new)


def _forget(own: Tenant, other: Tenant, chance: random.Random) -> None:
    gone = [f"m{n}" for n in chance.sample(range(4), chance.randrange(3))]
    own.profiles.forget(gone)
    for member_id in gone:
        own.stored.pop(member_id, None)


def _read_profiles(own: Tenant, other: Tenant, chance: random.Random) -> None:
    own.same("whose profiles there are", own.profiles.member_ids(), sorted(own.stored))
    for n in range(4):
        own.same(f"profile m{n}", own.profiles.get(f"m{n}"), own.stored.get(f"m{n}"))


def _erase(own: Tenant, other: Tenant, chance: random.Random) -> None:
    """Erase a member whom the other tenant has under the same id, and refuse another for ever."""
    if own.erasures is None:
        return
    name = f"x{chance.randrange(6)}"
    own.erasures.suppress([name], f"{own.mark}-{name}", 1)
    own.erased.add(name)
    if chance.random() < 0.7:
        return
    member_id = f"m{chance.randrange(4)}"
    for where in own.places:
        where.erase("erasure", [member_id], lambda done, total: None)
    for event_id in [i for i, (_, event) in own.events.items() if event.member_id == member_id]:
        del own.events[event_id]
        own.gone_ids.add(event_id)
    own.members.pop(member_id, None)
    own.stored.pop(member_id, None)


def _read_erasures(own: Tenant, other: Tenant, chance: random.Random) -> None:
    if own.erasures is None:
        return
    own.same("who was erased", {e.member_id for e in own.erasures.entries()}, own.erased)
    for n in range(6):
        own.same(f"the erasure of x{n}", bool(own.erasures.find(f"x{n}")), f"x{n}" in own.erased)
        own.same(f"whether x{n} was erased", own.erasures.is_erased(f"x{n}"), f"x{n}" in own.erased)
    for where in own.places:
        held = list(where.held(f"m{chance.randrange(4)}"))
        if f"'{other.mark}'" in repr(held):
            raise Leak(f"{own.mark} finds in {where.name}: {held!r}"[:2000])


#: Every operation of the ports that a tenant may do, writes first.
OPERATIONS: tuple[Act, ...] = (
    _append, _keep_up, _set_aside, _settle, _put_profiles, _forget, _erase, write_ledger,
    _read_log, _find, _count, _read_rejected, _read_catalogue, _read_profiles, read_ledger,
    _read_erasures,
)  # fmt: skip
#: Writing events is what changes most, and reading all of them back is what costs most.
_CHANCES = (6, 1, 1, 1, 2, 1, 0.5, 1, 1, 1, 3, 1, 1, 2, 3, 2)


def measure_tenants(
    folder: Path,
    steps: int,
    seed: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[list[Measured], list[str]]:
    """Take ``steps`` random steps, three quarters of them in SQLite; return figures and leaks."""
    found: list[Measured] = []
    leaks: list[str] = []
    of_sqlite = round(steps * 0.75)
    stores = (("sqlite", sqlite_tenants, of_sqlite), ("memory", memory_tenants, steps - of_sqlite))
    before = 0
    for name, tenants, wanted in stores:
        done, known = 0, len(leaks)
        started = time.perf_counter()
        while done < wanted:
            path = folder / f"{name}-{done}.db"
            count = min(ROUND_STEPS, wanted - done)
            with tenants(path) as pair:
                leak = _walk(pair, random.Random(f"{seed} {name} {done}"), count)
            if leak:
                leaks.append(f"{name}, seed {seed}, steps from {done}: {leak}")
            done += count
            progress(before + done, steps)
            for left in folder.glob(f"{path.name}*"):
                left.unlink()
        before += done
        rate = done / (time.perf_counter() - started)
        at = {"store": name, "seed": seed}
        found += [
            Measured("tenant_steps", done, "steps", "higher", at),
            Measured("tenant_leaks", len(leaks) - known, "leaks", "lower", at),
            Measured("tenant_steps_per_s", round(rate), "steps/s", "higher", at),
        ]
    return found, leaks


def _walk(pair: dict[str, Tenant], chance: random.Random, steps: int) -> str:
    """Take steps until one shows a leak; after that the model no longer tells."""
    for act in chance.choices(OPERATIONS, _CHANCES, k=steps):
        own, other = chance.sample(MARKS, 2)
        try:
            act(pair[own], pair[other], chance)
        except Leak as leak:
            return str(leak)
    return ""
