"""The fold: a member's events, in the order (occurred_at, event_id), become a profile.

The result depends on the set of events, on what the catalogue says of their items and on the
weights, never on the order of arrival: a caller that meets an event older than the newest one
folded starts again from an older profile. The profile is trimmed after each event, so that
folding in one go and folding in pieces give the same bytes.

Left out is what happened without consent, or while the member had personalisation switched off;
what they correct counts even then.

**A kid's visit.** On a profile whose age limit is 16 or more, that has at least ten actions
behind it of which less than 3 in 10 were on titles for kids, a visit with at least three actions
on such titles, and more of them than of others, is taken for a kid's. From then to the end of
the visit, titles for kids move no taste and enter no history; what they moved before in this
visit is taken back. Progress, thumbs and lists stay, as who watches wants to watch on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pasand.domain.catalog import ItemFacts
from pasand.domain.events import DEVICES, Event
from pasand.domain.folding import Folding
from pasand.domain.labels import counts_for_learning, finished
from pasand.domain.packing import SECOND_MAX
from pasand.domain.profile import (
    EPOCH_MS,
    HALF_LIFE_MS,
    RECENT_CODES,
    TASTE_UNIT,
    VISIT_SILENCE_S,
    Profile,
    Watch,
)
from pasand.domain.weights import STREAMING, Weights

__all__ = ["Facts", "Folder", "fold"]

Facts = Callable[[str], ItemFacts | None]

ORDER_COUNT_MAX = 24
WORD_LENGTH_MAX = 80

KIDS_CEILING_MIN = 16
KIDS_ACTIONS_MIN = 3
OWN_ACTIONS_MIN = 10
OWN_KIDS_SHARE = 0.3
HELD_COUNT_MAX = 8

_CODE = {name: code for code, name in enumerate(RECENT_CODES)}
#: Tastes grow with the time since the epoch; past this many half-lives they stay as they are.
_HALF_LIVES_MAX = 90.0


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
    _visit(state, event, item_id, known, facts)
    held = known is not None and known.for_kids and state.visit.kids
    act = _ACTS.get(event.kind)
    if act is not None:
        if event.kind in _ACTIONS:
            if not held:
                _remember(state, event, item_id)
            state.take("fatigue", item_id)
            _refresh(state, event)
            state.count_hour(event.device, event.time_zone, event.occurred_ms)
            _place(state, event)
        act(state, event, item_id)
    amount = by.taste_of(event)
    if amount and known is not None and not held:
        half_lives = min((event.occurred_ms - EPOCH_MS) / HALF_LIFE_MS, _HALF_LIVES_MAX)
        scaled = amount * TASTE_UNIT * 2.0**half_lives
        _move(state, known, scaled)
        components = known.pictures.get(event.artwork_id) if event.artwork_id else None
        if known.for_kids and state.ceiling >= KIDS_CEILING_MIN:
            state.hold((*state.visit.held, (event.item_id, scaled))[-HELD_COUNT_MAX:])
        elif components:
            _add(state, "pictures", components, scaled)


# Visits


def _visit(
    state: Folding, event: Event, item_id: str, known: ItemFacts | None, facts: Facts
) -> None:
    """Let the visit go on, or begin another one after an hour of silence."""
    at_s, visit, kind = _second(event), state.visit, event.kind
    if not visit.start_s or at_s - visit.last_s > VISIT_SILENCE_S:
        state.own_actions += visit.actions
        state.own_kids += 0 if visit.kids else visit.kids_actions
        visit = state.begin_visit(at_s)
    visit.last_s = at_s
    visit.device = event.device if event.device in DEVICES else visit.device
    if kind not in _ACTIONS:
        visit.searches += kind == "search_query"
        return
    visit.plays += kind in ("play_start", "rewatch")
    if item_id:
        state.visit_item(item_id)
    if known is not None and kind in _VISIT_ACTIONS:
        visit.actions += 1
        visit.kids_actions += known.for_kids
        if known.for_kids and not visit.kids and _by_a_kid(state):
            _take_back(state, facts)
            visit.kids = True


def _by_a_kid(state: Folding) -> bool:
    visit = state.visit
    return (
        state.ceiling >= KIDS_CEILING_MIN
        and visit.kids_actions >= KIDS_ACTIONS_MIN
        and 2 * visit.kids_actions > visit.actions
        and state.own_actions >= OWN_ACTIONS_MIN
        and state.own_kids < OWN_KIDS_SHARE * state.own_actions
    )


def _take_back(state: Folding, facts: Facts) -> None:
    names = set()
    for item_id, scaled in state.visit.held:
        known = facts(item_id)
        if known is not None:
            names.add(known.series_id or item_id)
            _move(state, known, -scaled)
    state.forget_since(state.visit.start_s, names)
    state.hold(())


# Tastes and history


def _move(state: Folding, known: ItemFacts, scaled: float) -> None:
    for name, words in (("genres", known.genres), ("tags", known.tags), ("people", known.people)):
        if words:
            _add(state, name, words, scaled)


def _add(state: Folding, name: str, words: tuple[str, ...], scaled: float) -> None:
    state.strengthen(name, words, round(scaled / len(words)))


def _remember(state: Folding, event: Event, item_id: str) -> None:
    what = _RECALLED.get(event.kind)
    if what is None or not item_id:
        return
    value = 0
    if what == "thumb":
        value = int(event.number("value"))
    elif what == "rating":
        value = round(10 * event.number("value"))
    state.remember(item_id, _CODE[what], _second(event), max(-100, min(value, 100)))


def _refresh(state: Folding, event: Event) -> None:
    """An action ends the tiredness of the row and the picture that it came from."""
    row_id = event.extra.get("row_id") if event.extra else None
    if row_id:
        state.take_word("tired_rows", str(row_id))
    if event.artwork_id:
        state.take_word("tired_pictures", event.artwork_id)


def _place(state: Folding, event: Event) -> None:
    word = str(event.payload.get("region") or event.country)
    if 0 < len(word) <= WORD_LENGTH_MAX:
        state.put_word("places", word, min(state.sections["places"].get(word, 0) + 1, SECOND_MAX))


def _second(event: Event) -> int:
    return max(0, min(event.occurred_ms // 1000, SECOND_MAX))


# Acts, one for each kind


def _play(state: Folding, event: Event, item_id: str) -> None:
    position_s, duration_s = int(event.number("position_s")), int(event.number("duration_s"))
    if finished(position_s, duration_s):
        _complete(state, event, item_id)
    elif item_id:
        position_s, duration_s = (max(0, min(n, SECOND_MAX)) for n in (position_s, duration_s))
        state.put("watching", item_id, Watch(position_s, duration_s, _second(event)))


def _complete(state: Folding, event: Event, item_id: str) -> None:
    if not item_id:
        return
    state.take("watching", item_id)
    if item_id not in state.sections["finished"] and not state.visit.kids:
        state.remember(item_id, _CODE["complete"], _second(event))
    state.put("finished", item_id, _second(event))


def _abandon(state: Folding, event: Event, item_id: str) -> None:
    state.take("watching", item_id)


def _thumb(state: Folding, event: Event, item_id: str) -> None:
    value = int(event.number("value"))
    if value and item_id:
        state.put("thumbs", item_id, (max(-100, min(value, 100)), _second(event)))
    else:
        state.take("thumbs", item_id)


def _list_add(state: Folding, event: Event, item_id: str) -> None:
    if item_id:
        state.put("listed", item_id, _second(event))


def _list_remove(state: Folding, event: Event, item_id: str) -> None:
    state.take("listed", item_id)


def _hide(state: Folding, event: Event, item_id: str) -> None:
    if item_id:
        state.put("hidden", item_id, _second(event))


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


def _search(state: Folding, event: Event, item_id: str) -> None:
    text = str(event.payload.get("text", ""))[:WORD_LENGTH_MAX].strip().lower()
    if text:
        state.search(text, _second(event))


def _page(state: Folding, event: Event, item_id: str) -> None:
    state.page_count += 1
    state.last_page = event.event_id
    order = [shown for row in event.payload.get("rows", ())[:4] for shown in row["items"][:6]]
    state.order(order[:ORDER_COUNT_MAX])


def _nothing(state: Folding, event: Event, item_id: str) -> None:
    """Counts as an action and no more."""


# Corrections and facts about the member, which count even while learning is off


def _set_taste(state: Folding, event: Event, item_id: str) -> None:
    sections = {"genre": "genres", "tag": "tags", "person": "people", "picture": "pictures"}
    for name in map(str, event.payload.get("reset", ())):
        facet, _, word = name.partition(":")
        if facet in sections:
            state.take_word(sections[facet], word)
            state.put_word("reset", name, _second(event))
        elif facet == "item":
            state.take("thumbs", word)
            state.take("hidden", word)
    for name in map(str, event.payload.get("mute", ())):
        state.put_word("muted", name, _second(event))
    for name in map(str, event.payload.get("unmute", ())):
        state.take_word("muted", name)


def _remove(state: Folding, event: Event, item_id: str) -> None:
    if item_id:
        state.put("removed", item_id, _second(event))


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
    "return": _nothing,
}  # fmt: skip

_CORRECTIONS: dict[str, Act] = {
    "taste_set": _set_taste, "history_removed": _remove, "member_put": _put_member,
    "member_merged": _merge,
}  # fmt: skip

_RECORDS = frozenset(("member_deleted", "item_put", "item_deleted"))

#: Kinds by which a member acts on an item: they end its fatigue and count towards the hours.
_ACTIONS = frozenset(_ACTS) - {"impression", "page_served", "search_query", "progress"}
#: What they leave in the history; completing an item does so once, in its own act.
_RECALLED = {
    "play_start": "play", "rewatch": "play", "abandon": "abandon", "thumb": "thumb",
    "rating": "rating", "list_add": "list", "search_click": "search_click", "view": "view",
    "cart_add": "cart", "purchase": "purchase", "return": "return",
}  # fmt: skip
_VISIT_ACTIONS = frozenset(
    ("play_start", "rewatch", "complete", "list_add", "view", "cart_add", "purchase")
)
