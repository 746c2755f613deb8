"""The doors out. Each port is what the engine needs of the world, and no more.

Adapters implement them (``adapters/``), one conformance suite per port holds every adapter to
its promises (``testing/contracts.py``). A port arrives with its first user.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from pasand.domain.catalog import Item
from pasand.domain.events import Event, Stored
from pasand.domain.interactions import Interactions
from pasand.domain.member import Member
from pasand.domain.profile import Profile
from pasand.domain.rules import Rule
from pasand.errors import StoreUnavailable

__all__ = [
    "CatalogStore",
    "Clock",
    "EventLog",
    "Found",
    "Key",
    "Ledger",
    "ProfileStore",
    "Promotion",
    "Rejected",
    "Sealed",
    "SearchIndex",
    "Storage",
    "Timer",
    "Verdict",
]


class Clock(Protocol):
    """What time it is, in whole milliseconds since 1970 UTC."""

    def now_ms(self) -> int:
        """Return the current moment."""
        ...


class Storage(Protocol):
    """Where the log and its caches lie. It stops taking writes when its disk fails."""

    @property
    def fault(self) -> StoreUnavailable | None:
        """Why nothing can be written, and what to do; None while all is well."""
        ...

    def mend(self) -> None:
        """Try once whether writing works again; nothing happens while all is well."""
        ...


class Timer(Protocol):
    """A stopwatch's reading in seconds, for durations only."""

    def __call__(self) -> float:
        """Return seconds since an arbitrary start."""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one appended event: "accepted" with its offset, "duplicate", "conflict"
    where its id was used before by an event that says something else, or "erased" where it
    names a member who was erased: then nothing of it is kept.
    """

    status: str
    offset: int = 0


#: A number that takes no part in comparing: the same rejection in another store is the same.
_unequal: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Rejected:
    """An event that could not be used, kept with its original bytes. A store numbers it."""

    received_ms: int
    reason: str
    field: str
    source: str
    body: bytes
    number: int = _unequal


@dataclass(frozen=True, slots=True)
class Sealed:
    """An event whose body is encoded as its log keeps it, so that another process can queue it.

    ``event`` lacks what is in ``body``: it has the id, kind, time, member and item alone.
    """

    event: Event
    body: bytes


class EventLog(Protocol):
    """Append-only. Offsets rise by arrival; the same event id in a tenant counts once, for ever.

    ``append`` returns only when the events are on disk (or committed), one verdict each.
    """

    def append(self, events: Sequence[Event]) -> list[Verdict]:
        """Append events in order; a repeated id is a duplicate and changes nothing."""
        ...

    def submit(self, events: Sequence[Event]) -> Future[list[Verdict]]:
        """Queue events; the future is done when they are on disk."""
        ...

    def seal(self, event: Event) -> Sealed:
        """Return the event with its body encoded; touches no disk."""
        ...

    def opened(self, sealed: Sealed) -> Event:
        """Return the whole event that was sealed."""
        ...

    def submit_sealed(self, sealed: Sequence[Sealed]) -> Future[list[Verdict]]:
        """Queue sealed events as ``submit`` does."""
        ...

    def set_aside(self, rejected: Sequence[Rejected]) -> None:
        """Keep what was rejected, with its reason and original bytes."""
        ...

    def rejected(self, limit: int = 100, before: int = 0) -> list[Rejected]:
        """Return what was set aside, newest first; with ``before``, below that number only."""
        ...

    def rejected_one(self, number: int) -> Rejected | None:
        """Return one that was set aside, None where there is none of this number."""
        ...

    def rejected_count(self) -> int:
        """Return how many are set aside."""
        ...

    def settle_rejected(self, numbers: Sequence[int], renewed: Sequence[Rejected] = ()) -> None:
        """Drop these numbers, and give those ``renewed`` their newest reason and field."""
        ...

    def read(self, after: int = 0, kinds: Sequence[str] = ()) -> Iterator[Stored]:
        """Yield events after an offset in offset order, all kinds or some."""
        ...

    def of_member(self, member_id: str, after: int = 0) -> list[Stored]:
        """Return one member's events after an offset, in offset order."""
        ...

    def whose(self, after: int, limit: int) -> list[tuple[int, str]]:
        """Return offset and member of the next events that name a member, in offset order."""
        ...

    def find(self, event_id: str) -> Stored | None:
        """Return one event by its id."""
        ...

    def last_offset(self) -> int:
        """Return the newest offset, 0 when empty."""
        ...

    def latest_ms(self) -> int:
        """Return when the latest thing happened that a member did, 0 when nothing has."""
        ...

    def count(self, kind: str = "") -> int:
        """Return how many events there are, of all kinds or one."""
        ...

    def interactions(self, weights: Mapping[str, float]) -> Interactions:
        """Return the events of the weighted kinds as arrays, in stable time order; without those
        that nothing may be learned from (``labels.counts_for_learning``).
        """
        ...


class CatalogStore(Protocol):
    """Items and members as they stand; a cache of the log's record events.

    It is written in the transaction of the append, so reading it after an acknowledgement shows
    the write.
    """

    def items(self) -> Iterator[Item]:
        """Yield every item, in the order they first came."""
        ...

    def item_version(self) -> int:
        """Return the offset of the newest item change, 0 when there is none."""
        ...

    def item_count(self) -> int:
        """Return how many items there are."""
        ...

    def member(self, member_id: str) -> Member | None:
        """Return a member, None where there is none."""
        ...

    def members(self, limit: int = 1000) -> list[Member]:
        """Return members in the order they first came."""
        ...

    def member_count(self) -> int:
        """Return how many members there are."""
        ...


class Found(NamedTuple):
    """An item found by its words, and how closely it fits (``domain/words.py``), 0 the best."""

    item_id: str
    closeness: int


class SearchIndex(Protocol):
    """Items by the words of their titles and people; a cache of the log's item events, written
    in the transaction of the append, as the catalogue is.
    """

    def having(self, words: Sequence[str], limit: int) -> list[Found]:
        """Return up to ``limit`` items of which each word (folded) begins a word; those whose
        title begins with all of them come first, the others in no order.

        Whatever the words are, they are no syntax.
        """
        ...


class ProfileStore(Protocol):
    """May forget, never lie: a profile that is gone is folded again from the log."""

    def get(self, member_id: str) -> tuple[int, Profile] | None:
        """Return the log offset a profile was folded up to, and the profile."""
        ...

    def put(self, profiles: Mapping[str, tuple[int, Profile]]) -> None:
        """Store profiles with their offsets."""
        ...

    def forget(self, member_ids: Iterable[str]) -> None:
        """Drop profiles that no longer follow from the log."""
        ...

    def member_ids(self) -> list[str]:
        """Return whose profiles are stored, sorted, those that cannot be read any more too."""
        ...


@dataclass(frozen=True, slots=True)
class Key:
    """An API key as stored: never the secret, only its SHA-256.

    A browser key has ``origins``, the sites whose pages may use it; with ``visitors`` it may
    also write for visitors whom nobody has signed for.
    """

    key_id: str
    name: str
    scopes: tuple[str, ...]
    secret_sha256: str
    created_ms: int
    revoked_ms: int = 0
    origins: tuple[str, ...] = ()
    visitors: bool = False


@dataclass(frozen=True, slots=True)
class Promotion:
    """From when on a snapshot was live, until the next promotion."""

    snapshot_id: str
    at_ms: int


class Ledger(Protocol):
    """Small facts of an installation: keys, the live snapshot, operators' rules, notes by name."""

    def keys(self) -> list[Key]:
        """Return all keys, revoked ones too."""
        ...

    def put_key(self, key: Key) -> None:
        """Store or replace a key."""
        ...

    def live_snapshot(self) -> str:
        """Return the id of the promoted snapshot, empty when there is none."""
        ...

    def promote(self, snapshot_id: str, at_ms: int) -> None:
        """Make a snapshot live, atomically."""
        ...

    def promotions(self) -> list[Promotion]:
        """Return what was live when, oldest first; the last one is live."""
        ...

    def rules(self, version: int | None = None) -> list[Rule]:
        """Return all rules, removed ones too, oldest first; as of a version that was before."""
        ...

    def rule_version(self) -> int:
        """Return the number of the newest change of a rule, 0 before the first."""
        ...

    def put_rule(self, rule: Rule) -> int:
        """Add or replace a rule, and return the version that begins with it."""
        ...

    def note(self, name: str) -> str:
        """Return a note, empty when it was never written."""
        ...

    def put_note(self, name: str, value: str) -> None:
        """Write a note."""
        ...
