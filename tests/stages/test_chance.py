"""Goal: chance is exact. The probability of a short page, the product of its cells' propensities,
equals how often the page is made, and over all pages there are it adds up to 1.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from pasand.domain.catalog import Catalog
from pasand.domain.page import Page, Row
from pasand.stages.arrangers.stagewise import Config, StagewiseArranger
from pasand.stages.models import Models
from pasand.testing import samples

CATALOG = Catalog(samples.items(40))
SEED_COUNT = 1500


def row(row_id: str, places: list[int], **fields: Any) -> Row:
    score = np.linspace(1.0, 0.1, len(places)).astype(np.float32)
    known = {"row_id": row_id, "kind": "genre", "title": "", "propensity": np.ones(len(places))}
    position = np.array(places, np.int32)
    return Row(**{**known, "position": position, "score": score, "cell_count_min": 1, **fields})


ROWS = [row("a", [0, 1, 2, 3]), row("b", [10, 11, 12, 13, 14])]


def pages(config: Config, rows: list[Row] = ROWS, count: int = SEED_COUNT) -> list[Page]:
    arranger = StagewiseArranger(config, Models())
    asked = {"row_count": 3, "column_count": 3, "surface": "browse"}
    return [arranger(samples.query(CATALOG, seed=seed, **asked), rows) for seed in range(count)]


def cells(page: Page) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(one.position.tolist()) for one in page.rows)


def probability(page: Page) -> float:
    chances = [one.propensity for one in page.rows]
    return float(np.prod([np.prod(one) for one in chances if one is not None]))


@pytest.mark.parametrize(
    ("swap", "explore", "page_count"),
    ((0.0, 0.4, 1 * 2), (1.0, 0.0, 2 * 2 * 2), (0.6, 0.0, 8), (0.6, 0.4, 16), (0.0, 0.0, 1)),
)
def test_the_probability_of_a_page_is_how_often_it_is_made(
    swap: float, explore: float, page_count: int
) -> None:
    config = Config(swap_share=swap, swap_columns=2, explore_share=explore)
    made = pages(config)
    often = Counter(map(cells, made))
    chances = {cells(page): probability(page) for page in made}
    for page in made:
        assert probability(page) == pytest.approx(chances[cells(page)])
    # Every page there is was made, and together they are certain.
    assert len(chances) == page_count
    assert sum(chances.values()) == pytest.approx(1.0)
    apart = [abs(often[page] / len(made) - chance) for page, chance in chances.items()]
    assert sum(apart) / 2 < 0.06


def test_what_was_not_shuffled_still_says_how_likely_it_was() -> None:
    made = pages(Config(swap_share=0.5, swap_columns=2, explore_share=0.0), count=40)
    drawn = {page.chance["swap"]["drawn"] for page in made}
    assert drawn == {True, False}
    plain = [page for page in made if not page.chance["swap"]["drawn"]]
    assert {probability(page) for page in plain} == {0.5 + 0.5 / 8}
    assert all(page.chance["swap"]["row"] == [0, 1] for page in made)


def test_an_item_stands_in_every_cell_of_the_band_as_often() -> None:
    made = pages(Config(swap_share=1.0, swap_columns=2, explore_share=0.0))
    places: Counter[tuple[int, int]] = Counter()
    for page in made:
        depth, line = next((d, one) for d, one in enumerate(cells(page)) if 0 in one)
        places[depth, line.index(0)] += 1
    assert set(places) == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert max(abs(count / len(made) - 0.25) for count in places.values()) < 0.05


def test_ranks_progress_and_pinned_rows_are_left_alone() -> None:
    fixed = [
        row("top-10", [20, 21, 22], kind="top-10", shape="numbered"),
        row("my-list", [23, 24, 25], kind="my-list"),
        row("pinned", [26, 27, 28]),
    ]
    config = Config(
        swap_share=1.0, swap_columns=2, explore_share=1.0,
        band={"top-10": 1, "my-list": 0}, pin={"pinned": 2},
    )  # fmt: skip
    arranger = StagewiseArranger(config, Models())
    for seed in range(30):
        query = samples.query(CATALOG, seed=seed, row_count=5, column_count=3, surface="browse")
        page = arranger(query, [*fixed, *ROWS])
        assert [list(line) for line in cells(page)[:2]] == [[23, 24, 25], [20, 21, 22]]
        assert page.rows[2].row_id == "pinned" and set(cells(page)[2][:2]) == {26, 27}
        assert page.chance["swap"]["row"] == [3, 4]


def test_what_is_explored_fits_its_row_and_comes_from_the_set_that_is_told() -> None:
    for page in pages(Config(swap_share=0.0, swap_columns=2, explore_share=0.4), count=60):
        draws = page.chance["explore"]
        assert sorted(draw["items"].tolist() for draw in draws) == [[3], [13, 14]]
        for draw in draws:
            assert draw["column"] == 2 and page.rows[draw["row"]].position[2] in draw["items"]


def test_the_hero_moves_what_is_told_of_rows_by_one() -> None:
    arranger = StagewiseArranger(Config(swap_share=1.0, swap_columns=2), Models())
    picks = row("top-picks", [30, 31], kind="top-picks")
    page = arranger(samples.query(CATALOG, column_count=3), [*ROWS, picks])
    assert page.rows[0].kind == "hero" and page.chance["swap"]["row"][0] == 1
