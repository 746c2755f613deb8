"""Item-kNN: similarities by hand, and the same however they are counted."""

from __future__ import annotations

import numpy as np
import pytest

from pasand.domain.interactions import Interactions
from pasand.learning.item_knn import ItemKnnModel, ItemKnnTraining, train_item_knn
from pasand.stages.scoring.item_knn import (
    HISTORY_COUNT_MAX,
    item_knn_history_weight,
    item_knn_scores,
)


def histories(*lists: list[int], items: int) -> Interactions:
    member = np.concatenate([np.full(len(one), m) for m, one in enumerate(lists)])
    item = np.concatenate([np.array(one, np.int32) for one in lists])
    return Interactions(
        member.astype(np.int32),
        item.astype(np.int32),
        np.arange(len(member), dtype=np.int64),
        np.ones(len(member), np.float32),
        tuple(f"m{m}" for m in range(len(lists))),
        tuple(f"i{i}" for i in range(items)),
    )


def similarity(model: ItemKnnModel, one: int, other: int) -> float:
    found = model.strength[one][model.neighbour[one] == other]
    return float(found[0]) if len(found) else 0.0


DENSE = ItemKnnTraining(shrinkage=2.0)
SPARSE = ItemKnnTraining(shrinkage=2.0, dense_item_count_max=0, pair_count_max=50)


@pytest.mark.parametrize("training", (DENSE, SPARSE))
def test_similarity_is_cosine_with_shrinkage(training: ItemKnnTraining) -> None:
    model = train_item_knn(histories([0, 1, 0], [0, 1], [0, 2], items=4), training)
    # 0 was taken by three members, 1 by two of them, 2 by one: taken twice counts once.
    assert np.isclose(similarity(model, 0, 1), 2 / (6**0.5 + 2))
    assert np.isclose(similarity(model, 2, 0), 1 / (3**0.5 + 2))
    assert similarity(model, 1, 2) == 0
    assert (model.neighbour[3] == -1).all()
    assert model.neighbour[0].tolist()[:2] == [1, 2]


def test_counting_by_pairs_gives_what_one_product_gives() -> None:
    rng = np.random.default_rng(4)
    data = histories(*[rng.integers(0, 30, 12).tolist() for _ in range(50)], items=30)
    dense, sparse = train_item_knn(data, DENSE), train_item_knn(data, SPARSE)
    assert np.allclose(dense.strength, sparse.strength)
    assert np.array_equal(dense.neighbour, sparse.neighbour)
    blocks = train_item_knn(data, ItemKnnTraining(shrinkage=2.0, member_block=3, pair_count_max=40))
    assert np.array_equal(dense.neighbour, blocks.neighbour)


def test_of_a_long_history_the_newest_part_counts() -> None:
    data = histories([0, 1, 2, 3], [0, 1], items=4)
    model = train_item_knn(data, ItemKnnTraining(history_count_max=2))
    assert similarity(model, 2, 3) > 0
    assert similarity(model, 1, 2) == 0
    assert similarity(model, 0, 1) > 0


def test_only_the_strongest_neighbours_stay() -> None:
    data = histories([0, 1], [0, 1], [0, 2], items=3)
    model = train_item_knn(data, ItemKnnTraining(neighbour_count_max=1))
    assert model.neighbour.tolist() == [[1], [0], [0]]


def test_the_newest_of_a_history_weighs_most() -> None:
    model = train_item_knn(histories([0, 1], [2, 3], items=4))
    score = item_knn_scores(model.neighbour, model.strength, np.array([0, 2]))
    assert score[3] > score[1] > 0
    weight = item_knn_history_weight(2)
    assert np.isclose(score[1] / score[3], weight[0] / weight[1])
    assert not item_knn_scores(model.neighbour, model.strength, np.empty(0, np.int32)).any()
    # Beyond the newest entries nothing is looked up, whatever it is said to weigh.
    long = np.array([0] + [2] * HISTORY_COUNT_MAX)
    weight = np.ones(len(long), np.float32)
    assert item_knn_scores(model.neighbour, model.strength, long, weight)[1] == 0
