"""Goal: what a page is proposed by co-visitation is what the model's scores over all items say."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pasand.stages.scoring.covisit import covisit_causes, covisit_found, covisit_scores

COUNT = 7


@st.composite
def drawn_models(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = [
        draw(st.lists(st.integers(0, COUNT - 1), unique=True, max_size=4)) for _ in range(COUNT)
    ]
    neighbour = np.array([row + [-1] * (4 - len(row)) for row in rows], np.int32)
    # Strengths that differ: of equal ones either may be named as the cause.
    order = np.array(draw(st.permutations(range(1, 4 * COUNT + 1))), np.float32).reshape(COUNT, 4)
    strength = np.where(neighbour >= 0, order, 0).astype(np.float32)
    history = draw(st.lists(st.integers(0, COUNT - 1), min_size=1, max_size=12))
    return neighbour, strength, np.array(history)


@given(drawn_models())
@settings(max_examples=80)
def test_sparse_scores_are_the_dense_ones(model: tuple[np.ndarray, ...]) -> None:
    item, score, cause = covisit_found(*model)
    dense, causes = covisit_scores(*model), covisit_causes(*model)
    assert item.tolist() == np.flatnonzero(causes >= 0).tolist()
    np.testing.assert_allclose(score, dense[item], rtol=1e-6)
    assert cause.tolist() == causes[item].tolist() and dense.sum() == dense[item].sum()
