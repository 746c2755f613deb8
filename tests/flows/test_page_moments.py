"""Goal: a page of the past is made from what was known then, and from nothing that came later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from pasand.domain.catalog import Catalog
from pasand.domain.events import Event
from pasand.domain.fold import fold
from pasand.domain.member import Member
from pasand.domain.profile import Profile
from pasand.domain.weights import STREAMING
from pasand.evaluation.data import EvaluationData
from pasand.evaluation.page_metrics import AHEAD
from pasand.evaluation.protocols import split_by
from pasand.evaluation.splits import Rules, Split
from pasand.flows.page_moments import Asked, Service, asked_of, requests
from pasand.flows.page_past import Past, past_of_interactions, past_of_log
from pasand.settings import ServeSettings
from pasand.testing import samples

MINUTE_MS = 60_000
CATALOG = Catalog(samples.items(20))
SERVICE = Service(
    CATALOG, lambda member_id: Member(member_id=member_id), STREAMING, ServeSettings()
)


def play(number: int, member: str, item: int, minute: int, **fields: Any) -> Event:
    return samples.event(
        f"e{number:03d}", member_id=member, item_id=f"i{item}",
        occurred_ms=samples.NOW_MS + minute * MINUTE_MS, **fields,
    )  # fmt: skip


def split_of(past: Past, training_count: int) -> Split:
    data = EvaluationData(past.interactions, "toy")
    return split_by("time", data, Rules(quantile=(training_count + 0.5) / len(data)))


#: Two members who take turns, m1 an item of their own each time, m2 one of them again.
LOG = [play(2 * n + k, f"m{k + 1}", n + 10 * k, 90 * n + k) for n in range(8) for k in range(2)]


def walked(log: Sequence[Event], *signals: str, training_count: int = 8) -> tuple[Past, list[Any]]:
    past = past_of_log(log, CATALOG, STREAMING)
    asked = asked_of(past, split_of(past, training_count).targets)
    return past, list(requests(past, SERVICE, asked, signals))


def test_a_query_holds_what_came_before_and_no_more() -> None:
    past, found = walked(LOG)
    assert len(found) == 8
    for one, wanted, queries in found:
        before = LOG[: one.place]
        own = [event for event in before if event.member_id == one.member_id]
        query = queries[""]
        assert query.profile == fold(Profile(member_id=one.member_id), own, CATALOG.facts)
        assert query.at_ms == LOG[one.place].occurred_ms
        counted = query.counters.popularity(CATALOG, "popular", query.at_ms)
        assert set(np.flatnonzero(counted)) == {CATALOG.find(event.item_id) for event in before}
        assert wanted.position[0] == CATALOG.find(LOG[one.place].item_id)
        assert wanted.history.sum() == pytest.approx(len(own))
    assert len(past.interactions) == len(LOG)


def test_what_comes_later_changes_no_query() -> None:
    later = [play(90 + n, "m1", 19, 10_000 + n) for n in range(3)]
    for (_, _, one), (_, _, other) in zip(walked(LOG)[1], walked([*LOG, *later])[1], strict=False):
        assert one[""].profile == other[""].profile
        assert np.array_equal(
            one[""].counters.popularity(CATALOG, "popular", one[""].at_ms),
            other[""].counters.popularity(CATALOG, "popular", one[""].at_ms),
        )


def test_the_next_titles_are_those_new_to_the_member() -> None:
    again = [play(50, "m1", 0, 800), play(51, "m1", 15, 900), play(52, "m2", 15, 901)]
    _, found = walked([*LOG, *again])
    asked = {(one.member_id, one.item_ids[0]): one.item_ids for one, _, _ in found}
    assert asked["m1", "i5"] == ("i5", "i6", "i7", "i15")
    # The first item again is no target, and the other member's are none of ours.
    assert ("m1", "i0") not in asked and asked["m2", "i17"] == ("i17",)
    assert all(1 <= len(items) <= AHEAD for items in asked.values())


def test_a_page_that_the_log_knows_is_made_when_it_was_served() -> None:
    served = samples.event("p1", "page_served", member_id="m1", item_id="", page_id="p1",
                           occurred_ms=samples.NOW_MS + 2000 * MINUTE_MS, device="phone",
                           payload={"rows": ()})  # fmt: skip
    seen = play(60, "m1", 18, 2001, page_id="p1")
    seen = samples.event("e061", "impression", member_id="m1", item_id="i18", page_id="p1",
                         occurred_ms=seen.occurred_ms)  # fmt: skip
    taken = play(62, "m1", 18, 2002, page_id="p1", device="phone")
    _, found = walked([*LOG, served, seen, taken])
    one, _, queries = found[-1]
    assert one.item_ids == ("i18",) and one.place == len(LOG)
    query = queries[""]
    assert query.at_ms == served.occurred_ms and query.device == "phone"
    # The cell that was then looked at does not make the page tired of it.
    assert query.profile.fatigue == {} and query.profile.page_count == 0


def test_an_episode_is_its_series() -> None:
    series = [samples.item("s1"), samples.item("s1e1", series_id="s1")]
    catalog = Catalog([*samples.items(5), *series])
    log = [play(0, "m1", 1, 0), samples.event("e9", item_id="s1e1", occurred_ms=2 * samples.NOW_MS)]
    past = past_of_log(log, catalog, STREAMING)
    assert past.interactions.item_ids == ("i1", "s1")


def test_events_of_one_moment_keep_the_order_of_the_file() -> None:
    data = past_of_log(LOG, CATALOG, STREAMING).interactions
    past = past_of_interactions(data)
    events = list(past.events())
    assert [event.key for event in events] == sorted(event.key for event in events)
    assert [(e.member_id, e.item_id, e.occurred_ms) for e in events] == [
        (e.member_id, e.item_id, e.occurred_ms) for e in LOG
    ]
    assert list(past.before(5)) == events[:5]


def test_ratings_say_what_was_thought_of_a_target() -> None:
    log = [
        samples.event(f"e{n}", "rating", item_id=f"i{n}", occurred_ms=samples.NOW_MS + n,
                      payload={"value": stars})
        for n, stars in enumerate((3.0,) * 5 + (5.0, 4.0, 3.0, 2.0, 1.0))
    ]  # fmt: skip
    past = past_of_log(log, CATALOG, STREAMING)
    asked: list[Asked] = asked_of(past, split_of(past, 5).targets)
    assert [one.opinion for one in asked] == [1, 1, 0, -1, -1]


def test_a_signal_left_out_of_the_events_has_a_profile_of_its_own() -> None:
    log = [
        samples.event(f"e{n}", "rating", item_id=f"i{n}", occurred_ms=samples.NOW_MS + n,
                      payload={"value": 5.0})
        for n in range(12)
    ]  # fmt: skip
    _, found = walked(log, "rating")
    for _, _, queries in found:
        assert set(queries) == {"", "rating"}
        assert {entry.value for entry in queries[""].profile.recent} == {50}
        assert {entry.value for entry in queries["rating"].profile.recent} == {0}
