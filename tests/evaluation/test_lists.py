"""Metrics of lists and the bootstrap, against values computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from toys import rows

from pasand.evaluation.bootstrap import Draws, difference, interval
from pasand.evaluation.lists import (
    ListFacts,
    calibration,
    genre_shares,
    genres_of_histories,
    list_metrics,
    most_popular,
    novelty,
)
from pasand.evaluation.splits import choose_targets


def test_novelty_and_share_of_the_popular() -> None:
    facts = ListFacts(novelty(np.array([4, 2, 1, 0]), 4), most_popular(np.arange(4, 0, -1)))
    assert facts.surprise.tolist() == [0, 1, 2, 2]
    top = np.array([[0, 1, 2], [3, -1, -1]], np.int32)
    found = list_metrics(top, facts)
    assert found["novelty@10"].tolist() == [1.0, 2.0]
    assert found["popularity_share@10"].tolist() == [1.0, 1.0]


def test_the_popular_are_a_hundredth_and_at_least_ten() -> None:
    assert most_popular(np.arange(3_000)).nonzero()[0].tolist() == list(range(2_970, 3_000))
    assert most_popular(np.ones(500)).nonzero()[0].tolist() == list(range(10))


def test_calibration_is_the_divergence_of_genres() -> None:
    p, q = (
        np.array([[3.0, 1.0], [1.0, 0.0], [0.0, 0.0]]),
        np.array([[1.0, 1.0], [0.0, 2.0], [1, 1]]),
    )
    mixed = [0.99 * 0.5 + 0.01 * 0.75, 0.99 * 0.5 + 0.01 * 0.25]
    by_hand = 0.75 * math.log(0.75 / mixed[0]) + 0.25 * math.log(0.25 / mixed[1])
    found = calibration(p, q)
    assert found[:2].tolist() == pytest.approx([by_hand, math.log(1 / 0.01)], abs=1e-12)
    assert math.isnan(found[2])
    assert calibration(p[:1], 7 * p[:1]).tolist() == pytest.approx([0.0], abs=1e-12)


def test_genres_of_a_history_are_those_of_its_items() -> None:
    genre = genre_shares(("a", "b", "c"), {"a": ("x", "y"), "b": ("y",)})
    assert genre is not None
    assert genre.tolist() == [[0.5, 0.5], [0.0, 1.0], [0.0, 0.0]]
    data = rows([0, 1, 0, 0, 1], [0, 2, 1, 2, 0], [0, 1, 2, 3, 4])
    targets = choose_targets(data, np.zeros(5, bool), np.ones(5, bool))
    wanted = genres_of_histories(targets, genre)
    assert wanted.tolist() == [[0, 0], [0.5, 0.5], [0.5, 1.5], [0, 0], [0, 0]]
    assert genre_shares(("a",), {"b": ("x",)}) is None


def test_draws_take_whole_members() -> None:
    draws = Draws(np.array([[2, 0, 1], [0, 3, 0], [1, 1, 1]], np.uint8))
    value = np.array([[1.0], [0.0], [0.5], [0.0]])
    member = np.array([0, 0, 1, 2])
    assert draws.micro_means(value, member)[:, 0].tolist() == [2 / 5, 0.5, 1.5 / 4]
    assert draws.macro_means(value, member)[:, 0].tolist() == [1 / 3, 0.5, 1 / 3]
    # A part without member 1: a draw of member 1 alone says nothing of it.
    part = draws.micro_means(value[[0, 3]], member[[0, 3]])[:, 0]
    assert part[0] == 2 / 3 and math.isnan(part[1]) and part[2] == 0.5


def test_intervals_cover_the_mean_of_a_known_distribution() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for seed in range(40):
        value = rng.normal(1.0, 1.0, (200, 1))
        low, high = interval(Draws.of(200, seed, 400).micro_means(value, np.arange(200))[:, 0])
        covered += low <= 1.0 <= high
    assert covered >= 34


def test_draws_repeat_with_their_seed_and_take_as_many_as_there_are() -> None:
    draws = Draws.of(50, 7)
    assert (draws.times.sum(axis=1) == 50).all()
    assert (draws.times == Draws.of(50, 7).times).all()
    assert (draws.times != Draws.of(50, 8).times).any()


def test_a_difference_is_paired() -> None:
    rng = np.random.default_rng(5)
    noise = rng.normal(size=1_000)
    low, high, p = difference(noise + 0.1, noise)
    assert (low, high) == pytest.approx((0.1, 0.1)) and p == pytest.approx(2 / 1001)
    assert difference(noise, noise)[2] == 1.0
