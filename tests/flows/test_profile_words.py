"""Goal: a profile in words says what it holds, for every shape of profile and never wrongly."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasand.domain.catalog import Item
from pasand.domain.member import Member
from pasand.domain.profile import RECENT_CODES, Profile, Recent, Visit, Watch
from pasand.flows.plain_words import listed, minutes_words, strength_words, told_time
from pasand.flows.profile_words import Words
from pasand.testing import samples

NOW_S = samples.NOW_MS // 1000
ITEMS = {row.item_id: row for row in samples.items(20)}
ids = st.sampled_from([*ITEMS, "gone", "gone2"])
times = st.integers(NOW_S - 10**8, NOW_S)
tastes = st.dictionaries(st.sampled_from(samples.GENRES), st.integers(-(2**42), 2**42))


def told(profile: Profile, ceiling: int = 18, **fields: Any) -> dict[str, Any]:
    member = Member(member_id="m1", maturity_ceiling=ceiling, **fields)
    find = ITEMS.get
    return Words(profile=profile, member=member, find=find, at_ms=samples.NOW_MS).told()


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    dated = st.dictionaries(ids, times, max_size=5)
    codes = st.integers(0, len(RECENT_CODES) - 1)
    recents = st.builds(Recent, ids, codes, times, st.integers(-1, 50))
    seconds = st.integers(0, 9_999)
    hours = st.tuples(*[st.integers(0, 9)] * 24)
    muted = st.sampled_from(("genre:Drama", "occasion:new"))
    return Profile(
        member_id="m1",
        recent=tuple(draw(st.lists(recents, max_size=8))),
        watching=draw(st.dictionaries(ids, st.builds(Watch, seconds, seconds, times))),
        finished=draw(dated),
        listed=draw(dated),
        hidden=draw(dated),
        thumbs=draw(st.dictionaries(ids, st.tuples(st.sampled_from((-1, 1, 2)), times))),
        genres=draw(tastes),
        tags=draw(tastes),
        people=draw(tastes),
        pictures=draw(tastes),
        fatigue=draw(st.dictionaries(ids, st.integers(1, 255))),
        hours=draw(st.dictionaries(st.sampled_from(("tv", "phone", "fridge")), hours)),
        searches=tuple(draw(st.lists(st.tuples(st.text(max_size=9), times), max_size=3))),
        muted=draw(st.dictionaries(muted, times)),
    )


@given(profiles(), st.integers(0, 18))
def test_any_profile_is_told_without_a_title_above_the_ceiling(
    profile: Profile, ceiling: int
) -> None:
    found = told(profile, ceiling)
    assert found == told(profile, ceiling)
    old = {row.title for row in ITEMS.values() if row.maturity > ceiling}
    assert not old & names(found)
    said = " ".join(found["text"])
    assert not any(re.search(rf"{title}\b", said) for title in old)
    assert all(text == text.strip() and text.endswith(".") for text in found["text"])
    assert "{" not in " ".join(found["text"])


def names(value: Any) -> set[str]:
    """Return every title that a told profile names."""
    if isinstance(value, dict):
        own = {value["title"]} if "title" in value else set()
        return own.union(*map(names, value.values()))
    return set().union(*map(names, value)) if isinstance(value, list) else set()


def test_an_empty_profile_is_said_plainly() -> None:
    assert told(Profile(member_id="m1"))["text"] == [
        "Nothing is known of what you watch yet.",
        "We learn from what you do.",
    ]


def test_titles_above_the_ceiling_are_counted() -> None:
    profile = Profile(member_id="m1", finished={"i4": NOW_S, "i3": NOW_S, "i0": NOW_S})
    found = told(profile, ceiling=8)
    assert found["not_named"] == 2 and [one["item_id"] for one in found["history"]] == ["i0"]
    assert "2 titles above the age limit are left unnamed." in found["text"]


def test_a_visit_that_looks_like_a_childs_is_said() -> None:
    visit = Visit(start_s=NOW_S - 600, last_s=NOW_S - 60, kids=True)
    assert any("a child’s" in text for text in told(Profile(member_id="m1", visit=visit))["text"])
    over = Visit(start_s=NOW_S - 9000, last_s=NOW_S - 8000, kids=True)
    assert not any("child" in text for text in told(Profile(member_id="m1", visit=over))["text"])


def test_what_is_muted_is_not_told_as_a_liking() -> None:
    liked = {"Drama": 2**45, "Crime": 2**44}
    found = told(Profile(member_id="m1", genres=liked, muted={"genre:Drama": NOW_S}))
    assert "You like Crime." in found["text"] and "You muted Drama." in found["text"]


def test_the_hour_is_the_members_own() -> None:
    profile = Profile(member_id="m1", finished={"i0": NOW_S - 86_400 * 3})
    kolkata = told(profile, time_zone="Asia/Kolkata")["history"][0]["when"]
    los_angeles = told(profile, time_zone="America/Los_Angeles")["history"][0]["when"]
    assert kolkata != los_angeles


@pytest.mark.parametrize(
    ("strength", "top", "words"),
    (
        (9.0, 9.0, "very much"), (3.0, 9.0, "quite a lot"), (1.0, 9.0, "a little"),
        (0.1, 0.1, "hardly either way"), (-0.4, 9.0, "hardly either way"),
        (-0.5, 9.0, "not for you"), (1.5, 1.5, "quite a lot"),
    ),
)  # fmt: skip
def test_strength_in_words(strength: float, top: float, words: str) -> None:
    assert strength_words(strength, top) == words


def test_times_counts_and_lists_in_words() -> None:
    now = datetime(2026, 11, 20, 21)
    assert told_time(datetime(2026, 11, 20, 9), now, near=True) == "this morning"
    assert told_time(datetime(2026, 11, 18, 19), now, near=True) == "on Wednesday evening"
    assert told_time(datetime(2025, 3, 3, 9), now, near=False) == "on 3 March 2025"
    assert listed([]) == "" and listed("a") == "a" and listed("abc") == "a, b and c"
    assert minutes_words(59) == "1 min" and minutes_words(5400) == "1 h 30 min"


def test_a_title_no_longer_there_can_still_be_removed() -> None:
    (entry,) = told(Profile(member_id="m1", finished={"gone": NOW_S}))["history"]
    assert entry["item_id"] == "gone" and "no longer" in entry["title"]
    assert isinstance(ITEMS["i0"], Item)
