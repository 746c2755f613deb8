"""A shortlist finds what an exact search finds, among the items that are there."""

from __future__ import annotations

import numpy as np

from pasand.stages.columns import greatest
from pasand.stages.scoring.shortlist import ITEM_COUNT_MIN, shortlist_of

WIDTH = 32
WANTED = 200


def vectors(rng: np.random.Generator) -> np.ndarray:
    """Learned vectors are no ball: a few directions carry much."""
    spread = 0.85 ** np.arange(WIDTH)
    turn = np.linalg.qr(rng.normal(size=(WIDTH, WIDTH)))[0]
    return ((rng.normal(size=(ITEM_COUNT_MIN, WIDTH)) * spread) @ turn).astype(np.float32)


def test_nearly_all_of_the_best_are_on_the_shortlist() -> None:
    rng = np.random.default_rng(1)
    vector = vectors(rng)
    shortlist = shortlist_of(vector)
    assert shortlist is not None
    there = rng.random(len(vector)) < 0.9
    kept = []
    for _ in range(10):
        query = vector[rng.integers(len(vector), size=3)].mean(axis=0)
        best = greatest(np.where(there, vector @ query, -np.inf), WANTED)
        found = shortlist.best(query, there, WANTED)
        assert there[found].all()
        kept.append(len(np.intersect1d(best, found)) / WANTED)
    assert np.mean(kept) > 0.98


def test_a_smaller_catalogue_is_searched_exactly() -> None:
    assert shortlist_of(np.ones((ITEM_COUNT_MIN - 1, WIDTH), np.float32)) is None


def test_the_greatest_are_the_greatest_whatever_their_spread() -> None:
    rng = np.random.default_rng(2)
    dense, sparse = rng.random(50_000), np.zeros(50_000)
    sparse[rng.integers(0, 50_000, 3_000)] = rng.random(3_000)
    for value in (dense, sparse, np.sort(dense), np.full(50_000, 0.5), dense[:300]):
        for count in (1, 100, 2_000, 50_000, 60_000):
            found = greatest(value, count)
            assert len(np.unique(found)) == len(found) == min(count, len(value))
            assert np.array_equal(np.sort(value[found]), np.sort(value)[len(value) - len(found) :])
