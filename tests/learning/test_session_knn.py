"""Session-kNN: what a visit is, what the index keeps, and who of the past speaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.learning.session_knn import SessionKnnTraining, train_session_knn
from pasand.stages.scoring.session_knn import (
    SessionKnnIndex,
    SessionKnnWeights,
    session_knn_scores,
)

HOUR_MS = 3_600_000
PLAIN = SessionKnnWeights(
    half_life_steps=1.0, length_power=0.0, reach_steps=1e9, backward=1.0, rarity=0.0
)


def events(*rows: tuple[int, int, float], items: int = 8) -> Interactions:
    """Return interactions of (member, item, hour), in order of time."""
    table = sorted(rows, key=lambda row: row[2])
    member, item, hour = (np.array(column) for column in zip(*table, strict=True))
    return Interactions(
        member.astype(np.int32),
        item.astype(np.int32),
        (hour * HOUR_MS).astype(np.int64),
        np.ones(len(table), np.float32),
        tuple(f"m{number}" for number in range(int(member.max()) + 1)),
        tuple(f"i{number}" for number in range(items)),
    )


def sessions(*lists: list[int], items: int = 8) -> Interactions:
    """Return one member a session, one session after the other."""
    rows = [
        (number, item, 24 * number + 0.01 * step)
        for number, one in enumerate(lists)
        for step, item in enumerate(one)
    ]
    return events(*rows, items=items)


def held(index: SessionKnnIndex) -> list[list[int]]:
    cuts = index.session_start[1:-1]
    return [part.tolist() for part in np.split(index.session_item, cuts)]


def score(index: SessionKnnIndex, *history: int, **known: float) -> NDArray[np.float32]:
    return session_knn_scores(index, np.array(history, np.int32), replace(PLAIN, **known))  # type: ignore[arg-type]


def test_an_hour_of_silence_ends_a_visit_and_visits_stand_by_their_end() -> None:
    data = events((0, 1, 0.0), (1, 5, 0.2), (0, 2, 0.9), (1, 6, 1.0), (0, 3, 3.0), (0, 4, 3.5))
    assert held(train_session_knn(data)) == [[1, 2], [5, 6], [3, 4]]
    untimed = replace(data, timed=False)
    assert held(train_session_knn(untimed)) == [[5, 6], [1, 2, 3, 4]]


def test_a_visit_holds_an_item_once_and_visits_of_one_item_are_left_out() -> None:
    data = sessions([1, 2, 1], [3, 3], [4, 5])
    assert held(train_session_knn(data)) == [[2, 1], [4, 5]]


def test_an_item_keeps_its_newest_visits_and_a_visit_its_newest_items() -> None:
    data = sessions([1, 2, 3], [1, 4, 5], [1, 6, 7])
    index = train_session_knn(data, SessionKnnTraining(visit_count_max=1, item_count_max=2))
    assert held(index) == [[2, 3], [4, 5], [6, 7]]
    index = train_session_knn(data, SessionKnnTraining(visit_count_max=2))
    assert score(index, 1)[[2, 4, 6]].tolist() == [0.0, 1.0, 1.0]
    place = index.item_place[index.item_start[1] : index.item_start[2]]
    assert index.place_session[place].tolist() == [1, 2]


def test_likeness_is_what_is_shared_and_the_newest_shared_item_is_loudest() -> None:
    index = train_session_knn(sessions([1, 2, 3], [1, 4], [2, 5]))
    found = score(index, 1, 2)
    # Both are shared: (1 + 1/2) and the newest weighs 1; then 1 step back, 1/2 · 1/2; then 1 · 1.
    assert found[[3, 4, 5]].tolist() == [1.5, 0.25, 1.0]


def test_the_most_recent_sessions_are_compared_and_the_most_alike_speak() -> None:
    index = train_session_knn(sessions([1, 2, 3], [1, 4], [1, 5]))
    assert score(index, 2, 1, sample_count=2)[[3, 4, 5]].tolist() == [0.0, 1.0, 1.0]
    assert score(index, 2, 1, neighbour_count=1)[[3, 4, 5]].tolist() == [1.5, 0.0, 0.0]
    assert score(index, 1, neighbour_count=1)[[3, 4, 5]].tolist() == [0.0, 0.0, 1.0]


def test_what_stands_near_and_after_the_shared_item_counts_for_more() -> None:
    index = train_session_knn(sessions([4, 1, 2, 3]))
    near = score(index, 1, reach_steps=1.0, backward=0.5)
    assert near[[4, 2, 3]].tolist() == [0.25, 0.5, 0.25]
    assert score(index, 1, length_power=1.0)[2] == score(index, 1)[2] / 4


def test_a_rare_item_counts_for_more() -> None:
    index = train_session_knn(sessions([1, 2], [1, 3], [3, 4]))
    found = score(index, 1, rarity=1.0)
    assert found[2] > found[3] > 0
    assert score(index, 1)[2] == score(index, 1)[3]


@pytest.mark.parametrize("history", ([], [7], [0]))
def test_nothing_shared_gives_nothing(history: list[int]) -> None:
    index = train_session_knn(sessions([1, 2], [3, 4]))
    assert not score(index, *history).any()


def test_only_the_newest_entries_are_looked_up() -> None:
    index = train_session_knn(sessions([1, 2], [3, 4]))
    assert score(index, 1, 3, entry_count_max=1)[[2, 4]].tolist() == [0.0, 1.0]
