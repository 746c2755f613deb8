"""Goal: what a day is, and what is taken on such days more than on others."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Catalog
from pasand.domain.occasions import LEAD_DAYS, occasions
from pasand.learning.occasions import train_occasions
from pasand.stages.hydrators.occasion import Config, OccasionHydrator
from pasand.stages.models import Models
from pasand.testing import samples

CHRISTMAS = date(2026, 12, 25)
CATALOG = Catalog([
    samples.item("tree", genres=("Family",)), samples.item("heist", genres=("Crime",)),
    samples.item("both", genres=("Family", "Crime")), samples.item("bare"),
])  # fmt: skip


def test_a_day_is_told_by_season_weekend_country_and_calendar() -> None:
    assert occasions(CHRISTMAS, "") == ("season:0", "weekend:0", "day:christmas")
    assert occasions(date(2026, 7, 4), "US") == (
        "season:2", "weekend:1", "country:US", "day:national",
    )  # fmt: skip
    assert "day:national" not in occasions(date(2026, 7, 4), "IN")


@given(st.dates(), st.sampled_from(("", "IN", "US", "ZZ")))
def test_an_occasion_begins_a_week_before_it_and_ends_with_it(day: date, country: str) -> None:
    found = occasions(day, country)
    assert 2 <= len(found) <= 4 and len(set(found)) == len(found)
    days_to = (date(day.year, 12, 25) - day).days
    if country == "" and 0 <= days_to <= LEAD_DAYS:
        assert found[-1] == "day:christmas"


def test_what_is_taken_on_an_occasion_lifts_it() -> None:
    usual = [
        (occasions(date(2026, 4, 1) + timedelta(n % 60), "IN"), ("Crime",)) for n in range(900)
    ]
    feast = [(occasions(CHRISTMAS, "IN"), ("Family",))] * 300
    arrays = {f"occasion.{name}": of for name, of in train_occasions([*usual, *feast]).items()}

    def suits(day: date, name: str) -> list[float]:
        hours = (day - date(1970, 1, 1)).days * 24 + 12
        query = samples.query(CATALOG, at_ms=hours * 3_600_000, country="IN")
        everything = Candidates(np.arange(len(CATALOG), dtype=np.int32))
        columns = OccasionHydrator(Config(), Models("s", arrays))(query, everything)
        found: list[float] = columns[f"suits_{name}"].tolist()
        return found

    tree, heist, both, bare = suits(CHRISTMAS, "calendar")
    assert tree > 0 > heist and both == pytest.approx((tree + heist) / 2) and bare == 0.0
    assert suits(CHRISTMAS, "season")[0] > 0 > suits(date(2026, 4, 7), "season")[0]
    assert suits(date(2026, 4, 7), "calendar") == [0.0] * 4
    assert suits(CHRISTMAS, "country") == pytest.approx([0.0] * 4, abs=0.01)


def test_nothing_taken_suits_nothing() -> None:
    arrays = {f"occasion.{name}": of for name, of in train_occasions([]).items()}
    query = samples.query(CATALOG)
    everything = Candidates(np.arange(len(CATALOG), dtype=np.int32))
    for columns in (
        OccasionHydrator(Config(), Models("s", arrays))(query, everything),
        OccasionHydrator(Config(), Models())(query, everything),
    ):
        assert not np.any(list(columns.values()))
