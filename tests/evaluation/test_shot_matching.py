"""Shots agree one with one, within a few frames."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasand.evaluation.shot_matching import match_shots

spans = st.lists(
    st.tuples(st.integers(0, 99), st.integers(0, 9)).map(lambda p: (p[0], p[0] + p[1]))
)


def test_matches_are_counted_by_hand() -> None:
    truth = [(10, 10), (50, 50), (80, 90)]
    assert match_shots(truth, truth).f1 == 1.0
    found = match_shots(truth, [(11, 11), (12, 12), (85, 85)])
    assert (found.hits, found.true, found.found) == (2, 3, 3)
    assert found.f1 == pytest.approx(2 / 3)
    assert match_shots([(10, 10)], [(13, 13)]).f1 == 0.0
    assert match_shots([], []).f1 == 0.0


@given(spans, spans)
def test_there_are_never_more_hits_than_of_either(truth: list, found: list) -> None:
    matched = match_shots(truth, found)
    assert matched.hits <= min(len(truth), len(found)) and 0 <= matched.f1 <= 1
