"""A member's responses to pictures, as the fold counts them: looks and plays by what sets a picture
apart from its title's others.
"""

from __future__ import annotations

from pasand.domain.catalog import ItemFacts
from pasand.domain.events import Event
from pasand.domain.folding import Folding
from pasand.domain.labels import counts_for_learning
from pasand.domain.profile import ALL_PICTURES, EPOCH_MS, HALF_LIFE_MS, TASTE_UNIT
from pasand.domain.visits import KIDS_CEILING_MIN

__all__ = ["respond", "scaled_taste"]

#: What the next look at a picture says, beside the one before it.
LOOK_FADES = 0.8
#: What a member chooses by a picture.
_CHOICES = frozenset(("play_start", "cart_add", "purchase"))

#: Tastes grow with the time since the epoch; past this many half-lives they stay as they are.
_HALF_LIVES_MAX = 90.0


def scaled_taste(amount: float, event: Event) -> float:
    """Return what an event moves a taste by, at the tastes' epoch."""
    half_lives = min((event.occurred_ms - EPOCH_MS) / HALF_LIFE_MS, _HALF_LIVES_MAX)
    return float(amount * TASTE_UNIT * 2.0**half_lives)


def respond(state: Folding, event: Event, item_id: str, known: ItemFacts) -> None:
    """Count a picture that was looked at, or played from, by what sets it apart; each look without
    a play says less, and what is taken up again is not taken for its picture.
    """
    kind, sections = event.kind, state.sections
    if known.for_kids and state.ceiling >= KIDS_CEILING_MIN:
        return
    if kind == "abandon":
        section, amount = "pictures", -1.0
    elif item_id in sections["watching"] or item_id in sections["finished"]:
        return
    elif kind == "impression" and counts_for_learning(event):
        seen = sections["tired_pictures"].get(event.artwork_id, 0)
        section, amount = "looked", LOOK_FADES**seen
    elif kind in _CHOICES:
        section, amount = "pictures", 1.0
    else:
        return
    state.strengthen(section, (ALL_PICTURES,), round(scaled_taste(amount, event)))
    for share, words in _apart(known, event.artwork_id).items():
        state.strengthen(section, words, round(scaled_taste(share * amount, event)))


def _apart(known: ItemFacts, artwork_id: str) -> dict[float, list[str]]:
    """Return what a picture has more and less of than its title's pictures have on average: the
    title's own appeal says nothing of its pictures.
    """
    count: dict[str, int] = {}
    for components in known.pictures.values():
        for word in components:
            count[word] = count.get(word, 0) + 1
    own, whole = frozenset(known.pictures[artwork_id]), len(known.pictures)
    found: dict[float, list[str]] = {}
    for word, having in count.items():
        if share := (word in own) - having / whole:
            found.setdefault(share, []).append(word)
    return found
