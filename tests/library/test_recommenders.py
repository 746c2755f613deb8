"""What every model of the library keeps: order, exclusion, what is on offer, unknown members."""

from __future__ import annotations

import io
import sys
from typing import Any

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from taken import MODELS, START_S, lists, named, small, taken

from pasand import (
    AlsRecommender,
    BlendRecommender,
    CovisitRecommender,
    EaseRecommender,
    PopularRecommender,
    Recommender,
    SessionKnnRecommender,
    UnknownMemberWarning,
)
from pasand.errors import InvalidInput

every_model = pytest.mark.parametrize("kind", MODELS)
Kind = type[Recommender]

DAY_S = 86_400


def had(columns: dict[str, Any]) -> set[tuple[Any, Any]]:
    return set(zip(columns["member_id"].tolist(), columns["item_id"].tolist(), strict=True))


def pairs(found: Any) -> list[tuple[Any, Any]]:
    columns = lists(found)
    return list(zip(columns["member_id"], columns["item_id"], strict=True))


# Lists.


@every_model
@pytest.mark.parametrize("text", [False, True])
def test_nothing_that_was_taken_is_recommended_again(kind: Kind, text: bool) -> None:
    columns = named(taken()) if text else taken()
    model = kind().fit(columns)
    found = pairs(model.recommend(k=5))
    assert found
    assert not set(found) & had(columns)
    assert set(pairs(model.recommend(k=24, exclude_seen=False))) >= had(columns)


@every_model
def test_lists_are_ranked_and_end_where_the_catalogue_ends(kind: Kind) -> None:
    columns = taken()
    model = kind().fit(columns)
    found = lists(model.recommend([100, 101], k=1_000, exclude_seen=False))
    assert found["rank"] == [*range(1, 25)] * 2
    assert found["member_id"] == [100] * 24 + [101] * 24
    assert len(set(found["item_id"][:24])) == 24
    assert found["score"][:24] == sorted(found["score"][:24], reverse=True)


@pytest.mark.parametrize("kind", [kind for kind in MODELS if kind is not PopularRecommender])
def test_members_get_what_their_own_kind_takes(kind: Kind) -> None:
    first = pairs(small(kind).fit(taken(80, step_s=20)).recommend(k=1))
    own = sum((member - 100) % 2 == (item - 1) % 2 for member, item in first)
    assert own >= 0.9 * len(first)


@every_model
def test_fitting_twice_gives_the_same_frames(kind: Kind) -> None:
    first, second = (kind().fit(taken()) for _ in range(2))
    assert lists(first.recommend(k=7)) == lists(second.recommend(k=7))
    again = first.fit(taken(seed=2)).fit(taken())
    assert lists(again.recommend(k=7)) == lists(second.recommend(k=7))


@every_model
@settings(max_examples=5)
@given(order=st.permutations(range(len(taken()["at"]))))
def test_the_order_of_the_rows_does_not_matter(kind: Kind, order: list[int]) -> None:
    columns = named(taken())
    shuffled = {name: column[order] for name, column in columns.items()}
    found = lists(kind().fit(shuffled).recommend(k=6))
    expected = lists(kind().fit(columns).recommend(k=6))
    assert pairs(found) == pairs(expected)
    assert np.allclose(found["score"], expected["score"], rtol=1e-5)


@every_model
def test_unknown_members_get_what_is_popular_and_it_is_said(kind: Kind) -> None:
    columns = taken()
    # The blend is popular on a window of its own.
    window_days = 7.0 if kind is BlendRecommender else 30.0
    popular = PopularRecommender(window_days=window_days).fit(columns)
    with pytest.warns(UnknownMemberWarning, match=r"1 of 2 members \(first: 999\)"):
        found = pairs(kind().fit(columns).recommend([100, 999], k=4))
    with pytest.warns(UnknownMemberWarning):
        expected = pairs(popular.recommend([999], k=4))
    assert found[4:] == expected


def test_equals_are_ordered_by_what_is_popular() -> None:
    rows = {
        "member_id": ["a", "b", "c", "d", "d"],
        "item_id": ["z", "z", "y", "x", "w"],
        "at": [DAY_S * day for day in (1, 2, 2, 60, 61)],
    }
    with pytest.warns(UnknownMemberWarning):
        found = CovisitRecommender().fit(rows).recommend(["new"], k=4)
    # w and x were taken in the last 30 days; z and y before, z more often.
    assert lists(found)["item_id"] == ["w", "x", "z", "y"]


@every_model
def test_only_what_is_allowed_is_recommended(kind: Kind) -> None:
    model = kind().fit(taken())
    found = lists(model.recommend(items=[1, 2, 3, 77], k=9, exclude_seen=False))
    assert set(found["item_id"]) == {1, 2, 3}
    assert not lists(model.recommend([100], items=[]))["item_id"]


@every_model
def test_only_what_is_on_offer_is_recommended(kind: Kind) -> None:
    catalog = pandas.DataFrame({"item_id": [*range(5, 25), 500], "title": "any"})
    model = kind().fit(pandas.DataFrame(taken()), items=catalog)
    found = lists(model.recommend([100, 101], k=99))
    assert not set(found["item_id"]) & {1, 2, 3, 4}
    # Nobody has taken 500 yet, so it comes last.
    assert found["item_id"].count(500) == 2
    assert found["item_id"][-1] == 500


@every_model
def test_pairs_are_scored_as_lists_are(kind: Kind) -> None:
    model = kind().fit(taken())
    listed = model.recommend([101, 104], k=24, exclude_seen=False)
    asked = {"member_id": [104, 101, 104, 101], "item_id": [3, 4, 9, 12_345]}
    found = lists(model.predict(asked))
    score = dict(zip(pairs(listed), lists(listed)["score"], strict=True))
    assert found["score"][:3] == [score[104, 3], score[101, 4], score[104, 9]]
    assert np.isnan(found["score"][3])
    assert {name: found[name] for name in asked} == asked


@every_model
def test_items_alike_leave_out_the_item_itself_and_what_there_is_no_evidence_for(
    kind: Kind,
) -> None:
    model = small(kind).fit(taken(80, step_s=20))
    if kind is PopularRecommender:
        with pytest.raises(InvalidInput, match="does not say which items are alike"):
            model.similar_items([1])
        return
    found = lists(model.similar_items([1, 2], k=3))
    assert found["item_id"] == [1] * 3 + [2] * 3
    alike = list(zip(found["item_id"], found["similar_item_id"], strict=True))
    assert all(one != other and (one - other) % 2 == 0 for one, other in alike)
    everything = lists(model.similar_items([1], k=24))["score"]
    assert min(everything) > 0
    assert len(everything) < 23
    with pytest.raises(InvalidInput, match="knows no item 77"):
        model.similar_items([77])


# Histories that come after the fit.


@every_model
def test_a_new_member_is_served_from_the_history_given(kind: Kind) -> None:
    model = small(kind).fit(taken(80, step_s=20))
    history = {"member_id": [7, 7, 7], "item_id": [1, 3, 5], "at": [START_S + 10**7] * 3}
    found = lists(model.recommend(histories=history, k=3))
    assert found["member_id"] == [7] * 3
    assert not set(found["item_id"]) & {1, 3, 5}
    if kind is not PopularRecommender:
        assert [item % 2 for item in found["item_id"]] == [1, 1, 1]


@every_model
def test_what_the_fit_has_seen_counts_once(kind: Kind) -> None:
    columns = taken()
    own = columns["member_id"] == 105
    history = {name: column[own] for name, column in columns.items()}
    model = kind().fit(columns)
    end = int(columns["at"][-1]) + 1
    again = model.recommend(histories=history, at=end)
    assert lists(again) == lists(model.recommend([105], at=end))


def test_a_history_goes_on_where_the_fit_ended() -> None:
    model = CovisitRecommender().fit(taken(80))
    more = {"member_id": [100], "item_id": [2], "at": [START_S + 10**7]}
    before = pairs(model.recommend([100], k=24, exclude_seen=True))
    after = pairs(model.recommend(histories=more, k=24))
    assert (100, 2) in before
    assert (100, 2) not in after
    assert after[0][1] % 2 == 0, "what follows is of the other half, as the last item was"


def test_items_that_nobody_took_before_the_fit_tell_nothing() -> None:
    model = CovisitRecommender().fit(taken())
    only = {"member_id": [7], "item_id": [12_345], "at": [START_S]}
    with pytest.warns(UnknownMemberWarning):
        found = model.recommend(histories=only, k=2)
    assert lists(found)["rank"] == [1, 2]


def test_a_list_for_a_moment_looks_at_nothing_after_it() -> None:
    rows = {
        "member_id": ["a", "a", "b", "b", "c"],
        "item_id": ["w", "x", "x", "y", "z"],
        "at": [DAY_S * day for day in (1, 2, 1, 3, 50)],
    }
    model = PopularRecommender(window_days=10.0).fit(rows)
    with pytest.warns(UnknownMemberWarning):
        early, late = (model.recommend(["?"], k=1, at=DAY_S * day) for day in (4, 51))
    assert (lists(early)["item_id"], lists(late)["item_id"]) == (["x"], ["z"])
    follows = CovisitRecommender().fit(rows)
    # y follows x alone, which the member takes on day 2.
    asked = {"member_id": ["a"], "item_id": ["y"]}
    assert lists(follows.predict(asked, at=DAY_S * 2))["score"] == [0.0]
    assert lists(follows.predict(asked, at=DAY_S * 2 + 1))["score"] > [0.0]


# What is asked.


@pytest.mark.parametrize("members", [100, np.int64(100), [100], (100, 100), pandas.Series([100])])
def test_members_are_named_in_many_ways(members: Any) -> None:
    found = lists(PopularRecommender().fit(taken()).recommend(members, k=2))
    assert found["member_id"] == [100, 100]


def test_members_of_a_frame_are_asked_once_each_in_its_order() -> None:
    model = PopularRecommender().fit(taken())
    found = lists(model.recommend({"user": [102, 100, 102]}, k=1))
    assert found["member_id"] == [102, 100]


@pytest.mark.parametrize("k", [0, -1, 2.0, True, "3"])
def test_k_is_a_count(k: Any) -> None:
    with pytest.raises(InvalidInput, match="k is"):
        PopularRecommender().fit(taken()).recommend([100], k=k)


def test_progress_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, int, int]] = []
    EaseRecommender().fit(taken(), progress=lambda *step: told.append(step))
    assert told[-1][1] == told[-1][2]
    screen, pipe = io.StringIO(), io.StringIO()
    screen.isatty = lambda: True  # type: ignore[method-assign]
    for stream in (screen, pipe):
        monkeypatch.setattr(sys, "stderr", stream)
        EaseRecommender(verbose=True).fit(taken())
    assert "█" in screen.getvalue()
    assert pipe.getvalue() == ""


def test_the_blend_listens_to_its_weights() -> None:
    columns = taken()
    alone = {"covisit": 0.0, "ease": 0.0, "window_days": 30.0}
    found = pairs(BlendRecommender(**alone).fit(columns).recommend(k=5))
    assert found == pairs(PopularRecommender(window_days=30.0).fit(columns).recommend(k=5))


def test_the_blend_takes_ials_where_items_are_many() -> None:
    columns = taken()
    few, many = (BlendRecommender(item_count_max=most).fit(columns) for most in (24, 23))
    assert lists(few.recommend(k=5)) != lists(many.recommend(k=5))
    without = BlendRecommender(item_count_max=23, ials=0.0, random_state=7).fit(columns)
    other = BlendRecommender(item_count_max=23, ials=0.0, random_state=8).fit(columns)
    assert lists(without.recommend(k=5)) == lists(other.recommend(k=5))
    assert lists(without.recommend(k=5)) != lists(many.recommend(k=5))


def test_als_draws_from_its_random_state() -> None:
    one, same, other = (
        lists(AlsRecommender(random_state=state, epoch_count=1).fit(taken()).recommend(k=5))
        for state in (1, 1, 2)
    )
    assert one == same
    assert one != other


def test_items_alike_are_not_those_that_are_popular() -> None:
    loud, silent = (BlendRecommender(popular=weight, popular_away=weight) for weight in (99.0, 0.0))
    found = [lists(model.fit(taken()).similar_items([1, 9])) for model in (loud, silent)]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "changed",
    [
        {"entry_count_max": 1},
        {"half_life_steps": 9.0},
        {"sample_count": 1},
        {"neighbour_count": 1},
        {"length_power": 3.0},
        {"reach_steps": 0.1},
        {"backward": 0.0},
        {"rarity": 9.0},
        {"visit_count_max": 1},
        {"item_count_max": 2},
    ],
)
def test_session_knn_listens_to_its_parameters(changed: dict[str, Any]) -> None:
    columns = taken(80, step_s=20)
    plain, other = (
        lists(SessionKnnRecommender(**more).fit(columns).recommend(k=9)) for more in ({}, changed)
    )
    assert plain["score"] != other["score"]
