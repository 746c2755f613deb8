"""The time split: nothing later trains, ties keep their order, targets are what they claim."""

from __future__ import annotations

import numpy as np

from pasand.domain.interactions import Interactions
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.splits import choose_targets, split_by_time

DAY = 86_400_000


def interactions(member: list[int], item: list[int], at_ms: list[int]) -> Interactions:
    return Interactions(
        np.array(member, np.int32),
        np.array(item, np.int32),
        np.array(at_ms, np.int64),
        np.ones(len(member), np.float32),
        tuple(f"m{m}" for m in range(max(member) + 1)),
        tuple(f"i{i}" for i in range(max(item) + 1)),
    )


def random_interactions(seed: int = 2, count: int = 400) -> Interactions:
    rng = np.random.default_rng(seed)
    return interactions(
        rng.integers(0, 20, count).tolist(),
        rng.integers(0, 60, count).tolist(),
        np.sort(rng.integers(0, 90, count) * 1_000).tolist(),
    )


def test_ties_at_the_cut_keep_the_order_of_the_file() -> None:
    split = split_by_time(interactions([0] * 4, [3, 2, 1, 0], [5, 5, 5, 5]), 0.5)
    assert split.training.item.tolist() == [3, 2]
    assert choose_targets(split).item.tolist() == [1, 0]


def test_targets_are_first_takes_after_the_cut_with_all_that_came_before() -> None:
    data = random_interactions()
    split = split_by_time(data, 0.9)
    assert len(split.training) == 360
    targets = choose_targets(split, target_count_max=3)
    expected: list[tuple[int, int, list[int]]] = []
    per_member: dict[int, int] = {}
    for row in range(360, 400):
        member, item = int(data.member[row]), int(data.item[row])
        before = data.item[:row][data.member[:row] == member].tolist()
        if item in before or per_member.get(member, 0) == 3:
            continue
        per_member[member] = per_member.get(member, 0) + 1
        expected.append((member, item, before))
    found = [
        (
            int(targets.member[i]),
            int(targets.item[i]),
            targets.item_sequence[targets.first[i] : targets.place[i]].tolist(),
        )
        for i in range(len(targets))
    ]
    assert sorted(found) == sorted(expected)


def test_cold_new_and_gap() -> None:
    member = [0] * 9 + [0, 1, 1]
    item = [*range(9), 9, 0, 1]
    at_ms = [*range(9), 10_000, 10_001, 10_501]
    targets = choose_targets(split_by_time(interactions(member, item, at_ms), 0.75))
    assert targets.member.tolist() == [0, 1, 1]
    assert targets.cold.tolist() == [False, True, True]
    assert targets.is_new.tolist() == [True, False, False]
    assert targets.gap_ms.tolist() == [9_992, -1, 500]
    assert targets.history_count.tolist() == [9, 0, 1]


def test_live_counts_end_strictly_before_the_moment() -> None:
    data = random_interactions(seed=4)
    live = LiveCounts(data)
    moments = np.array([0, 1_000, 30_000, 30_000, 31_000, 89_000, 45_500], np.int64)
    counts = live.before(moments, window_ms=20_000)
    for r, moment in enumerate(moments):
        inside = (data.at_ms < moment) & (data.at_ms >= moment - 20_000)
        expected = np.bincount(data.item[inside], minlength=60)
        assert counts[r].tolist() == expected.tolist()
