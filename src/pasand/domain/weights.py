"""Weights: how much each kind of event counts: in tastes, learning, popularity, on the next page.

One unit is one plain play. There are two presets as data, ``STREAMING`` and ``RETAIL``; an
installation chooses one in ``[weights]`` of its settings and may change single numbers. Whatever
stores something that was summed under weights notes ``Weights.version`` beside it: sums under
other weights cannot be corrected, only made again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from typing import Any

import msgspec

from pasand.domain.events import CALLER_KINDS, Event
from pasand.domain.ids import short_hash
from pasand.errors import InvalidSettings

__all__ = ["PRESETS", "RETAIL", "STREAMING", "WEIGHT_MAX", "Weights", "weights_of"]

#: No single event may count more than this many plays, for or against.
WEIGHT_MAX = 100.0

_THUMB = {-1: -4.0, 0: 0.0, 1: 3.0, 2: 5.0}
_SECTIONS = ("taste", "interaction", "popular", "history")

#: What was chosen says most about what comes next; what was put aside or looked at, less.
_HISTORY = {
    "play_start": 1.0, "complete": 1.0, "thumb": 1.0, "rating": 1.0, "purchase": 1.0,
    "list_add": 0.7, "cart_add": 0.7, "search_click": 0.4, "view": 0.3,
}  # fmt: skip


@dataclass(frozen=True)
class Weights:
    """What one event counts, by its kind; a kind that is not named counts nothing.

    ``taste``: how far it moves the tastes for what its item is made of; below zero it moves them
    away. Of a thumb and a rating it multiplies what they say: ``thumb`` by its value, and a
    rating twice its distance from ``rating_middle`` (``rating_step``), plus ``rating_said`` for
    having cared to rate at all.
    ``interaction``: what one interaction weighs in learning; above zero, for learning knows only
    what was taken.
    ``popular``: how much it adds to the popularity of its item.
    ``history``: how much it says about what comes next, where a page follows from what the member
    did of late. A ``rewatch`` counts as a play there.
    """

    taste: Mapping[str, float]
    interaction: Mapping[str, float]
    popular: Mapping[str, float]
    history: Mapping[str, float] = field(default_factory=lambda: dict(_HISTORY))
    thumb: Mapping[int, float] = field(default_factory=lambda: dict(_THUMB))
    rating_middle: float = 3.0
    rating_step: float = 2.0
    rating_said: float = 0.5

    def taste_of(self, event: Event) -> float:
        """Return how far ``event`` moves the tastes of its member, 0 where it says nothing."""
        weight = self.taste.get(event.kind, 0.0)
        if not weight:
            return 0.0
        if event.kind == "thumb":
            return weight * self.thumb.get(int(event.number("value")), 0.0)
        if event.kind == "rating":
            distance = event.number("value", self.rating_middle) - self.rating_middle
            return weight * (self.rating_step * distance + self.rating_said)
        return weight

    @cached_property
    def version(self) -> str:
        """A short hash of every number that something is summed under: where those are equal,
        so are the versions.
        """
        plain = {name: _ordered(value) for name, value in asdict(self).items()}
        del plain["history"]  # applied to each page, and stored nowhere
        return short_hash(msgspec.json.encode(plain, order="sorted"))


def _ordered(value: Any) -> Any:
    return {str(name): float(value[name]) for name in value} if isinstance(value, dict) else value


#: A film is finished or it is not: what was watched to its end counts more than what was begun,
#: and leaving it counts against it. Trailers, hovers and impressions are looks, no opinions.
STREAMING = Weights(
    taste={
        "play_start": 1.0, "complete": 2.0, "rewatch": 1.0, "abandon": -1.0,
        "thumb": 1.0, "rating": 1.0, "list_add": 1.0, "hide": -3.0, "not_interested": -3.0,
        "view": 0.3, "cart_add": 1.0, "purchase": 4.0, "return": -4.0,
    },
    interaction={"play_start": 1.0, "rating": 1.0, "purchase": 1.0, "view": 0.2},
    popular={"play_start": 1.0, "rating": 1.0, "purchase": 3.0, "view": 0.1, "cart_add": 1.0},
)  # fmt: skip

#: In a shop looking is cheap and buying says most; a wish list and a cart lie between. What was
#: sent back counts against it as much as buying counted for it.
RETAIL = Weights(
    taste={
        "view": 0.3, "detail_open": 0.2, "search_click": 0.5, "list_add": 1.0, "list_remove": -0.5,
        "cart_add": 1.5, "cart_remove": -1.0, "purchase": 4.0, "return": -4.0,
        "thumb": 1.0, "rating": 1.0, "hide": -3.0, "not_interested": -3.0,
        "play_start": 0.3, "complete": 0.5, "rewatch": 0.3,
    },
    interaction={"view": 0.2, "list_add": 0.4, "cart_add": 0.6, "rating": 1.0, "purchase": 1.0},
    popular={"view": 0.1, "list_add": 0.5, "cart_add": 1.0, "rating": 1.0, "purchase": 3.0},
)  # fmt: skip

PRESETS: Mapping[str, Weights] = {"streaming": STREAMING, "retail": RETAIL}


def weights_of(
    preset: str = "streaming",
    kinds: Mapping[str, float] | None = None,
    **sections: Mapping[str, float],
) -> Weights:
    """Return a preset with single numbers changed.

    ``kinds`` sets a kind's number in every section of the preset that has the kind already, and
    its taste in any case; ``sections`` (taste, interaction, popular, history) set
    single ones.

    Raises:
        InvalidSettings: no such preset, no such kind, or a number out of range.
    """
    if preset not in PRESETS:
        fix = f"Set it to {' or '.join(PRESETS)}."
        raise InvalidSettings(f"weights.preset is {preset!r}.", field="weights.preset", fix=fix)
    weights = PRESETS[preset]
    changed = {name: dict(getattr(weights, name)) for name in _SECTIONS}
    for kind, value in (kinds or {}).items():
        _check(kind, value, f"weights.{kind}", -WEIGHT_MAX)
        for name, table in changed.items():
            if name == "taste" or kind in table:
                table[kind] = float(value) if name == "taste" else max(0.0, float(value))
    for name, given in sections.items():
        for kind, value in given.items():
            _check(kind, value, f"weights.{name}.{kind}", -WEIGHT_MAX if name == "taste" else 0.0)
            changed[name][kind] = float(value)
    taste, interaction, popular, history = (
        {kind: value for kind, value in changed[name].items() if value} for name in _SECTIONS
    )
    return replace(weights, taste=taste, interaction=interaction, popular=popular, history=history)


def _check(kind: str, value: object, where: str, low: float) -> None:
    if kind not in CALLER_KINDS:
        near = get_close_matches(kind, CALLER_KINDS, 1, 0.4)
        fix = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(CALLER_KINDS)}."
        raise InvalidSettings(f"{where} names no kind of event.", field=where, fix=fix)
    if (
        not isinstance(value, (int, float))
        or not low <= value <= WEIGHT_MAX
        or isinstance(value, bool)
    ):
        fix = f"Give a number from {low:g} to {WEIGHT_MAX:g}."
        raise InvalidSettings(f"{where} is {value!r}.", field=where, fix=fix)
