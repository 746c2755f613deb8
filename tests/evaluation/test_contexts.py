"""Goal: counts by context say what they should, hold nothing of the future, and models of choice
rank by them alike with and without a signal.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from contexts import days, lists, moments
from hypothesis import given
from hypothesis import strategies as st

from pasand.evaluation.choices import Choices, Weighted, ranks, together, variants
from pasand.evaluation.context_day import COLUMNS, SIGNALS, day_choices
from pasand.evaluation.context_lists import list_choices, list_split
from pasand.evaluation.context_rows import RowContext, row_split
from pasand.evaluation.displayed import Act
from pasand.evaluation.live_contexts import FadingCounts, Following
from pasand.learning.choice import learn_choice
from pasand.stages.scoring.context_lift import alike_contexts, context_lift

DAY = 86_400_000


def test_a_lift_is_the_log_of_how_much_likelier_and_nothing_where_nothing_is_known() -> None:
    both, item = np.array([60.0, 10.0, 0.0]), np.array([100.0, 100.0, 0.0])
    assert context_lift(both, item, 0.2, 0.0001)[:2] == pytest.approx(np.log([3.0, 0.5]), abs=1e-4)
    assert context_lift(both, item, 0.2, 20.0)[2] == pytest.approx(0.0)
    assert not context_lift(both, item, 0.0, 20.0).any()


@given(st.floats(0.0, 50.0), st.floats(0.0, 50.0), st.floats(0.01, 0.99), st.floats(0.1, 100.0))
def test_a_larger_prior_takes_a_lift_towards_none(
    both: float, more: float, share: float, prior: float
) -> None:
    counts = np.array([both]), np.array([both + more])
    near, far = (abs(context_lift(*counts, share, p)[0]) for p in (2.0 * prior, prior))
    assert near <= far + 1e-9


def test_contexts_that_take_the_same_hear_of_each_other() -> None:
    north, south = [90, 5, 5, 50], [5, 90, 5, 50]
    alike = alike_contexts(np.array([north, north, south], float))
    assert alike[0, 1] > 0.9
    assert alike[0, 2] < 0.3
    assert np.diag(alike).tolist() == [1.0, 1.0, 1.0]
    assert np.isfinite(alike_contexts(np.zeros((3, 4)))).all()


def test_counts_fade_by_half_and_survive_a_thousand_halvings() -> None:
    counts = FadingCounts(2, 3, half_life_ms=1_000)
    items = np.array([0, 1, 2])
    counts.add(np.array([0, 1]), np.array([0, 2]), np.array([0, 0]))
    assert counts.at(1_000, items).tolist() == [[0.5, 0.0, 0.0], [0.0, 0.0, 0.5]]
    assert counts.whole(1_000).tolist() == [0.5, 0.5]
    counts.add(np.array([0]), np.array([1]), np.array([2_000_000]))
    assert counts.at(2_000_000, items)[0].tolist() == [0.0, 1.0, 0.0]
    assert counts.leading(5).tolist() == [1]
    counts.add(np.array([1]), np.array([2]), np.array([2_000_000]))
    assert counts.leading_each(1).tolist() == [1, 2]


def test_what_followed_an_item_is_counted_by_place() -> None:
    following = Following()
    last, there = np.array([7, 7, -1, 7]), np.array([0, 0, 0, 1])
    following.add(last, there, np.array([1, 2, 1, 1]))
    place = np.array([-1, 0, -1])
    found = following.counts(np.array([7, 0, 7]), np.array([0, 0, 1]), place, 1)
    assert found.tolist() == [[1.0, 1.0], [0.0, 0.0], [1.0, 0.0]]


def test_a_minute_is_ranked_by_what_was_counted_before_it() -> None:
    data = days(3)
    taken = data.interactions
    wanted, past = taken.at_ms >= 5 * DAY, taken.at_ms < 5 * DAY
    before = [choices.score for _, choices in day_choices(data, wanted, past, 0)]
    middle = 5 * DAY + 15 * 2_400_000
    late = np.flatnonzero(taken.at_ms >= middle)
    item = taken.item.copy()
    item[late] = np.random.default_rng(1).permutation(item[late])
    other = replace(data, interactions=replace(taken, item=item))
    again = list(day_choices(other, wanted, past, 0))
    early = [number for number, (request, _) in enumerate(again) if request.now_ms <= middle]
    assert len(early) == 16
    assert all(np.array_equal(before[number], again[number][1].score) for number in early)
    assert not np.array_equal(before[-1], again[-1][1].score)


def test_a_reader_is_not_offered_what_they_had() -> None:
    data = days(3)
    taken = replace(data.interactions, member=np.zeros(len(data), np.int32))
    wanted = np.zeros(len(data), bool)
    wanted[-1] = True
    ((_, choices),) = day_choices(replace(data, interactions=taken), wanted, ~wanted, 0)
    assert not np.isfinite(choices.offset).any()


def test_columns_of_a_row_do_not_change_with_what_was_taken_there() -> None:
    data = moments()
    split = row_split(data, 1)
    row = int(split.target[0])
    item = data.interactions.item.copy()
    before = RowContext(data, split).score(row, np.arange(30))
    item[row] = (item[row] + 1) % 30
    other = replace(data, interactions=replace(data.interactions, item=item))
    again = RowContext(other, split).score(row, np.arange(30))
    assert np.array_equal(before[0], again[0]) and np.array_equal(before[1], again[1])


def test_a_row_that_teaches_is_seen_as_one_that_tests() -> None:
    """Its own take is in no count of it: as if it had been held out."""
    data = moments()
    split = row_split(data, 1)
    row = int(split.lesson[0])
    held = split.training.copy()
    held[row] = False
    taught = RowContext(data, split).score(row, np.arange(30))[0]
    tested = RowContext(data, replace(split, training=held)).score(row, np.arange(30))[0]
    assert taught == pytest.approx(tested, abs=1e-5)


def test_one_row_of_each_member_with_five_is_drawn() -> None:
    data = moments(20)
    member = data.interactions.member
    some = data.where((member > 1) | (np.arange(len(member)) % 14 < 4))
    split = row_split(some, 1)
    assert sorted(some.interactions.member[split.target].tolist()) == list(range(2, 20))
    assert not np.isin(split.target, split.lesson).any()
    assert (row_split(some, 2).target != split.target).any()


def test_a_list_knows_its_session_before_it_and_nothing_later() -> None:
    data = lists(40)
    before = list_choices(data)
    changed = list(data.lists)
    changed[30] = replace(changed[30], taken=(changed[30].taken + 1) % 12)
    again = list_choices(replace(data, lists=changed))
    assert np.array_equal(before.score[:31], again.score[:31])
    assert not np.array_equal(before.score[31:], again.score[31:])
    early, late = list_split(data)
    assert (len(early), len(late)) == (32, 8)


def test_an_act_on_an_item_counts_at_that_item() -> None:
    data = lists(1)
    one = data.lists[0]
    acts = (Act("clickout item", int(one.items[3])), Act("interaction item image", 999))
    choices = list_choices(replace(data, lists=[replace(one, acts=acts)]))
    column = choices.score[0, :, choices.columns.index("taken-in-session")]
    assert np.flatnonzero(column).tolist() == [3]
    assert not choices.score[0, :, choices.columns.index("searched")].any()


def toy(count: int = 800, seed: int = 1) -> Choices:
    """Return choices by the first of three columns, on scales apart, of lists of two lengths."""
    rng = np.random.default_rng(seed)
    score = rng.standard_normal((count, 8, 3)).astype(np.float32)
    chance = np.exp(2.0 * score[..., 0])
    chance /= chance.sum(axis=1, keepdims=True)
    taken = (chance.cumsum(axis=1) > rng.uniform(size=(count, 1))).argmax(axis=1)
    score *= np.array([100.0, 1.0, 0.01], np.float32)
    offset = np.zeros((count, 8), np.float32)
    return Choices(("a", "b", "c"), score, offset, taken, np.arange(count))


def test_choices_teach_their_weights_on_any_scale_and_of_any_length() -> None:
    learned = learn_choice(toy(), ("a", "c"))
    assert learned.weight[0] == pytest.approx(0.02, rel=0.2)
    short = toy(400, seed=2)
    longer = together([toy(), Choices(short.columns, short.score[:, :5], short.offset[:, :5],
                                      np.minimum(short.taken, 4), short.owner)])  # fmt: skip
    assert np.isinf(longer.offset[800:, 5:]).all()
    assert np.isfinite(learn_choice(longer, ("a", "b", "c")).weight).all()


def test_what_a_list_lacks_ranks_behind_everything_and_ties_share_their_rank() -> None:
    choices = replace(toy(2), taken=np.array([-1, 2]))
    assert Weighted(("b",), np.array([0.0])).ranks(choices).tolist() == [np.inf, 4.5]
    assert ranks(np.array([[1.0, 3.0, 2.0, -np.inf]]), np.array([2])).tolist() == [2.0]


def test_a_model_without_a_signal_has_none_of_its_columns() -> None:
    signals = {"hour": ["h", "hd"], "date": ["d", "hd"]}
    found = variants(["p", "h", "d", "hd", "m", "m-without-hour", "m-without-date"], signals)
    assert found["full"] == ("p", "h", "d", "hd", "m")
    assert found["none"] == ("p",)
    assert found["hour"] == ("p", "d", "m-without-hour")
    assert found["date"] == ("p", "h", "m-without-date")
    assert {name for names in SIGNALS.values() for name in names} < set(COLUMNS)
