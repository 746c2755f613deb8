"""Goal: filters keep their promise for every item, member and moment: never one too many."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Catalog, Item
from pasand.domain.profile import Profile, Recent
from pasand.domain.query import Query
from pasand.pipeline import Filter
from pasand.stages.filters.availability import AvailabilityFilter
from pasand.stages.filters.availability import Config as AvailabilityConfig
from pasand.stages.filters.hidden import Config as HiddenConfig
from pasand.stages.filters.hidden import HiddenFilter
from pasand.stages.filters.maturity import Config as MaturityConfig
from pasand.stages.filters.maturity import MaturityFilter
from pasand.stages.models import Models
from pasand.testing import samples

MODELS = Models()
moments = st.none() | st.integers(samples.NOW_MS - 5, samples.NOW_MS + 5)


@st.composite
def catalogs(draw: st.DrawFn) -> list[Item]:
    return [
        samples.item(
            f"i{number}",
            type=draw(st.sampled_from(("film", "series", "episode", "product"))),
            maturity=draw(st.integers(0, 21)),
            available_from_ms=draw(moments),
            available_until_ms=draw(moments),
            regions=draw(st.lists(st.sampled_from(("IN", "FR")), unique=True).map(tuple)),
            stock=draw(st.none() | st.integers(0, 2)),
        )
        for number in range(draw(st.integers(0, 12)))
    ]


def let_through(allow: Filter, query: Query) -> set[str]:
    """Return what a filter keeps of every second item, then of all; both must agree."""
    everything = Candidates(np.arange(len(query.catalog), dtype=np.int32))
    mask = allow(query, everything)
    half = everything.position % 2 == 0
    assert np.array_equal(allow(query, everything.keep(half)), mask[half])
    return {query.catalog.item_ids[at] for at in np.flatnonzero(mask)}


@given(catalogs(), st.integers(0, 21))
@settings(max_examples=60)
def test_nothing_above_the_ceiling(rows: list[Item], ceiling: int) -> None:
    query = samples.query(rows, maturity_ceiling=ceiling)
    kept = let_through(MaturityFilter(MaturityConfig(), MODELS), query)
    assert kept == {row.item_id for row in rows if row.maturity <= ceiling}


@given(catalogs(), st.sampled_from(("", "IN", "FR", "ZZ")))
@settings(max_examples=100)
def test_only_what_can_be_had_here_and_now(rows: list[Item], country: str) -> None:
    query = samples.query(rows, country=country)
    now_ms = samples.NOW_MS
    wanted = {
        row.item_id
        for row in rows
        if row.type != "episode"
        and (row.available_from_ms is None or row.available_from_ms <= now_ms)
        and (row.available_until_ms is None or now_ms < row.available_until_ms)
        and row.stock != 0
        and (not row.regions or country in row.regions)
    }
    kept = let_through(AvailabilityFilter(AvailabilityConfig(), MODELS), query)
    assert kept == wanted


@given(st.data())
@settings(max_examples=60)
def test_what_was_turned_down_stays_away(data: st.DataObject) -> None:
    catalog = Catalog(samples.items(8))
    names = st.sampled_from([*catalog.item_ids, "unknown"])
    thumbs = data.draw(st.dictionaries(names, st.sampled_from((-1, 1, 2))))
    hidden = data.draw(st.sets(names))
    ratings = data.draw(st.dictionaries(names, st.sampled_from((5, 15, 20, 50))))
    profile = Profile(
        member_id="m1",
        thumbs={name: (value, 1) for name, value in thumbs.items()},
        hidden=dict.fromkeys(hidden, 1),
        recent=tuple(Recent(name, 4, 1, value) for name, value in ratings.items()),
    )
    kept = let_through(
        HiddenFilter(HiddenConfig(), MODELS), samples.query(catalog, profile=profile)
    )
    away = hidden | {name for name, value in thumbs.items() if value < 0}
    away |= {name for name, value in ratings.items() if value <= 15}
    assert kept == set(catalog.item_ids) - away


def test_a_better_rating_brings_a_title_back() -> None:
    """Only the newest rating says what the member thinks of a title now."""
    rated = tuple(Recent("i1", 4, at, value) for at, value in ((1, 10), (2, 50)))
    query = samples.query(samples.items(3), profile=Profile(member_id="m1", recent=rated))
    assert "i1" in let_through(HiddenFilter(HiddenConfig(), MODELS), query)
