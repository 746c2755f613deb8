"""Searching: what somebody types becomes the items that they may see, the best first.

How closely an item fits decides first, then how popular it is and how well it suits the member.
Where fewer than a screen have the words in title or people, items of such genres and tags follow.
Where nothing has them, words that nobody knows give way to the nearest known ones, and then words
are left out, the last first: the answer says what was searched for instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Ragged
from pasand.domain.catalog_words import nearest_words, popular_with_all, with_all
from pasand.domain.profile import taste_at
from pasand.domain.query import Query
from pasand.domain.words import IN_PEOPLE, closeness, searchable, words_of
from pasand.errors import InvalidInput
from pasand.flows.engine import Engine, PageRequest
from pasand.flows.homepage import allowed
from pasand.ports import SearchIndex
from pasand.stages.columns import popularity_now, unit

__all__ = ["RESULT_COUNT_MAX", "Results", "find_items", "search"]

RESULT_COUNT_MAX = 50
#: The index gives so many; where there are more, it may have left out the best, so these are
#: looked for among the most popular items.
HIT_COUNT_MAX = 300
POPULAR_COUNT = 5_000
#: Items of a genre or a tag that are considered.
FACET_COUNT_MAX = 200
#: How many words are tried to be left out, one at a time.
LEFT_OUT_MAX = 3
#: Fits by a genre or a tag, behind all that the index finds.
IN_FACETS = IN_PEOPLE + 1

Positions = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Results:
    """The answer to a search: items best first, and how closely each fits.

    ``count`` is how many there are; where hundreds fit, not all are counted. ``meant`` is what was
    searched for instead of what was typed, empty where that found something itself, or nothing
    did.
    """

    query: Query
    position: Positions
    closeness: NDArray[np.int8]
    count: int
    meant: str = ""


def find_items(engine: Engine, asked: PageRequest) -> Results:
    """Return what a member finds with ``asked.search``.

    Raises:
        InvalidInput: nothing is searched for.
    """
    if not asked.search.strip():
        raise InvalidInput("q is empty.", field="q", fix="Say what to search for: q=heat.")
    assert engine.stores.search is not None, "this engine was opened without a search index"
    query, _ = engine.query(asked)
    return search(query, engine.stores.search)


def search(query: Query, index: SearchIndex) -> Results:
    """Return the items that fit ``query.search`` and that the member may see."""
    typed = words_of(query.search)
    for words in _readings(query, typed):
        near = _near(query, index, words)
        if near:
            return _ranked(query, near, "" if words == typed else " ".join(words))
    return _ranked(query, {}, "")


def _readings(query: Query, typed: list[str]) -> Iterator[list[str]]:
    """Yield what may have been meant, the likeliest first."""
    if not typed:
        return
    yield typed
    meant = nearest_words(query.catalog, typed)
    if meant != typed:
        yield meant
    for left_out in list(reversed(range(len(meant))))[: LEFT_OUT_MAX if len(meant) > 1 else 0]:
        yield [word for at, word in enumerate(meant) if at != left_out]


def _near(query: Query, index: SearchIndex, words: Sequence[str]) -> dict[int, int]:
    """Return how closely each item fits that does and may be seen."""
    catalog, hits = query.catalog, index.having(words, HIT_COUNT_MAX)
    positions = catalog.positions(item_id for item_id, _ in hits)
    found = dict(zip(positions.tolist(), (how for _, how in hits), strict=True))
    found.pop(-1, None)
    if len(hits) >= HIT_COUNT_MAX:
        popular = popular_with_all(catalog, words, lambda: _popular(query))
        for at in popular[:HIT_COUNT_MAX].tolist():
            if at not in found:
                item = catalog.items[at]
                how = closeness(words, *searchable(item.title, item.people))
                found |= {} if how is None else {at: how}
    elif len(found) < RESULT_COUNT_MAX:
        # Beside what the index knows, genres and tags alone; where it finds nothing, all together.
        where = ("genre", "tag") if found else ("genre", "tag", "person", "title")
        facets = with_all(catalog, words, where).astype(np.int32)
        if len(facets) > FACET_COUNT_MAX:
            facets = facets[np.argsort(-popularity_now(query)[facets])[:FACET_COUNT_MAX]]
        for at in facets.tolist():
            found.setdefault(at, IN_FACETS)
    position = np.fromiter(found, np.int32, len(found))
    return {at: found[at] for at in position[allowed(query, position)].tolist()}


def _popular(query: Query) -> Positions:
    return query.counters.ranking(query.catalog, "popular", "", POPULAR_COUNT)


def _ranked(query: Query, near: dict[int, int], meant: str) -> Results:
    """Return the best: by how closely they fit, then by what the member is likely to take."""
    position = np.array(sorted(near), np.int32)
    fits = np.array([near[at] for at in position.tolist()], np.int8)
    order = np.lexsort((-likely(query, position), fits))[:RESULT_COUNT_MAX]
    return Results(query, position[order], fits[order], len(near), meant)


def likely(query: Query, position: Positions) -> NDArray[np.float64]:
    """Return popularity and taste of some items, each up to 1, added up."""
    popularity = np.log1p(popularity_now(query)[position])
    taste, profile, catalog = np.zeros(len(position)), query.profile, query.catalog
    for facet, tastes in (
        (catalog.genre, profile.genres),
        (catalog.tag, profile.tags),
        (catalog.person, profile.people),
    ):
        taste += _taste(facet, taste_at(tastes, query.at_ms), position)
    return unit(popularity).astype(np.float64) + unit(taste)


def _taste(facet: Ragged, tastes: dict[str, float], position: Positions) -> NDArray[np.float64]:
    """Return what a member's tastes say of some items: see ``sources/taste.py``."""
    top = max(map(abs, tastes.values()), default=0.0)
    if not top:
        return np.zeros(len(position))
    weight = np.zeros(len(facet.names))
    for name, value in tastes.items():
        if name in facet.code:
            weight[facet.code[name]] = value / top
    owner, codes = facet.pairs(position)
    total = np.bincount(owner, weight[codes], minlength=len(position))
    return np.asarray(total / facet.root[position])
