"""Goal: a ranker learns what decides a choice, when, and what becomes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pasand.learning.descent import least
from pasand.learning.ranker import (
    OUTCOME_COUNT_MIN,
    PRIOR,
    choice_weights,
    prior_weights,
    train_ranker,
    unlikelihood,
)
from pasand.learning.ranker_lessons import OUTCOMES, Lesson, Lessons, drawn
from pasand.stages.models import Models
from pasand.stages.scoring.ranker import ranker_of
from pasand.stages.scoring.ranker_features import ITEM_FEATURES, REQUEST_FEATURES

EASE, COVISIT, LIKE = (ITEM_FEATURES.index(name) for name in ("ease", "covisit", "crowd_like"))
AWAY = REQUEST_FEATURES.index("away")


def lessons(count: int = 2_000, among: int = 12, seed: int = 1) -> Lessons:
    """Return members who follow ``ease`` within a visit and ``covisit`` where one begins, and
    like what the crowd likes.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        item = np.zeros((among, len(ITEM_FEATURES)), np.float32)
        item[:, [EASE, COVISIT, LIKE]] = rng.standard_normal((among, 3))
        request = np.zeros(len(REQUEST_FEATURES), np.float32)
        request[0], request[AWAY] = 1.0, number % 2
        wish = 2.0 * item[:, COVISIT if number % 2 else EASE]
        chance = np.exp(wish) / np.exp(wish).sum()
        taken = np.zeros(among, np.float32)
        at = rng.choice(among, p=chance / chance.sum())
        taken[at] = 1.0
        outcome = np.full((among, len(OUTCOMES)), np.nan, np.float32)
        liked = float(rng.random() < 1 / (1 + np.exp(-2.0 * item[at, LIKE])))
        outcome[at, 1:3] = liked, 1.0 - liked
        rows.append(Lesson(item, request, np.zeros(among, np.float32), taken, outcome))
    return Lessons.of(rows)


def test_the_request_decides_whom_to_listen_to() -> None:
    weights = choice_weights(lessons())
    here, away = weights[:, 0], weights[:, 0] + weights[:, AWAY]
    assert here[EASE] > 1.5 and abs(here[COVISIT]) < 0.4
    assert away[COVISIT] > 1.5 and abs(away[EASE]) < 0.4


def test_what_the_log_says_nothing_of_keeps_its_prior() -> None:
    weights = choice_weights(lessons(200))
    for name, value in PRIOR.items():
        assert weights[ITEM_FEATURES.index(name), 0] == pytest.approx(value)
    nothing = Lessons.of([])
    assert choice_weights(nothing) == pytest.approx(prior_weights())


def test_the_gradient_is_that_of_the_likelihood() -> None:
    given = lessons(60)
    rng = np.random.default_rng(2)
    weights = 0.3 * rng.standard_normal((len(ITEM_FEATURES), len(REQUEST_FEATURES)))
    _, slope = unlikelihood(given, given.taken, weights)
    for at in ((EASE, 0), (COVISIT, AWAY), (LIKE, 0)):
        nudge = np.zeros_like(weights)
        nudge[at] = 1e-2
        above, _ = unlikelihood(given, given.taken, weights + nudge)
        below, _ = unlikelihood(given, given.taken, weights - nudge)
        assert slope[at] == pytest.approx((above - below) / 2e-2, abs=2e-3)


def models_of(arrays: dict[str, Any]) -> Models:
    return Models("s", arrays)


def test_what_becomes_of_a_play_is_foretold_where_enough_is_known() -> None:
    model = ranker_of(models_of(train_ranker(lessons(), "replay")))
    assert model is not None and model.trained_on == "replay"
    item = np.zeros((2, len(ITEM_FEATURES)), np.float32)
    item[:, LIKE] = (-1.5, 1.5)
    request = np.eye(len(REQUEST_FEATURES), dtype=np.float32)[0]
    told = model.foretold(item, request)
    assert told["like"][0] < 0.2 and told["like"][1] > 0.8
    assert told["dislike"] == pytest.approx(1.0 - told["like"], abs=0.05)
    assert not told["finish"].any() and not told["minutes"].any(), "nothing is known of these"
    few = ranker_of(models_of(train_ranker(lessons(OUTCOME_COUNT_MIN - 1), "replay")))
    assert few is not None and not few.foretold(item, request)["like"].any()


def test_a_sample_keeps_what_was_taken_and_says_what_the_rest_stands_for() -> None:
    table = np.arange(1000, dtype=np.float32)[:, None]
    taken = np.zeros(1000, bool)
    taken[[3, 990]] = True
    place, offset = drawn(table, taken, 20, 100, np.random.default_rng(1))
    assert set(place[:2].tolist()) == {3, 990} and len(set(place.tolist())) == len(place) == 100
    assert set(range(980, 1000)) <= set(place.tolist())
    assert np.exp(offset).sum() == pytest.approx(1000, rel=1e-4)
    everything, none = drawn(table[:10], taken[:10], 20, 100, np.random.default_rng(1))
    assert sorted(everything.tolist()) == list(range(10)) and not none.any()


def test_the_least_of_a_valley_is_found() -> None:
    target = np.array([1.0, -2.0, 0.5])
    scale = np.array([1.0, 50.0, 0.1])

    def valley(at: np.ndarray) -> tuple[float, np.ndarray]:
        return float((scale * (at - target) ** 2).sum()), 2 * scale * (at - target)

    assert least(valley, np.zeros(3), 200, 1e-12) == pytest.approx(target, abs=1e-3)
