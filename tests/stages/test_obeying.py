"""Goal: what operators say holds on every page and every rung, and nothing else gives way for it:
maturity, rights and what a member turned down still win, no item stands twice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pasand.bootstrap import load_plan
from pasand.domain.catalog import Catalog
from pasand.domain.counters import Counters
from pasand.domain.member import Member
from pasand.domain.page import REASONS, Page
from pasand.domain.profile import Profile, Recent
from pasand.domain.query import Query
from pasand.domain.rules import Rule, rule_book
from pasand.evaluation.row_coherence import row_coherence
from pasand.flows.homepage import serve_page
from pasand.flows.rule_keeper import with_rules
from pasand.pipeline import Trace
from pasand.settings import Settings
from pasand.stages.scorers.rules import moved
from pasand.testing import samples

CATALOG = Catalog(
    [
        *samples.items(60),
        samples.item("adult", maturity=18),
        samples.item("far", regions=("FR",)),
        samples.item("quiet", genres=("Silent",)),
    ]
)
MODELS = samples.models(CATALOG.item_ids)
PLANS = [load_plan(name, MODELS, Settings()) for name in ("homepage", "popular")]
COUNTERS = Counters()
for number in range(60):
    COUNTERS.count(f"i{number}", samples.NOW_MS - number, 60.0 - number)
PROFILE = Profile(
    member_id="m1",
    recent=tuple(Recent(f"i{n}", 0, samples.NOW_MS // 1000 - 60 + n, 0) for n in (3, 7, 5)),
    hidden={"i11": 1},
)


def query(*texts: str, **fields: Any) -> Query:
    rules = [Rule(rule_id=f"r{n}", text=text) for n, text in enumerate(texts)]
    book = rule_book(rules, 1)
    assert not book.unread
    known = {"profile": PROFILE, "country": "IN", "maturity_ceiling": 17, "column_count": 8}
    asked = samples.query(CATALOG, COUNTERS, **{**known, **fields})
    return with_rules(asked, Member(member_id="m1", country="PK"), book)


def served(asked: Query, *plans: Any) -> Page:
    trace = Trace(lambda: 0.0)
    page, _ = serve_page(asked, plans or PLANS, trace)
    assert plans or not trace.failed
    return page


def cells(page: Page) -> list[str]:
    return [CATALOG.item_ids[at] for row in page.rows for at in row.position.tolist()]


def rows_of(page: Page) -> dict[str, list[str]]:
    return {row.row_id: [CATALOG.item_ids[at] for at in row.position.tolist()] for row in page.rows}


def fail(*_: Any) -> Any:
    raise RuntimeError("on purpose")


@pytest.mark.parametrize("broken", (0, 1, 2))
def test_a_filter_holds_on_every_rung(broken: int) -> None:
    text = 'filter when item.genre has "Drama" and member.country == "PK"'
    plans = [replace(plan, arranger=fail) for plan in PLANS[:broken]] + PLANS[broken:]
    page = served(query(text), *plans)
    assert (page.degraded.level if page.degraded else 0) == (0, 2, 4)[broken]
    shown = cells(page)
    drama = {item.item_id for item in CATALOG.items if "Drama" in item.genres}
    assert shown and not drama & set(shown) and drama & set(cells(served(query(), *plans)))


def test_a_boost_multiplies_what_a_cell_is_worth_and_is_told() -> None:
    text = 'boost 4 when item.genre has "Nature"'
    before = serve_page(query(), PLANS, Trace(lambda: 0.0))[1]
    after = serve_page(query(text), PLANS, Trace(lambda: 0.0))[1]
    assert before is not None and after is not None
    nature = CATALOG.genre.having(CATALOG.genre.code["Nature"])
    named = np.isin(after.position, nature)
    np.testing.assert_allclose(after["value"], before["value"] * np.where(named, 4.0, 1.0), 1e-5)
    lift = after["part.rules"]
    np.testing.assert_allclose(lift[named], np.log(4.0), rtol=1e-2)
    assert not lift[~named].any() and "part.rules" not in before
    np.testing.assert_array_equal(after["match"], before["match"])
    told = after["reason"] == REASONS.index("featured")
    assert told.any() and named[told].all() and (after["cause_item"][told] == -1).all()


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=30), st.floats(0.01, 100))
def test_a_factor_for_all_changes_no_order_and_none_is_none(
    score: list[float], factor: float
) -> None:
    scores = np.array(score)
    value = np.exp(scores)
    lift = moved(scores, value, np.full(len(scores), factor))
    np.testing.assert_allclose(lift, np.log(factor), atol=1e-6)
    assert not moved(scores, value, np.ones(len(scores))).any()


def test_an_item_is_pinned_to_its_cell() -> None:
    plain = served(query())
    at = next(n for n, row in enumerate(plain.rows) if row.kind == "top-picks")
    there = f"to row {at} column 2"
    page = served(query(f'pin item "quiet" {there}', f'pin item "i40" {there}'))
    row = page.rows[at]
    assert row.kind == "top-picks"
    assert list(rows_of(page).values())[at][1:3] == ["quiet", "i40"]
    assert row.propensity is not None and row.propensity[1] == 1.0
    assert row.reason is not None and REASONS[row.reason[1]] == "featured"


def test_a_row_keeps_its_rule_and_the_item_its_place() -> None:
    plain = served(query())
    kinds = [row.kind for row in plain.rows]
    for at in range(1, len(kinds)):
        page = served(query(f'pin item "quiet" to row {at}'))
        fits = kinds[at] == "top-picks"
        assert page.rows[at].kind == (kinds[at] if fits else "featured")
        assert list(rows_of(page).values())[at][0] == "quiet"
        assert row_coherence(query(), page, PLANS[0].row_makers.values()) == 1.0


def test_a_pin_to_the_hero_leaves_the_one_before_first_among_the_picks() -> None:
    before, page = served(query()), served(query('pin item "quiet" to hero'))
    assert cells(page)[0] == "quiet" and page.rows[0].shape == "hero"
    assert rows_of(page)["top-picks"][0] == cells(before)[0]
    browse = served(query('pin item "quiet" to hero', surface="browse"))
    assert cells(browse).count("quiet") == 1


@pytest.mark.parametrize("name", ("adult", "far", "i11", "nobody"))
def test_a_pin_shows_nothing_that_may_not_be_shown(name: str) -> None:
    assert name not in cells(served(query(f'pin item "{name}" to row 1')))
    assert name not in cells(served(query(f'pin item "{name}" to hero')))


def test_a_filter_wins_over_a_pin() -> None:
    page = served(query('pin item "quiet" to hero', 'filter when item.genre has "Silent"'))
    assert "quiet" not in cells(page)


def test_a_row_is_pinned_even_where_it_was_not_chosen() -> None:
    short, long = ([row.kind for row in served(query(row_count=count)).rows] for count in (5, 20))
    left_out = next(kind for kind in long if kind not in short)
    page = served(query(f'pin row "{left_out}" to row 1', row_count=5))
    assert page.rows[1].kind == left_out and len(page.rows) <= 5
    moved_up = served(query('pin row "trending" to row 1'))
    assert moved_up.rows[1].kind == "trending"


@pytest.mark.parametrize(("per", "most"), (("page", 2), ("row", 1)))
def test_a_cap_leaves_room_for_so_many(per: str, most: int) -> None:
    text = f'cap {most} per {per} when item.genre has "Space"'
    space = {item.item_id for item in CATALOG.items if "Space" in item.genres}
    page = served(query(text))
    counts = [len(space & set(names)) for names in rows_of(page).values()]
    assert max(counts) <= most and (per == "row" or sum(counts) <= most)
    assert sum(counts) and len(space & set(cells(served(query())))) > most


RULES = (
    'pin item "quiet" to row 1 column 8', 'pin item "adult" to hero', 'pin item "i20" to hero',
    'pin item "i21" to row 2', 'pin row "trending" to row 1', 'pin row "genre" to row 2',
    'cap 1 per row when item.genre has "Drama"', 'cap 3 per page when item.year > 2000',
    'filter when item.tag has "night"', 'boost 9 when item.genre has "Crime"',
    'bury 0.1 when item.runtime > 100', 'filter when item.year < 2015',
)  # fmt: skip


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(RULES), unique=True, max_size=6),
    st.integers(1, 12),
    st.integers(1, 10),
    st.sampled_from(("home", "browse")),
)
def test_no_rules_break_what_a_page_promises(
    texts: list[str], rows: int, columns: int, surface: str
) -> None:
    page = served(query(*texts, row_count=rows, column_count=columns, surface=surface))
    shown = cells(page)
    assert len(shown) == len(set(shown))
    assert not {"adult", "far", "i11"} & set(shown)
    assert all(0 < len(row) <= columns for row in page.rows) and len(page.rows) <= max(rows, 3)
    for row in page.rows:
        arrays = (row.score, row.value, row.reason, row.cause, row.propensity, row.artwork)
        assert all(array is None or len(array) == len(row) for array in arrays)
    again = served(query(*texts, row_count=rows, column_count=columns, surface=surface))
    assert cells(again) == shown
