"""iALS solves its paper's systems, lowers its loss, and folds members in as it trained them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.learning.ials import (
    IalsModel,
    IalsTraining,
    batches,
    first_guess,
    half_step,
    matrix,
    train_ials,
)
from pasand.learning.taken import by_row, taken_once
from pasand.stages.scoring.ials import (
    HISTORY_COUNT_MAX,
    ials_member_vectors,
    ials_scores,
    solve_rows,
)

DAY_MS = 86_400_000
TRAINING = IalsTraining(dimension=6, epoch_count=6, ridge=0.01)


def toy(members: int = 40, items: int = 25, seed: int = 2) -> Interactions:
    rng = np.random.default_rng(seed)
    taken = rng.random((members, items)) < rng.random((members, 1)) * 0.6
    member, item = np.nonzero(taken)
    order = rng.permutation(len(member))
    return Interactions(
        member[order].astype(np.int32),
        item[order].astype(np.int32),
        np.arange(len(member), dtype=np.int64) * DAY_MS,
        np.ones(len(member), np.float32),
        tuple(f"m{number}" for number in range(members)),
        tuple(f"i{number}" for number in range(items)),
    )


def dense(data: Interactions) -> NDArray[np.float64]:
    x = np.zeros((len(data.member_ids), len(data.item_ids)))
    x[data.member, data.item] = 1.0
    return x[x.any(axis=1)]


def unobserved_of(data: Interactions, training: IalsTraining) -> float:
    x = dense(data)
    return training.unobserved_ratio * x.sum() / (len(x) * np.count_nonzero(x.any(axis=0)))


def loss(x: NDArray[np.float64], model: IalsModel, training: IalsTraining, alpha: float) -> float:
    """Return the paper's objective with each member at its best for the model's items."""
    v = model.factor.astype(np.float64)
    x = x[:, model.item]
    total = 0.0
    u = np.zeros((len(x), v.shape[1]))
    for m, row in enumerate(x):
        ridge = training.ridge * (row.sum() + alpha * x.shape[1]) ** training.exponent
        system = alpha * v.T @ v + v[row > 0].T @ v[row > 0] + ridge * np.eye(v.shape[1])
        u[m] = np.linalg.solve(system, v[row > 0].sum(axis=0))
        total += ridge * u[m] @ u[m]
    score = u @ v.T
    ridges = training.ridge * (x.sum(axis=0) + alpha * len(x)) ** training.exponent
    total += float((ridges * (v**2).sum(axis=1)).sum())
    return total + float((x * (score - 1.0) ** 2).sum() + alpha * (score**2).sum())


def test_a_half_step_solves_the_normal_equations_of_every_row() -> None:
    data = toy()
    _, by_member, _ = matrix(data, None)
    rng = np.random.default_rng(0)
    v = rng.standard_normal((by_member.column.max() + 1, 6)).astype(np.float32)
    alpha = 0.3
    found = half_step(by_member, v, alpha, TRAINING)
    for m, row in enumerate(dense(data)):
        ridge = TRAINING.ridge * (row.sum() + alpha * len(v))
        mine = v[np.flatnonzero(row)]
        system = alpha * v.T @ v + mine.T @ mine + ridge * np.eye(6)
        expected = np.linalg.solve(system, mine.sum(axis=0))
        # Vectors are turned together, so their lengths and products with items are what counts.
        assert np.isclose(found[m] @ found[m], expected @ expected, rtol=1e-3)


@pytest.mark.parametrize("places", (1, 4, 9))
def test_short_and_long_histories_are_solved_alike(places: int) -> None:
    rng = np.random.default_rng(places)
    entry = rng.standard_normal((3, places, 6)).astype(np.float32)
    weight = rng.random((3, places)).astype(np.float32)
    weight[:, 0] = 0.0
    diagonal = (1.0 + rng.random((3, 6))).astype(np.float32)
    found = solve_rows(entry, weight, diagonal)
    for row in range(3):
        v, w = entry[row].astype(np.float64), weight[row].astype(np.float64)
        system = np.diag(diagonal[row]) + v.T @ (w[:, None] * v)
        assert np.allclose(found[row], np.linalg.solve(system, v.T @ w), atol=1e-4)


def test_each_epoch_lowers_the_loss_of_the_paper() -> None:
    data = toy()
    alpha = unobserved_of(data, TRAINING)
    losses = [
        loss(dense(data), train_ials(data, replace(TRAINING, epoch_count=n)), TRAINING, alpha)
        for n in (1, 2, 4, 8)
    ]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.99 * losses[0]


def test_a_member_folded_in_fits_as_well_as_can_be() -> None:
    data = toy()
    model = train_ials(data, TRAINING)
    alpha = unobserved_of(data, TRAINING)
    row = dense(data)[3]
    history = np.searchsorted(model.item, np.flatnonzero(row))
    weight = np.ones(len(history), np.float32)
    found = ials_member_vectors(model.factor, model.common, model.damping, history, weight)
    v = model.factor.astype(np.float64)
    ridge = TRAINING.ridge * (len(history) + alpha * len(v))
    system = alpha * v.T @ v + v[history].T @ v[history] + ridge * np.eye(6)
    assert np.allclose(found, np.linalg.solve(system, v[history].sum(axis=0)), atol=1e-4)
    score = ials_scores(model.factor, model.common, model.damping, history, weight)
    assert np.allclose(score, v @ found, atol=1e-5)
    assert score[history].mean() > np.delete(score, history).mean()


def test_one_list_and_many_are_scored_alike() -> None:
    model = train_ials(toy(), TRAINING)
    history = np.array([1, 4, 2])
    weight = np.array([[0.1, 0.5, 1.0], [0.0, 0.5, 1.0]], np.float32)
    many = ials_scores(model.factor, model.common, model.damping, history, weight)
    one = ials_scores(model.factor, model.common, model.damping, history[1:], weight[1, 1:])
    assert np.allclose(many[1], one, atol=1e-5)
    none = ials_scores(model.factor, model.common, model.damping, history[:0], weight[0, :0])
    assert not none.any() and none.shape == (len(model.item),)


@pytest.mark.parametrize("limit", (1, 7, 100_000))
def test_batches_hold_every_entry_once(limit: int) -> None:
    rng = np.random.default_rng(1)
    row = rng.integers(0, 9, 60)
    rows = by_row(row, rng.integers(0, 5, 60), np.ones(60, np.float32), 12)
    entries: list[int] = []
    seen: list[int] = []
    for batch, place in batches(rows, limit):
        assert len(batch) == 1 or place.size <= limit
        entries += place[place < 60].tolist()
        seen += batch.tolist()
    assert sorted(entries) == list(range(60))
    assert sorted(seen) == np.unique(row).tolist()


def test_how_rows_are_batched_changes_nothing() -> None:
    one, other = (
        train_ials(toy(), replace(TRAINING, entry_count_max=limit)) for limit in (10, 100_000)
    )
    assert np.allclose(one.factor @ one.factor.T, other.factor @ other.factor.T, atol=1e-3)


def test_an_old_event_weighs_less() -> None:
    data = toy()
    _, by_member, _ = matrix(data, 10.0)
    assert np.isclose(by_member.weight.max(), 1.0)
    assert np.isclose(by_member.weight.min(), 0.5 ** ((len(data) - 1) / 10), rtol=1e-3)


def test_a_pair_counts_once_and_its_newest_time_holds() -> None:
    data = toy()
    twice = replace(
        data,
        member=np.concatenate([data.member, data.member[:5]]),
        item=np.concatenate([data.item, data.item[:5]]),
        at_ms=np.concatenate([data.at_ms, data.at_ms[-1] + np.arange(5)]),
        weight=np.concatenate([data.weight, data.weight[:5]]),
    )
    place = taken_once(twice)
    assert place.tolist() == [*range(5, len(data)), *range(len(data), len(data) + 5)]


def test_an_item_begins_where_its_id_and_the_seed_say() -> None:
    names = [f"i{number}" for number in range(500)]
    training = IalsTraining(dimension=32)
    guess = first_guess(names, training)
    assert np.array_equal(first_guess(names[::-1], training), guess[::-1])
    # They look drawn: of mean 0, and no two items or axes alike.
    assert abs(guess.mean()) < 0.02 * guess.std()
    likeness = np.corrcoef(guess) - np.eye(500)
    assert np.abs(likeness).max() < 0.8
    assert np.abs(np.corrcoef(guess.T) - np.eye(32)).max() < 0.2


def test_another_seed_gives_other_vectors_of_the_same_quality() -> None:
    data = toy()
    alpha = unobserved_of(data, TRAINING)
    models = [train_ials(data, replace(TRAINING, seed=seed)) for seed in (1, 2)]
    assert not np.allclose(models[0].factor, models[1].factor, atol=1e-3)
    one, other = (loss(dense(data), model, TRAINING, alpha) for model in models)
    assert np.isclose(one, other, rtol=0.05)


def test_of_a_long_history_the_newest_part_is_folded_in() -> None:
    model = train_ials(toy(), TRAINING)
    history = np.arange(HISTORY_COUNT_MAX + 40) % len(model.item)
    weight = np.linspace(0.1, 1.0, len(history), dtype=np.float32)
    whole = ials_scores(model.factor, model.common, model.damping, history, weight)
    newest = ials_scores(model.factor, model.common, model.damping, history[40:], weight[40:])
    assert np.array_equal(whole, newest)
