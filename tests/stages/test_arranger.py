"""Goal: a page is arranged without repeats, with true ranks, pinned rows first in line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Catalog
from pasand.domain.counters import Counters
from pasand.domain.page import Page, Row
from pasand.domain.profile import Profile
from pasand.errors import InvalidSettings
from pasand.evaluation.page_figures import kept_near, strongest_first
from pasand.stages.arrangers.stagewise import Config, StagewiseArranger
from pasand.stages.arranging.attention import extended, shipped_table
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


#: Without chance a page is what the optimiser makes it.
SETTLED = Config(swap_share=0.0, explore_share=0.0)


def arrange(rows: list[Row], config: Config = SETTLED, **fields: Any) -> Page:
    return StagewiseArranger(config, Models())(samples.query(CATALOG, **fields), rows)


def shown(page: Page) -> dict[str, list[int]]:
    return {one.row_id: one.position.tolist() for one in page.rows}


places = st.lists(st.integers(0, 39), unique=True, min_size=1, max_size=30)


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), places), max_size=9),
    st.integers(1, 60),
    st.integers(1, 60),
    st.sampled_from(("home", "browse")),
    st.sampled_from((0.0, 1.0)),
)
@settings(max_examples=150)
def test_no_item_twice_and_never_more_than_asked(
    proposals: list[tuple[str, list[int]]],
    row_count: int,
    column_count: int,
    surface: str,
    chance: float,
) -> None:
    rows, pinned = [], set()
    for number, (kind, at) in enumerate(proposals):
        if kind in pinned:
            continue
        if kind in ("continue", "top-10", "my-list", "top-picks"):
            pinned.add(kind)
        shape = "numbered" if kind == "top-10" else "card"
        one = row(kind, at, row_id=f"{kind}:{number}", cell_count_min=1 + number % 4, shape=shape)
        rows.append(replace(one, rank=np.arange(1, len(at) + 1, dtype=np.int16)))
    config = Config(swap_share=chance, swap_columns=2, explore_share=0.2 * chance)
    asked = {"row_count": row_count, "column_count": column_count, "surface": surface}
    page = arrange(rows, config, **asked)
    again = arrange(rows, config, **asked)
    assert shown(page) == shown(again)
    for one in page.rows:
        whole = next(row for row in rows if row.row_id == one.row_id or one.kind == "hero")
        assert one.kind == "hero" or set(one.position.tolist()) <= set(whole.position.tolist())
        if one.kind == "top-10" and one.rank is not None:
            assert whole.position[one.rank - 1].tolist() == one.position.tolist()
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
    assert below.index("my-list") == 3 and below.index("top-10") == 8
    # A page that ends above a kind's place leaves its items to other rows.
    also = row("genre", [30, 31, 32], row_id="also", score=np.full(3, 2.0, np.float32))
    short = arrange([*many, *pinned, also], row_count=9)
    assert "top-10" not in [one.kind for one in short.rows]
    assert {30, 31, 32} <= {at for one in short.rows for at in one.position.tolist()}


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


def worths(*each: float) -> dict[str, Any]:
    return {"value": np.array(each, np.float32)}


def test_the_best_items_stand_in_the_best_cells_whichever_row_they_fit() -> None:
    wide = row("genre", list(range(8)), row_id="wide", **worths(*np.linspace(1.0, 0.3, 8)))
    narrow = row("genre", [2, 4, 6, 8], row_id="narrow", **worths(0.8, 0.6, 0.4, 0.2))
    page = shown(arrange([wide, narrow], column_count=4, surface="browse"))
    # A fill row by row would leave the second row what the first had no room for.
    assert page["wide"][0] == 0 and page["narrow"][0] in (2, 4)
    assert set(page["wide"] + page["narrow"]) >= set(range(7))


def test_a_page_has_what_is_worth_most_where_members_look() -> None:
    rng = np.random.default_rng(5)
    worth = np.sort(rng.exponential(size=40))[::-1].astype(np.float32)
    rows = [row("top-picks", list(range(40)), value=worth)]
    for number in range(12):
        some = np.sort(rng.choice(40, 22, replace=False))
        rows.append(row("genre", some.tolist(), row_id=f"g{number}", value=worth[some]))
    page = arrange(rows, row_count=5, column_count=6, surface="browse")
    table = extended(shipped_table("desktop"), 5, 6)
    assert strongest_first([worth[one.position] for one in page.rows], table) >= 0.9
    assert sum(worth[one.position].sum() for one in page.rows) >= 0.95 * worth[:30].sum()


def test_rows_come_back_on_an_endless_page_only_when_all_others_were_there() -> None:
    rows = [row("genre", list(range(8 * n, 8 * n + 8)), row_id=f"g{n}") for n in range(5)]
    seen: list[str] = []
    for _ in range(2):
        page = arrange(
            rows, shown_rows=frozenset(seen), row_count=2, column_count=4, surface="browse"
        )
        seen += [one.row_id for one in page.rows]
    assert len(seen) == len(set(seen)) == 4
    last = arrange(rows, shown_rows=frozenset(seen), row_count=2, column_count=4, surface="browse")
    assert next(one.row_id for one in last.rows) == ({f"g{n}" for n in range(5)} - set(seen)).pop()
    own = row("my-list", [1, 2])
    again = arrange([own, *rows], shown_rows=frozenset({"my-list"}), surface="browse")
    assert "my-list" not in shown(again)


def test_caps_and_pins_hold() -> None:
    rows = [row("because", list(range(4 * n, 4 * n + 4)), row_id=f"b{n}") for n in range(4)]
    rows += [row("genre", list(range(20 + 4 * n, 24 + 4 * n)), row_id=f"g{n}") for n in range(4)]
    poor = row("new", [36, 37], row_id="new", score=np.full(2, 0.01, np.float32))
    config = replace(SETTLED, cap={"because": 1}, pin={"new": 1})
    order = [one.row_id for one in arrange([*rows, poor], config, surface="browse").rows]
    assert order[1] == "new" and len([name for name in order if name[0] == "b"]) == 1
    assert [one.row_id for one in arrange([*rows, poor], surface="browse").rows][-1] == "new"


def test_a_row_that_is_seen_and_never_used_moves_down() -> None:
    rows = [row("genre", list(range(4 * n, 4 * n + 4)), row_id=f"g{n}") for n in range(3)]
    tired = Profile(member_id="m1", tired_rows={"g0": 240})
    fresh = [one.row_id for one in arrange(rows, surface="browse").rows]
    assert fresh[0] == "g0"
    assert [one.row_id for one in arrange(rows, surface="browse", profile=tired).rows][-1] == "g0"


def test_titles_of_last_time_stay_near_their_place() -> None:
    rng = np.random.default_rng(3)
    rows = [row("top-picks", rng.permutation(40).tolist())]
    rows += [row("genre", rng.permutation(40)[:20].tolist(), row_id=f"g{n}") for n in range(9)]
    first = arrange(rows, row_count=6, column_count=6, surface="browse")
    order = tuple(f"i{at}" for one in first.rows[:4] for at in one.position[:6].tolist())
    known = Profile(member_id="m1", last_order=order)
    later = [replace(one, score=rng.permutation(one.score)) for one in rows]

    def near(profile: Profile) -> float:
        page = arrange(later, row_count=6, column_count=6, surface="browse", profile=profile)
        pages = [[one.position.tolist() for one in each.rows] for each in (first, page)]
        kept, count = kept_near(*pages)
        return kept / count

    assert near(known) >= 0.9 > near(Profile(member_id="m1"))


def test_least_and_greatest_shares_are_kept() -> None:
    new = {n for n in range(40) if CATALOG.released_ms[n] >= samples.NOW_MS - 60 * samples.DAY_MS}
    assert len(new) == 8  # i0 to i7 came in the last weeks
    rows = [row("genre", [*range(8, 24), *range(4)], row_id="a")]
    rows += [row("genre", [*range(4, 8), *range(24, 40)], row_id="b")]

    def count(**shares: tuple[float, float]) -> int:
        config = replace(SETTLED, shares=shares)
        page = arrange(rows, config, column_count=10, surface="browse")
        everything = [at for one in page.rows for at in one.position.tolist()]
        assert len(everything) == len(set(everything)) == 20
        return len(new & set(everything))

    assert count() == 4
    assert count(new=(0.3, 1.0)) == 6
    assert count(new=(0.0, 0.1)) == 2
    with pytest.raises(InvalidSettings):
        Config(shares={"old": (0.0, 1.0)})


def test_a_page_comes_near_the_members_mix_of_genres() -> None:
    catalog = Catalog([samples.item(f"i{n}", genres=(("A", "B")[n % 2],)) for n in range(40)])
    worth = np.array([1.0 - 0.01 * n - 0.3 * (n % 2) for n in range(40)], np.float32)
    order = np.argsort(-worth)
    rows = [row("genre", order.tolist(), row_id=str(n), value=worth[order]) for n in range(2)]
    both = {"A": 2**40, "B": 2**40}
    query = samples.query(
        catalog, row_count=2, column_count=4, surface="browse",
        profile=Profile(member_id="m1", genres=both),
    )  # fmt: skip

    def count(config: Config) -> int:
        page = StagewiseArranger(config, Models())(query, rows)
        return sum(at % 2 for one in page.rows for at in one.position.tolist())

    assert count(replace(SETTLED, calibration=0.0)) == 0
    assert count(SETTLED) >= 3
