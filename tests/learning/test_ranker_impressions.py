"""Goal: from what was seen and played the ranker learns the item, not the place it stood in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pasand.learning.ranker_impressions import (
    PLAY_COUNT_MIN,
    Seen,
    place_features,
    train_on_impressions,
)
from pasand.learning.ranker_lessons import OUTCOMES, Lesson, Lessons
from pasand.stages.models import Models
from pasand.stages.scoring.ranker import ranker_of
from pasand.stages.scoring.ranker_features import ITEM_FEATURES, REQUEST_FEATURES

EASE, COVISIT = ITEM_FEATURES.index("ease"), ITEM_FEATURES.index("covisit")
SHAPE = (len(ITEM_FEATURES), len(REQUEST_FEATURES))


def seen(pages: int, cells: int = 12, seed: int = 1) -> Seen:
    """Return pages in the order of ``covisit``, on which members play by ``ease`` and where hands
    go: the first column four times as often as the last.
    """
    rng = np.random.default_rng(seed)
    lessons, places = [], []
    for _ in range(pages):
        item = np.zeros((cells, len(ITEM_FEATURES)), np.float32)
        item[:, [EASE, COVISIT]] = rng.standard_normal((cells, 2))
        item = item[np.argsort(-item[:, COVISIT])]
        odds = -2.0 + 1.0 * item[:, EASE] - 0.6 * np.log1p(np.arange(cells))
        played = rng.random(cells) < 1 / (1 + np.exp(-odds))
        request = np.eye(len(REQUEST_FEATURES), dtype=np.float32)[0]
        nothing = np.full((cells, len(OUTCOMES)), np.nan, np.float32)
        zeros = np.zeros(cells, np.float32)
        lessons.append(Lesson(item, request, zeros, played.astype(np.float32), nothing))
        places.append(np.stack([place_features("tv", 1, column) for column in range(cells)]))
    return Seen(Lessons.of(lessons), np.stack(places))


def replayed() -> dict[str, Any]:
    """Return the ranker of a replay that hears ``covisit`` a little."""
    weight = np.zeros(SHAPE, np.float32)
    weight[COVISIT, 0] = 0.1
    return {
        "ranker.weight": weight,
        "ranker.outcome": np.zeros((4, sum(SHAPE)), np.float32),
        "ranker.outcome_count": np.zeros(4, np.float32),
        "ranker.item_feature": list(ITEM_FEATURES),
        "ranker.request_feature": list(REQUEST_FEATURES),
        "ranker.trained_on": ["replay"],
    }


def test_the_place_does_not_make_the_title() -> None:
    arrays = train_on_impressions(replayed(), seen(3_000))
    weight = arrays["ranker.weight"][:, 0]
    assert weight[EASE] == pytest.approx(1.0, abs=0.15)
    assert abs(weight[COVISIT]) < 0.12, "what stood in front was not liked for that"
    assert arrays["ranker.place"].min() < -0.4
    assert arrays["ranker.trained_on"] == ["impressions"]


def test_its_chances_are_those_of_a_play_where_hands_go_first() -> None:
    model = ranker_of(Models("s", train_on_impressions(replayed(), seen(3_000))))
    assert model is not None and model.trained_on == "impressions"
    item = np.zeros((3, SHAPE[0]), np.float32)
    item[:, EASE] = (-1.0, 0.0, 1.0)
    logit = np.sum(list(model.parts(item, np.eye(SHAPE[1], dtype=np.float32)[0]).values()), axis=0)
    chance, logs = model.chance(logit)
    assert chance == pytest.approx(1 / (1 + np.exp(2.0 - item[:, EASE])), abs=0.06)
    assert np.exp(logs) == pytest.approx(chance)


def test_a_few_plays_change_nothing() -> None:
    few = seen(20)
    assert 0 < few.play_count < PLAY_COUNT_MIN
    arrays = train_on_impressions(replayed(), few)
    assert arrays.keys() == replayed().keys() and arrays["ranker.trained_on"] == ["replay"]
