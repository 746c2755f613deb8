"""What suits an occasion: the log lift of each genre by season, weekend, country and calendar day.

As ``context.py`` has it for hours and devices: how much more often a genre is taken on the
occasion than on the whole, shrunk towards none where there is little to go by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

__all__ = ["train_occasions"]

#: Takes an occasion needs before it says as much as the whole.
PRIOR = 100.0


def train_occasions(taken: Iterable[tuple[tuple[str, ...], tuple[str, ...]]]) -> dict[str, Any]:
    """Return ``names`` of occasions, ``genres`` and their ``lift`` [occasions, genres] in nats,
    from (occasions, genres) of everything taken.
    """
    names: dict[str, int] = {}
    genres: dict[str, int] = {}
    count = Counter[tuple[int, int]]()
    overall = Counter[int]()
    # Rows repeat: what many have in common is reckoned once.
    for (day, of_item), times in Counter(taken).items():
        codes = [genres.setdefault(genre, len(genres)) for genre in of_item]
        for code in codes:
            overall[code] += times
        for name in day:
            at = names.setdefault(name, len(names))
            for code in codes:
                count[at, code] += times
    table = np.zeros((len(names), len(genres)))
    for (at, code), times in count.items():
        table[at, code] = times
    share = np.array([overall[code] for code in range(len(genres))], np.float64)
    share /= max(share.sum(), 1.0)
    expected = (table.sum(axis=1, keepdims=True) + PRIOR) * share
    lift = np.log((table + PRIOR * share) / np.maximum(expected, 1e-12)) if len(genres) else table
    return {"names": list(names), "genres": list(genres), "lift": lift.astype(np.float32)}
