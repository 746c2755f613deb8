"""One pass over the log for the map: which impressions there were, and which led to a play.

What is kept is bounded but for 17 bytes an impression and 9 bytes an act: the newest pages (only
their row kinds), the newest link of a member and a title, and the newest viewing of a member and
an item. Nothing is judged here: what a like, a play of quality or a title passed over is, and
how long after an impression a play still belongs to it, is said in ``domain/labels.py``. Events
that nothing may be learned from are left out.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from pasand.domain.events import WATCH_KINDS, Event
from pasand.domain.labels import ACTIONS, RULES, counts_for_learning, opinion, skipped
from pasand.domain.viewings import VIEWING_LABELS, Viewings

__all__ = ["ACTS", "MAP_KINDS", "Reading", "read_log"]

#: What the map reads of the log.
MAP_KINDS = ("page_served", "impression", *sorted(ACTIONS | {*WATCH_KINDS}))

#: What a member did with a title, by code: plays, opinions, and what labels say of the rest.
ACTS = ("play_start", "like", "dislike", "skipped", *VIEWING_LABELS)

#: These say something of a title, or may: by them it is on the map.
_TELLING = frozenset((*WATCH_KINDS, "thumb", "rating", "not_interested", "hide"))

UNKNOWN_ROW = "unknown"
_PAGE_COUNT_MAX = 20_000
_LINK_COUNT_MAX = 200_000
_VIEWING_COUNT_MAX = 200_000
_EARLY = -1
#: First row (column) of each bucket: places are told apart finely where attention falls fast.
_EDGES = (0, 1, 2, 3, 5, 8, 13, 21, 34)

SeriesOf = Callable[[str], str]


class Names(dict[str, int]):
    """Codes by name, given in order of arrival."""

    def code(self, name: str) -> int:
        """Return the code of a name."""
        return self.setdefault(name, len(self))


@dataclass(slots=True)
class Reading:
    """Columns over impressions and over acts; codes point into ``titles``, ``kinds``, ...

    ``act_kind`` is -1 where no impression of the title to the member was seen before.
    """

    titles: Names = field(default_factory=Names)
    kinds: Names = field(default_factory=Names)
    places: Names = field(default_factory=Names)
    members: Names = field(default_factory=Names)
    title: array[int] = field(default_factory=lambda: array("i"))
    kind: array[int] = field(default_factory=lambda: array("i"))
    place: array[int] = field(default_factory=lambda: array("i"))
    member: array[int] = field(default_factory=lambda: array("i"))
    played: bytearray = field(default_factory=bytearray)
    act: array[int] = field(default_factory=lambda: array("b"))
    act_title: array[int] = field(default_factory=lambda: array("i"))
    act_kind: array[int] = field(default_factory=lambda: array("i"))
    unjoined_count: int = 0
    event_count: int = 0


@dataclass(slots=True)
class _SeenPage:
    """Row kinds of a page, and the impression of each cell (``_EARLY``: played, not yet seen)."""

    kinds: tuple[str, ...] = ()
    cells: dict[tuple[int, int], int] = field(default_factory=dict)


class _Link(NamedTuple):
    """The last impression of a title to a member, and how many since they last acted on it."""

    impression: int
    at_ms: int
    seen: int


class _Reader:
    """Follows the log event by event."""

    def __init__(self, series_of: SeriesOf) -> None:
        self.found = Reading()
        self._series_of = series_of
        self._pages: OrderedDict[str, _SeenPage] = OrderedDict()
        self._links: OrderedDict[tuple[int, int], _Link] = OrderedDict()
        self._viewings: Viewings[tuple[int | str, str], tuple[int, int]] = Viewings(
            _VIEWING_COUNT_MAX
        )
        self._newest_ms = 0

    def take(self, event: Event) -> None:
        """Note one event."""
        self.found.event_count += 1
        self._newest_ms = max(self._newest_ms, event.occurred_ms)
        if event.kind == "page_served":
            rows = event.payload.get("rows", ())
            self._page(event.event_id).kinds = tuple(str(row["kind"]) for row in rows)
        elif event.extra.get("unjoined") is True or not event.item_id:
            self.found.unjoined_count += 1
        elif not counts_for_learning(event):
            return
        elif event.kind == "impression":
            self._impression(event)
        else:
            self._act(event)

    def end(self) -> None:
        """Judge what is still open by the time of the newest event."""
        for about, label in self._viewings.end(self._newest_ms):
            self._note(label, *about)

    def _page(self, page_id: str) -> _SeenPage:
        page = self._pages.get(page_id)
        if page is None:
            page = self._pages[page_id] = _SeenPage()
            while len(self._pages) > _PAGE_COUNT_MAX:
                self._pages.popitem(last=False)
        return page

    def _impression(self, event: Event) -> None:
        """Count a cell once however often it scrolled by."""
        found = self.found
        index, played, kind = len(found.title), False, UNKNOWN_ROW
        if event.page_id and event.row is not None:
            page = self._page(event.page_id)
            cell = (event.row, event.column or 0)
            earlier = page.cells.get(cell)
            if earlier is not None and earlier != _EARLY:
                return
            played = earlier == _EARLY
            page.cells[cell] = index
            kind = page.kinds[event.row] if event.row < len(page.kinds) else kind
        title = found.titles.code(self._series_of(event.item_id))
        member = found.members.code(event.member_id)
        found.title.append(title)
        found.kind.append(found.kinds.code(kind))
        found.place.append(found.places.code(_place(event)))
        found.member.append(member)
        found.played.append(played)
        self._see((member, title), index, event.occurred_ms, played)

    def _see(self, pair: tuple[int, int], index: int, at_ms: int, played: bool) -> None:
        """Link a member and a title; one too many without an action passes the title over."""
        link = self._links.get(pair)
        seen = 0 if played else 1 + (link.seen if link else 0)
        if skipped(seen) and not skipped(seen - 1):
            self._note("skipped", pair[1], self.found.kind[index])
        self._links[pair] = _Link(index, at_ms, seen)
        self._links.move_to_end(pair)
        while len(self._links) > _LINK_COUNT_MAX:
            self._links.popitem(last=False)

    def _act(self, event: Event) -> None:
        """Take what a member did about an item; a middling rating says nothing, but the title is
        on the map.
        """
        found, name = self.found, self._series_of(event.item_id)
        if event.kind not in _TELLING and name not in found.titles:
            return
        member, title = found.members.code(event.member_id), found.titles.code(name)
        link = self._links.get((member, title))
        kind = -1 if link is None else found.kind[link.impression]
        if link is not None and event.kind in ACTIONS:
            self._links[member, title] = link._replace(seen=0)
        if event.kind == "play_start":
            self._note("play_start", title, kind)
            self._credit(event, link)
        if event.kind in WATCH_KINDS:
            # Of what nobody did, each event stands alone.
            key = (member if event.member_id else event.event_id, event.item_id)
            for about, label in self._viewings.take(key, event, (title, kind)):
                self._note(label, *about)
        elif said := opinion(event):
            self._note(said, title, kind)

    def _credit(self, event: Event, link: _Link | None) -> None:
        """Give the play to the cell it names, else to the last impression within the visit."""
        page = self._pages.get(event.page_id) if event.row is not None else None
        if page is not None and event.row is not None:
            cell = (event.row, event.column or 0)
            index = page.cells.setdefault(cell, _EARLY)
            if index != _EARLY:
                self.found.played[index] = True
        elif link is not None and 0 <= event.occurred_ms - link.at_ms <= RULES.credit_ms:
            self.found.played[link.impression] = True

    def _note(self, act: str, title: int, kind: int) -> None:
        self.found.act.append(ACTS.index(act))
        self.found.act_title.append(title)
        self.found.act_kind.append(kind)


def read_log(
    events: Iterable[Event],
    series_of: SeriesOf = lambda item_id: item_id,
    since_ms: int = 0,
) -> Reading:
    """Return what the map needs of ``events``, which come in the order of the log.

    ``series_of`` names the title that an item counts for (an episode counts for its series).
    """
    reader = _Reader(series_of)
    for event in events:
        if event.occurred_ms >= since_ms or event.kind == "page_served":
            reader.take(event)
    reader.end()
    return reader.found


def _place(event: Event) -> str:
    """Return the name of the place: device class, row bucket, column bucket."""
    if event.row is None:
        return f"{event.device}|-|-"
    return f"{event.device}|{bisect_right(_EDGES, event.row)}|{_bucket(event.column)}"


def _bucket(column: int | None) -> int:
    return bisect_right(_EDGES, column or 0)
