"""Goal: what is measured of pages means what it says."""

from __future__ import annotations

import numpy as np
import pytest

from pasand.evaluation.page_figures import first_row_shared, kept_near, strongest_first


def test_a_title_is_kept_within_two_rows_of_its_place() -> None:
    before = [["a", "b"], ["c"], ["d"], ["e"]]
    assert kept_near(before, before) == (4, 4)
    assert kept_near(before, [["d"], ["c"], ["b"], ["a"]]) == (3, 4)
    assert kept_near(before, [["a"]], acted_on={"b", "c"}) == (1, 2)
    assert kept_near([["a", "b"]], [["a"]], column_count=1) == (1, 1)


def test_the_first_rows_of_two_devices_share_titles() -> None:
    assert first_row_shared([["a", "b"]], [["b", "a", "c", "d"]]) == 1.0
    assert first_row_shared([["a", "b", "c"]], [["b", "x"]]) == 0.5
    assert first_row_shared([], [["a"]]) == 0.0


def test_ranks_of_worth_and_attention_go_together() -> None:
    attention = np.array([[1.0, 0.5], [0.6, 0.3]])
    best_first = [np.array([9.0, 5.0]), np.array([7.0])]
    assert strongest_first(best_first, attention) == pytest.approx(1.0)
    assert strongest_first([np.array([1.0, 5.0]), np.array([3.0])], attention) == pytest.approx(-1)
    assert strongest_first([np.array([1.0, 1.0])], attention) == 0.0
