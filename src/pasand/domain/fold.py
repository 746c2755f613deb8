"""The fold: a member's events, in the order (occurred_at, event_id), become a profile.

The result depends on the set of events and on what the catalogue says of their items, never on
the order of arrival: a caller that meets an event older than the newest one folded starts again
from the empty profile. Every section is trimmed after each event, so that folding in one go and
folding in pieces give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from pasand.domain.catalog import ItemFacts
from pasand.domain.events import Event
from pasand.domain.profile import (
    EPOCH_MS,
    HALF_LIFE_MS,
    RECENT_CODES,
    TASTE_UNIT,
    Profile,
    Recent,
    Watch,
)
from pasand.domain.zones import zone

__all__ = ["FINISHED_SHARE", "Facts", "fold"]

Facts = Callable[[str], ItemFacts | None]

FINISHED_SHARE = 0.9
RECENT_COUNT_MAX = 500
ORDER_COUNT_MAX = 24
SEARCH_COUNT_MAX = 10
TASTE_COUNT_MAX = 64

#: Bytes a section may take: 7,100 together, as ids of 128 letters and the hours of five devices
#: take up to 1,050 more, and the whole stays below PROFILE_BYTES_MAX.
BYTES_MAX = {
    "recent": 2480, "watching": 450, "finished": 550, "thumbs": 450, "listed": 350,
    "hidden": 250, "genres": 400, "tags": 600, "people": 600, "fatigue": 400, "searches": 250,
    "last_order": 200, "muted": 120,
}  # fmt: skip

_CODE = {name: code for code, name in enumerate(RECENT_CODES)}

#: How much one event moves a taste; a rating moves it by twice its distance from 3, plus 0.5.
_TASTE = {
    "play_start": 1.0, "complete": 2.0, "rewatch": 1.0, "abandon": -1.0, "list_add": 1.0,
    "not_interested": -3.0, "hide": -3.0, "purchase": 4.0, "return": -4.0, "view": 0.3,
    "cart_add": 1.0,
}  # fmt: skip
_THUMB_TASTE = {-1: -4.0, 0: 0.0, 1: 3.0, 2: 5.0}


def fold(profile: Profile, events: Iterable[Event], facts: Facts) -> Profile:
    """Return ``profile`` with ``events`` added, which must be newer and in order of their key.

    An event that removes an item from the history takes away what came before it, so it can only
    be folded from the empty profile.
    """
    state = _State(profile)
    events = list(events)
    removed = _removed(events)
    assert not removed or not profile.event_count, "fold again from the empty profile"
    for event in events:
        if removed and event.key < removed.get(_shown_as(event, facts), (0, "")):
            continue
        assert event.key > (state.last_ms, state.last_id), "fold again from the empty profile"
        state.add(event, facts)
    return state.freeze()


class _State:
    """A profile while it is being folded; its dictionaries are copies."""

    def __init__(self, profile: Profile) -> None:
        self.member_id = profile.member_id
        self.event_count = profile.event_count
        self.first_ms = profile.first_ms
        self.last_ms = profile.last_ms
        self.last_id = profile.last_id
        self.page_count = profile.page_count
        self.last_page = profile.last_page
        self.last_order = profile.last_order
        self.recent = list(profile.recent)
        self.recent_bytes = sum(len(entry.item_id) + 10 for entry in self.recent)
        self.watching = dict(profile.watching)
        self.finished = dict(profile.finished)
        self.thumbs = dict(profile.thumbs)
        self.listed = dict(profile.listed)
        self.hidden = dict(profile.hidden)
        self.genres = dict(profile.genres)
        self.tags = dict(profile.tags)
        self.people = dict(profile.people)
        self.hours = {device: list(counts) for device, counts in profile.hours.items()}
        self.weekdays = {device: list(counts) for device, counts in profile.weekdays.items()}
        self.fatigue = dict(profile.fatigue)
        self.searches = list(profile.searches)
        self.muted = dict(profile.muted)

    def freeze(self) -> Profile:
        """Return the finished profile."""
        state: dict[str, Any] = dict(vars(self))
        del state["recent_bytes"]
        state["recent"] = tuple(self.recent)
        state["searches"] = tuple(self.searches)
        state["hours"] = {device: tuple(counts) for device, counts in self.hours.items()}
        state["weekdays"] = {device: tuple(counts) for device, counts in self.weekdays.items()}
        return Profile(**state)

    def add(self, event: Event, facts: Facts) -> None:
        """Fold one event."""
        self.event_count += 1
        self.first_ms = self.first_ms or event.occurred_ms
        self.last_ms, self.last_id = event.key
        act = _ACTS.get(event.kind)
        if act is None:
            return
        known = facts(event.item_id) if event.item_id else None
        item_id = _shown_as(event, facts)
        act(self, event, item_id)
        if event.kind in _ACTIONS:
            self.fatigue.pop(item_id, None)
            self._count_hour(event)
        if known is not None:
            self._add_taste(event, known)

    def remember(self, item_id: str, what: str, event: Event, value: int = 0) -> None:
        """Append to the recent entries, dropping the oldest that no longer fit."""
        entry = Recent(item_id, _CODE[what], event.occurred_ms // 1000, value)
        self.recent.append(entry)
        self.recent_bytes += len(item_id) + 10
        drop = 0
        while len(self.recent) - drop > RECENT_COUNT_MAX or self.recent_bytes > BYTES_MAX["recent"]:
            self.recent_bytes -= len(self.recent[drop].item_id) + 10
            drop += 1
        if drop:
            del self.recent[:drop]

    def _count_hour(self, event: Event) -> None:
        device = event.device or "other"
        local = datetime.fromtimestamp(event.occurred_ms / 1000, UTC)
        if event.time_zone:
            local = local.astimezone(zone(event.time_zone))
        self.hours.setdefault(device, [0] * 24)[local.hour] += 1
        self.weekdays.setdefault(device, [0] * 7)[local.weekday()] += 1

    def _add_taste(self, event: Event, known: ItemFacts) -> None:
        amount = _taste_of(event)
        if not amount:
            return
        scaled = amount * TASTE_UNIT * 2.0 ** ((event.occurred_ms - EPOCH_MS) / HALF_LIFE_MS)
        for section, names in (
            ("genres", known.genres),
            ("tags", known.tags),
            ("people", known.people),
        ):
            if names:
                _strengthen(getattr(self, section), names, scaled / len(names), BYTES_MAX[section])


def _removed(events: Iterable[Event]) -> dict[str, tuple[int, str]]:
    """Return when each item was last removed from the history."""
    return {event.item_id: event.key for event in events if event.kind == "history_removed"}


def _shown_as(event: Event, facts: Facts) -> str:
    """Return the item an event counts for: an episode counts for its series."""
    known = facts(event.item_id) if event.item_id else None
    return known.series_id if known and known.series_id else event.item_id


def _taste_of(event: Event) -> float:
    if event.kind == "thumb":
        return _THUMB_TASTE.get(int(event.number("value")), 0.0)
    if event.kind == "rating":
        return 2.0 * (event.number("value", 3.0) - 3.0) + 0.5
    return _TASTE.get(event.kind, 0.0)


def _strengthen(
    tastes: dict[str, int], names: tuple[str, ...], amount: float, bytes_max: int
) -> None:
    """Add ``amount`` to each name, then let the weakest go until the section fits."""
    for name in names:
        tastes[name] = tastes.get(name, 0) + round(amount)
    # Names are counted in bytes: one letter of Hindi takes three.
    while len(tastes) > TASTE_COUNT_MAX or (
        len("".join(tastes).encode()) + 11 * len(tastes) > bytes_max
    ):
        del tastes[min(tastes, key=lambda name: (abs(tastes[name]), name))]


def _touch(section: dict[str, Any], name: str, value: Any, bytes_max: int, each: int) -> None:
    """Set ``name`` as the newest entry; the oldest go until the section fits."""
    section.pop(name, None)
    section[name] = value
    size = sum(map(len, section)) + each * len(section)
    while size > bytes_max:
        oldest = next(iter(section))
        del section[oldest]
        size -= len(oldest) + each


def _play(state: _State, event: Event, item_id: str) -> None:
    if event.kind in ("play_start", "rewatch"):
        state.remember(item_id, "play", event)
    position_s, duration_s = int(event.number("position_s")), int(event.number("duration_s"))
    if duration_s and position_s >= FINISHED_SHARE * duration_s:
        _complete(state, event, item_id)
    else:
        watch = Watch(position_s, duration_s, event.occurred_ms // 1000)
        _touch(state.watching, item_id, watch, BYTES_MAX["watching"], 18)


def _complete(state: _State, event: Event, item_id: str) -> None:
    state.watching.pop(item_id, None)
    if item_id not in state.finished:
        state.remember(item_id, "complete", event)
    _touch(state.finished, item_id, event.occurred_ms // 1000, BYTES_MAX["finished"], 7)


def _abandon(state: _State, event: Event, item_id: str) -> None:
    state.watching.pop(item_id, None)
    state.remember(item_id, "abandon", event)


def _thumb(state: _State, event: Event, item_id: str) -> None:
    value = int(event.number("value"))
    if value:
        entry = (value, event.occurred_ms // 1000)
        _touch(state.thumbs, item_id, entry, BYTES_MAX["thumbs"], 9)
    else:
        state.thumbs.pop(item_id, None)
    state.remember(item_id, "thumb", event, value)


def _rating(state: _State, event: Event, item_id: str) -> None:
    state.remember(item_id, "rating", event, round(10 * event.number("value")))


def _list_add(state: _State, event: Event, item_id: str) -> None:
    _touch(state.listed, item_id, event.occurred_ms // 1000, BYTES_MAX["listed"], 7)
    state.remember(item_id, "list", event)


def _list_remove(state: _State, event: Event, item_id: str) -> None:
    state.listed.pop(item_id, None)


def _hide(state: _State, event: Event, item_id: str) -> None:
    _touch(state.hidden, item_id, event.occurred_ms // 1000, BYTES_MAX["hidden"], 7)


def _impression(state: _State, event: Event, item_id: str) -> None:
    if not item_id:
        return  # the cell's page was lost, so nobody knows what was seen
    seen = state.fatigue.get(item_id, 0) + 1
    _touch(state.fatigue, item_id, seen, BYTES_MAX["fatigue"], 3)


def _search(state: _State, event: Event, item_id: str) -> None:
    text = str(event.payload.get("text", ""))[:80].strip().lower()
    if text:
        state.searches.append((text, event.occurred_ms // 1000))
        del state.searches[:-SEARCH_COUNT_MAX]
        while sum(len(said.encode()) + 8 for said, _ in state.searches) > BYTES_MAX["searches"]:
            del state.searches[0]


def _page(state: _State, event: Event, item_id: str) -> None:
    state.page_count += 1
    state.last_page = event.event_id
    order = [shown for row in event.payload.get("rows", ())[:4] for shown in row["items"][:6]]
    while sum(map(len, order)) + 2 * len(order) > BYTES_MAX["last_order"]:
        order.pop()
    state.last_order = tuple(order[:ORDER_COUNT_MAX])


def _set_taste(state: _State, event: Event, item_id: str) -> None:
    sections = {"genre": state.genres, "tag": state.tags, "person": state.people}
    for name in event.payload.get("reset", ()):
        facet, _, word = str(name).partition(":")
        sections.get(facet, {}).pop(word, None)
    for name in event.payload.get("mute", ()):
        _touch(state.muted, str(name), event.occurred_ms // 1000, BYTES_MAX["muted"], 7)
    for name in event.payload.get("unmute", ()):
        state.muted.pop(str(name), None)


def _recall(what: str) -> Callable[[_State, Event, str], None]:
    return lambda state, event, item_id: state.remember(item_id, what, event)


_ACTS: dict[str, Callable[[_State, Event, str], None]] = {
    "play_start": _play, "progress": _play, "play_stop": _play, "rewatch": _play,
    "complete": _complete, "abandon": _abandon, "thumb": _thumb, "rating": _rating,
    "list_add": _list_add, "list_remove": _list_remove, "hide": _hide, "not_interested": _hide,
    "impression": _impression, "search_query": _search, "page_served": _page,
    "taste_set": _set_taste,
    "search_click": _recall("search_click"), "view": _recall("view"),
    "cart_add": _recall("cart"), "purchase": _recall("purchase"), "return": _recall("return"),
}  # fmt: skip

#: Kinds by which a member acts on an item: they end its fatigue and count towards the hours.
_ACTIONS = frozenset(_ACTS) - {
    "impression",
    "page_served",
    "search_query",
    "progress",
    "taste_set",
}
