"""Goal: a page is arranged without repeats, with true ranks, pinned rows first in line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Catalog
from pasand.domain.counters import Counters
from pasand.domain.page import Page, Row
from pasand.stages.arrangers.stagewise import Config, StagewiseArranger
from pasand.stages.models import Models
from pasand.stages.rows.top_ten import Config as TopTenConfig
from pasand.stages.rows.top_ten import TopTenRow
from pasand.testing import samples

CATALOG = Catalog(samples.items(40))
KINDS = ("continue", "top-10", "my-list", "top-picks", "genre", "because")


def row(kind: str, places: list[int], **fields: Any) -> Row:
    position = np.array(places, np.int32)
    known: dict[str, Any] = {
        "row_id": kind,
        "kind": kind,
        "title": kind,
        "score": np.linspace(1, 0, len(places), dtype=np.float32),
        "propensity": np.ones(len(places)),
        "cell_count_min": 1,
    }
    return Row(position=position, **{**known, **fields})


def arrange(rows: list[Row], **fields: Any) -> Page:
    return StagewiseArranger(Config(), Models())(samples.query(CATALOG, **fields), rows)


def shown(page: Page) -> dict[str, list[int]]:
    return {one.row_id: one.position.tolist() for one in page.rows}


places = st.lists(st.integers(0, 39), unique=True, min_size=1, max_size=30)


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), places), max_size=9),
    st.integers(1, 60),
    st.integers(1, 60),
    st.sampled_from(("home", "browse")),
)
@settings(max_examples=150)
def test_no_item_twice_and_never_more_than_asked(
    proposals: list[tuple[str, list[int]]], row_count: int, column_count: int, surface: str
) -> None:
    rows, pinned = [], set()
    for number, (kind, at) in enumerate(proposals):
        if kind in pinned:
            continue
        if kind in ("continue", "top-10", "my-list", "top-picks"):
            pinned.add(kind)
        rows.append(row(kind, at, row_id=f"{kind}:{number}", cell_count_min=1 + number % 4))
    page = arrange(rows, row_count=row_count, column_count=column_count, surface=surface)
    everything = [at for one in page.rows for at in one.position.tolist()]
    assert len(everything) == len(set(everything))
    assert len(page.rows) <= row_count
    assert all(1 <= len(one) <= column_count for one in page.rows)
    heroes = [at for at, one in enumerate(page.rows) if one.kind == "hero"]
    assert heroes in ([], [0]) and (surface == "home" or not heroes)


def test_continue_watching_then_top_10_then_my_list_take_an_item_all_want() -> None:
    wanted = list(range(12))
    for kinds, winner in (
        (("my-list", "top-10", "continue", "top-picks"), "continue"),
        (("genre", "my-list", "top-picks", "top-10"), "top-10"),
        (("top-picks", "because", "my-list"), "my-list"),
    ):
        page = shown(arrange([row(kind, wanted) for kind in kinds], column_count=12))
        assert page[winner] == wanted
        assert set(page) == {winner}


def test_a_title_that_stands_above_leaves_a_gap_in_the_ranking() -> None:
    ranked = row("top-10", list(range(10)), rank=np.arange(1, 11, dtype=np.int16))
    page = arrange([ranked, row("continue", [2, 30]), row("top-picks", [0, 20, 21, 22])])
    ten = next(one for one in page.rows if one.kind == "top-10")
    assert ten.rank is not None
    assert ten.position.tolist() == [0, 1, 3, 4, 5, 6, 7, 8, 9]
    assert ten.rank.tolist() == [1, 2, 4, 5, 6, 7, 8, 9, 10]


def test_the_hero_is_the_best_pick_that_has_a_picture() -> None:
    bare = samples.item("bare")
    catalog = Catalog([bare, *samples.items(5)])
    query = samples.query(catalog)
    picks = row("top-picks", [0, 3, 1, 2])
    page = StagewiseArranger(Config(), Models())(query, [picks])
    assert page.rows[0].kind == "hero" and page.rows[0].position.tolist() == [3]
    only = StagewiseArranger(Config(), Models())(samples.query([bare]), [row("top-picks", [0])])
    assert shown(only) == {"hero": [0]}


def test_pinned_rows_stand_within_their_bands() -> None:
    many = [row("genre", list(range(4 * n, 4 * n + 4)), row_id=f"g{n}") for n in range(7)]
    pinned = [row("top-10", [30, 31, 32]), row("my-list", [33]), row("continue", [34])]
    order = [one.kind for one in arrange([*many, *pinned, row("top-picks", [35, 36])]).rows]
    assert order[:2] == ["hero", "continue"]
    below = order[2:]
    assert below.index("top-10") <= 2 and below.index("my-list") <= 4


def test_a_row_with_too_few_cells_left_is_left_out() -> None:
    page = arrange([row("continue", [0, 1, 2]), row("genre", [0, 1, 2, 3], cell_count_min=2)])
    assert shown(page) == {"continue": [0, 1, 2]}


def test_no_rows_give_an_empty_page() -> None:
    assert arrange([]).rows == ()
    assert arrange([row("genre", [])]).rows == ()


def ten_of(counters: Counters, at: list[int], **fields: Any) -> Row:
    """Return the Top 10 of a member whose candidates stand at ``at``."""
    query = samples.query(CATALOG, counters, **fields)
    candidates = Candidates(np.array(at, np.int32)).extend({"score": np.zeros(len(at))})
    rows = TopTenRow(TopTenConfig(), Models())(query, candidates)
    assert len(rows) == 1
    return rows[0]


@given(st.sets(st.integers(0, 39), min_size=14), st.permutations(range(40)))
@settings(max_examples=60)
def test_a_rank_shown_is_the_rank_it_has(allowed: set[int], order: list[int]) -> None:
    counters = Counters()
    for place, number in enumerate(order[:20]):
        counters.count(f"i{number}", samples.NOW_MS, 100.0 - place)
    there = [number for number in order[:10] if number in allowed]
    if len(there) < 3:
        return
    ten = ten_of(counters, sorted(allowed))
    assert ten.rank is not None
    assert ten.position.tolist() == there
    assert [order[rank - 1] for rank in ten.rank.tolist()] == there


def test_the_ranking_is_of_the_members_country_and_by_its_true_name() -> None:
    counters = Counters()
    for number in range(8):
        counters.count(f"i{number}", samples.NOW_MS, 50.0 - number, "FR")
        counters.count(f"i{number + 20}", samples.NOW_MS, 10.0 - number, "IN")
    india = ten_of(counters, list(range(40)), country="IN")
    assert india.position.tolist() == list(range(20, 28)) and india.title_values == {
        "country": "IN"
    }
    world = ten_of(counters, list(range(40)), country="ZZ")
    assert world.position.tolist()[:3] == [0, 1, 2] and world.title == "row.top-10"


@pytest.mark.parametrize("device", ("phone", "tablet", "desktop", "tv", "other"))
def test_a_more_valuable_row_stands_above_a_poorer_one(device: str) -> None:
    good = row("genre", [0, 1, 2], row_id="good", score=np.full(3, 0.9, np.float32))
    poor = row("genre", [3, 4, 5], row_id="poor", score=np.full(3, 0.1, np.float32))
    assert [one.row_id for one in arrange([poor, good], device=device).rows] == ["good", "poor"]
