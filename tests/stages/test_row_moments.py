"""Goal: what is said of hours, weekends and habits is so; what is likely resumed stands first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Catalog
from pasand.domain.profile import Profile, Recent, Watch
from pasand.domain.query import Query
from pasand.stages.chosen import chosen, chosen_counts, often
from pasand.stages.models import Models
from pasand.stages.moments import evening_genre, is_evening, is_weekend, usual_visit_minutes
from pasand.stages.rows.continue_watching import Config, ContinueWatchingRow
from pasand.stages.scoring.resuming import Begun, Moment, chance_of_resuming
from pasand.testing import samples

#: Thursday 28 May 2026, 20:26 in UTC.
EVENING_MS = samples.NOW_MS
HOUR_S, DAY_S = 3_600, 86_400
NOW_S = EVENING_MS // 1000


def query(at_ms: int = EVENING_MS, **fields: Any) -> Query:
    return samples.query(fields.pop("catalog", ()), at_ms=at_ms, **fields)


@pytest.mark.parametrize(
    ("hours", "zone", "said"),
    ((0, "UTC", True), (-4, "UTC", False), (4, "UTC", True), (6, "UTC", False),
     (0, "Asia/Kolkata", True), (0, "America/New_York", False)),
)  # fmt: skip
def test_an_evening_is_the_members_own(hours: int, zone: str, said: bool) -> None:
    assert is_evening(query(EVENING_MS + hours * 3_600_000, time_zone=zone)) is said


@pytest.mark.parametrize(
    ("days", "country", "said"),
    ((0, "GB", False), (1, "GB", True), (2, "GB", True), (3, "GB", True), (4, "GB", False),
     (0, "SA", True), (1, "SA", True), (2, "SA", True), (3, "SA", False)),
)  # fmt: skip
def test_a_weekend_begins_with_its_eve(days: int, country: str, said: bool) -> None:
    assert is_weekend(query(EVENING_MS + days * samples.DAY_MS, country=country)) is said


def visits(*minutes: int, hour_apart: int = 0) -> Profile:
    """Return a member who watched films of a few lengths to their end, one an evening."""
    recent, finished = [], {}
    for day, length in enumerate(reversed(minutes), start=1):
        start_s = NOW_S - day * DAY_S + hour_apart * HOUR_S
        recent.append((start_s, Recent(f"i{length}", 0, start_s, 0)))
        recent.append((start_s, Recent(f"i{length}", 1, start_s + 60 * length, 0)))
        finished[f"i{length}"] = start_s + 60 * length
    ordered = tuple(entry for _, entry in sorted(recent, key=lambda pair: pair[1].at_s))
    return Profile(member_id="m1", recent=ordered, finished=finished)


FILMS = Catalog(
    [samples.item(f"i{n}", runtime_minutes=float(n), genres=("Drama",)) for n in range(1, 200)]
)


def test_the_usual_visit_is_that_of_this_hour() -> None:
    assert usual_visit_minutes(query(catalog=FILMS, profile=visits(40, 90, 60))) == 60.0
    elsewhen = visits(40, 90, 60, hour_apart=-8)
    assert usual_visit_minutes(query(catalog=FILMS, profile=elsewhen)) is None
    assert usual_visit_minutes(query(catalog=FILMS, profile=visits(40, 90))) is None
    assert usual_visit_minutes(query(catalog=FILMS)) is None


def test_two_films_in_a_row_are_one_visit() -> None:
    recent = []
    for day in (3, 2, 1):
        at_s = NOW_S - day * DAY_S
        recent += [Recent("i100", 0, at_s, 0), Recent("i50", 0, at_s + 110 * 60, 0)]
        recent += [Recent("i50", 1, at_s + 160 * 60, 0)]
    profile = Profile(member_id="m1", recent=tuple(recent))
    assert usual_visit_minutes(query(catalog=FILMS, profile=profile)) == 160.0


def test_an_evening_genre_is_one_that_is_chosen_then_more_than_else() -> None:
    items = [samples.item(f"c{n}", genres=("Crime",)) for n in range(6)]
    items += [samples.item(f"n{n}", genres=("News",)) for n in range(6)]
    catalog = Catalog(items)

    def asked(crime_hour: int, news_hour: int) -> str | None:
        entries = [
            Recent(f"{kind}{n}", 0, NOW_S - (n + 1) * DAY_S + hour * HOUR_S, 0)
            for kind, hour in (("c", crime_hour), ("n", news_hour))
            for n in range(6)
        ]
        recent = tuple(sorted(entries, key=lambda entry: entry.at_s))
        asking = query(catalog=catalog, profile=Profile(member_id="m1", recent=recent))
        return evening_genre(asking, chosen(asking))

    assert asked(0, -12) == "Crime"
    assert asked(-12, 0) == "News"
    assert asked(0, 0) is None and asked(-12, -12) is None


def test_a_habit_needs_several_titles_and_a_share_of_all() -> None:
    counts = np.array([0, 2, 3, 10])
    assert often(counts, 12).tolist() == [False, False, True, True]
    assert often(counts, 40).tolist() == [False, False, False, True]


def test_what_was_chosen_counts_each_title_once_and_no_dislike() -> None:
    recent = (
        Recent("i1", 0, 10, 0), Recent("i2", 4, 20, 15), Recent("i3", 4, 30, 45),
        Recent("i1", 1, 40, 0), Recent("i4", 2, 50, 0), Recent("i5", 5, 60, 0),
    )  # fmt: skip
    asking = query(catalog=FILMS, profile=Profile(member_id="m1", recent=recent))
    own = chosen(asking)
    assert [FILMS.item_ids[at] for at in own.position] == ["i3", "i1"]
    assert own.at_s.tolist() == [30, 40]
    assert chosen_counts(FILMS.genre, own.position).tolist() == [2]


def begun(**fields: Any) -> Begun:
    given = {"since_s": 3_600.0, "share": 0.5, "minutes": 100.0, "episodic": False, "hour": 20}
    values = {**given, **fields}
    kinds = {"episodic": np.bool_, "hour": np.int64}
    return Begun(**{k: np.atleast_1d(np.array(v, kinds.get(k, float))) for k, v in values.items()})


def chance(now: Moment = Moment(20, "tv"), **fields: Any) -> float:  # noqa: B008
    return float(chance_of_resuming(begun(**fields), now)[0])


def test_what_speaks_for_resuming() -> None:
    assert chance(since_s=3_600.0) > chance(since_s=5.0 * DAY_S) > chance(since_s=60.0 * DAY_S)
    assert chance(share=0.5) > chance(share=0.02)
    assert chance(share=0.5) > chance(share=0.99)
    assert chance(share=0.99, episodic=True) > chance(share=0.99)
    assert chance(hour=20) > chance(hour=9)
    phone = Moment(20, "phone")
    assert chance(phone, minutes=30.0) > chance(phone, minutes=170.0)
    short, long = Moment(20, "tv", 30.0), Moment(20, "tv", 150.0)
    assert chance(short, minutes=160.0) < chance(long, minutes=160.0)


@given(
    st.floats(0, 1e9), st.floats(0, 2), st.floats(0, 1e4) | st.just(float("nan")), st.booleans(),
    st.integers(0, 23), st.integers(0, 23), st.none() | st.floats(0, 1e4),
)  # fmt: skip
def test_a_chance_is_one(
    since_s: float, share: float, minutes: float, episodic: bool, hour: int, now: int,
    usual: float | None,
) -> None:  # fmt: skip
    moment = Moment(now, "phone", usual)
    found = chance(
        moment, since_s=since_s, share=share, minutes=minutes, episodic=episodic, hour=hour
    )
    assert 0.0 <= found <= 1.0


def test_the_row_puts_what_was_only_tried_behind_what_was_half_seen() -> None:
    catalog = Catalog([samples.item(f"i{n}", runtime_minutes=100.0) for n in range(3)])
    watching = {
        "i0": Watch(180, 6_000, NOW_S - HOUR_S),
        "i1": Watch(3_000, 6_000, NOW_S - 2 * HOUR_S),
        "i2": Watch(3_000, 6_000, NOW_S - 40 * DAY_S),
    }
    asking = query(catalog=catalog, profile=Profile(member_id="m1", watching=watching))
    columns = {
        "score": np.zeros(3),
        "touched_s": np.array([watch.at_s for watch in watching.values()], float),
    }
    table = Candidates(np.arange(3, dtype=np.int32), columns)
    (row,) = ContinueWatchingRow(Config(), Models())(asking, table)
    assert row.position.tolist() == [1, 0, 2]
