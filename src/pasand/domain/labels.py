"""Labels: what a watch, an opinion or a gap in time means. Every threshold is defined here alone.

Learning, evaluation, the map of success and failure, profiles and the built-in world ask this
module, so that "finished" or "a visit" is the same thing everywhere. All functions are pure;
those that take times or seconds take numbers or arrays alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pasand.domain.events import Event

__all__ = [
    "ACTIONS",
    "RULES",
    "LabelRules",
    "abandoned",
    "begins_visit",
    "counts_for_learning",
    "disliked",
    "fast_finish",
    "finished",
    "liked",
    "opinion",
    "quality_play",
    "skipped",
]

DAY_MS = 86_400_000

#: What a member does about an item: after it, nothing counts as passed over any longer.
ACTIONS = frozenset((
    "play_start", "play_stop", "complete", "abandon", "rewatch", "search_click",
    "thumb", "rating", "list_add", "list_remove", "hide", "not_interested",
    "view", "cart_add", "purchase", "return",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class LabelRules:
    """The thresholds.

    ``finished_share``: from this share of its length on an item is finished; what follows are
    credits.
    ``quality_share``, ``quality_s``: a play has quality from this share on, and from this many
    seconds on: a trailer's two minutes are not what a film's two hours are. What is finished
    has quality however short it is.
    ``abandon_share``, ``resume_days``: a play that stopped before this share and was not resumed
    for so many days was given up.
    ``skip_count``: seen this often without an action, a title was passed over.
    ``fast_finish_days``: finished within so many days of being begun, it was devoured.
    ``visit_gap_ms``: a member who did nothing for longer than this begins a new visit.
    ``credit_ms``: a play belongs to an impression of the same title at most this much before it.
    ``rating_liked``, ``rating_disliked``: a rating from the one on is a like, up to the other a
    dislike; what lies between says neither.
    """

    finished_share: float = 0.9
    quality_share: float = 0.5
    quality_s: float = 360.0
    abandon_share: float = 0.2
    resume_days: float = 14.0
    skip_count: int = 3
    fast_finish_days: float = 3.0
    visit_gap_ms: int = 3_600_000
    credit_ms: int = 6 * 3_600_000
    rating_liked: float = 4.0
    rating_disliked: float = 2.0


RULES = LabelRules()


def counts_for_learning(event: Event) -> bool:
    """Whether anything may be learned from ``event``: not where the member did not agree, and
    not where nobody knows what stood in the cell it names.
    """
    return event.consent is not False and event.extra.get("unjoined") is not True


def finished(position_s: Any, duration_s: Any, rules: LabelRules = RULES) -> Any:
    """Whether an item of a known length was watched to its end (its credits, that is)."""
    return (duration_s > 0) & (position_s >= rules.finished_share * duration_s)


def quality_play(watched_s: Any, duration_s: Any, rules: LabelRules = RULES) -> Any:
    """Whether so much was watched that the choice was a good one; 0 stands for no known length."""
    enough = (watched_s >= rules.quality_s) & (watched_s >= rules.quality_share * duration_s)
    return enough | finished(watched_s, duration_s, rules)


def abandoned(
    position_s: Any, duration_s: Any, untouched_ms: Any, rules: LabelRules = RULES
) -> Any:
    """Whether a play that stopped there, and was not resumed since, was given up."""
    early = (duration_s > 0) & (position_s < rules.abandon_share * duration_s)
    return early & (untouched_ms >= rules.resume_days * DAY_MS)


def skipped(impression_count: Any, rules: LabelRules = RULES) -> Any:
    """Whether a title was passed over: seen so often since the member last acted on it."""
    return impression_count >= rules.skip_count


def fast_finish(begun_ms: Any, finished_ms: Any, rules: LabelRules = RULES) -> Any:
    """Whether a title was finished soon after it was begun."""
    took_ms = finished_ms - begun_ms
    return (took_ms >= 0) & (took_ms <= rules.fast_finish_days * DAY_MS)


def begins_visit(gap_ms: Any, rules: LabelRules = RULES) -> Any:
    """Whether something done ``gap_ms`` after the member's last event begins a new visit."""
    return gap_ms > rules.visit_gap_ms


def liked(rating: Any, rules: LabelRules = RULES) -> Any:
    """Whether a rating in stars is a like."""
    return rating >= rules.rating_liked


def disliked(rating: Any, rules: LabelRules = RULES) -> Any:
    """Whether a rating in stars is a dislike."""
    return rating <= rules.rating_disliked


def opinion(event: Event, rules: LabelRules = RULES) -> str:
    """Return "like" or "dislike" where an event says so of its item, else an empty text."""
    if event.kind in ("hide", "not_interested"):
        return "dislike"
    value = event.number("value")
    if event.kind == "thumb":
        return "like" if value > 0 else "dislike" if value < 0 else ""
    if event.kind == "rating":
        if liked(value, rules):
            return "like"
        return "dislike" if value > 0 and disliked(value, rules) else ""
    return ""
