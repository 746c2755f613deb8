"""The protocol as a whole: what models are shown, planted leaks, slices, determinism."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.errors import InvalidInput
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.protocol_time import Figure, run, slices
from pasand.evaluation.ranking import Histories, Ranker
from pasand.evaluation.splits import choose_targets, split_by_time
from pasand.flows.evaluating import evaluate_time

HOUR = 3_600_000
ITEMS = 80


def world(seed: int = 1, members: int = 40, events: int = 30) -> Interactions:
    """Members who take distinct items, all members over the same span."""
    rng = np.random.default_rng(seed)
    member = np.repeat(np.arange(members), events)
    item = np.concatenate([rng.permutation(ITEMS)[:events] for _ in range(members)])
    at_ms = rng.integers(0, 1_000, members * events) * HOUR // 2
    order = np.argsort(at_ms, kind="stable")
    return Interactions(
        member[order].astype(np.int32),
        item[order].astype(np.int32),
        at_ms[order].astype(np.int64),
        np.ones(len(member), np.float32),
        tuple(f"m{m}" for m in range(members)),
        tuple(f"i{i}" for i in range(ITEMS)),
    )


@dataclass
class Oracle:
    """Knows every event of the future: finds whose history it sees and scores what came next."""

    data: Interactions
    name: str = "oracle"

    def scores(self, histories: Histories) -> NDArray[np.float32]:
        score = np.zeros((len(histories), ITEMS), np.float32)
        for r in range(len(histories)):
            row = histories.row(r).tolist()
            for m in range(len(self.data.member_ids)):
                own = self.data.item[self.data.member == m].tolist()
                if own[: len(row)] == row and len(row) < len(own):
                    score[r, own[len(row)]] = 1.0
        return score


@dataclass
class Peeker:
    """Scores the whole of what it was handed, rows after its own too."""

    name: str = "peeker"

    def scores(self, histories: Histories) -> NDArray[np.float32]:
        score = np.zeros((len(histories), ITEMS), np.float32)
        score[:, histories.item] = 1.0
        return score


@dataclass
class Recorder:
    """Keeps what it is shown and scores nothing."""

    seen: list[tuple[list[int], int]] = field(default_factory=list)
    name: str = "recorder"

    def scores(self, histories: Histories) -> NDArray[np.float32]:
        for r in range(len(histories)):
            self.seen.append((histories.row(r).tolist(), int(histories.target_at_ms[r])))
        assert len(histories.item) == histories.count[-1]
        return np.zeros((len(histories), ITEMS), np.float32)


def figures_of(data: Interactions, ranker: Ranker) -> list[Figure]:
    def trainer(
        training: Interactions, live: LiveCounts, models: Sequence[str]
    ) -> Sequence[Ranker]:
        assert len(training) == int(0.9 * len(data))
        assert training.at_ms.max() <= data.at_ms[len(training)]
        return [ranker]

    return run(data, [ranker.name], trainer, data="toy")


def value(figures: list[Figure], name: str, slice_name: str, model: str) -> float:
    found = [
        f["value"]
        for f in figures
        if f["name"] == name and f["at"]["slice"] == slice_name and f["at"].get("model") == model
    ]
    assert len(found) == 1
    return float(found[0])


def test_a_planted_leak_is_seen_as_a_perfect_score() -> None:
    data = world()
    figures = figures_of(data, Oracle(data))
    assert value(figures, "ndcg@10", "all", "oracle") == 1.0
    assert value(figures, "mrr_macro", "all", "oracle") == 1.0


def test_a_model_that_looks_past_its_row_is_refused() -> None:
    with pytest.raises(AssertionError, match="looks ahead"):
        figures_of(world(), Peeker())


def test_histories_end_before_their_target() -> None:
    data = world()
    recorder = Recorder()
    figures_of(data, recorder)
    split = split_by_time(data)
    known = {
        (tuple(data.item[:row][data.member[:row] == data.member[row]]), int(data.at_ms[row]))
        for row in range(split.cut, len(data))
    }
    assert {(tuple(items), at_ms) for items, at_ms in recorder.seen} == known


def test_a_silent_model_has_the_rank_of_chance() -> None:
    data = world()
    figures = figures_of(data, Recorder())
    targets = choose_targets(split_by_time(data))
    expected = np.mean(1.0 / (1.0 + 0.5 * (ITEMS - targets.history_count - 1)))
    assert value(figures, "mrr", "all", "recorder") == pytest.approx(expected, abs=1e-12)
    assert value(figures, "hr@10", "all", "recorder") == 0.0


def test_slices_by_history_part_all_targets() -> None:
    targets = choose_targets(split_by_time(world(), 0.1))
    masks = slices(targets)
    bins = np.stack([mask for name, mask in masks.items() if name.startswith("events-")])
    assert (bins.sum(axis=0) == 1).all()
    assert not (masks["all"] & masks["cold"]).any()
    assert (masks["all"] | masks["cold"]).all()
    assert masks["cold"].any()
    assert (targets.gap_ms[masks["visit"]] > HOUR).all()
    assert (targets.history_count[masks["events-10"]] < 30).all()


def test_the_first_models_run_are_named_and_repeat_exactly() -> None:
    first = evaluate_time(world(), ("covisit", "ease"), data="toy", seed=3)
    assert first == evaluate_time(world(), ("covisit", "ease"), data="toy", seed=3)
    models = {f["at"].get("model") for f in first} - {None}
    assert models == {"popular", "popular-all", "covisit", "ease", "covisit+ease"}
    assert all(np.isfinite(f["value"]) for f in first)
    assert all(f["at"]["protocol"] == "time" and f["at"]["seed"] == 3 for f in first)


def test_progress_reaches_the_end_of_every_model() -> None:
    last: dict[str, tuple[int, int]] = {}
    evaluate_time(
        world(), ("popular",), progress=lambda name, done, total: last.update({name: (done, total)})
    )
    assert set(last) == {"popular", "popular-all", "covisit+ease"}
    assert all(done == total for done, total in last.values())


def test_an_unknown_model_is_an_error_that_names_the_choice() -> None:
    with pytest.raises(InvalidInput, match=r"sasrec.*Choose from popular"):
        evaluate_time(world(), ("sasrec",))


def test_too_few_interactions_are_an_error() -> None:
    with pytest.raises(InvalidInput, match="too few"):
        evaluate_time(world(members=1, events=3))
