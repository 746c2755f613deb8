"""Decay and blend: the plain functions under every first model."""

from __future__ import annotations

import numpy as np

from pasand.stages.scoring.blend import BlendWeights, blend_scores, standardise
from pasand.stages.scoring.decay import half_life_weight, step_weight


def test_half_life() -> None:
    assert half_life_weight([-5, 0, 10, 20], 10).tolist() == [1.0, 1.0, 0.5, 0.25]


def test_step_weight_falls_to_its_floor_newest_last() -> None:
    weight = step_weight(40, 2.0, 0.1)
    assert weight[-1] == 1.0
    assert np.isclose(weight[-3], 0.55)
    assert np.isclose(weight[0], 0.1, atol=1e-4)
    assert (np.diff(weight) > 0).all()


def test_standardise_uses_candidates_only() -> None:
    score = np.array([1.0, 3.0, 1e9], np.float32)
    assert standardise(score, np.array([True, True, False]))[:2].tolist() == [-1.0, 1.0]
    assert standardise(np.full(7, 0.1, np.float32)).tolist() == [0.0] * 7


def test_a_silent_model_leaves_the_order_to_the_others() -> None:
    silent = np.zeros(3, np.float32)
    popular = np.array([5.0, 9.0, 1.0], np.float32)
    assert np.argsort(-blend_scores({"covisit": silent, "popular": popular})).tolist() == [1, 0, 2]
    assert blend_scores({"covisit": silent, "ease": silent}).tolist() == [0.0, 0.0, 0.0]


def test_weights_decide_between_models_that_disagree() -> None:
    up = np.array([0.0, 1.0, 2.0], np.float32)
    by_covisit = blend_scores(
        {"covisit": up, "ease": -up}, weights=BlendWeights(covisit=1.0, ease=0.5)
    )
    by_ease = blend_scores(
        {"covisit": up, "ease": -up}, weights=BlendWeights(covisit=0.5, ease=1.0)
    )
    assert by_covisit.argmax() == 2
    assert by_ease.argmax() == 0


def test_popularity_counts_for_more_when_a_visit_begins() -> None:
    own = np.array([[0.0, 1.0], [0.0, 1.0]], np.float32)
    popular = -own
    weights = BlendWeights(covisit=1.0, ease=0.0, popular=0.5, popular_away=2.0)
    parts = {"covisit": own, "popular": popular}
    score = blend_scores(parts, weights=weights, away=np.array([False, True]))
    assert score.argmax(axis=1).tolist() == [1, 0]
    first = {name: part[0] for name, part in parts.items()}
    one = blend_scores(first, weights=weights, away=True)
    assert one.tolist() == score[1].tolist()
