"""Goal: a signal that is taken out of a request is gone, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from pasand.domain.catalog import Catalog
from pasand.domain.counters import Counters
from pasand.domain.fold import fold
from pasand.domain.labels import begins_visit
from pasand.domain.profile import Profile
from pasand.domain.query import Query
from pasand.evaluation.page_signals import FOLDED, SIGNALS, silenced, without
from pasand.testing import samples

HOUR_MS = 3_600_000
CATALOG = Catalog(samples.items(20))


def query(gap_ms: int = 10 * 86_400_000) -> Query:
    counted = Counters()
    counted.count("i3", samples.NOW_MS, 1.0)
    last_ms = samples.NOW_MS - gap_ms
    events = [
        samples.event("a", "rating", item_id="i2", payload={"value": 5.0}, occurred_ms=last_ms - 9),
        samples.event("b", "search_query", item_id="", payload={"text": "space"},
                      occurred_ms=last_ms - 5),
        samples.event("c", item_id="i4", occurred_ms=last_ms,
                      payload={"position_s": 60, "duration_s": 6000}),
    ]  # fmt: skip
    profile = fold(Profile(member_id="m1"), events, CATALOG.facts)
    return samples.query(CATALOG, counted, profile=profile, device="tv", seed=3)


def test_popularity_is_gone() -> None:
    asked = query()
    assert asked.counters.popularity(CATALOG, "popular", asked.at_ms).any()
    blind = without(asked, "popularity")
    assert not blind.counters.popularity(CATALOG, "popular", asked.at_ms).any()
    assert replace(blind, counters=asked.counters) == asked


def test_searches_are_gone() -> None:
    asked = replace(query(), search="space")
    blind = without(asked, "search")
    assert asked.profile.searches and not blind.profile.searches and blind.search == ""
    assert msgspec.structs.replace(blind.profile, searches=asked.profile.searches) == asked.profile


@pytest.mark.parametrize("seed", range(40))
def test_the_hour_is_wrong_and_every_gap_as_it_was(seed: int) -> None:
    asked = replace(query(5_000), seed=seed)
    blind = without(asked, "hour")
    moved_ms = blind.at_ms - asked.at_ms
    assert moved_ms and moved_ms % HOUR_MS == 0 and abs(moved_ms) <= 12 * HOUR_MS
    assert blind.local.hour != asked.local.hour
    at_s, before_s = ([r.at_s for r in q.profile.recent] for q in (blind, asked))
    assert [blind.at_ms // 1000 - a for a in at_s] == [asked.at_ms // 1000 - b for b in before_s]
    assert blind.profile.visit_at(blind.at_ms) is not None
    watch = blind.profile.watching["i4"]
    assert watch.at_s - asked.profile.watching["i4"].at_s == moved_ms // 1000


def test_the_date_is_that_of_the_last_event_and_the_hour_its_own() -> None:
    asked = query(10 * 86_400_000 + 2 * HOUR_MS)
    blind = without(asked, "date")
    assert blind.at_ms - asked.profile.last_ms == 2 * HOUR_MS
    assert blind.local.hour == asked.local.hour
    assert begins_visit(blind.at_ms - blind.profile.last_ms)
    soon = query(3 * HOUR_MS)
    assert without(soon, "date") is soon


@pytest.mark.parametrize("signal", ("hour", "date"))
def test_counts_are_as_old_as_they_were(signal: str) -> None:
    asked = query(900 * 86_400_000)
    blind = without(asked, signal)
    one, other = (q.counters.popularity(CATALOG, "trending", q.at_ms) for q in (asked, blind))
    assert one.any() and np.allclose(one, other) and blind.at_ms != asked.at_ms


def test_the_device_has_no_class() -> None:
    assert without(query(), "device").device == "other"


def test_the_context_is_all_of_it_and_the_profile_is_empty() -> None:
    asked = query()
    blind = without(asked, "context")
    assert blind.device == "other" and not blind.profile.searches
    assert blind.at_ms < asked.at_ms - 86_400_000
    bare = without(asked, "profile")
    assert bare.profile == Profile(member_id="m1") and bare.known


def test_how_something_was_rated_is_gone_but_not_that_it_was() -> None:
    rated = samples.event("a", "rating", payload={"value": 5.0}, item_id="i2")
    told = silenced(rated, "rating")
    assert told is not None
    loud, quiet = (fold(Profile(member_id="m1"), [e], CATALOG.facts) for e in (rated, told))
    assert loud.recent[0].value == 50 and quiet.recent[0].value == 0
    assert quiet.recent[0].item_id == "i2" and loud.genres != quiet.genres
    assert silenced(samples.event("b", "thumb", payload={"value": 1}), "rating") is None


def test_looks_and_scrolls_are_silenced() -> None:
    seen = samples.event("a", "impression", payload={"dwell_ms": 900, "visible": 1.0})
    told = silenced(seen, "dwell")
    assert told is not None and told.payload == {"visible": 1.0}
    assert silenced(samples.event("b", "hover"), "dwell") is None
    scroll = samples.event("c", "scroll")
    assert silenced(scroll, "scroll") is None and silenced(scroll, "dwell") == scroll


@pytest.mark.parametrize("signal", FOLDED)
def test_what_is_woven_into_the_profile_leaves_the_query_alone(signal: str) -> None:
    asked = query()
    assert without(asked, signal) is asked
    play = samples.event("a")
    assert silenced(play, signal) == play and silenced(play, "") == play


def test_there_is_no_other_signal() -> None:
    assert set(FOLDED) < set(SIGNALS) and len(SIGNALS) == 8
    with pytest.raises(AssertionError, match="moon"):
        without(query(), "moon")
