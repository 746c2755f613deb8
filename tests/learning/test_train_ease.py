"""EASE equals its closed form, and covers what it says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.learning.ease import EaseTraining, train_ease
from pasand.stages.scoring.ease import ease_history_weight, ease_scores


def toy(
    items: int = 6, members: int = 30, seed: int = 3
) -> tuple[Interactions, NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    taken = rng.random((members, items)) < 0.4
    taken[:, 0] |= rng.random(members) < 0.5
    member, item = np.nonzero(taken)
    count = len(member)
    data = Interactions(
        member.astype(np.int32),
        item.astype(np.int32),
        np.arange(count, dtype=np.int64),
        np.ones(count, np.float32),
        tuple(f"m{m}" for m in range(members)),
        tuple(f"i{i}" for i in range(items)),
    )
    return data, taken.astype(np.float64)


def test_weights_solve_the_regression_with_a_zero_diagonal() -> None:
    data, x = toy()
    model = train_ease(data, EaseTraining(ridge=2.0, member_block=7))
    assert model.item.tolist() == [0, 1, 2, 3, 4, 5]
    # Independent of the closed form: column j is the ridge regression of item j on the others.
    for j in range(6):
        others = [i for i in range(6) if i != j]
        a = x[:, others]
        expected = np.linalg.solve(a.T @ a + 2.0 * np.eye(5), a.T @ x[:, j])
        assert np.allclose(model.weights[others, j], expected, atol=1e-5)
        assert model.weights[j, j] == 0


def test_only_the_most_popular_items_are_covered() -> None:
    data, x = toy()
    model = train_ease(data, EaseTraining(item_count_max=2))
    best = np.sort(np.argsort(-x.sum(axis=0), kind="stable")[:2])
    assert model.item.tolist() == best.tolist()
    assert model.weights.shape == (2, 2)


def test_no_interactions_give_an_empty_model() -> None:
    data, _ = toy()
    model = train_ease(data.where(np.zeros(len(data), bool)))
    assert model.item.tolist() == []
    assert model.weights.shape == (0, 0)


def test_scores_are_the_same_for_one_list_and_for_many() -> None:
    model = train_ease(toy()[0])
    history = np.array([1, 4], np.int64)
    weight = ease_history_weight(2)
    assert weight[1] == 1.0 > weight[0]
    one = ease_scores(model.weights, history, weight)
    many = ease_scores(model.weights, history, np.stack([weight, weight * 2]))
    assert np.allclose(many[0], one)
    assert np.allclose(many[1], 2 * one)
    assert ease_scores(model.weights, history[:0], weight[:0]).tolist() == [0.0] * 6
