"""Evening, weekend, and what a member usually does then: plain functions of a query."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Ragged
from pasand.domain.profile import RECENT_CODES, VISIT_SILENCE_S
from pasand.domain.query import Query
from pasand.stages.chosen import OFTEN_COUNT, Chosen, chosen_counts, columns_of, recents_of

__all__ = ["evening_genre", "is_evening", "is_weekend", "usual_visit_minutes"]

#: An evening goes on after midnight.
EVENING_FROM, EVENING_UNTIL = 18, 2
#: From this hour on, the day before the weekend belongs to it.
WEEKEND_FROM = 17
#: Where Friday and Saturday are free; elsewhere it is Saturday and Sunday.
FRIDAY_COUNTRIES = frozenset(
    ("BD", "BH", "DZ", "EG", "IL", "IQ", "JO", "KW", "LY", "MV", "OM", "QA", "SA", "SD", "SY", "YE")
)
#: Visits that began within so many hours of this one are visits at this hour.
NEAR_HOURS = 2
VISIT_COUNT_MIN = 3
#: A genre belongs to a member's evenings where it is taken so much more than at other times.
EVENING_LIFT = 1.25

_PLAYS = np.isin(RECENT_CODES, ("play", "complete"))
_PLAY = RECENT_CODES.index("play")


def is_evening(query: Query) -> bool:
    """Return whether it is evening where the member is."""
    return bool(_evening(np.array(query.local.hour)))


def _evening(hour: NDArray[np.integer]) -> NDArray[np.bool_]:
    return np.asarray((hour >= EVENING_FROM) | (hour < EVENING_UNTIL))


def is_weekend(query: Query) -> bool:
    """Return whether the weekend has begun and not ended where the member is."""
    local = query.local
    first = 4 if query.country in FRIDAY_COUNTRIES else 5
    if local.weekday() == first - 1:
        return local.hour >= WEEKEND_FROM
    return local.weekday() in (first, first + 1)


def usual_visit_minutes(query: Query) -> float | None:
    """Return how long the member's visits that began about this hour usually were; None where
    too few are known.

    A visit is a run of plays in which each begins within an hour of the end of the one before;
    of its last title it lasts as long as that was watched, where that is known.
    """
    table = recents_of(query.profile)
    code, _, when_s = columns_of(table)
    counts = np.flatnonzero(_PLAYS[code])
    if not len(counts):
        return None
    at_s = when_s[counts]
    ids = [table.item_id[at] for at in counts.tolist()]
    length_s = _length_s(query, ids)
    silent_s = np.diff(at_s) - np.where(code[counts] == _PLAY, length_s, 0.0)[:-1]
    begins = np.append(True, silent_s > VISIT_SILENCE_S)
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(at_s)) - 1
    tail_s = [_tail_s(query, ids[at], code[counts[at]], length_s[at]) for at in last]
    minutes = (at_s[last] - at_s[first] + tail_s) / 60.0
    away = np.abs((_hour(query, at_s[first]) - query.local.hour + 12) % 24 - 12)
    near = (away <= NEAR_HOURS) & (minutes > 0)
    return float(np.median(minutes[near])) if near.sum() >= VISIT_COUNT_MIN else None


def _length_s(query: Query, ids: list[str]) -> NDArray[np.float64]:
    position = query.catalog.positions(ids)
    minutes = np.where(position >= 0, query.catalog.runtime_minutes[position], np.nan)
    return 60.0 * np.nan_to_num(minutes).astype(np.float64)


def _tail_s(query: Query, item_id: str, code: int, length_s: float) -> float:
    if code != _PLAY:
        return 0.0  # it ended when it was finished
    watch = query.profile.watching.get(item_id)
    if watch is not None:
        return float(min(watch.position_s, length_s or watch.position_s))
    return length_s if item_id in query.profile.finished else 0.0


def _hour(query: Query, at_s: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the local hour of seconds, by today's distance from UTC."""
    offset = query.local.utcoffset()
    assert offset is not None
    return (at_s + int(offset.total_seconds())) // 3600 % 24


def evening_genre(query: Query, own: Chosen) -> str | None:
    """Return the genre that a member who has chosen ``own`` chooses more in the evening than at
    other times, most of all; None where there is none.
    """
    facet = query.catalog.genre
    evening = _evening(_hour(query, own.at_s))
    if evening.sum() < OFTEN_COUNT or not facet.names:
        return None
    lift, counts = _evening_lift(facet, own.position, evening)
    lift = np.where(counts >= OFTEN_COUNT, lift, 0.0)
    best = int(np.lexsort((-counts, -lift))[0])
    return facet.names[best] if lift[best] >= EVENING_LIFT else None


def _evening_lift(
    facet: Ragged, position: NDArray[np.int32], evening: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return how much greater each genre's share is in the evening, with one title's doubt, and
    how many titles it has there.
    """
    inside = chosen_counts(facet, position[evening])
    overall = chosen_counts(facet, position)
    expected = overall * (evening.sum() / max(len(position), 1))
    return (inside + 1.0) / (expected + 1.0), inside
