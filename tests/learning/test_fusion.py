"""Goal: a fusion learns from what was taken whom to listen to, and when."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from pasand.evaluation.rehearsing import Lessons
from pasand.learning.fusion import fit, learn_fusion, likelihood, ndcg

PARTS = ("ease", "popular_week", "sequence")


def lessons(
    truth: NDArray[np.float64], count: int = 3_000, seed: int = 1, among: int = 12
) -> Lessons:
    """Return lessons of members who choose by ``truth``, the weights of two parts and of noise."""
    rng = np.random.default_rng(seed)
    score = rng.standard_normal((count, among, len(PARTS))).astype(np.float32)
    chance = np.exp(score @ truth)
    chance /= chance.sum(axis=1, keepdims=True)
    taken = (chance.cumsum(axis=1) > rng.uniform(size=(count, 1))).argmax(axis=1)
    row = np.arange(count)
    score[row, 0], score[row, taken] = score[row, taken].copy(), score[row, 0].copy()
    return Lessons(PARTS, score, np.zeros((count, among), np.float32), np.zeros(count, bool))


def test_likelihood_finds_the_weights_by_which_members_chose() -> None:
    truth = np.array([1.0, 0.0, 2.0])
    assert fit(lessons(truth)) == pytest.approx(truth, abs=0.15)


def test_the_gradient_is_that_of_the_likelihood() -> None:
    given, weights = lessons(np.array([1.0, 0.0, 2.0]), 50), np.array([0.3, -0.2, 0.5])
    _, slope, bend = likelihood(given, weights)
    step = 1e-4
    for at in range(len(weights)):
        nudge = step * np.eye(len(weights))[at]
        above, below = likelihood(given, weights + nudge), likelihood(given, weights - nudge)
        assert slope[at] == pytest.approx((above[0] - below[0]) / (2 * step), abs=1e-6)
        assert -bend[at] == pytest.approx((above[1] - below[1]) / (2 * step), abs=1e-5)


def test_an_item_that_stands_for_many_counts_as_many() -> None:
    whole = lessons(np.array([0.5, 0.0, 1.0]), 4_000, among=161)
    # Of the items not taken one in four stays, each for the four that it was one of.
    offset = np.log(np.r_[1.0, np.full(40, 4.0)]).astype(np.float32)
    some = replace(whole, score=whole.score[:, :41], offset=np.tile(offset, (len(whole), 1)))
    assert fit(some) == pytest.approx(fit(whole), abs=0.1)


def test_ndcg_counts_those_ahead_and_half_of_those_level() -> None:
    ahead = np.array([[0.0, -1.0, -2.0], [0.0, 1.0, 1.0], [0.0, 0.0, 0.0]], np.float32)
    one = np.ones_like(ahead)
    expected = np.mean([1.0, 1.0 / np.log2(4.0), 1.0 / np.log2(3.0)])
    assert ndcg(ahead, one) == pytest.approx(expected)
    # The second row's rank is 1 + 2 * 10, beyond what is looked at.
    assert ndcg(ahead[1:2], 10 * one[:1]) == 0.0


def test_visits_that_begin_have_weights_of_their_own() -> None:
    here, away = lessons(np.array([2.0, 0.0, 0.0])), lessons(np.array([0.0, 2.0, 0.0]), seed=2)
    both = Lessons(
        PARTS,
        np.concatenate([here.score, away.score]),
        np.concatenate([here.offset, away.offset]),
        np.r_[here.away, ~away.away],
    )
    found = learn_fusion(both)
    assert np.argmax(found.here) == 0
    assert np.argmax(found.away) == 1
    few = learn_fusion(both.where(np.arange(len(both)) < len(here) + 20))
    assert few.away != found.away
    assert np.argmax(few.away) == 0
