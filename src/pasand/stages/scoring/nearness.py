"""Nearness: the titles most like one, by what they are made of and by who takes both.

By content it is the cosine of genres, themes and people, a rare name counting more than a common
one; by behaviour the order of co-visitation. The nearest twenty count in full, and it ends with
the sixtieth.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Catalog, Ragged

__all__ = ["NEAR_COUNT", "Near", "near_by_behaviour", "near_by_content"]

NEAR_COUNT = 20
_END_COUNT = 60
#: From this cosine on, likeness counts in full.
_ALIKE = 0.3
#: So many titles' nearest are kept for a snapshot of the catalogue.
_KEPT_COUNT_MAX = 20_000

Floats = NDArray[np.float32]


class Near(NamedTuple):
    """Positions in the catalogue and how near each is, 1 at most."""

    position: NDArray[np.int32]
    share: Floats


def near_by_content(catalog: Catalog, place: int) -> Near:
    """Return what is made like the item at ``place``; kept as long as the catalogue."""
    kept = catalog.memory("near_by_content")
    found: Near | None = kept.get(place)
    if found is None:
        if len(kept) >= _KEPT_COUNT_MAX:
            kept.clear()
        found = kept[place] = _alike(catalog, place)
    return found


def near_by_behaviour(neighbour: NDArray[np.int32], position: NDArray[np.int32], code: int) -> Near:
    """Return what is taken with the item of a ``code``; ``position`` is that of every code."""
    near = neighbour[code][:_END_COUNT]
    place = position[near[near >= 0]]
    share = by_rank(len(place))
    return Near(place[place >= 0], share[place >= 0])


def by_rank(count: int) -> Floats:
    """Return 1 for the nearest twenty, falling to 0 with the sixtieth."""
    fall = (_END_COUNT - np.arange(count)) / (_END_COUNT - NEAR_COUNT)
    return np.clip(fall, 0.0, 1.0).astype(np.float32)


def _alike(catalog: Catalog, place: int) -> Near:
    facets = (catalog.genre, catalog.tag, catalog.person)
    cosine = np.zeros(len(catalog))
    for facet in facets:
        rare = _rarity(catalog, facet) ** 2
        names = facet.of(place).tolist()
        if names:
            cosine += facet.weigh({facet.names[code]: float(rare[code]) for code in names})
    length = _lengths(catalog)
    cosine /= np.maximum(length * length[place], 1e-9)
    cosine[place] = 0.0
    count = min(_END_COUNT, int((cosine > 0).sum()))
    best = np.argpartition(-cosine, count - 1)[:count] if count else np.empty(0, np.intp)
    best = best[np.lexsort((best, -cosine[best]))]
    share = by_rank(len(best)) * np.clip(cosine[best] / _ALIKE, 0.0, 1.0)
    return Near(best.astype(np.int32), share.astype(np.float32))


def _rarity(catalog: Catalog, facet: Ragged) -> NDArray[np.float64]:
    return np.log1p(len(catalog) / np.maximum(facet.size, 1.0))


def _lengths(catalog: Catalog) -> NDArray[np.float64]:
    """Return the length of every item's vector."""
    kept = catalog.memory("near_lengths")
    if "length" not in kept:
        total = np.zeros(len(catalog))
        for facet in (catalog.genre, catalog.tag, catalog.person):
            owner = np.repeat(np.arange(len(catalog)), facet.count)
            square = _rarity(catalog, facet)[facet.value] ** 2
            total += np.bincount(owner, square, minlength=len(catalog))
        kept["length"] = np.sqrt(total)
    found: NDArray[np.float64] = kept["length"]
    return found
