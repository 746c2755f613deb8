"""Popularity counts only what came before its moment."""

from __future__ import annotations

import numpy as np

from pasand.domain.interactions import Interactions
from pasand.learning.popular import PopularTraining, train_popular

DAY = 86_400_000


def taken(*events: tuple[int, int]) -> Interactions:
    item, at_ms = zip(*events, strict=True)
    count = len(events)
    return Interactions(
        np.zeros(count, np.int32),
        np.array(item, np.int32),
        np.array(at_ms, np.int64),
        np.ones(count, np.float32),
        ("m",),
        ("a", "b", "c"),
    )


def test_window_and_all_time_end_strictly_before_the_moment() -> None:
    model = train_popular(taken((0, 0), (1, 80 * DAY), (1, 99 * DAY), (2, 100 * DAY)), 100 * DAY)
    assert model.recent.tolist() == [0, 2, 0]
    assert model.all_time.tolist() == [1, 2, 0]


def test_a_half_life_discounts_by_age() -> None:
    training = PopularTraining(half_life_ms=10 * DAY)
    model = train_popular(taken((0, 80 * DAY), (1, 90 * DAY)), 100 * DAY, training)
    assert model.recent.tolist() == [0.25, 0.5, 0]
