"""The map of success and failure: what was taken, against what its places usually yield.

A title shown in the first cell is taken more often than one in the twentieth row, so raw counts
say where things stood, not how good they were. Hence, over all impressions of a title, a row
kind, a genre, or a title in a row kind:

- place: device class x row bucket x column bucket; take(place) = plays / impressions there
- expected = sum over the impressions of take(their place); happened = impressions that led to a
  play
- p = expected / impressions; z = (happened - expected) / sqrt(expected (1 - p))
- lift = (happened + a) / (expected + a): the posterior mean of happened ~ Poisson(lift expected)
  with lift ~ Gamma(a, a). 1 / a is the variance of the true lifts, by moments over the table:
  sum((happened - expected)^2 - expected (1 - p)) / sum(expected^2). With few impressions the
  lift stays near 1.

What became of the plays (play of quality, finished, abandoned) and what was passed over is
counted by the labels of ``domain/labels.py``, out of what was watched; see ``MapRow``.

The map describes the log; it does not say what another page would have done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.events import Event
from pasand.flows.map_reading import ACTS, MAP_KINDS, Reading, read_log

__all__ = ["MAP_KINDS", "MapRow", "SuccessMap", "success_map", "verdict_of"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: A lift from here on is good (1 / it: bad), where z agrees.
LIFT_GOOD = 1.15
Z_SURE = 1.5
#: Left unfinished this many times as often as the table's own average: over-promised.
LEFT_HIGH = 1.25
#: Liked this many times as often as the average: those who know it like it.
LIKED_HIGH = 1.02
_OPINION_COUNT = 10.0
_VARIANCE_MIN, _VARIANCE_MAX = 0.001, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRow:
    """One line of the map. ``name`` is shown; ``item_id`` and ``row_kind`` say what it is of.

    ``impressions``: cells seen, each once; ``members``: who saw one.
    ``plays``: impressions that led to a play (``happened`` is the same number); ``expected``: how
    many would have in such places; ``take``: plays / impressions. ``take``, ``lift`` and ``z`` are
    None without impressions.
    ``play_starts``: all plays, also from search or from elsewhere.
    ``quality_plays``, ``finishes``, ``fast_finishes``, ``abandons``: viewings of which the label
    is true, each counted once; a viewing goes on until the item is begun anew. A play left early
    is counted among ``abandons`` once two weeks have passed, or when the sender says so.
    ``skips``: how often a member saw the title so often without acting on it that it was passed
    over; counted where the last straw was seen.
    ``likes``, ``dislikes``: opinions, by thumbs, ratings and hiding.
    What a viewing or an opinion comes to counts for the row where the member had seen the title
    last before it; an episode counts for its series.
    """

    name: str
    item_id: str = ""
    row_kind: str = ""
    impressions: int = 0
    members: int = 0
    plays: int = 0
    take: float | None = None
    expected: float = 0.0
    happened: int = 0
    lift: float | None = None
    z: float | None = None
    play_starts: int = 0
    likes: int = 0
    dislikes: int = 0
    quality_plays: int = 0
    finishes: int = 0
    fast_finishes: int = 0
    abandons: int = 0
    skips: int = 0
    verdict: str = "quiet"


@dataclass(frozen=True, slots=True)
class SuccessMap:
    """The map, in four cuts; each by |z|, then impressions, then opinions, largest first."""

    titles: tuple[MapRow, ...]
    rows: tuple[MapRow, ...]
    genres: tuple[MapRow, ...]
    cells: tuple[MapRow, ...]
    impression_count: int
    play_count: int
    unjoined_count: int

    @property
    def row_count(self) -> int:
        """How many rows the map has in all cuts."""
        return len(self.titles) + len(self.rows) + len(self.genres) + len(self.cells)


@dataclass(frozen=True, slots=True)
class _Cut:
    """Which key each impression (act) counts for; an entry may stand for several keys."""

    keys: Sequence[tuple[str, str, str]]
    seen: Ints
    seen_key: Ints
    act: Ints
    act_key: Ints


def success_map(
    events: Iterable[Event],
    genres_of: Callable[[str], tuple[str, ...]],
    title_of: Callable[[str], str],
    series_of: Callable[[str], str] = lambda item_id: item_id,
    since_ms: int = 0,
) -> SuccessMap:
    """Return the map of ``events`` (kinds of ``MAP_KINDS``, in the order of the log).

    ``title_of`` gives the words to show, ``series_of`` the title an item counts for.
    """
    found = read_log(events, series_of, since_ms)
    ids = list(found.titles)
    titles = [(title_of(item_id) or item_id, item_id, "") for item_id in ids]
    kinds = [(kind, "", kind) for kind in found.kinds]
    title, kind = _ints(found.title), _ints(found.kind)
    act_title, act_kind = _ints(found.act_title), _ints(found.act_kind)
    placed = np.flatnonzero(act_kind >= 0)
    every, acts = np.arange(len(title)), np.arange(len(act_title))
    facts = _Facts(found)
    return SuccessMap(
        titles=facts.rows(_Cut(titles, every, title, acts, act_title)),
        rows=facts.rows(_Cut(kinds, every, kind, placed, act_kind[placed])),
        genres=facts.rows(_genre_cut([genres_of(item_id) for item_id in ids], title, act_title)),
        cells=facts.rows(_cell_cut(titles, kinds, title, kind, act_title, act_kind)),
        impression_count=len(title),
        play_count=int(np.sum(facts.played)),
        unjoined_count=found.unjoined_count,
    )


def _genre_cut(genres: Sequence[tuple[str, ...]], title: Ints, act_title: Ints) -> _Cut:
    """Count each impression of a title for each of its genres."""
    code: dict[str, int] = {}
    flat = _ints([code.setdefault(name, len(code)) for names in genres for name in names])
    count = _ints([len(names) for names in genres])
    start = np.cumsum(count) - count

    def spread(of_title: Ints) -> tuple[Ints, Ints]:
        times = count[of_title]
        index = np.repeat(np.arange(len(of_title)), times)
        within = np.arange(len(index)) - np.repeat(np.cumsum(times) - times, times)
        return index, flat[np.repeat(start[of_title], times) + within]

    return _Cut([(name, "", "") for name in code], *spread(title), *spread(act_title))


def _cell_cut(
    titles: Sequence[tuple[str, str, str]],
    kinds: Sequence[tuple[str, str, str]],
    title: Ints,
    kind: Ints,
    act_title: Ints,
    act_kind: Ints,
) -> _Cut:
    """Count by title x row kind, for the pairs that were shown."""
    width = max(len(kinds), 1)
    pair, seen_key = np.unique(title * width + kind, return_inverse=True)
    placed = np.flatnonzero(act_kind >= 0)
    act_pair = act_title[placed] * width + act_kind[placed]
    at = np.searchsorted(pair, act_pair)
    known = np.flatnonzero(at < len(pair))
    known = known[pair[at[known]] == act_pair[known]]
    keys = [
        (titles[code // width][0], titles[code // width][1], kinds[code % width][0])
        for code in pair.tolist()
    ]
    return _Cut(keys, np.arange(len(title)), _ints(seen_key), placed[known], at[known])


class _Facts:
    """Counts over one reading of the log, cut in any way."""

    def __init__(self, found: Reading) -> None:
        self.played = np.frombuffer(bytes(found.played), np.uint8).astype(np.float64)
        self._act = _ints(found.act)
        self._member = _ints(found.member)
        self._member_count = max(len(found.members), 1)
        place = _ints(found.place)
        shown = np.bincount(place, minlength=len(found.places))
        taken = np.bincount(place, self.played, minlength=len(found.places))
        self._yield = (taken / np.maximum(shown, 1))[place]

    def rows(self, cut: _Cut) -> tuple[MapRow, ...]:
        """Return the lines of one cut, most remarkable first."""
        size = len(cut.keys)
        shown = np.bincount(cut.seen_key, minlength=size)
        happened = _sums(cut.seen_key, self.played[cut.seen], size)
        expected = _sums(cut.seen_key, self._yield[cut.seen], size)
        pairs = np.unique(cut.seen_key * self._member_count + self._member[cut.seen])
        reached = np.bincount(pairs // self._member_count, minlength=size)
        z, lift = _judged(shown, happened, expected)
        acts = {
            name: np.bincount(cut.act_key[self._act[cut.act] == code], minlength=size)
            for code, name in enumerate(ACTS)
        }
        verdicts = _verdicts(shown, lift, z, acts)
        opinions = sum(acts.values(), np.zeros(size, np.int64))
        order = np.lexsort((np.arange(size), -opinions, -shown, -np.abs(z)))
        return tuple(
            MapRow(
                name=cut.keys[at][0],
                item_id=cut.keys[at][1],
                row_kind=cut.keys[at][2],
                impressions=int(shown[at]),
                members=int(reached[at]),
                plays=int(happened[at]),
                take=round(happened[at] / shown[at], 4) if shown[at] else None,
                expected=round(float(expected[at]), 2),
                happened=int(happened[at]),
                lift=round(float(lift[at]), 3) if shown[at] else None,
                z=round(float(z[at]), 2) + 0.0 if shown[at] else None,
                play_starts=int(acts["play_start"][at]),
                likes=int(acts["like"][at]),
                dislikes=int(acts["dislike"][at]),
                quality_plays=int(acts["quality_play"][at]),
                finishes=int(acts["finished"][at]),
                fast_finishes=int(acts["fast_finish"][at]),
                abandons=int(acts["abandoned"][at]),
                skips=int(acts["skipped"][at]),
                verdict=verdicts[at],
            )
            for at in order.tolist()
        )


def _judged(shown: Ints, happened: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Return z and the shrunken lift of each key (formulas at the top of this file)."""
    noise = expected * (1.0 - expected / np.maximum(shown, 1))
    surprise = happened - expected
    z = np.divide(surprise, np.sqrt(noise), out=np.zeros(len(shown)), where=noise > 1e-12)
    spread = float(np.sum(surprise**2 - noise)) / max(float(np.sum(expected**2)), 1e-12)
    prior = 1.0 / min(max(spread, _VARIANCE_MIN), _VARIANCE_MAX)
    return z, (happened + prior) / (expected + prior)


def _verdicts(shown: Ints, lift: Floats, z: Floats, acts: dict[str, Ints]) -> list[str]:
    likes, left = acts["like"], acts["abandoned"]
    liked = _share(likes, likes + acts["dislike"])
    unfinished = _share(left, left + acts["finished"])
    often = float(np.median(shown[shown > 0])) if shown.any() else 0.0
    return [
        verdict_of(
            lift=float(lift[at]),
            z=float(z[at]),
            often=bool(shown[at] >= often),
            liked=float(liked[at]),
            left=float(unfinished[at]),
        )
        if shown[at]
        else "quiet"
        for at in range(len(shown))
    ]


def verdict_of(*, lift: float, z: float, often: bool, liked: float, left: float) -> str:
    """Return a word for a line.

    ``often``: shown at least as often as the table's median; ``liked`` and ``left``: likes among
    opinions, abandoned among abandoned and finished, both relative to the table's average.

    over-promised   taken at least as expected, but left unfinished far more often than others
    hit, gem        taken more than its places explain; a gem was shown seldom
    mis-placed      taken less than its places explain, though those who know it like it
    miss            taken less than its places explain
    quiet           nothing to tell yet
    """
    if lift >= 1.0 and left >= LEFT_HIGH:
        return "over-promised"
    if lift >= LIFT_GOOD and z >= Z_SURE:
        return "hit" if often else "gem"
    if lift <= 1.0 / LIFT_GOOD and z <= -Z_SURE:
        return "mis-placed" if liked >= LIKED_HIGH else "miss"
    return "quiet"


def _share(part: Ints, whole: Ints) -> Floats:
    """Return part / whole relative to the average, with ten average opinions added to each."""
    total = float(whole.sum())
    mean = float(part.sum()) / total if total else 0.0
    if not mean:
        return np.ones(len(part))
    return np.asarray((part + _OPINION_COUNT * mean) / (whole + _OPINION_COUNT) / mean)


def _sums(key: Ints, value: Floats, size: int) -> Floats:
    return np.bincount(key, value, minlength=size).astype(np.float64)


def _ints(values: object) -> Ints:
    return np.asarray(values, np.int64)
