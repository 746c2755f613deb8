"""Planted leaks: whoever is given a target is caught, under every protocol; honest models pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from toys import ITEMS, Memory, PastTheMoment, Popular, Recorder, trainer_of, world

from pasand.domain.interactions import Interactions
from pasand.evaluation import control
from pasand.evaluation.control import control_run, dealt_anew, too_good
from pasand.evaluation.data import EvaluationData
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.protocol_session import by_session
from pasand.evaluation.protocols import PROTOCOLS, split_by
from pasand.evaluation.ranking import Ranker
from pasand.evaluation.running import run
from pasand.evaluation.splits import Rules, Split

RULES = Rules(day_event_count_min=50, hidden_share=0.7)


def honest(training: Interactions, live: LiveCounts, models: Sequence[str]) -> Sequence[Ranker]:
    return [Popular.of(training, live), Recorder(ITEMS), Memory(training)]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_honest_models_pass_the_control(protocol: str) -> None:
    found = control_run(world(), protocol, [], honest, rules=RULES)
    assert [(line.model, line.leaks) for line in found] == [
        ("popular", False), ("recorder", False), ("memory", False),
    ]  # fmt: skip
    assert all(0 < line.ceiling < 1 for line in found)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_targets_that_train_are_caught(protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The protocol is made to hand its targets to training; the model is the same as above."""

    def leaky(name: str, data: EvaluationData, rules: Rules | None) -> Split:
        whole = by_session(data) if name == "session" else data.interactions
        return replace(split_by(name, data, rules), training=whole)

    monkeypatch.setattr(control, "split_by", leaky)
    found = {line.model: line for line in control_run(world(), protocol, [], honest, rules=RULES)}
    assert found["memory"].leaks
    assert not found["recorder"].leaks


@pytest.mark.parametrize(("protocol", "step_ms"), [("time", 1), ("session", 1), ("day", 60_000)])
def test_counts_past_the_moment_are_caught(protocol: str, step_ms: int) -> None:
    trainer = trainer_of(lambda training, live: PastTheMoment(live, step_ms))
    (found,) = control_run(world(), protocol, [], trainer, rules=RULES)
    assert found.leaks and found.ndcg > 0.8


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_model_that_brings_the_future_along_is_caught(protocol: str) -> None:
    data = world()
    told = Memory(split_by(protocol, data, RULES).training, name="honest")
    oracle = Memory(by_session(data) if protocol == "session" else data.interactions)
    found = run(data, protocol, [], lambda *_: [oracle, told, Recorder(ITEMS)], rules=RULES)
    assert too_good(found) == ["memory"]


def test_dealing_moves_items_of_targets_and_nothing_else() -> None:
    data = world()
    row = split_by("time", data).targets.row
    dealt = dealt_anew(data, "time", seed=4).interactions.item
    own = data.interactions.item
    assert sorted(dealt[row].tolist()) == sorted(own[row].tolist())
    assert (dealt[row] != own[row]).mean() > 0.9
    kept = np.ones(len(data), bool)
    kept[row] = False
    assert (dealt[kept] == own[kept]).all()
