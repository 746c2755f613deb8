"""Order, decay, caps and determinism of co-visitation."""

from __future__ import annotations

import numpy as np

from pasand.domain.interactions import Interactions
from pasand.learning.covisit import CovisitModel, CovisitTraining, train_covisit
from pasand.stages.scoring.covisit import covisit_causes, covisit_scores


def histories(*lists: list[int], items: int, step_ms: int = 1_000) -> Interactions:
    member = np.concatenate([np.full(len(one), m) for m, one in enumerate(lists)])
    at_ms = np.concatenate([np.arange(len(one)) * step_ms for one in lists])
    return Interactions(
        member.astype(np.int32),
        np.concatenate([np.array(one, np.int32) for one in lists]),
        at_ms.astype(np.int64),
        np.ones(len(member), np.float32),
        tuple(f"m{m}" for m in range(len(lists))),
        tuple(f"i{i}" for i in range(items)),
    )


def strength_of(model: CovisitModel, source: int, target: int) -> float:
    found = model.strength[source][model.neighbour[source] == target]
    return float(found[0]) if len(found) else 0.0


def test_what_follows_is_stronger_than_what_came_before() -> None:
    data = histories([0, 1], [0, 1], [0, 1], items=3)
    model = train_covisit(data)
    assert strength_of(model, 0, 1) > strength_of(model, 1, 0) > 0
    forward = train_covisit(data, CovisitTraining(backward=0.0))
    assert strength_of(forward, 0, 1) > 0
    assert strength_of(forward, 1, 0) == 0


def test_strengths_equal_hand_computed_ones() -> None:
    plain = CovisitTraining(
        step_decay=0.5, backward=0.0, source_power=1.0, target_power=0.0, smoothing=0.0
    )
    model = train_covisit(histories([0, 1, 2], [0, 2], items=3, step_ms=0), plain)
    # 0 leads twice: once to 1 at one step, to 2 at two steps (.5) and at one step (1).
    assert np.isclose(strength_of(model, 0, 1), 1 / 2)
    assert np.isclose(strength_of(model, 0, 2), 1.5 / 2)
    assert model.neighbour[0].tolist() == [2, 1]
    assert model.neighbour[2].tolist() == [-1, -1]


def test_time_between_events_weakens_a_pair() -> None:
    near = train_covisit(histories([0, 1], items=2, step_ms=1_000))
    far = train_covisit(histories([0, 1], items=2, step_ms=10 * 86_400_000))
    assert strength_of(near, 0, 1) > 100 * strength_of(far, 0, 1) > 0


def test_members_never_mix_and_items_never_neighbour_themselves() -> None:
    model = train_covisit(histories([0, 0], [1, 1], items=2))
    assert (model.neighbour == -1).all()


def test_blocks_do_not_change_the_result() -> None:
    rng = np.random.default_rng(5)
    data = histories(*[rng.integers(0, 40, 30).tolist() for _ in range(20)], items=40)
    whole = train_covisit(data)
    small = train_covisit(data, CovisitTraining(pair_count_max=100))
    assert np.array_equal(whole.neighbour, small.neighbour)
    assert np.array_equal(whole.strength, small.strength)
    capped = train_covisit(data, CovisitTraining(neighbour_count_max=5))
    assert np.array_equal(capped.neighbour, whole.neighbour[:, :5])


def test_nothing_to_learn_from_gives_no_neighbours() -> None:
    empty = histories([], items=3)
    assert (train_covisit(empty).neighbour == -1).all()


def test_the_cause_is_the_entry_that_contributed_most() -> None:
    data = histories([0, 2], [0, 2], [1, 3], [1, 2], items=5)
    model = train_covisit(data)
    history = np.array([0, 1], np.int32)
    score = covisit_scores(model.neighbour, model.strength, history)
    cause = covisit_causes(model.neighbour, model.strength, history)
    assert score[2] > score[4] == 0
    assert cause[3] == 1
    assert cause[2] == 0 if strength_of(model, 0, 2) > 2**0.5 * strength_of(model, 1, 2) else 1
    assert cause[4] == -1
    equal = np.ones(2, np.float32)
    assert covisit_causes(model.neighbour, model.strength, history, equal)[2] == 0


def test_an_unknown_member_gets_zeros() -> None:
    model = train_covisit(histories([0, 1], items=2))
    none = np.empty(0, np.int32)
    assert covisit_scores(model.neighbour, model.strength, none).tolist() == [0, 0]
    assert covisit_causes(model.neighbour, model.strength, none).tolist() == [-1, -1]
