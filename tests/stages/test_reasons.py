"""Goal: the reason of a cell is something that really spoke for it."""

from __future__ import annotations

import numpy as np

from pasand.domain.candidates import Candidates
from pasand.domain.page import REASONS
from pasand.stages.models import Models
from pasand.stages.scorers.blend import BlendScorer, Config
from pasand.testing import samples


def reasons(**columns: list[float]) -> list[str]:
    count = len(next(iter(columns.values())))
    arrays = {name: np.array(values, np.float32) for name, values in columns.items()}
    table = Candidates(np.arange(count, dtype=np.int32), arrays)
    query = samples.query(samples.items(count))
    found = BlendScorer(Config(), Models())(query, table)
    return [REASONS[code] for code in found["reason"].tolist()]


def test_only_what_rises_is_said_to_rise() -> None:
    said = reasons(popular=[1.0, 0.0, 0.0, 0.0], trending=[0.0, 0.0, 0.0, 1.0])
    assert said[0] == "popular" and said[3] == "trending"
    assert "trending" not in said[:3]


def test_only_what_is_new_is_said_to_be_new() -> None:
    said = reasons(popular=[1.0, 0.2, 0.1, 0.0], fresh=[0.0, 0.0, 0.0, 1.0])
    assert said[3] == "new" and "new" not in said[:3]


def test_because_needs_a_cause() -> None:
    strong = {"covisit": [9.0, 9.0, 0.0, 0.0], "popular": [0.5, 0.9, 0.1, 0.1]}
    assert reasons(**strong, cause=[3.0, 0.0, 0.0, 0.0])[:2] == ["because", "popular"]


def test_where_nothing_speaks_nothing_is_claimed() -> None:
    assert reasons(popular=[0.5, 0.5, 0.5]) == ["untried"] * 3


def test_what_is_merely_above_a_mean_below_zero_is_no_reason() -> None:
    assert reasons(ease=[-0.1, -3.0, -3.0], popular=[0.5, 0.5, 0.5])[0] == "untried"
    assert reasons(ease=[0.1, -3.0, -3.0], popular=[0.5, 0.5, 0.5])[0] == "similar_taste"
