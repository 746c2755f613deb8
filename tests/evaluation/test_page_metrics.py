"""Goal: what a page is worth is counted as docs/evaluation.md says, by values made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pasand.domain.catalog import Catalog
from pasand.domain.page import Page, Row
from pasand.evaluation.page_metrics import (
    Grid,
    Wanted,
    genre_mass,
    grid_of,
    page_metrics,
)
from pasand.testing import samples

#: Item 0 to 3 are dramas, 4 to 7 are a comedy and a crime film at once.
CATALOG = Catalog(
    [samples.item(f"d{n}", genres=("Drama",)) for n in range(40)]
    + [samples.item(f"c{n}", genres=("Comedy", "Crime")) for n in range(40)]
)
ATTENTION = np.outer(0.8 ** np.arange(10), 0.85 ** np.arange(20))
HISTORY = np.array([1.0, 0.0, 0.0])


def row(kind: str, places: list[int], shape: str = "card") -> Row:
    return Row(
        row_id=kind,
        kind=kind,
        title=kind,
        shape=shape,
        position=np.array(places, np.int32),
        score=np.zeros(len(places), np.float32),
    )


def metrics(page: Page, *wanted: int, opinion: int = 0) -> dict[str, float]:
    target = Wanted(wanted, opinion, HISTORY)
    return dict(page_metrics(grid_of(page), target, CATALOG.genre, ATTENTION))


HERO = row("hero", [70], "hero")
PAGE = Page(
    rows=(HERO, row("top-picks", list(range(20))), row("new", list(range(40, 60))),
          row("genre", [30, 31]), row("theme", [35])),
)  # fmt: skip


@pytest.mark.parametrize(
    ("target", "first", "whole", "attention"),
    (
        (70, 1.0, 1.0, 1.0),  # the hero is the first cell of the first row
        (0, 1.0, 1.0, 0.85),
        (4, 1.0, 1.0, 0.85**5),
        (5, 0.0, 1.0, 0.85**6),  # so that row shows five of its own at once
        (19, 0.0, 0.0, 0.0),  # and its twentieth stands beyond the twentieth column
        (40, 1.0, 1.0, 0.8),
        (31, 1.0, 1.0, 0.8**2 * 0.85),
        (35, 0.0, 1.0, 0.8**3),
        (60, 0.0, 0.0, 0.0),
    ),
)
def test_a_planted_title_is_found_where_it_stands(
    target: int, first: float, whole: float, attention: float
) -> None:
    found = metrics(PAGE, target)
    assert found["reach_3x6"] == first and found["reach_10x20"] == whole
    assert found["attention_hits"] == pytest.approx(attention)


def test_no_page_has_more_than_the_cells_of_its_screens() -> None:
    rows = [row(f"r{n}", list(range(80))) for n in range(12)]
    grid = grid_of(Page(rows=(HERO, *rows)))
    assert grid.within(3, 6).sum() == 18 and grid.within(10, 20).sum() == 200


def test_a_page_without_a_hero_begins_in_the_first_column() -> None:
    grid = grid_of(Page(rows=(row("top-picks", [1, 2]), row("new", [3]))))
    assert grid.row.tolist() == [0, 0, 1] and grid.column.tolist() == [0, 1, 0]


@pytest.mark.parametrize("kind", ("continue", "my-list", "again"))
def test_what_was_chosen_before_takes_its_place_and_finds_nothing(kind: str) -> None:
    page = Page(rows=(row(kind, [0]), row("new", [1])))
    assert metrics(page, 0)["reach_3x6"] == metrics(page, 0)["attention_hits"] == 0.0
    assert metrics(page, 0)["first_screen_hit_share"] == 0.0
    assert metrics(page, 1)["attention_hits"] == pytest.approx(0.8)


def test_one_of_the_next_five_is_enough_and_the_sixth_is_none() -> None:
    assert metrics(PAGE, 60, 61, 62, 63, 40)["first_screen_hit_share"] == 1.0
    assert metrics(PAGE, 60, 61, 62, 63, 64, 40)["first_screen_hit_share"] == 0.0
    assert metrics(PAGE, 60, 61, 62, 63, 35)["first_screen_hit_share"] == 0.0


def test_what_was_not_liked_counts_against_the_page() -> None:
    found = [metrics(PAGE, 0, opinion=said)["liked_attention"] for said in (1, 0, -1)]
    assert found == pytest.approx([0.85, 0.0, -0.85])


def test_genres_of_the_first_screen_are_counted_once_each() -> None:
    assert metrics(PAGE, 0)["distinct_genres"] == 3.0
    assert metrics(Page(rows=(row("new", [0, 1]),)), 0)["distinct_genres"] == 1.0
    # The only comedy stands in the seventh column.
    hidden = Page(rows=(row("new", [0, 1, 2, 3, 4, 5, 40]),))
    assert metrics(hidden, 0)["distinct_genres"] == 1.0


def test_calibration_weighs_cells_by_attention() -> None:
    assert metrics(Page(rows=(row("new", [0, 1]),)), 0)["calibration_kl"] == pytest.approx(0.0)
    shown = Page(rows=(row("new", [0, 40]),))
    seen = 0.99 * 1.0 / 1.85 + 0.01
    assert metrics(shown, 0)["calibration_kl"] == pytest.approx(-np.log(seen))
    assert np.isnan(metrics(Page(rows=()), 0)["calibration_kl"])


def test_genres_of_a_title_share_its_weight() -> None:
    mass = genre_mass(CATALOG.genre, np.array([0, 40], np.int32), np.array([1.0, 3.0]))
    assert mass.tolist() == [1.0, 1.5, 1.5]


def test_an_empty_page_finds_nothing() -> None:
    found = metrics(Page(rows=()), 0)
    assert found["reach_10x20"] == found["attention_hits"] == found["distinct_genres"] == 0.0


def test_a_title_that_stands_twice_is_found_at_its_first_place() -> None:
    grid = grid_of(Page(rows=(row("my-list", [3]), row("new", [2, 3]), row("genre", [3]))))
    assert isinstance(grid, Grid) and grid.place_of(3) == 2
