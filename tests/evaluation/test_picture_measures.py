"""Measures of recognising, against what they are by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasand.domain.picture_facts import Box, Seen
from pasand.evaluation.picture_measures import (
    area_under_curve,
    average_precision,
    correlation,
    recall_at,
    shared_of,
)

LEFT, RIGHT = Box(0.0, 0.0, 0.4, 0.5), Box(0.5, 0.5, 0.4, 0.4)


def test_average_precision_by_hand() -> None:
    truth = [[("dog", LEFT), ("dog", RIGHT)], [("cat", LEFT)]]
    right = [[Seen("dog", 0.9, LEFT), Seen("dog", 0.8, RIGHT)], [Seen("cat", 0.3, LEFT)]]
    assert average_precision(right, truth) == 1.0
    # A wrong dog between: precision is 1 up to a recall of one half, then 2/3; no cat.
    between = [[Seen("dog", 0.9, LEFT), Seen("dog", 0.85, LEFT), Seen("dog", 0.8, RIGHT)], []]
    assert average_precision(between, truth) == pytest.approx((51 + 50 * 2 / 3) / 101 / 2)
    assert average_precision([[], []], truth) == 0.0


def test_recall_counts_each_true_box_once() -> None:
    truth = [[("dog", LEFT), ("dog", RIGHT)]]
    assert recall_at([[Seen("dog", 0.9, LEFT), Seen("dog", 0.8, LEFT)]], truth) == 0.5
    assert recall_at([[Seen("cat", 0.9, LEFT)]], truth) == 0.0


def test_boxes_share_what_both_cover() -> None:
    assert shared_of(LEFT, LEFT) == pytest.approx(1.0)
    assert shared_of(LEFT, RIGHT) == 0.0
    assert shared_of(Box(0, 0, 1, 1), Box(0, 0, 0.5, 1)) == pytest.approx(0.5)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_area_is_the_share_of_pairs_in_order(rows: list[tuple[int, bool]]) -> None:
    said, truth = np.array([r[0] for r in rows], float), np.array([r[1] for r in rows])
    true, false = said[truth], said[~truth]
    if not len(true) or not len(false):
        return
    pairs = (true[:, None] > false).mean() + (true[:, None] == false).mean() / 2
    assert area_under_curve(said, truth) == pytest.approx(pairs)


def test_correlation_is_of_a_line() -> None:
    line = np.arange(5.0)
    assert correlation(line, 3 * line + 1) == pytest.approx(1.0)
    assert correlation(line, -line) == pytest.approx(-1.0)
