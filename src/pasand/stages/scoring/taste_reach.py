"""Which items a member's tastes reach, where a catalogue has too many to weigh each.

What suits a member best has several of the names they like. A rare name (a person, a theme) says
more of an item than one that a tenth of the catalogue has, so the holders of the rarest liked
names are gathered first, until enough items are found; of the name that no longer fits, every nth
holder is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Ragged

__all__ = ["ITEM_COUNT_MAX", "REACHED_COUNT", "affinity_of", "reached"]

#: Of a catalogue with more items than these not all are weighed, but about so many.
ITEM_COUNT_MAX = 200_000
REACHED_COUNT = 8_000

Tastes = Sequence[tuple[Ragged, Mapping[str, float]]]


def reached(
    tastes: Tastes, item_count_max: int = ITEM_COUNT_MAX, count: int = REACHED_COUNT
) -> NDArray[np.int32] | None:
    """Return the positions to weigh, ascending; None where all can be."""
    item_count = len(tastes[0][0].count)
    if item_count <= item_count_max:
        return None
    liked = [
        (int(facet.size[code]), number, code)
        for number, (facet, shares) in enumerate(tastes)
        for name, share in shares.items()
        if share > 0 and (code := facet.code.get(name, -1)) >= 0
    ]
    left, there = count, np.zeros(item_count, bool)
    for size, number, code in sorted(liked):
        holders = tastes[number][0].having(code)
        some = holders[:: -(-size // left)]
        there[some] = True
        left -= len(some)
        if left <= 0:
            break
    return np.flatnonzero(there).astype(np.int32)


def affinity_of(
    facet: Ragged, shares: Mapping[str, float], position: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return the taste of each of these items: the sum of the shares of its names over the root
    of how many it has.
    """
    weight = np.zeros(len(facet.names))
    for name, share in shares.items():
        if (code := facet.code.get(name, -1)) >= 0:
            weight[code] = share
    owner, codes = facet.pairs(position)
    total = np.bincount(owner, weight[codes], minlength=len(position))
    return np.asarray(total / facet.root[position])
