"""The sequence model: what it may see, what it learns, and that serving it gives the same lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pasand.domain.interactions import Interactions
from pasand.evaluation.ranking import Histories
from pasand.evaluation.sequence_ranker import SequenceRanker
from pasand.stages.scoring.sequence import window_start
from pasand.stages.scoring.sequence_network import NumpySequenceInference

torch = pytest.importorskip("torch", reason="the extra [deep] is not installed")

from pasand.learning.sequence import fitting  # noqa: E402
from pasand.learning.sequence.batch import batch_of, outcomes_of  # noqa: E402
from pasand.learning.sequence.checkpoints import read_checkpoint, write_checkpoint  # noqa: E402
from pasand.learning.sequence.content import project_words, words_of_items  # noqa: E402
from pasand.learning.sequence.course import Course, Earlier, train_sequence, turned  # noqa: E402
from pasand.learning.sequence.exporting import arrays_of  # noqa: E402
from pasand.learning.sequence.fitting import fit_sequence, new_run  # noqa: E402
from pasand.learning.sequence.loss import NextItemCost, draw_items  # noqa: E402
from pasand.learning.sequence.network import unit_length  # noqa: E402
from pasand.learning.sequence.sequences import sequences_of, windows_of  # noqa: E402
from pasand.learning.sequence.settings import SequenceShape, SequenceTraining  # noqa: E402

HOUR_MS = 3_600_000
# Threads that wait for each other cost small models more than they give.
torch.set_num_threads(1)
SHAPE = SequenceShape(width=16, block_count=2, head_count=2, window=24)
TRAINING = SequenceTraining(
    epoch_max=12, batch_size=32, learning_rate=1e-2, warmup_steps=10, dropout=0.0,
    half_precision=False, validation_count=60, average=0.9, patience=20,
)  # fmt: skip


def cycles(members: int = 80, events: int = 16, items: int = 30, seed: int = 1) -> Interactions:
    """Members who go round the items in order, each from a place and at a pace of their own."""
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, items, members)
    item = np.concatenate([(start + np.arange(events)) % items for start in starts])
    member = np.repeat(np.arange(members), events)
    pace_h = np.repeat(rng.integers(1, 40, members), events)
    at_ms = (np.tile(np.arange(events), members) * pace_h + 1) * HOUR_MS
    order = np.argsort(at_ms, kind="stable")
    return Interactions(
        member[order].astype(np.int32),
        item[order].astype(np.int32),
        at_ms[order].astype(np.int64),
        np.ones(len(item), np.float32),
        tuple(f"m{at}" for at in range(members)),
        tuple(f"i{at}" for at in range(items)),
        {"rating": rng.integers(0, 11, len(item)).astype(np.int16)},
    )


def fitted(data: Interactions, **changes: Any) -> fitting.Fitted:
    return fit_sequence(data, None, SHAPE, replace(TRAINING, **changes), timer=lambda: 0.0)


def ranker_of(network: Any, timed: bool = True) -> SequenceRanker:
    arrays = arrays_of(network, timed)
    return SequenceRanker.of(NumpySequenceInference(arrays), arrays)


def histories(
    item: Sequence[int], counts: Sequence[int], at_ms: Sequence[int] = (), known: bool = True
) -> Histories:
    times = np.asarray(at_ms or [HOUR_MS * (at + 1) for at in range(len(item))], np.int64)
    count = np.asarray(counts, np.int64)
    return Histories(
        item=np.asarray(item, np.int32),
        at_ms=times,
        count=count,
        target_at_ms=times[np.minimum(count, len(times) - 1)] + HOUR_MS,
        request_time_known=known,
    )


@pytest.fixture(scope="module")
def trained() -> fitting.Fitted:
    return fitted(cycles())


def test_it_learns_what_follows_what(trained: fitting.Fitted) -> None:
    assert trained.passes[-1].ndcg > 0.9 > trained.passes[0].ndcg
    score = ranker_of(trained.network).scores(histories([3, 4, 5, 6], [2, 4]))
    assert score.argmax(axis=1).tolist() == [5, 7]


def test_serving_gives_the_lists_of_the_trainer(trained: fitting.Fitted) -> None:
    data = cycles(members=40, events=45, seed=5)
    sequences = sequences_of(data)
    begin, end = sequences.first[:-1], sequences.first[1:] - 7
    begin = begin + np.array([window_start(n, SHAPE.window) for n in (end - begin).tolist()])
    network = trained.network
    batch = batch_of(sequences, begin, end, np.zeros(len(end), bool))
    with torch.no_grad():
        items = network.items()
        state = network(items[batch.item], batch.done, batch.request, batch.age_s)
        last = state[torch.arange(len(end)), batch.length - 1]
        wanted = (unit_length(last) @ unit_length(items).T / SHAPE.temperature).numpy()
    ranker = ranker_of(network)
    for at in range(len(end)):
        low, high = sequences.first[at], end[at]
        history = Histories(
            item=sequences.item[low:high],
            at_ms=sequences.at_ms[low:high],
            count=np.array([high - low]),
            target_at_ms=sequences.at_ms[high : high + 1],
            feature={"rating": sequences.done[low:high, 2]},
        )
        assert ranker.scores(history)[0] == pytest.approx(wanted[at], abs=1e-4)


def test_nothing_behind_a_request_is_seen(trained: fitting.Fitted) -> None:
    ranker = ranker_of(trained.network)
    rows = histories(list(range(20)) * 3, [5, 24, 25, 26, 31, 59])
    score = ranker.scores(rows)
    for r in range(len(rows)):
        assert ranker.scores(rows.alone(r))[0] == pytest.approx(score[r], abs=1e-4)


def test_repeats_in_a_row_are_one_event(trained: fitting.Fitted) -> None:
    ranker = ranker_of(trained.network)
    hours = [HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS]
    once = ranker.scores(histories([3, 4], [2], hours[:2]))
    again = ranker.scores(
        replace(histories([3, 4, 4], [3], hours), target_at_ms=np.array([3 * HOUR_MS]))
    )
    assert again == pytest.approx(once, abs=1e-5)


def test_without_a_history_it_says_nothing(trained: fitting.Fitted) -> None:
    assert not ranker_of(trained.network).scores(histories([1], [0])).any()


def test_the_time_of_a_request_matters_only_where_it_is_known(trained: fitting.Fitted) -> None:
    ranker = ranker_of(trained.network)
    soon = histories([3, 4, 5], [3])
    late = replace(soon, target_at_ms=soon.target_at_ms + 1_000 * HOUR_MS)
    assert not np.allclose(ranker.scores(soon), ranker.scores(late))
    unknown = [replace(one, request_time_known=False) for one in (soon, late)]
    assert np.array_equal(*(ranker.scores(one) for one in unknown))


def test_windows_tell_every_event_once() -> None:
    sequences = sequences_of(cycles(members=9, events=53, items=60))
    windows = windows_of(sequences, 10, np.random.default_rng(3), held_out=1)
    assert (windows.end - windows.begin).max() <= 10
    told = np.concatenate(
        [np.arange(b, e) + 1 for b, e in zip(windows.begin, windows.end, strict=True)]
    )
    ends = sequences.first[1:] - 1
    everything = np.setdiff1d(np.arange(len(sequences.item)), np.r_[sequences.first[:-1], ends])
    assert np.array_equal(np.sort(told), everything)


def test_the_cost_and_its_gradients_are_those_of_a_plain_cross_entropy() -> None:
    torch.manual_seed(1)
    state = torch.randn(50, 8, requires_grad=True)
    items = torch.randn(30, 8, requires_grad=True)
    target = torch.randint(0, 30, (50,))
    mine = NextItemCost.apply(state, items, None, target, 0.5)
    got = torch.autograd.grad(mine, (state, items))
    plain = torch.nn.functional.cross_entropy(state @ items.T / 0.5, target)
    wanted = torch.autograd.grad(plain, (state, items))
    assert mine.item() == pytest.approx(plain.item(), abs=1e-5)
    for one, other in zip(got, wanted, strict=True):
        assert torch.allclose(one, other, atol=1e-6)


def test_drawn_items_cost_what_all_items_cost_on_average() -> None:
    rng = np.random.default_rng(2)
    share = rng.dirichlet(np.full(400, 0.3))
    state = torch.from_numpy(0.5 * rng.normal(size=(40, 6)).astype(np.float32)).float()
    items = torch.from_numpy(rng.normal(size=(400, 6)).astype(np.float32))
    sums = []
    for _ in range(400):
        target = rng.choice(400, 40, p=share)
        drawn, place, offset = draw_items(target, share, 60, rng)
        assert np.array_equal(drawn[place], target)
        weight = torch.exp(state @ items[drawn].T + torch.from_numpy(offset))
        sums.append(weight.sum(dim=1).numpy())
    whole = torch.exp(state @ items.T).sum(dim=1).numpy()
    assert np.mean(sums, axis=0) == pytest.approx(whole, rel=0.15)


def test_content_ranks_items_that_training_never_saw() -> None:
    data = cycles(items=30)
    rng = np.random.default_rng(4)
    kinds = rng.normal(size=(5, 8)).astype(np.float32)
    # An item's content is that of its group, and members stay in one group.
    groups = np.arange(30) % 5
    item = (data.item // 5 * 5 + data.member % 5) % 20
    seen = item != 17
    stays = replace(data, item=item.astype(np.int32)).where(seen)
    content = kinds[groups]
    made = fit_sequence(stays, content, SHAPE, replace(TRAINING, id_dropout=0.5), timer=lambda: 0.0)
    score = ranker_of(made.network).scores(histories([2, 7, 12, 2, 12], [5]))[0]
    others = [at for at in range(30) if at % 5 != 2]
    assert score[17] > score[others].max()


def test_a_training_that_was_cut_goes_on_to_the_same_model(tmp_path: Path) -> None:
    data, path = cycles(), tmp_path / "run.npz"

    class CutError(Exception):
        pass

    def cut(run: fitting.Run) -> None:
        write_checkpoint(run, path)
        if run.epoch == 3:
            raise CutError

    training = replace(TRAINING, epoch_max=6)
    whole = fit_sequence(data, None, SHAPE, training, timer=lambda: 0.0)
    with pytest.raises(CutError):
        fit_sequence(data, None, SHAPE, training, timer=lambda: 0.0, keep=cut)
    seen: list[int] = []
    resumed = fit_sequence(
        data, None, SHAPE, training, timer=lambda: 0.0,
        resume=lambda run: read_checkpoint(run, path), told=lambda one: seen.append(one.epoch),
    )  # fmt: skip
    assert seen == [4, 5, 6]
    assert [one.ndcg for one in resumed.passes] == [one.ndcg for one in whole.passes]
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, resumed.network.state_dict()[name]), name


def test_a_damaged_checkpoint_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    run = new_run(SHAPE, TRAINING, 30, None)
    write_checkpoint(run, path)
    path.write_bytes(path.read_bytes()[:900])
    assert not read_checkpoint(new_run(SHAPE, TRAINING, 30, None), path)
    write_checkpoint(run, path)
    assert not read_checkpoint(new_run(replace(SHAPE, width=8), TRAINING, 30, None), path)
    assert read_checkpoint(new_run(SHAPE, TRAINING, 30, None), path)
    write_checkpoint(run, path, "this training")
    assert not read_checkpoint(new_run(SHAPE, TRAINING, 30, None), path, "another")


def test_the_same_seed_gives_the_same_model_and_another_one_another() -> None:
    first, again, other = (fitted(cycles(), epoch_max=2, seed=seed) for seed in (1, 1, 2))
    for name, value in first.network.state_dict().items():
        assert torch.equal(value, again.network.state_dict()[name])
    assert not torch.equal(first.network.item, other.network.item)


def test_eight_blocks_stay_trainable() -> None:
    deep = replace(SHAPE, block_count=8)
    training = replace(TRAINING, epoch_max=6, refit_share=0.0)
    made = fit_sequence(cycles(), None, deep, training, timer=lambda: 0.0)
    assert max(one.ndcg for one in made.passes) > 0.8


def test_outcomes_are_known_where_something_was_said() -> None:
    done = np.array([[1, 10, 0], [3, 0, 9], [3, 0, 3], [1, 0, 0]], np.int16)
    known = outcomes_of(done)
    assert known[0, 0] == 1.0
    assert known[1, 1:].tolist() == [1.0, 0.0]
    assert known[2, 1:].tolist() == [0.0, 1.0]
    assert np.isnan(known[3]).all()


def test_the_heads_tell_likes_from_dislikes() -> None:
    data = cycles()
    # Every third item is loved, the others are not.
    rating = np.where(data.item % 3 == 0, 10, 2).astype(np.int16)
    made = fitted(replace(data, feature={"rating": rating}), outcome_share=1.0)
    arrays = arrays_of(made.network, True)
    inference = NumpySequenceInference(arrays)
    events = {
        "item": np.array([3, 4, 5]),
        "done": np.zeros((3, 3), int), "request": np.zeros((3, 4), int),
        "read_s": np.arange(3), "asked_s": np.arange(3) + 1,
    }  # fmt: skip
    chance = inference.outcomes(inference.run(events)["state"][-1], np.arange(30))
    like, dislike = chance[:, 1], chance[:, 2]
    assert like[::3].min() > like[1::3].max()
    assert dislike[::3].max() < dislike[1::3].min()


def test_a_turned_model_gives_the_same_scores_in_the_space_of_the_earlier_one(
    trained: fitting.Fitted,
) -> None:
    names = [f"i{at}" for at in range(30)]
    arrays = arrays_of(trained.network, True)
    rng = np.random.default_rng(1)
    rotation, _ = np.linalg.qr(rng.normal(size=(16, 16)))
    # The earlier model has other items before, one more, and a little noise.
    before = arrays["sequence.item"] @ rotation
    noise = 0.1 * before.std() * rng.normal(size=before.shape)
    kin = Earlier({"sequence.item": np.r_[before[:1] * 0, before + noise]}, ["gone", *names])
    made = turned(arrays, names, kin)
    cosine = (made["sequence.item"] * before).sum(axis=1)
    cosine /= np.linalg.norm(made["sequence.item"], axis=1) * np.linalg.norm(before, axis=1)
    assert np.median(cosine) > 0.95
    rows = histories([3, 4, 5, 9, 2], [2, 5])
    scores = [
        SequenceRanker.of(NumpySequenceInference(one), one).scores(rows) for one in (arrays, made)
    ]
    assert scores[1] == pytest.approx(scores[0], abs=1e-3)
    inputs = {
        "item": np.array([3, 4]), "done": np.zeros((2, 3), int), "request": np.zeros((2, 4), int),
        "read_s": np.arange(2), "asked_s": np.arange(2),
    }  # fmt: skip
    chances = []
    for one in (arrays, made):
        inference = NumpySequenceInference(one)
        state = inference.run(inputs)["state"][-1]
        chances.append(inference.outcomes(state, np.arange(30)))
    assert chances[1] == pytest.approx(chances[0], abs=1e-4)


def test_a_warm_start_is_better_than_a_cold_one_from_its_first_pass(tmp_path: Path) -> None:
    data = cycles()
    quick = replace(TRAINING, epoch_max=3, refit_share=0.0)
    course = Course(data, lambda: 0.0, shape=SHAPE, training=replace(TRAINING, refit_share=0.0))
    first = train_sequence(course)
    cold = train_sequence(replace(course, training=quick))
    # The catalogue has changed its order and gained an item since.
    moved = replace(
        data,
        item=(29 - data.item).astype(np.int32),
        item_ids=tuple(reversed(data.item_ids)),
    )
    again = Course(
        moved, lambda: 0.0, more_item_ids=["new"], shape=SHAPE, training=quick,
        warm=Earlier(first, first["sequence.item_ids"]),
    )  # fmt: skip
    warm = train_sequence(replace(again, folder=tmp_path))
    assert warm["sequence.passes"][0, 2] > cold["sequence.passes"][0, 2] + 0.2
    assert warm["sequence.item_ids"][-1] == "new"
    assert len(warm["sequence.item"]) == 31
    # What it is killed at, it goes on from; here it had ended.
    assert (tmp_path / "sequence.npz").exists()


def test_words_that_two_items_share_bring_their_rows_together() -> None:
    rows = project_words(
        words_of_items(
            [
                [("genre", "Noir"), ("person", "A")],
                [("genre", "Noir"), ("person", "A"), ("text", "rain")],
                [("genre", "Comedy"), ("person", "B"), ("text", "rain")],
                [("genre", "Comedy"), ("person", "B")],
                [],
            ]
        ),
        8,
    )
    near = rows @ rows.T
    assert near[0, 1] > 0.9 > 0.3 > near[0, 2]
    assert near[2, 3] > 0.9
    assert not rows[4].any()
