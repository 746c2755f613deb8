"""Goal: every threshold stands in one place, and means the same for numbers and arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasand.domain import labels
from pasand.domain.labels import LabelRules
from pasand.testing import samples

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
FILM_S = 6_000


def test_finished_is_nine_tenths() -> None:
    assert labels.finished(5_400, FILM_S) and not labels.finished(5_399, FILM_S)
    assert not labels.finished(5_400, 0), "of an unknown length nobody knows"
    assert labels.finished(3_000, FILM_S, LabelRules(finished_share=0.5))


def test_a_quality_play_takes_time_and_a_share() -> None:
    assert labels.quality_play(3_000, FILM_S) and not labels.quality_play(2_999, FILM_S)
    assert not labels.quality_play(300, 500), "a short one takes six minutes"
    assert labels.quality_play(450, 500) and labels.quality_play(110, 120), "or to be finished"
    assert labels.quality_play(360, 0) and not labels.quality_play(359, 0)


def test_abandoned_is_early_and_for_good() -> None:
    assert labels.abandoned(1_199, FILM_S, 14 * DAY_MS)
    assert not labels.abandoned(1_200, FILM_S, 14 * DAY_MS)
    assert not labels.abandoned(600, FILM_S, 14 * DAY_MS - 1)
    assert not labels.abandoned(600, 0, 99 * DAY_MS)


def test_skipped_and_fast_finished() -> None:
    assert labels.skipped(3) and not labels.skipped(2)
    assert labels.fast_finish(0, 3 * DAY_MS) and not labels.fast_finish(0, 3 * DAY_MS + 1)
    assert not labels.fast_finish(1, 0), "finished before it was begun: another viewing"


def test_a_visit_ends_with_an_hour_of_nothing() -> None:
    assert labels.begins_visit(HOUR_MS + 1) and not labels.begins_visit(HOUR_MS)
    gaps = np.array([0, HOUR_MS, HOUR_MS + 1, 9 * HOUR_MS])
    assert labels.begins_visit(gaps).tolist() == [False, False, True, True]


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("thumb", 2, "like"), ("thumb", -1, "dislike"), ("thumb", 0, ""), ("rating", 4, "like"),
        ("rating", 3.5, ""), ("rating", 2, "dislike"), ("rating", 0, ""), ("hide", 0, "dislike"),
        ("not_interested", 0, "dislike"), ("play_start", 5, ""), ("complete", 0, ""),
    ],
)  # fmt: skip
def test_opinions(kind: str, value: float, said: str) -> None:
    assert labels.opinion(samples.event("e", kind, payload={"value": value})) == said


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({}, True), ({"consent": True}, True), ({"consent": False}, False),
        ({"extra": {"unjoined": True}}, False), ({"extra": {"unjoined": "yes"}}, True),
    ],
)  # fmt: skip
def test_what_may_be_learned_from(fields: dict[str, Any], counts: bool) -> None:
    assert labels.counts_for_learning(samples.event("e", **fields)) is counts


seconds = st.integers(0, 10_000)


@given(st.lists(st.tuples(seconds, seconds, seconds), min_size=1, max_size=9))
def test_arrays_are_judged_like_their_numbers(rows: list[tuple[int, int, int]]) -> None:
    position, duration, count = np.array(rows).T
    for rule, columns in (
        (labels.finished, (position, duration)),
        (labels.quality_play, (position, duration)),
        (labels.abandoned, (position, duration, count * DAY_MS)),
        (labels.skipped, (count,)),
        (labels.fast_finish, (position * HOUR_MS, duration * HOUR_MS)),
        (labels.begins_visit, (count * 60_000,)),
    ):
        one_by_one = [bool(rule(*map(int, row))) for row in zip(*columns, strict=True)]  # type: ignore[operator]
        assert rule(*columns).tolist() == one_by_one  # type: ignore[operator]
