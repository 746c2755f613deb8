"""The fold: a member's events, in the order (occurred_at, event_id), become a profile.

The result depends on the set of events, on what the catalogue says of their items and on the
weights, never on the order of arrival: a caller that meets an event older than the newest one
folded starts again from an older profile. The profile is trimmed after each event, so that
folding in one go and folding in pieces give the same bytes.

Left out is what happened without consent, or while the member had personalisation switched off;
what they correct counts even then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pasand.domain.catalog import ItemFacts
from pasand.domain.events import Event
from pasand.domain.folding import Folding
from pasand.domain.labels import ACTIONS, counts_for_learning, finished
from pasand.domain.packing import SECOND_MAX
from pasand.domain.picture_responses import respond, scaled_taste
from pasand.domain.profile import (
    RECENT_CODES,
    Profile,
    Watch,
)
from pasand.domain.visits import (
    KIDS_CEILING_MIN,
    go_on,
    hold,
    move_tastes,
    scrolled,
    second_of,
)
from pasand.domain.weights import STREAMING, Weights

__all__ = ["ORDER_CELLS", "ORDER_ROWS", "Facts", "Folder", "fold"]

Facts = Callable[[str], ItemFacts | None]

#: Of a page, the order of its first cells is kept.
ORDER_ROWS = 4
ORDER_CELLS = 6
WORD_LENGTH_MAX = 80
#: Longer than this apart, two searches are two, though one begins like the other.
TYPING_S = 60

_CODE = {name: code for code, name in enumerate(RECENT_CODES)}


def fold(
    profile: Profile, events: Iterable[Event], facts: Facts, weights: Weights = STREAMING
) -> Profile:
    """Return ``profile`` with ``events`` added, which must be newer and in order of their key.

    An event that removes an item from the history takes away what came before it, so it can only
    be folded from the empty profile.
    """
    folder = Folder(profile, facts, weights)
    folder.add(events)
    return folder.profile()


class Folder:
    """A fold that goes on: events are added, and the profile is asked for now and then."""

    def __init__(self, profile: Profile, facts: Facts, weights: Weights = STREAMING) -> None:
        version = weights.version
        assert profile.weights in ("", version), "fold again from the empty profile"
        self._state = Folding(profile)
        self._facts = facts
        self._weights = weights
        self._version = version
        self._profile: Profile | None = profile if profile.weights else None

    @property
    def last_key(self) -> tuple[int, str]:
        """The order key of the newest event folded."""
        return (self._state.last_ms, self._state.last_id)

    @property
    def visitors(self) -> tuple[str, ...]:
        """The visitors who turned out to be this member."""
        return tuple(self._state.sections["visitors"])

    def profile(self) -> Profile:
        """Return the profile as it is now."""
        if self._profile is None:
            state = self._state
            # Nothing is known of who did nothing that counts: that is the empty profile.
            self._profile = (
                state.freeze(self._version)
                if state.event_count
                else Profile(member_id=state.member_id)
            )
        return self._profile

    def add(self, events: Iterable[Event]) -> None:
        """Fold events, newer than all before and in order of their key."""
        state, facts, weights = self._state, self._facts, self._weights
        events = list(events)
        removed = {event.item_id: event.key for event in events if event.kind == "history_removed"}
        assert not removed or not state.event_count, "fold again from the empty profile"
        for event in events:
            act = _CORRECTIONS.get(event.kind)
            if act is None and (event.consent is False or event.kind in _RECORDS):
                continue
            if act is None and state.off:
                # Not folded, but known: were it switched on before this, this would count.
                state.last_ms, state.last_id = event.key
                self._profile = None
                continue
            known = facts(event.item_id) if event.item_id else None
            item_id = known.series_id if known and known.series_id else event.item_id
            if removed and event.key < removed.get(item_id, (0, "")):
                continue
            assert event.key > (state.last_ms, state.last_id), "fold again from an older profile"
            state.event_count += 1
            state.first_ms = state.first_ms or event.occurred_ms
            state.last_ms, state.last_id = event.key
            if act is not None:
                act(state, event, item_id)
            else:
                _live(state, event, item_id, known, facts, weights)
            state.trim()
            self._profile = None


def _live(
    state: Folding, event: Event, item_id: str, known: ItemFacts | None, facts: Facts, by: Weights
) -> None:
    """Fold something that happened in a visit."""
    go_on(state, event, item_id, known, facts, acts=event.kind in ACTIONS)
    held = known is not None and known.for_kids and state.visit.kids
    if known is not None and event.artwork_id in known.pictures and not held:
        respond(state, event, item_id, known)
    act = _ACTS.get(event.kind)
    # Another thumb takes the place of the one before it, and what that one said of tastes.
    before = state.sections["thumbs"].get(item_id) if event.kind == "thumb" else None
    taken_back = by.taste.get("thumb", 0.0) * by.thumb.get(before[0], 0.0) if before else 0.0
    if act is not None:
        if event.kind in ACTIONS:
            if not held:
                _remember(state, event, item_id)
            state.take("fatigue", item_id)
            state.take("dwell", item_id)
            _refresh(state, event)
            state.count_hour(event.device, event.time_zone, event.occurred_ms)
            _place(state, event)
        act(state, event, item_id)
    amount = by.taste_of(event) - taken_back
    if amount and known is not None and not held:
        scaled = scaled_taste(amount, event)
        move_tastes(state, known, scaled)
        if known.for_kids and state.ceiling >= KIDS_CEILING_MIN:
            hold(state, event.item_id, scaled)


# Tastes and history


def _remember(state: Folding, event: Event, item_id: str) -> None:
    what = _RECALLED.get(event.kind)
    if what is None or not item_id:
        return
    value = 0
    if what == "thumb":
        value = int(event.number("value"))
    elif what == "rating":
        value = round(10 * event.number("value"))
    state.remember(item_id, _CODE[what], second_of(event), max(-100, min(value, 100)))


def _refresh(state: Folding, event: Event) -> None:
    """An action ends the tiredness of the row and the picture that it came from."""
    row_id = event.extra.get("row_id") if event.extra else None
    if row_id:
        state.take_word("tired_rows", str(row_id))
    if event.artwork_id:
        # The picture stays known, so that it is shown again.
        state.put_word("tired_pictures", event.artwork_id, 0)


def _place(state: Folding, event: Event) -> None:
    word = str(event.payload.get("region") or event.country)
    if 0 < len(word) <= WORD_LENGTH_MAX:
        state.put_word("places", word, min(state.sections["places"].get(word, 0) + 1, SECOND_MAX))


# Acts, one for each kind


def _play(state: Folding, event: Event, item_id: str) -> None:
    position_s, duration_s = int(event.number("position_s")), int(event.number("duration_s"))
    if finished(position_s, duration_s):
        _complete(state, event, item_id)
    elif item_id:
        position_s, duration_s = (max(0, min(n, SECOND_MAX)) for n in (position_s, duration_s))
        state.put("watching", item_id, Watch(position_s, duration_s, second_of(event)))


def _complete(state: Folding, event: Event, item_id: str) -> None:
    if not item_id:
        return
    state.take("watching", item_id)
    if item_id not in state.sections["finished"] and not state.visit.kids:
        state.remember(item_id, _CODE["complete"], second_of(event))
    state.put("finished", item_id, second_of(event))


def _abandon(state: Folding, event: Event, item_id: str) -> None:
    state.take("watching", item_id)


def _thumb(state: Folding, event: Event, item_id: str) -> None:
    value = int(event.number("value"))
    if value and item_id:
        state.put("thumbs", item_id, (max(-100, min(value, 100)), second_of(event)))
    else:
        state.take("thumbs", item_id)


def _list_add(state: Folding, event: Event, item_id: str) -> None:
    if item_id:
        state.put("listed", item_id, second_of(event))


def _list_remove(state: Folding, event: Event, item_id: str) -> None:
    state.take("listed", item_id)


def _hide(state: Folding, event: Event, item_id: str) -> None:
    if item_id:
        state.put("hidden", item_id, second_of(event))


def _impression(state: Folding, event: Event, item_id: str) -> None:
    if not item_id or not counts_for_learning(event):
        return  # the cell's page was lost, so nobody knows what was seen
    seen = state.sections["fatigue"].get(item_id, 0) + 1
    state.put("fatigue", item_id, min(seen, 255))
    row_id = event.extra.get("row_id") if event.extra else None
    for name, word in (("tired_rows", row_id), ("tired_pictures", event.artwork_id)):
        if word and len(str(word)) <= WORD_LENGTH_MAX:
            seen = state.sections[name].get(word, 0) + 1
            state.put_word(name, str(word), min(seen, 255))

    _look(state, event, item_id)
    if event.row is not None:
        scrolled(state, event.row)


def _look(state: Folding, event: Event, item_id: str) -> None:
    """Looking at an item, or at a preview of it, counts by how long it lasts."""
    ms = event.number("dwell_ms") or event.number("watched_ms")
    if item_id and ms > 0 and counts_for_learning(event):
        so_far = state.sections["dwell"].get(item_id, 0)
        state.put("dwell", item_id, min(so_far + max(1, int(ms / 100)), 65_535))


def _scroll(state: Folding, event: Event, item_id: str) -> None:
    scrolled(state, int(event.number("row_depth")), event.number("speed_px_s"))


def _search(state: Folding, event: Event, item_id: str) -> None:
    """Add a search that was settled on. The same text again, and one that goes on from the last
    within a minute, are one search.
    """
    if event.payload.get("prefix"):
        return
    text, at_s = _searched(str(event.payload.get("text", ""))), second_of(event)
    if not text:
        return
    kept = [said for said in state.searches if said[0] != text]
    if kept and at_s - kept[-1][1] <= TYPING_S:
        last = kept[-1][0]
        if text.startswith(last) or last.startswith(text):
            kept.pop()
    state.search([*kept, (text, at_s)])


def _searched(text: str) -> str:
    return " ".join(text.split())[:WORD_LENGTH_MAX].strip().lower()


def _page(state: Folding, event: Event, item_id: str) -> None:
    state.page_count += 1
    state.last_page = event.event_id
    if event.payload.get("after"):
        return  # it goes on where another ended, and does not say how a page begins
    rows = event.payload.get("rows", ())[:ORDER_ROWS]
    state.order([shown for row in rows for shown in row["items"][:ORDER_CELLS]])


def _nothing(state: Folding, event: Event, item_id: str) -> None:
    """Counts as an action and no more."""


# Corrections and facts about the member, which count even while learning is off


def _set_taste(state: Folding, event: Event, item_id: str) -> None:
    sections = {"genre": "genres", "tag": "tags", "person": "people", "picture": "pictures"}
    for name in map(str, event.payload.get("reset", ())):
        facet, _, word = name.partition(":")
        if facet in sections:
            state.take_word(sections[facet], word)
            if facet == "picture":
                state.take_word("looked", word)
            state.put_word("reset", name, second_of(event))
        elif facet == "item":
            state.take("thumbs", word)
            state.take("hidden", word)
        elif facet == "search":
            state.search(said for said in state.searches if said[0] != _searched(word))
    for name in map(str, event.payload.get("mute", ())):
        state.put_word("muted", name, second_of(event))
    for name in map(str, event.payload.get("unmute", ())):
        state.take_word("muted", name)


def _remove(state: Folding, event: Event, item_id: str) -> None:
    if item_id:
        state.put("removed", item_id, second_of(event))


def _put_member(state: Folding, event: Event, item_id: str) -> None:
    said = event.payload
    state.off = said.get("personalised") is False or said.get("consent") is False
    ceiling = said.get("maturity_ceiling", 18)
    state.ceiling = ceiling if isinstance(ceiling, int) and 0 <= ceiling <= 99 else 18


def _merge(state: Folding, event: Event, item_id: str) -> None:
    """A visitor turned out to be this member, or this visitor a member: then all starts anew."""
    visitor_id = event.payload.get("visitor_id")
    if visitor_id:
        state.welcome(str(visitor_id), event.occurred_ms)
    elif event.payload.get("into"):
        state.start_anew()


Act = Callable[[Folding, Event, str], None]

_ACTS: dict[str, Act] = {
    "play_start": _play, "progress": _play, "play_stop": _play, "rewatch": _play,
    "complete": _complete, "abandon": _abandon, "thumb": _thumb, "rating": _nothing,
    "list_add": _list_add, "list_remove": _list_remove, "hide": _hide, "not_interested": _hide,
    "impression": _impression, "search_query": _search, "page_served": _page,
    "search_click": _nothing, "view": _nothing, "cart_add": _nothing, "purchase": _nothing,
    "return": _nothing, "hover": _look, "preview": _look, "detail_open": _look, "scroll": _scroll,
}  # fmt: skip

_CORRECTIONS: dict[str, Act] = {
    "taste_set": _set_taste, "history_removed": _remove, "member_put": _put_member,
    "member_merged": _merge,
}  # fmt: skip

_RECORDS = frozenset(("member_deleted", "item_put", "item_deleted"))

#: What actions leave in the history; completing an item does so once, in its own act.
_RECALLED = {
    "play_start": "play", "rewatch": "play", "abandon": "abandon", "thumb": "thumb",
    "rating": "rating", "list_add": "list", "search_click": "search_click", "view": "view",
    "cart_add": "cart", "purchase": "purchase", "return": "return",
}  # fmt: skip
