"""Off-policy estimators: equal to their definitions, right on average, silent without support."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pasand.errors import InvalidInput
from pasand.evaluation.off_policy.estimating import check_weights, estimate, value_of
from pasand.evaluation.off_policy.estimators import ESTIMATORS, Hyper, Terms
from pasand.evaluation.off_policy.logged import LoggedChoices
from pasand.evaluation.off_policy.reward_model import guess_rewards
from pasand.evaluation.off_policy.support import NoSupport

HERE = Path(__file__).parent / "off_policy"
OWNERS = Path(__file__).resolve().parents[3] / "shared" / "data" / "open-bandit"


def world(seed: int, count: int = 4_000, width: int = 3) -> tuple[LoggedChoices, Any, Any, Any]:
    """Return a log by a known policy, another policy, its true value and the true rewards."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 2, count)
    truth = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]])[kind]
    logging = np.array([[0.5, 0.2, 0.3], [0.25, 0.25, 0.5]])[kind]
    action = (rng.random((count, 1)) > logging.cumsum(axis=1)).sum(axis=1)
    at = np.arange(count)
    reward = (rng.random(count) < truth[at, action]).astype(float)
    log = LoggedChoices(
        action=action, propensity=logging[at, action], reward=reward, offered=logging > 0
    )
    policy = np.array([[0.1, 0.8, 0.1], [0.9, 0.05, 0.05]])[kind]
    return log, policy, float((policy * truth).sum(axis=1).mean()), truth


def test_every_estimator_finds_the_true_value() -> None:
    found: dict[str, list[float]] = {}
    for seed in range(30):
        log, policy, value, truth = world(seed)
        terms = Terms.of(log, policy, truth)
        for name in ESTIMATORS:
            if name != "replay":
                found.setdefault(name, []).append(value_of(name, terms) - value)
        sure = np.zeros_like(policy)
        sure[np.arange(len(log)), policy.argmax(axis=1)] = 1.0
        # Replay alone is biased unless the log chose evenly, so it is asked where it did.
        uniform = np.full(len(log), 1 / 3)
        rng = np.random.default_rng(1_000 + seed)
        action = rng.integers(0, 3, len(log))
        reward = (rng.random(len(log)) < truth[np.arange(len(log)), action]).astype(float)
        even = LoggedChoices(action=action, propensity=uniform, reward=reward)
        best = float((sure * truth).sum(axis=1).mean())
        apart = value_of("replay", Terms.of(even, sure)) - best
        found.setdefault("replay", []).append(apart)
    assert found.keys() == ESTIMATORS.keys()
    for name, apart in found.items():
        assert abs(np.mean(apart)) < 0.01, name


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    held = []
    for seed in range(60):
        log, policy, value, truth = world(seed, count=1_500)
        found = estimate(log, policy, truth, seed=seed, draw_count=200).values
        held.append([found[n].low <= value <= found[n].high for n in ("ips", "snips", "dr")])
    assert (np.mean(held, axis=0) >= 0.85).all()


def test_a_good_model_narrows_the_interval() -> None:
    log, policy, _, truth = world(1)
    found = estimate(log, policy, truth).values
    assert found["dr"].high - found["dr"].low < found["ips"].high - found["ips"].low


def test_the_reward_model_is_fitted_without_what_it_guesses() -> None:
    log, _, _, truth = world(3)
    kind = (truth[:, 0] > 0.5).astype(float)
    arms = np.eye(3)[None].repeat(len(log), axis=0)
    features = np.concatenate([arms, arms * kind[:, None, None]], axis=2)
    guess = guess_rewards(log, features)
    assert abs(guess - truth).mean() < 0.05
    other = guess_rewards(
        LoggedChoices(
            action=log.action, propensity=log.propensity,
            reward=np.where(np.arange(len(log)) == 0, 1 - log.reward, log.reward),
        ),
        features,
    )  # fmt: skip
    np.testing.assert_array_equal(guess[0], other[0])


def test_what_the_log_never_offered_is_refused() -> None:
    log, policy, _, _ = world(1, count=50)
    offered = np.ones_like(policy, dtype=bool)
    free = 1 - log.action[0] if log.action[0] < 2 else 0
    offered[0, free] = False
    closed = LoggedChoices(
        action=log.action, propensity=log.propensity, reward=log.reward, offered=offered
    )
    with pytest.raises(NoSupport, match="1 of 50"):
        estimate(closed, policy)


def test_a_log_without_chance_is_refused_unless_both_policies_agree() -> None:
    action = np.array([0, 1, 0, 1])
    log = LoggedChoices(action=action, propensity=np.ones(4), reward=np.array([1.0, 0, 1, 1]))
    with pytest.raises(NoSupport, match="probability 1"):
        estimate(log, np.full((4, 2), 0.5))
    same = estimate(log, np.eye(2)[action])
    assert {value.value for value in same.values.values()} == {0.75}


def test_replay_refuses_where_nothing_agrees() -> None:
    log, policy, _, _ = world(1, count=50)
    assert "replay" not in estimate(log, policy).values
    with pytest.raises(NoSupport, match="no choice"):
        estimate(log, policy, names=("replay",))


@pytest.mark.parametrize(
    "change",
    [{"propensity": 0.0}, {"propensity": 1.5}, {"propensity": np.nan}, {"reward": np.inf}],
)
def test_a_log_that_cannot_be_one_is_refused(change: dict[str, float]) -> None:
    log, policy, _, _ = world(1, count=10)
    columns = {"propensity": log.propensity.copy(), "reward": log.reward.copy()}
    for name, value in change.items():
        columns[name][3] = value
    with pytest.raises(InvalidInput):
        estimate(LoggedChoices(action=log.action, **columns), policy)


def test_a_policy_that_does_not_sum_to_one_is_refused() -> None:
    log, policy, _, _ = world(1, count=10)
    with pytest.raises(InvalidInput, match="sum to 1"):
        estimate(log, policy * 0.9)


def test_wrong_propensities_are_noticed() -> None:
    log, policy, _, _ = world(1)
    assert not estimate(log, policy).checks.warnings
    wrong = LoggedChoices(
        action=log.action, propensity=np.minimum(1, log.propensity * 1.3), reward=log.reward
    )
    assert "not true" in estimate(wrong, policy).checks.warnings[0]


def test_effective_size_is_the_count_of_equal_weights_and_one_of_a_single() -> None:
    assert check_weights(np.ones(40)).effective == pytest.approx(40)
    assert check_weights(np.eye(40)[0] * 40).effective == pytest.approx(1)
    assert "few choices" in check_weights(np.eye(400)[0] * 400).warnings[0]


def test_choices_of_one_member_are_one_piece_of_evidence() -> None:
    log, policy, _, _ = world(1, count=1_000)
    twice = LoggedChoices(
        action=log.action.repeat(4), propensity=log.propensity.repeat(4),
        reward=log.reward.repeat(4), cluster=np.arange(1_000).repeat(4),
    )  # fmt: skip
    once, found = (
        estimate(one, two).values["ips"]
        for one, two in ((log, policy), (twice, policy.repeat(4, axis=0)))
    )
    assert found.high - found.low == pytest.approx(once.high - once.low, rel=0.02)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 1000.0))
def test_dr_os_lies_between_the_model_and_dr(seed: int, lambda_: float) -> None:
    log, policy, _, truth = world(seed, count=30)
    terms = Terms.of(log, policy, truth)
    ends = [value_of("dr_os", terms, Hyper(lambda_=size)) for size in (1e-12, np.inf)]
    assert ends[0] == pytest.approx(value_of("dm", terms), abs=1e-6)
    assert ends[1] == pytest.approx(value_of("dr", terms))
    assert np.isfinite(value_of("dr_os", terms, Hyper(lambda_=lambda_)))


def owners_log(folder: Path) -> tuple[LoggedChoices, Any]:
    """Return the owner's ``log.csv`` as choices, and the position of each."""
    with (folder / "log.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    log = LoggedChoices(
        action=np.array([int(row["item_id"]) for row in rows]),
        propensity=np.array([float(row["propensity_score"]) for row in rows]),
        reward=np.array([float(row["click"]) for row in rows]),
    )
    return log, np.array([int(row["position"]) for row in rows])


def values_by_us(folder: Path, numbers: dict[str, Any]) -> dict[str, float]:
    """Return our values of the policy and the guesses that the fixture's formula makes."""
    log, position = owners_log(folder)
    column = np.arange(numbers["width"])
    logit = np.cos(column[None] * 0.7 + position[:, None]) * 2.0
    policy = np.exp(logit) / np.exp(logit).sum(axis=1, keepdims=True)
    guess = 0.005 + 0.004 * np.sin(column[None] * 1.3 + position[:, None])
    guess = np.broadcast_to(guess, policy.shape)
    sure = np.eye(numbers["width"])[policy.argmax(axis=1)]
    hyper = Hyper(numbers["tau"], numbers["lambda"])
    terms = Terms.of(log, policy, guess)
    found = {name: value_of(name, terms, hyper) for name in ESTIMATORS if name != "replay"}
    return found | {"replay": value_of("replay", Terms.of(log, sure), hyper)}


@pytest.mark.parametrize("name", ["invented", "random_men", "bts_men"])
def test_values_equal_those_of_an_independent_library(name: str) -> None:
    numbers = json.loads((HERE / "peer.json").read_text("utf-8"))[name]
    folder = HERE if name == "invented" else OWNERS / name
    if not (folder / "log.csv").is_file():
        pytest.skip("../shared/data/open-bandit is not here")
    found = values_by_us(folder, numbers)
    for estimator, value in numbers["values"].items():
        assert abs(found[estimator] - value) <= 1e-8, estimator
