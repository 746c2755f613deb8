"""Metrics against values that an independent library computed once from the same scores."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from pasand.evaluation.lists import ListFacts, list_metrics, novelty
from pasand.evaluation.metrics import RANK_METRICS, coverage
from pasand.evaluation.ranking import first_items, rank_of_target

GOLDEN = Path(__file__).parent / "golden"


def own_values() -> dict[str, float]:
    given = json.loads((GOLDEN / "input.json").read_text("utf-8"))
    score = np.array(given["score"])
    rank = rank_of_target(score, np.array(given["target"]))
    top = first_items(score, 10)
    surprise = novelty(np.array(given["taken_by"]), given["member_count"])
    facts = ListFacts(surprise, np.zeros(score.shape[1], bool))
    metrics = {name: partial(metric, rank) for name, metric in RANK_METRICS.items()}
    return {name: float(metric().mean()) for name, metric in metrics.items()} | {
        "coverage@10": coverage(top, score.shape[1]),
        "novelty@10": float(list_metrics(top, facts)["novelty@10"].mean()),
    }


def test_metrics_agree_with_an_independent_library() -> None:
    expected = json.loads((GOLDEN / "expected.json").read_text("utf-8"))["values"]
    wanted = json.loads((GOLDEN / "input.json").read_text("utf-8"))["wanted"]
    own = own_values()
    assert expected.keys() == set(wanted)
    assert {name: own[name] for name in expected} == pytest.approx(expected, abs=1e-9, rel=0)
