"""The stated policy that filled the world's log: 60 % popular, 30 % co-visitation, 10 % uniform.

Cells are drawn one after another without replacement, and the propensity logged with a cell is
its exact chance given the cells drawn before. Titles outside ``Weights`` are never shown, so
maturity and availability hold by construction. Who calls it decides what "popular" means.
"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

__all__ = ["PLAN_NAME", "SHARES", "Weights", "cell_probability", "choose_cells"]

PLAN_NAME = "world-logging-60-30-10"
#: Shares of popular, co-visitation and uniform.
SHARES = (0.6, 0.3, 0.1)
TRIES_MAX = 40
NOTHING_LEFT = 1e-9


class Weights:
    """Chances over the titles that may be shown, ready for fast draws; ``item`` ascending."""

    __slots__ = ("chance", "edge", "item")

    def __init__(self, item: NDArray[np.int64], weight: NDArray[np.float64]) -> None:
        total = float(weight.sum())
        assert total > 0 and len(item) == len(weight)
        chance = weight / total
        self.item: list[int] = item.tolist()
        self.chance: list[float] = chance.tolist()
        self.edge: list[float] = np.cumsum(chance).tolist()


class _Deck:
    """One component while a page is drawn: what is left of it."""

    __slots__ = ("left", "weights")

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.left = 1.0

    def draw(self, taken: set[int], rng: np.random.Generator) -> int:
        """Return a place (index in ``weights``) not taken: by rejection, else by a full scan."""
        weights = self.weights
        last = len(weights.edge) - 1
        for _ in range(TRIES_MAX):
            place = min(bisect_right(weights.edge, rng.random()), last)
            if place not in taken:
                return place
        chance = np.array(weights.chance)
        chance[list(taken)] = 0.0
        return int(rng.choice(len(chance), p=chance / chance.sum()))


def choose_cells(
    popular: Weights, covisit: Weights | None, cell_count: int, rng: np.random.Generator
) -> tuple[list[int], list[float]]:
    """Return the titles of up to ``cell_count`` cells in order, and their exact propensities.

    ``popular`` and ``covisit`` lie over the same titles. The share of a component that has
    nothing left goes to the popular one, then to the uniform one.
    """
    assert covisit is None or covisit.item == popular.item
    count = len(popular.item)
    decks = [_Deck(popular)] + ([] if covisit is None else [_Deck(covisit)])
    taken: set[int] = set()
    items: list[int] = []
    propensity: list[float] = []
    for drawn in range(min(cell_count, count)):
        shares = _shares([deck.left for deck in decks])
        pick = rng.random()
        if pick < shares[0]:
            place = decks[0].draw(taken, rng)
        elif pick < shares[0] + shares[1]:
            place = decks[1].draw(taken, rng)
        else:
            place = _uniform(count, taken, rng)
        chance = shares[2] / (count - drawn)
        for share, deck in zip(shares, decks, strict=False):
            part = deck.weights.chance[place]
            if share > 0:
                chance += share * part / deck.left
            deck.left -= part
        taken.add(place)
        items.append(popular.item[place])
        propensity.append(min(1.0, chance))
    return items, propensity


def cell_probability(
    popular: Weights, covisit: Weights | None, drawn: list[int]
) -> NDArray[np.float64]:
    """Return the chance of every title for the next cell after the titles ``drawn``."""
    place = [popular.item.index(item) for item in drawn]
    free = np.ones(len(popular.item), bool)
    free[place] = False
    parts = [np.array(w.chance) * free for w in (popular, covisit) if w is not None]
    shares = _shares([float(part.sum()) for part in parts])
    total = shares[2] * free / max(1, int(free.sum()))
    for share, part in zip(shares, parts, strict=False):
        if share > 0:
            total += share * part / part.sum()
    return total


def _shares(left: list[float]) -> tuple[float, float, float]:
    """Return the shares of the components, given how much chance each has left."""
    popular, covisit, uniform = SHARES
    if len(left) < 2 or left[1] <= NOTHING_LEFT:
        popular, covisit = popular + covisit, 0.0
    if left[0] <= NOTHING_LEFT:
        popular, uniform = 0.0, uniform + popular
    return popular, covisit, uniform


def _uniform(count: int, taken: set[int], rng: np.random.Generator) -> int:
    for _ in range(TRIES_MAX):
        place = int(rng.random() * count)
        if place not in taken:
            return place
    free = [place for place in range(count) if place not in taken]
    return free[int(rng.random() * len(free))]
