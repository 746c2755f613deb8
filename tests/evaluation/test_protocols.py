"""Each protocol on cases small enough to work out by hand: what trains, what is a target."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import DAY, HOUR, rows, world

from pasand.errors import InvalidInput
from pasand.evaluation.data import EvaluationData
from pasand.evaluation.protocols import PROTOCOLS, split_by
from pasand.evaluation.slices import slices
from pasand.evaluation.splits import Rules, Split

DAY_RULES = Rules(day_event_count_min=3)


def shown(split: Split) -> list[tuple[int, int, list[int]]]:
    """Return (member, target item, history) of every target."""
    targets = split.targets
    return [
        (
            int(targets.member[i]),
            int(targets.item[i]),
            targets.item_sequence[targets.first[i] : targets.place[i]].tolist(),
        )
        for i in range(len(targets))
    ]


def test_leave_one_out_takes_the_last_event_and_ties_keep_their_order() -> None:
    member = [0, 1, 0, 1, 0, 0, 2, 2, 2, 3, 3]
    item = [0, 5, 1, 6, 3, 2, 0, 1, 0, 4, 5]
    at_ms = [1, 1, 2, 2, 9, 9, 10, 11, 12, 13, 14]
    split = split_by("leave-one-out", EvaluationData(rows(member, item, at_ms)))
    # Of member 0's two events of one moment the later row is the last. Member 2's last event
    # repeats an item: no target, and it does not train.
    assert shown(split) == [(0, 2, [0, 1, 3]), (1, 6, [5]), (3, 5, [4])]
    assert split.training.item.tolist() == [0, 5, 1, 3, 0, 1, 4]
    assert split.targets.is_new.tolist() == [True, True, False]


def test_leave_one_out_sees_no_held_out_event_in_its_counts() -> None:
    split = split_by("leave-one-out", world())
    counts = split.live.before(np.array([10**12]), 10**12)[0]
    assert counts.sum() == len(split.training) == len(world()) - 40


def test_time_trains_before_one_moment() -> None:
    member = [0] * 9 + [0, 1, 1]
    item = [*range(9), 9, 0, 1]
    at_ms = [*range(9), 10_000, 10_001, 10_501]
    split = split_by("time", EvaluationData(rows(member, item, at_ms)), Rules(quantile=0.75))
    assert shown(split) == [(0, 9, list(range(9))), (1, 0, []), (1, 1, [0])]
    assert split.targets.cold.tolist() == [False, True, True]
    assert split.targets.is_new.tolist() == [True, False, False]
    assert split.targets.gap_ms.tolist() == [9_992, -1, 500]
    assert {name: mask.tolist() for name, mask in slices(split).items()} == {
        "all": [True, False, False],
        "new-item": [True, False, False],
        "cold": [False, True, True],
        "events-0": [False, True, False],
        "events-1": [False, False, True],
        "events-3": [True, False, False],
    }


def test_day_is_the_last_large_one_and_nothing_after_it_is_seen() -> None:
    member = [0, 1, 0, 1, 2, 3, 0, 0, 1, 2, 2]
    item = [0, 1, 1, 2, 3, 0, 2, 4, 0, 1, 5]
    at_ms = [
        0, 1, DAY + 1, DAY + 2, DAY + 3, 2 * DAY, 2 * DAY + 1, 2 * DAY + 90_000,
        2 * DAY + 95_000, 3 * DAY, 3 * DAY + 1,
    ]  # fmt: skip
    split = split_by("day", EvaluationData(rows(member, item, at_ms)), DAY_RULES)
    assert split.rule == "1970-01-03 UTC, at least 3 events"
    assert split.training.item.tolist() == [0, 1, 1, 2, 3]
    assert shown(split) == [(0, 2, [0, 1]), (0, 4, [0, 1, 2]), (1, 0, [1, 2]), (3, 0, [])]
    masks = slices(split)
    # Everybody counts, member 3 too, who came that day for the first time.
    assert masks["all"].all()
    assert masks["new-item"].tolist() == [False, True, False, False]
    assert masks["known-item"].tolist() == [True, False, True, True]
    assert masks["cold"].tolist() == [False, False, False, True]


def test_day_counts_up_to_the_minute_of_the_target() -> None:
    at_ms = [0, 1, 2, DAY, DAY + 59_999, DAY + 60_000, DAY + 60_001, DAY + 3, DAY + 4, DAY + 5]
    data = EvaluationData(rows([0, 1, 2, 0, 1, 2, 0, 3, 4, 5], [0] * 3 + [1] * 7, at_ms))
    live = split_by("day", data.in_order(), DAY_RULES).live
    moments = np.array([DAY + 59_999, DAY + 60_000, DAY + 61_000], np.int64)
    assert live.before(moments, DAY)[:, 1].tolist() == [0, 5, 5]


def test_day_too_small_names_the_largest() -> None:
    with pytest.raises(InvalidInput, match=r"has 20,000 events; the largest has \d+"):
        split_by("day", world())


def test_session_is_a_visit_and_anonymous() -> None:
    member = [0, 0, 1, 0, 0, 0, 1, 1, 0, 0]
    item = [0, 1, 2, 2, 3, 2, 1, 3, 4, 0]
    at_ms = [
        0, HOUR, HOUR, 3 * HOUR, 3 * HOUR + 1, 3 * HOUR + 2, 4 * HOUR, 5 * HOUR,
        9 * HOUR, 9 * HOUR + 1,
    ]  # fmt: skip
    data = EvaluationData(rows(member, item, at_ms))
    split = split_by("session", data, Rules(quantile=0.4))
    # Sessions by their beginning: (0 1), (2), (2 3 2), (1 3), (4 0); the first two train. An
    # hour is no gap yet, a repeat within a session no target, an earlier session no history.
    assert split.training.item.tolist() == [0, 1, 2]
    assert [(item, history) for _, item, history in shown(split)] == [(3, [2]), (0, [4]), (3, [1])]
    assert slices(split)["all"].all()


def test_session_takes_the_owners_sessions_and_test_rows() -> None:
    data = EvaluationData(
        rows([0] * 10, [*range(9), 1], [DAY * row for row in range(10)]),
        session=np.array([7, 7, 3, 3, 3, 9, 9, 9, 9, 9], np.int32),
        held_out=np.array([False] * 5 + [True] * 5),
    )
    split = split_by("session", data)
    assert split.rule == "the owner's own test file"
    assert len(split.training) == 5
    histories = [history for _, _, history in shown(split)]
    assert histories == [[5], [5, 6], [5, 6, 7], [5, 6, 7, 8]]


def test_hidden_items_are_unseen_and_ranked_among_themselves() -> None:
    data = world()
    split = split_by("hidden-items", data)
    assert split.among is not None
    hidden = np.flatnonzero(split.among)
    assert len(hidden) == split.ranked_count == 8
    assert not np.isin(split.training.item, hidden).any()
    assert np.isin(split.targets.item, hidden).all()
    assert split.training.at_ms.max() <= split.targets.at_ms.min()
    assert split.live.before(np.array([10**12]), 10**12)[0, hidden].sum() == 0
    assert not {"known-item", "new-item"} & set(slices(split))
    again = split_by("hidden-items", data, Rules(seed=2)).among
    assert again is not None and (again != split.among).any()


@pytest.mark.parametrize("protocol", ["time", "day", "session", "hidden-items"])
def test_without_times_only_leave_one_out_is_possible(protocol: str) -> None:
    data = EvaluationData(rows([0, 1] * 5, list(range(10)), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4],
                               timed=False))  # fmt: skip
    with pytest.raises(InvalidInput) as caught:
        split_by(protocol, data, DAY_RULES)
    assert caught.value.field == "protocol"
    assert "leave-one-out" in caught.value.fix
    split = split_by("leave-one-out", data)
    assert "visit" not in slices(split)
    # There are no windows without times: what is popular is popular over all of training.
    assert split.live.before(np.array([2, 0]), 1).sum(axis=1).tolist() == [8, 8]


def test_an_unknown_protocol_and_too_little_data_are_errors() -> None:
    with pytest.raises(InvalidInput, match="no protocol called 'random'"):
        split_by("random", world())
    with pytest.raises(InvalidInput, match="too few"):
        split_by("time", world(members=1, events=3))
    with pytest.raises(InvalidInput, match="finds no target"):
        split_by("time", EvaluationData(rows([0] * 20, [0] * 20, list(range(20)))))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 12), st.integers(0, 5 * 24)),
        min_size=10,
        max_size=80,
    ),
    st.sampled_from(sorted(PROTOCOLS)),
)
def test_what_is_always_true_of_a_split(events: list[tuple[int, int, int]], protocol: str) -> None:
    events.sort(key=lambda event: event[2])
    member, item, at_h = (list(column) for column in zip(*events, strict=True))
    data = EvaluationData(rows(member, item, [hour * HOUR for hour in at_h]))
    try:
        split = split_by(protocol, data, Rules(day_event_count_min=2, target_count_max=3))
    except InvalidInput:
        return
    targets = split.targets
    # A target's row is its event, its item is not in its history, and histories come before.
    assert data.interactions.item[targets.row].tolist() == targets.item.tolist()
    assert data.interactions.at_ms[targets.row].tolist() == targets.at_ms.tolist()
    for i, (_, target, history) in enumerate(shown(split)):
        before = targets.at_ms_sequence[targets.first[i] : targets.place[i]]
        assert target not in history
        assert (before <= targets.at_ms[i]).all()
    if protocol in ("time", "day"):
        assert split.last_training_ms <= targets.at_ms.min()
    assert len(split.training) + len(targets) <= len(data)
    assert sum(mask for name, mask in slices(split).items() if "events" in name).tolist() == [
        1
    ] * len(targets)


def test_targets_are_first_takes_after_the_cut_with_all_that_came_before() -> None:
    rng = np.random.default_rng(2)
    member, item = rng.integers(0, 20, 400).tolist(), rng.integers(0, 60, 400).tolist()
    data = rows(member, item, np.sort(rng.integers(0, 90, 400) * 1_000).tolist())
    split = split_by("time", EvaluationData(data), Rules(target_count_max=3))
    assert len(split.training) == 360
    expected: list[tuple[int, int, list[int]]] = []
    per_member: dict[int, int] = {}
    for row in range(360, 400):
        before = data.item[:row][data.member[:row] == member[row]].tolist()
        if item[row] in before or per_member.get(member[row], 0) == 3:
            continue
        per_member[member[row]] = per_member.get(member[row], 0) + 1
        expected.append((member[row], item[row], before))
    assert sorted(shown(split)) == sorted(expected)
