"""Plain functions that several stages need: the best k positions, and a member's history."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.domain.labels import disliked
from pasand.domain.profile import RECENT_CODES, Profile
from pasand.domain.query import Query
from pasand.domain.weights import Weights

__all__ = [
    "best_codes",
    "best_positions",
    "candidate_count",
    "greatest",
    "history",
    "kind_of_recent",
    "newest_positions",
    "popularity_now",
    "unit",
]

#: Values looked at to say where the greatest begin.
_SAMPLE_COUNT = 4096

#: The kind of event whose weight an entry of the history has. What was abandoned or sent back is
#: an entry too, and none that a page follows from.
_KIND = {
    "play": "play_start", "complete": "complete", "thumb": "thumb", "rating": "rating",
    "list": "list_add", "view": "view", "cart": "cart_add", "purchase": "purchase",
    "search_click": "search_click",
}  # fmt: skip
#: These multiply the weight of a thumb and of a rating by what they say, so they are no weights.
_THUMB_SAYS = {1: 1.0, 2: 1.5}
_DISLIKED_SAYS = 0.5


def best_positions(value: NDArray[np.floating], count: int) -> NDArray[np.int32]:
    """Return the positions of the ``count`` greatest positive values, ascending by position."""
    count = min(count, len(value))
    if count <= 0:
        return np.empty(0, np.int32)
    best = greatest(value, count)
    return np.sort(best[value[best] > 0]).astype(np.int32)


def greatest(value: NDArray[np.floating], count: int) -> NDArray[np.intp]:
    """Return where the ``count`` greatest values are, in no order; all where there are no more.

    A sample says above which value more than enough lie, and only those are partitioned: a fifth
    of the time for a few thousand of 100,000.
    """
    if len(value) <= count:
        return np.arange(len(value))
    step = len(value) // _SAMPLE_COUNT
    if step > 1:
        sample = value[::step]
        share = count / len(value)
        # Three deviations more than the share, so that the sample is seldom wrong.
        wanted = len(sample) * share + 3.0 * (len(sample) * share) ** 0.5 + 1.0
        if wanted < len(sample):
            bound = np.partition(sample, len(sample) - int(wanted))[len(sample) - int(wanted)]
            some = np.flatnonzero(value >= bound)
            if count < len(some) < len(value) // 2:
                return some[np.argpartition(value[some], len(some) - count)[len(some) - count :]]
    return np.argpartition(value, len(value) - count)[len(value) - count :]


def best_codes(
    score: NDArray[np.floating], position: NDArray[np.int32], there: NDArray[np.bool_], count: int
) -> NDArray[np.intp]:
    """Return the codes of the ``count`` greatest scores among those ``there``, ascending by their
    catalogue position.
    """
    value = np.where(there, score, -np.inf)
    best = greatest(value, count)
    best = best[value[best] > -np.inf]
    return best[np.argsort(position[best])]


def candidate_count(query: Query, least: int) -> int:
    """Return how many candidates a source should give: several of them fill the page and leave
    a choice.
    """
    return max(least, int(0.6 * query.row_count * query.column_count))


def popularity_now(query: Query) -> NDArray[np.float64]:
    """Return how popular each item of the catalogue is, where and on what the member watches;
    worked out once a minute, as of its beginning, whichever page of it came first.
    """
    view, catalog = query.counters, query.catalog
    country, device = query.country, query.device
    at_ms = query.at_ms - query.at_ms % 60_000
    return view.remember(
        ("popularity", catalog, country, device, at_ms),
        lambda: view.popularity(catalog, "popular", at_ms, country, device),
    )


def unit(value: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return values scaled to 0..1 by their maximum; all zero where nothing is positive."""
    top = float(value.max(initial=0.0))
    return (np.maximum(value, 0.0) / top if top > 0 else np.zeros_like(value)).astype(np.float32)


def kind_of_recent(name: str) -> str:
    """Return the kind of event behind an entry of the history, empty where it is no choice."""
    return _KIND.get(name, "")


def history(profile: Profile, weights: Weights) -> list[tuple[str, float, int]]:
    """Return (item, weight, at_ms) of what the member chose, newest last, each item once.

    What an entry weighs is said in ``weights.history``.

    What was disliked or abandoned is left out; a low rating counts little.
    """
    chosen: dict[str, tuple[float, int]] = {}
    for item_id, code, at_s, value in profile.recent:
        name = RECENT_CODES[code]
        weight = weights.history.get(_KIND.get(name, ""), 0.0)
        if name == "thumb":
            weight *= _THUMB_SAYS.get(value, 0.0)
        elif name == "rating":
            weight *= _DISLIKED_SAYS if disliked(value / 10) else 1.0
        elif name == "abandon":
            chosen.pop(item_id, None)
        if weight and item_id not in profile.hidden:
            chosen.pop(item_id, None)
            chosen[item_id] = (weight, at_s * 1000)
    refused = {item_id for item_id, (value, _) in profile.thumbs.items() if value < 0}
    return [
        (item_id, weight, at_ms)
        for item_id, (weight, at_ms) in chosen.items()
        if item_id not in refused
    ]


def newest_positions(query: Query, count: int) -> NDArray[np.int32]:
    """Return where the newest titles that the member chose stand in the catalogue, each once,
    newest first.
    """
    chosen: dict[str, None] = {}
    for entry in reversed(query.profile.recent[-3 * count :]):
        if entry.code in _CHOSEN:
            chosen[entry.item_id] = None
    position = query.catalog.positions(list(chosen)[:count])
    return position[position >= 0]


_CHOSEN = frozenset(code for code, name in enumerate(RECENT_CODES) if name in _KIND)
