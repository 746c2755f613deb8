"""The invented people of the world, and who plays in what. Fame is skewed: few are in much."""

from __future__ import annotations

import numpy as np

from pasand.world.words import NAMES

__all__ = ["Cast"]

PERSON_COUNT = 250
OWN_CULTURE_SHARE = 0.7
FAME_EXPONENT = 0.8


class Cast:
    """About 250 people by culture; draws casts that lean towards a title's own culture."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._people: dict[str, list[str]] = {}
        pairs = [len(given) * len(family) for given, family in NAMES.values()]
        for (culture, (given, family)), pair_count in zip(NAMES.items(), pairs, strict=True):
            count = round(PERSON_COUNT * pair_count / sum(pairs))
            chosen = rng.choice(pair_count, count, replace=False)
            names = [f"{given[i % len(given)]} {family[i // len(given)]}" for i in chosen]
            self._people[culture] = names
        everyone = [
            (name, rank) for names in self._people.values() for rank, name in enumerate(names, 1)
        ]
        self._everyone = [name for name, _ in everyone]
        self._everyone_edge = _edges([rank for _, rank in everyone])
        self._edge = {c: _edges(range(1, len(n) + 1)) for c, n in self._people.items()}

    def choose(self, culture: str, count: int) -> tuple[str, ...]:
        """Return ``count`` different people, most of them of ``culture``, the famed more often."""
        chosen: dict[str, None] = {}
        while len(chosen) < count:
            place = self._rng.random()
            if self._rng.random() < OWN_CULTURE_SHARE:
                names, edge = self._people[culture], self._edge[culture]
            else:
                names, edge = self._everyone, self._everyone_edge
            chosen[names[min(int(np.searchsorted(edge, place)), len(names) - 1)]] = None
        return tuple(chosen)


def _edges(ranks: range | list[int]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    weight = np.asarray(ranks, float) ** -FAME_EXPONENT
    return np.cumsum(weight / weight.sum())
