"""The genres of a page beside those of the member: what a genre costs so that they come close.

Steck (2018) weighs a list's worth against the distance of its genres from the member's. Here the
distance sets prices: an item whose genres the page shows too little of is worth more, one of
genres it shows too much of is worth less. One look at the whole page sets them all, so the
page costs no more time for it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Catalog

__all__ = ["genre_prices", "priced"]

Floats = NDArray[np.floating]
#: Added to both shares: a genre that is hardly there sets no price.
SMALL = 0.005
PRICE_MAX = 5.0
#: Of an item, so many genres count; further ones seldom say more.
GENRE_COUNT = 3


def genre_prices(
    catalog: Catalog, tastes: Mapping[str, float], items: NDArray[np.integer], seen: Floats
) -> Floats:
    """Return what to multiply the worth of each genre by, 1 for items without any (the last).

    ``items`` stand on the page with the attention ``seen``; ``tastes`` are the member's.
    """
    genre = catalog.genre
    wanted = np.zeros(len(genre.names) + 1)
    for name, liking in tastes.items():
        if liking > 0 and name in genre.code:
            wanted[genre.code[name]] = liking
    weight = np.repeat(seen, GENRE_COUNT)
    shown = np.bincount(_first_genres(catalog)[items].ravel(), weight, len(wanted))
    shown[-1] = 0.0
    if not wanted.any() or not shown.any():
        return np.ones(len(wanted))
    price = (wanted / wanted.sum() + SMALL) / (shown / shown.sum() + SMALL)
    price[-1] = 1.0
    return np.asarray(np.clip(price, 1.0 / PRICE_MAX, PRICE_MAX))


def priced(catalog: Catalog, prices: Floats, items: NDArray[np.integer]) -> Floats:
    """Return the mean price of each item's genres."""
    factor: Floats = prices[_first_genres(catalog)[items]].mean(axis=-1)
    return factor


def _first_genres(catalog: Catalog) -> NDArray[np.int32]:
    """Return the first genres of every item [item, genre], and a line more for no item.

    Where an item has fewer, the first ones fill in; where it has none, the code of no genre.
    """
    memory = catalog.memory("first genres")
    if not memory:
        genre = catalog.genre
        first = np.full((len(catalog) + 1, GENRE_COUNT), len(genre.names), np.int32)
        has = np.flatnonzero(genre.count > 0)
        for number in range(GENRE_COUNT):
            first[has, number] = genre.value[genre.start[has] + number % genre.count[has]]
        memory["first"] = first
    found: NDArray[np.int32] = memory["first"]
    return found
