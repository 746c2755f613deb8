"""Goal: popularity does not depend on the order of events, halves on time, and can be stored."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pasand.domain.catalog import Catalog
from pasand.domain.counters import HALF_LIFE_HOURS, Counters, CountersView
from pasand.domain.events import Event
from pasand.domain.weights import STREAMING
from pasand.testing import samples

CATALOG = Catalog(samples.items(4))
HOUR_MS = 3_600_000
SCOPES = (("", ""), ("IN", ""), ("FR", "tv"), ("", "phone"))


def events() -> st.SearchStrategy[list[Event]]:
    one = st.builds(
        lambda kind, number, hours, country, device: samples.event(
            "e",
            kind,
            item_id=f"i{number}",
            artwork_id=f"i{number}.a1",
            occurred_ms=samples.NOW_MS - hours * HOUR_MS,
            country=country,
            device=device,
        ),
        st.sampled_from([*STREAMING.popular, "impression", "thumb"]),
        st.integers(0, 5),
        st.integers(0, 24 * 900),
        st.sampled_from(("", "IN", "FR")),
        st.sampled_from(("", "tv", "phone")),
    )
    return st.lists(one, max_size=30)


def assert_same(one: CountersView, other: CountersView, at_ms: int = samples.NOW_MS) -> None:
    for speed in HALF_LIFE_HOURS:
        for country, device in SCOPES:
            found = one.popularity(CATALOG, speed, at_ms, country, device)
            wanted = other.popularity(CATALOG, speed, at_ms, country, device)
            np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(one.artwork_rate(CATALOG), other.artwork_rate(CATALOG))


@given(events(), st.data())
@settings(max_examples=60)
def test_order_and_pieces_do_not_matter(happened: list[Event], data: st.DataObject) -> None:
    at_once, in_pieces = Counters(), Counters()
    at_once.add(happened)
    for one in data.draw(st.permutations(happened)):
        in_pieces.add([one])
        if data.draw(st.booleans()):
            in_pieces.view()
    assert_same(at_once.view(), in_pieces.view())


@given(events(), events())
@settings(max_examples=40)
def test_counters_read_back_from_their_arrays_go_on(
    before: list[Event], after: list[Event]
) -> None:
    whole, stored = Counters(), Counters()
    whole.add([*before, *after])
    stored.add(before)
    back = Counters.from_arrays(stored.arrays())
    assert_same(stored.view(), back.view())
    back.add(after)
    assert_same(whole.view(), back.view())


@pytest.mark.parametrize(("speed", "hours"), HALF_LIFE_HOURS.items())
def test_a_count_halves_with_each_half_life(speed: str, hours: float) -> None:
    counters = Counters()
    counters.count("i1", samples.NOW_MS, 8.0)
    for steps, left in ((0, 8.0), (1, 4.0), (3, 1.0)):
        at_ms = samples.NOW_MS + int(steps * hours * HOUR_MS)
        found = counters.view().popularity(CATALOG, speed, at_ms)
        assert found == pytest.approx([0.0, left, 0.0, 0.0])


def test_years_between_events_keep_the_sums_finite() -> None:
    counters = Counters()
    for year in range(60):
        counters.count("i1", samples.NOW_MS + year * 365 * samples.DAY_MS, 1.0)
        counters.view()
    at_ms = samples.NOW_MS + 59 * 365 * samples.DAY_MS
    found = counters.view().popularity(CATALOG, "trending", at_ms)
    assert found[1] == pytest.approx(1.0)


@pytest.mark.parametrize("years", (-1900, -50, -4, 4, 50, 900))
def test_popularity_at_any_time_is_finite(years: int) -> None:
    """A page may be asked for another time (`at`), even one long before the first event."""
    counters = Counters()
    counters.count("i1", samples.NOW_MS, 8.0)
    at_ms = samples.NOW_MS + years * 365 * samples.DAY_MS
    for speed in HALF_LIFE_HOURS:
        assert np.isfinite(counters.view().popularity(CATALOG, speed, at_ms)).all()


def test_a_country_adds_its_own_counts_to_the_worlds() -> None:
    counters = Counters()
    counters.add([samples.event("a", item_id="i1", country="IN")])
    counters.add([samples.event("b", item_id="i2"), samples.event("c", item_id="i2")])
    view = counters.view()
    world = view.popularity(CATALOG, "popular", samples.NOW_MS)
    india = view.popularity(CATALOG, "popular", samples.NOW_MS, "IN")
    assert world.argmax() == 2 and india.argmax() == 1


def test_a_ranking_leaves_out_what_nobody_took_and_ties_by_catalogue_order() -> None:
    counters = Counters()
    for item_id, weight in (("i3", 1.0), ("i0", 1.0), ("i2", 5.0), ("unknown", 9.0)):
        counters.count(item_id, samples.NOW_MS, weight)
    view = counters.view()
    assert view.ranking(CATALOG, "trending", "", 10).tolist() == [2, 0, 3]
    assert view.ranking(CATALOG, "trending", "", 1).tolist() == [2]
    assert view.ranking(CATALOG, "trending", "country:IN", 10).tolist() == []


def test_a_view_stands_still_while_events_go_on() -> None:
    counters = Counters()
    counters.count("i1", samples.NOW_MS, 1.0)
    view = counters.view()
    before = view.popularity(CATALOG, "popular", samples.NOW_MS).copy()
    counters.count("i1", samples.NOW_MS, 1.0)
    counters.count("i3", samples.NOW_MS, 1.0)
    later = counters.view()
    assert view.popularity(CATALOG, "popular", samples.NOW_MS).tolist() == before.tolist()
    assert later.popularity(CATALOG, "popular", samples.NOW_MS)[1] == pytest.approx(2.0)


def test_a_picture_that_earns_plays_beats_one_that_is_only_seen() -> None:
    counters = Counters()
    seen = [samples.event(f"s{n}", "impression", artwork_id=f"i1.a{n % 2}") for n in range(60)]
    counters.add(seen)
    counters.add([samples.event(f"p{n}", "play_start", artwork_id="i1.a1") for n in range(9)])
    rate = counters.view().artwork_rate(CATALOG)
    first, second = CATALOG.artwork.code["i1.a0"], CATALOG.artwork.code["i1.a1"]
    assert 0 < rate[first] < rate[second] < 1


def test_what_is_taken_first_in_a_visit_and_by_part_of_the_day_is_counted_apart() -> None:
    def taken(number: int, item_id: str, minutes: int) -> Event:
        at_ms = samples.NOW_MS + 60_000 * minutes
        return samples.event(f"e{number}", item_id=item_id, occurred_ms=at_ms, member_id="m1")

    counters = Counters()
    counters.add([taken(0, "i0", 0), taken(1, "i1", 10), taken(2, "i2", 200)])
    view, everything = counters.view(), np.arange(4, dtype=np.int32)
    at_ms = samples.NOW_MS + 200 * 60_000

    def counts(scope: str) -> list[bool]:
        return (view.counts(CATALOG, everything, "month", scope, at_ms) > 0).tolist()

    assert counts("return") == [True, False, True, False]
    parts = [counts(f"daypart:{part}") for part in range(6)]
    assert [sum(part[at] for part in parts) for at in range(4)] == [1, 1, 1, 0]
    assert counts("") == [True, True, True, False] and not any(counts("nothing"))


@given(events())
@settings(max_examples=30)
def test_counts_of_some_items_are_those_of_all_at_their_places(happened: list[Event]) -> None:
    counters = Counters()
    counters.add(happened)
    view, some = counters.view(), np.array([0, 3], np.int32)
    for speed in HALF_LIFE_HOURS:
        whole = view.popularity(CATALOG, speed, samples.NOW_MS)
        found = view.counts(CATALOG, some, speed, "", samples.NOW_MS)
        np.testing.assert_allclose(found, whole[some])


@given(events())
@settings(max_examples=30)
def test_many_at_once_count_like_one_by_one(happened: list[Event]) -> None:
    one_by_one, at_once = Counters(), Counters()
    kept = [e for e in happened if e.kind in STREAMING.popular and e.item_id]
    for event in kept:
        one_by_one.count(event.item_id, event.occurred_ms, 1.0, event.country, event.device)
    apart = {
        f"{kind}:{name}": np.flatnonzero([getattr(event, kind) == name for event in kept])
        for kind in ("country", "device")
        for name in {getattr(event, kind) for event in kept} - {""}
    }
    at_once.count_rows(
        [event.item_id for event in kept],
        np.array([event.occurred_ms for event in kept], np.int64),
        np.ones(len(kept)),
        apart,
    )
    assert_same(one_by_one.view(), at_once.view())
