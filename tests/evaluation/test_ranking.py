"""Ranking: what rankers are shown, and where targets land."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from toys import ITEMS, Peeker, Popular, Recorder, world

from pasand.evaluation import ranking
from pasand.evaluation.protocols import split_by
from pasand.evaluation.ranking import Histories, first_items, rank_of_target, rank_targets


def test_ties_count_half() -> None:
    score = np.array([[3.0, 1.0, 1.0, 1.0, -np.inf], [0.0, 0.0, 0.0, 0.0, 0.0]])
    assert rank_of_target(score, np.array([1, 0])).tolist() == [3.0, 3.0]


@given(
    arrays(np.float32, (3, 9), elements=st.sampled_from([-np.inf, 0.0, 1.0, 2.0, 2.5])),
    st.integers(0, 9),
)
def test_lists_are_sorted_and_break_ties_by_code(score: NDArray[np.float32], count: int) -> None:
    for row, found in zip(score.tolist(), first_items(score, count).tolist(), strict=True):
        kept = [code for code in range(9) if row[code] > -np.inf]
        best = sorted(kept, key=lambda code: (-row[code], code))[:count]
        assert found == best + [-1] * (count - len(best))


def test_histories_end_before_their_target() -> None:
    data = world()
    split = split_by("time", data)
    recorder = Recorder(ITEMS)
    rank_targets(recorder, split.targets, ITEMS)
    shown = {
        (tuple(h.row(r).tolist()), int(h.target_at_ms[r]))
        for h in recorder.seen
        for r in range(len(h))
    }
    events = data.interactions
    known = {
        (tuple(events.item[:row][events.member[:row] == events.member[row]]), int(at_ms))
        for row, at_ms in enumerate(events.at_ms.tolist())
        if row >= len(split.training)
    }
    assert shown == known
    assert all(len(h.item) == len(h.at_ms) == h.count[-1] for h in recorder.seen)


def test_an_unknown_time_is_that_of_the_last_event() -> None:
    data = world(members=300, events=2)
    split = split_by("time", data)
    recorder = Recorder(ITEMS)
    rank_targets(recorder, split.targets, ITEMS, request_time_known=False, before_all_ms=77)
    assert not any(h.request_time_known for h in recorder.seen)
    times = [
        (int(h.target_at_ms[r]), int(h.at_ms[h.count[r] - 1]) if h.count[r] else 77)
        for h in recorder.seen
        for r in range(len(h))
    ]
    assert all(shown == expected for shown, expected in times)
    assert 77 in {shown for shown, _ in times}


def test_columns_come_with_the_histories_and_the_request() -> None:
    data = world()
    events = data.interactions
    device = np.arange(len(events)).astype(np.int16)
    rated = replace(data, interactions=replace(events, feature={"device": device, "share": device}))
    split = split_by("time", rated)
    recorder = Recorder(ITEMS)
    rank_targets(recorder, split.targets, ITEMS)
    row_of = {
        (int(member), int(item)): row
        for row, (member, item) in enumerate(zip(events.member, events.item, strict=True))
    }
    known = iter(zip(split.targets.member, split.targets.item, strict=True))
    scored = [h for h in recorder.seen if len(h.item) == h.count[-1]]
    seen = {id(h): h for h in scored}
    for histories in seen.values():
        assert set(histories.feature) == {"device", "share"}
        assert set(histories.request_feature) == {"device"}
        assert all(len(column) == len(histories.item) for column in histories.feature.values())
    whole = next(h for h in scored if len(h) > 1)
    first = [next(known) for _ in range(len(whole))]
    assert whole.request_feature["device"].tolist() == [row_of[pair] for pair in first]
    assert whole.feature["share"].tolist() == [row_of[first[0][0], i] for i in whole.item.tolist()]


def test_a_silent_model_has_the_rank_of_chance() -> None:
    split = split_by("time", world())
    ranked = rank_targets(Recorder(ITEMS), split.targets, ITEMS)
    expected = 1.0 + 0.5 * (ITEMS - split.targets.history_count - 1)
    assert ranked.rank.tolist() == expected.tolist()


def test_a_model_that_looks_past_its_row_is_refused() -> None:
    with pytest.raises(AssertionError, match=r"peeker.*looks ahead"):
        rank_targets(Peeker(ITEMS), split_by("time", world()).targets, ITEMS)


@dataclass
class Many(Recorder):
    """Scores members together, by the length of their history."""

    name: str = "many"
    wrong: float = 0.0

    def scores(self, histories: Histories) -> NDArray[np.float32]:
        score = np.tile(np.arange(ITEMS, dtype=np.float32), (len(histories), 1))
        score[:, 0] += histories.count
        return score

    def scores_of_many(self, histories: Sequence[Histories]) -> NDArray[np.float32]:
        self.seen.extend(histories)
        return np.concatenate([self.scores(h) for h in histories]) + self.wrong * len(histories)


def test_members_scored_together_rank_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    targets = split_by("leave-one-out", world()).targets
    many = Many(ITEMS)
    together = rank_targets(many, targets, ITEMS)
    assert len(many.seen) == len(targets)
    monkeypatch.setattr(ranking, "ROW_COUNT_MAX", 1)
    alone = rank_targets(Many(ITEMS), targets, ITEMS)
    assert together.rank.tolist() == alone.rank.tolist()
    assert together.top.tolist() == alone.top.tolist()


def test_members_scored_together_must_agree_with_one_by_one() -> None:
    targets = split_by("leave-one-out", world()).targets
    with pytest.raises(AssertionError, match="looks ahead"):
        rank_targets(Many(ITEMS, wrong=50.0), targets, ITEMS)


def test_progress_reaches_the_end() -> None:
    split = split_by("time", world())
    calls: list[tuple[str, int, int]] = []
    ranker = Popular.of(split.training, split.live)
    rank_targets(ranker, split.targets, ITEMS, lambda *call: calls.append(call))
    assert calls[-1] == ("popular", len(split.targets), len(split.targets))
