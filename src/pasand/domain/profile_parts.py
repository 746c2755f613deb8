"""The parts of a profile: recent entries kept as columns, a position in an item, a visit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, overload

import msgspec

__all__ = [
    "NO_RECENTS",
    "RECENT_CODES",
    "OpenVisit",
    "Recent",
    "Recents",
    "Visit",
    "Watch",
]

#: What a recent entry was, by code.
RECENT_CODES = (
    "play", "complete", "abandon", "thumb", "rating", "list", "view", "cart", "purchase",
    "return", "search_click",
)  # fmt: skip


class Recent(NamedTuple):
    """One thing done with an item. ``value``: thumb, or ten times the rating, else 0."""

    item_id: str
    code: int
    at_s: int
    value: int


#: What Recent._make does, without a Python call for each of hundreds of entries a page.
_recent = partial(tuple.__new__, Recent)


class Recents(Sequence[Recent]):
    """Recent entries, oldest first, as columns of one length: a few bytes an entry in memory.

    It reads like a tuple of Recent, and equals one that holds the same.
    """

    __slots__ = ("at_s", "code", "item_id", "value")

    def __init__(
        self,
        item_id: Sequence[str] = (),
        code: Sequence[int] = (),
        at_s: Sequence[int] = (),
        value: Sequence[int] = (),
    ) -> None:
        self.item_id = item_id
        self.code = code
        self.at_s = at_s
        self.value = value

    @classmethod
    def of(cls, entries: Iterable[Recent]) -> Recents:
        """Return entries as columns."""
        columns = list(zip(*entries, strict=True))
        return cls(*columns) if columns else NO_RECENTS

    def __len__(self) -> int:
        return len(self.item_id)

    def __iter__(self) -> Iterator[Recent]:
        return map(_recent, zip(self.item_id, self.code, self.at_s, self.value, strict=True))

    @overload
    def __getitem__(self, at: int) -> Recent: ...
    @overload
    def __getitem__(self, at: slice) -> Recents: ...
    def __getitem__(self, at: int | slice) -> Recent | Recents:
        cells = (self.item_id[at], self.code[at], self.at_s[at], self.value[at])
        return Recents(*cells) if isinstance(at, slice) else Recent(*cells)  # type: ignore[arg-type]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Recents({list(self)!r})"


NO_RECENTS = Recents()


class Watch(NamedTuple):
    """How far a member is in an unfinished item."""

    position_s: int
    duration_s: int
    at_s: int


class Visit(msgspec.Struct, frozen=True, array_like=True):
    """The member's newest visit: what they do without an hour of silence between.

    ``actions`` counts what was played, listed or bought of known titles, ``kids_actions`` those
    of titles for kids. ``kids`` says that a kid seems to use a grown-up's profile: see
    ``domain/visits.py``. ``depth`` is the deepest row seen, ``passed`` that since the newest
    action, ``scrolls`` how many movements there were and ``speed`` their mean, in pixels a second.
    ``held`` are the newest such titles with what they moved the tastes by,
    for as long as they may have to be taken back.
    """

    start_s: int = 0
    last_s: int = 0
    device: str = ""
    plays: int = 0
    searches: int = 0
    last_item: str = ""
    actions: int = 0
    kids_actions: int = 0
    kids: bool = False
    depth: int = 0
    passed: int = 0
    scrolls: int = 0
    speed: int = 0
    held: tuple[tuple[str, float], ...] = ()


class OpenVisit:
    """A visit that goes on: a Visit whose fields change."""

    __slots__ = Visit.__struct_fields__

    def __init__(self, visit: Visit) -> None:
        self.start_s: int = visit.start_s
        self.last_s: int = visit.last_s
        self.device: str = visit.device
        self.plays: int = visit.plays
        self.searches: int = visit.searches
        self.last_item: str = visit.last_item
        self.actions: int = visit.actions
        self.kids_actions: int = visit.kids_actions
        self.kids: bool = visit.kids
        self.depth: int = visit.depth
        self.passed: int = visit.passed
        self.scrolls: int = visit.scrolls
        self.speed: int = visit.speed
        self.held: tuple[tuple[str, float], ...] = visit.held

    def closed(self) -> Visit:
        """Return the visit as it is now."""
        return Visit(*(getattr(self, name) for name in Visit.__struct_fields__))
