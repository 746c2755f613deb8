"""The doors out through which members' data are kept in hand: erasing, sealing, letting go.

As in ``ports.py``, each is what the engine needs of the world, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pasand.domain.events import Stored

__all__ = [
    "Erasure",
    "ErasureLedger",
    "MemberPlace",
    "Progress",
    "Retention",
    "Segment",
    "SegmentStore",
]

#: Called with how much is done, and how much there is.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Erasure:
    """The erasure of one member id.

    ``state``: "pending" while anything of the member is left, "scrubbing" while freed bytes are
    overwritten, then "done". ``member_id`` is known while it is pending only.
    """

    erasure_id: str
    member_id: str
    state: str
    asked_ms: int
    done_ms: int = 0


class ErasureLedger(Protocol):
    """Who was erased: a keyed hash of each member id, by which it is refused for ever.

    A home without erasures answers without a look at the disk.
    """

    def is_erased(self, member_id: str) -> bool:
        """Return whether a member id was erased, or is being erased."""
        ...

    def names_erased(self, data: bytes) -> bool:
        """Return whether the bytes of an event or its source name an erased member."""
        ...

    def suppress(self, member_ids: Sequence[str], erasure_id: str, at_ms: int) -> None:
        """Refuse these ids from now on, in one durable write; all that is left becomes pending.

        An id that was erased before keeps its erasure.
        """
        ...

    def entries(self) -> list[Erasure]:
        """Return every entry, in the order they were asked for."""
        ...

    def find(self, member_id: str) -> Erasure | None:
        """Return the entry of a member id, None where it was never erased."""
        ...

    def move(self, erasure_id: str, state: str, at_ms: int) -> None:
        """Take an erasure on to "scrubbing" or "done"; its member ids are forgotten."""
        ...

    def refresh(self) -> None:
        """Take over what another process wrote."""
        ...

    def written(self) -> bytes:
        """Return the ledger as bytes to be kept elsewhere: it names nobody."""
        ...

    def take_in(self, data: bytes) -> int:
        """Add the entries of another ledger's bytes; return how many are new.

        Raises:
            InvalidInput: these are no ledger's bytes.
        """
        ...


class MemberPlace(Protocol):
    """One place where an adapter keeps what is known of members.

    Every adapter that holds any declares its places. Export and erasure walk all of them, in
    the order of the declaration.
    """

    @property
    def name(self) -> str:
        """What lies here, in a word or two."""
        ...

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables of the store that belong to this place."""
        ...

    def held(self, member_id: str) -> Iterator[Mapping[str, Any]]:
        """Yield what is held of a member, as values that JSON has."""
        ...

    def erase(self, erasure_id: str, member_ids: Sequence[str], progress: Progress) -> int:
        """Take out everything about these ids and return how much it was; safe to repeat."""
        ...


@dataclass(frozen=True, slots=True)
class Segment:
    """A sealed range of the log in a file: offsets with both ends, and what its file holds.

    ``stale`` counts the changes of the log in this range since.
    """

    first_offset: int
    last_offset: int
    name: str
    stale: int = 0
    erasures: tuple[str, ...] = ()


class SegmentStore(Protocol):
    """Sealed ranges of the log: files named by their hash, never overwritten."""

    def segments(self) -> list[Segment]:
        """Return the segments in the order of their offsets."""
        ...

    def seal(self, events: Iterable[Stored], replaced: Segment | None = None) -> Segment | None:
        """Write a segment durably and enter it, in place of ``replaced``; None without events."""
        ...

    def manifest(self, segment: Segment) -> dict[str, Any]:
        """Return what the manifest of a segment says."""
        ...

    def read(self, segment: Segment) -> Iterator[Stored]:
        """Yield the events of a segment."""
        ...

    def damaged(self) -> dict[str, Segment]:
        """Return the segments of which a file is missing or not as its hash says, by its name."""
        ...


class Retention(Protocol):
    """Lets go of old events by their kind."""

    def expire(self, before_ms: Mapping[str, int], after: int) -> tuple[int, int]:
        """Drop events of each kind that happened before its moment, from an offset on.

        Looks at some ten thousand; returns how many were dropped and the offset to go on after,
        0 at the end. Their ids stay counted for ever. A served page keeps its event and loses
        its block. Stored profiles that no longer follow from the log go in the same write.
        """
        ...
