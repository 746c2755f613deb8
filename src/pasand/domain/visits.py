"""Visits: what a member does without an hour of silence between, and whose visit it is.

**A kid's visit.** On a profile whose age limit is 16 or more, that has at least ten actions
behind it of which less than 3 in 10 were on titles for kids, a visit with at least three actions
on such titles, and more of them than of others, is taken for a kid's. From then to the end of
the visit, titles for kids move no taste and enter no history; what they moved before in this
visit is taken back. Progress, thumbs and lists stay, as who watches wants to watch on.
"""

from __future__ import annotations

from collections.abc import Callable

from pasand.domain.catalog import ItemFacts
from pasand.domain.events import DEVICES, Event
from pasand.domain.folding import Folding
from pasand.domain.packing import SECOND_MAX
from pasand.domain.profile import DAYPART_HOURS, VISIT_SILENCE_S
from pasand.domain.zones import local_hour

__all__ = ["KIDS_CEILING_MIN", "add_taste", "go_on", "hold", "move_tastes", "scrolled", "second_of"]

KIDS_CEILING_MIN = 16
KIDS_ACTIONS_MIN = 3
OWN_ACTIONS_MIN = 10
OWN_KIDS_SHARE = 0.3
HELD_COUNT_MAX = 8
#: More movements of one visit change its mean speed no more.
SCROLL_COUNT_MAX = 10_000
SPEED_MAX = 100_000
SITTING_COUNT_MAX = 20
SITTING_MINUTES_MAX = 1_440

_VISIT_ACTIONS = frozenset(
    ("play_start", "rewatch", "complete", "list_add", "view", "cart_add", "purchase")
)


def go_on(
    state: Folding,
    event: Event,
    item_id: str,
    known: ItemFacts | None,
    facts: Callable[[str], ItemFacts | None],
    *,
    acts: bool,
) -> None:
    """Let the visit go on, or begin another after an hour of silence; ``acts`` says that the
    member acted on an item.
    """
    at_s, visit, kind = second_of(event), state.visit, event.kind
    if not visit.start_s or at_s - visit.last_s > VISIT_SILENCE_S:
        state.own_actions += visit.actions
        state.own_kids += 0 if visit.kids else visit.kids_actions
        _note_sitting(state, event)
        visit = state.begin_visit(at_s)
    visit.last_s = at_s
    visit.device = event.device if event.device in DEVICES else visit.device
    if not acts:
        visit.searches += kind == "search_query" and not event.payload.get("prefix")
        return
    visit.passed = 0
    visit.plays += kind in ("play_start", "rewatch")
    if item_id:
        state.visit_item(item_id)
    if known is not None and kind in _VISIT_ACTIONS:
        visit.actions += 1
        visit.kids_actions += known.for_kids
        if known.for_kids and not visit.kids and _by_a_kid(state):
            _take_back(state, facts)
            visit.kids = True


def scrolled(state: Folding, row: int, speed: float | None = None) -> None:
    """Note how deep the visit has come, and how fast where it was a movement."""
    visit = state.visit
    visit.depth, visit.passed = max(visit.depth, row), max(visit.passed, row)
    if speed is not None and visit.scrolls < SCROLL_COUNT_MAX:
        total = visit.speed * visit.scrolls + min(max(int(speed), 0), SPEED_MAX)
        visit.scrolls += 1
        visit.speed = total // visit.scrolls


def _note_sitting(state: Folding, event: Event) -> None:
    """Note how long the visit was that has ended, by when it began in the member's own time."""
    visit = state.visit
    minutes = min((visit.last_s - visit.start_s) // 60, SITTING_MINUTES_MAX)
    if not visit.plays or minutes <= 0:
        return
    part = local_hour(event.time_zone, 1000 * visit.start_s)[0] // DAYPART_HOURS
    sittings = list(state.sittings) or [0] * (2 * 24 // DAYPART_HOURS)
    count = min(sittings[2 * part] + 1, SITTING_COUNT_MAX)
    mean = sittings[2 * part + 1]
    sittings[2 * part : 2 * part + 2] = [count, mean + round((minutes - mean) / count)]
    state.sittings = tuple(sittings)


def _by_a_kid(state: Folding) -> bool:
    visit = state.visit
    return (
        state.ceiling >= KIDS_CEILING_MIN
        and visit.kids_actions >= KIDS_ACTIONS_MIN
        and 2 * visit.kids_actions > visit.actions
        and state.own_actions >= OWN_ACTIONS_MIN
        and state.own_kids < OWN_KIDS_SHARE * state.own_actions
    )


def _take_back(state: Folding, facts: Callable[[str], ItemFacts | None]) -> None:
    names = set()
    for item_id, scaled in state.visit.held:
        known = facts(item_id)
        if known is not None:
            names.add(known.series_id or item_id)
            move_tastes(state, known, -scaled)
    state.forget_since(state.visit.start_s, names)
    state.hold(())


def hold(state: Folding, item_id: str, scaled: float) -> None:
    """Note what a title for kids moved the tastes by, in case it has to be taken back."""
    state.hold((*state.visit.held, (item_id, scaled))[-HELD_COUNT_MAX:])


def move_tastes(state: Folding, known: ItemFacts, scaled: float) -> None:
    """Move the tastes for what an item is made of."""
    for name, words in (("genres", known.genres), ("tags", known.tags), ("people", known.people)):
        if words:
            add_taste(state, name, words, scaled)


def add_taste(state: Folding, name: str, words: tuple[str, ...], scaled: float) -> None:
    """Move the tastes of one facet, which share what one event says."""
    state.strengthen(name, words, round(scaled / len(words)))


def second_of(event: Event) -> int:
    """Return when it happened, in seconds that a profile can hold."""
    return max(0, min(event.occurred_ms // 1000, SECOND_MAX))
