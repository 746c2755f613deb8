"""Goal: the arrangers that a page is compared with do what their names say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pasand.domain.catalog import Catalog
from pasand.domain.page import Page, Row
from pasand.stages.arrangers import independent, one_list, template
from pasand.stages.models import Models
from pasand.testing import samples

CATALOG = Catalog(samples.items(60))
ARRANGERS: dict[str, Any] = {
    "template": template.TemplateArranger(template.Config(), Models()),
    "independent": independent.IndependentArranger(independent.Config(), Models()),
    "one-list": one_list.OneListArranger(one_list.Config(), Models()),
}
KINDS = ("continue", "top-10", "top-picks", "genre", "because")


def row(kind: str, places: list[int], number: int = 0, **fields: Any) -> Row:
    # The score of a title is the same wherever it stands.
    score = np.array([1.0 - place / 60 for place in places], np.float32)
    known: dict[str, Any] = {"score": score, "cell_count_min": 1, **fields}
    return Row(
        row_id=f"{kind}.{number}",
        kind=kind,
        title=kind,
        position=np.array(places, np.int32),
        propensity=np.ones(len(places)),
        **known,
    )


def arrange(name: str, rows: list[Row], **fields: Any) -> Page:
    page: Page = ARRANGERS[name](samples.query(CATALOG, **fields), rows)
    return page


def shown(page: Page) -> list[list[int]]:
    return [one.position.tolist() for one in page.rows]


places = st.lists(st.integers(0, 59), unique=True, min_size=1, max_size=30)


@pytest.mark.parametrize("name", ARRANGERS)
@given(
    proposals=st.lists(st.tuples(st.sampled_from(KINDS), places), max_size=9),
    row_count=st.integers(1, 12),
    column_count=st.integers(1, 30),
)
@settings(max_examples=60)
def test_no_title_twice_and_never_more_than_asked(
    name: str, proposals: list[tuple[str, list[int]]], row_count: int, column_count: int
) -> None:
    rows = [row(kind, each, number) for number, (kind, each) in enumerate(proposals)]
    page = arrange(name, rows, row_count=row_count, column_count=column_count)
    cells = [at for one in shown(page) for at in one]
    assert len(cells) == len(set(cells))
    assert len(page.rows) <= row_count and all(0 < len(one) <= column_count for one in page.rows)


def test_a_template_takes_one_row_of_each_kind_in_turn() -> None:
    rows = [row("genre", [1], 1), row("genre", [2], 2), row("because", [3], 1),
            row("theme", [4], 1), row("continue", [5]), row("because", [6], 2)]  # fmt: skip
    names = [one.row_id for one in arrange("template", rows).rows]
    assert names == ["continue.0", "because.1", "genre.1", "theme.1", "because.2", "genre.2"]


def test_independent_rows_stand_by_their_own_worth_though_it_is_shown_above() -> None:
    best, rest = [0, 1, 2, 3], [20, 21, 22, 23]
    rows = [row("theme", rest), row("genre", [*best, 40], 1), row("genre", [*best, 41], 2)]
    page = arrange("independent", rows)
    # The second genre keeps its place by titles that it lost to the first.
    assert shown(page) == [[*best, 40], [41], rest]


def test_the_worth_of_a_row_is_what_its_cells_are_worth_if_they_say() -> None:
    rows = [row("genre", [0, 1]), row("theme", [50, 51], value=np.array([0.9, 0.9], np.float32))]
    rows[0] = row("genre", [0, 1], value=np.array([0.1, 0.1], np.float32))
    assert [one.kind for one in arrange("independent", rows).rows] == ["theme", "genre"]


def test_one_list_is_the_best_of_all_rows_in_order() -> None:
    rows = [row("top-picks", [9, 3, 5]), row("genre", [3, 1, 7]),
            row("top-10", [0], takes_finished=True)]  # fmt: skip
    page = arrange("one-list", rows, column_count=2)
    assert shown(page) == [[1], [3, 5], [7, 9]]
    assert page.rows[0].shape == "hero" and page.rows[1].reason is not None
    assert shown(arrange("one-list", rows, column_count=2, surface="browse")) == [
        [1, 3], [5, 7], [9],
    ]  # fmt: skip


@pytest.mark.parametrize("name", ("template", "independent"))
def test_the_hero_is_the_best_pick_with_a_picture(name: str) -> None:
    page = arrange(name, [row("top-picks", [4, 5]), row("genre", [4, 6])])
    assert page.rows[0].shape == "hero" and shown(page)[0] == [4]
    assert all(4 not in cells for cells in shown(page)[1:])
    assert arrange(name, [row("top-picks", [4])], surface="browse").rows[0].shape == "card"


@pytest.mark.parametrize("name", ("template", "independent"))
def test_a_row_of_which_too_little_is_left_is_not_shown(name: str) -> None:
    rows = [row("because", [1, 2, 3]), row("genre", [1, 2, 9], cell_count_min=2)]
    assert len(arrange(name, rows).rows) == 1
