"""Metrics against values computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pasand.evaluation.metrics import (
    RANK_METRICS,
    coverage,
    hit,
    macro_mean,
    micro_mean,
    ndcg,
    reciprocal,
)
from pasand.evaluation.ranking import rank_of_target

RANK = np.array([1.0, 3.0, 10.0, 10.5, 11.0])


def test_rank_metrics() -> None:
    assert hit(RANK, 10).tolist() == [1, 1, 1, 0, 0]
    assert ndcg(RANK, 10) == pytest.approx([1.0, 0.5, 0.2890648263178879, 0, 0], abs=1e-12)
    assert reciprocal(RANK[:2]).tolist() == [1.0, 1 / 3]
    assert RANK_METRICS["recall@20"](RANK).mean() == 1.0


def test_micro_counts_targets_alike_and_macro_members() -> None:
    value = np.array([1.0, 1.0, 1.0, 0.0])
    member = np.array([7, 7, 7, 2])
    assert micro_mean(value) == 0.75
    assert macro_mean(value, member) == 0.5
    assert micro_mean(value[:0]) == macro_mean(value[:0], member[:0]) == 0.0


def test_coverage_counts_each_item_once() -> None:
    assert coverage(np.array([[0, 1], [1, -1]]), 4) == 0.5


def test_ties_count_half() -> None:
    score = np.array([[3.0, 1.0, 1.0, 1.0, -np.inf], [0.0, 0.0, 0.0, 0.0, 0.0]])
    assert rank_of_target(score, np.array([1, 0])).tolist() == [3.0, 3.0]
