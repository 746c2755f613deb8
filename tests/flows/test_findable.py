"""Goal: a title is findable on the member's page or by typing its beginning, and no other way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from pasand.bootstrap import load_plan
from pasand.domain.catalog import Catalog
from pasand.domain.query import Query
from pasand.flows.findable import findable, typed
from pasand.settings import Settings
from pasand.stages.models import Models
from pasand.testing import samples

CATALOG = Catalog(samples.items(40))
PLAN = load_plan("homepage", samples.models(CATALOG.item_ids), Settings())


def nothing(query: Query) -> Sequence[int]:
    return ()


def by_title(query: Query) -> Sequence[int]:
    titles = [item.title for item in query.catalog.items]
    return [at for at, title in enumerate(titles) if title.startswith(query.search)]


def test_without_a_search_there_is_the_page() -> None:
    anyhow, on_page = findable([samples.query(CATALOG)], PLAN, nothing)
    assert np.array_equal(anyhow, on_page) and 0 < on_page[0] <= 1


def test_a_search_finds_the_rest() -> None:
    queries = [samples.query(CATALOG, row_count=1, column_count=1, maturity_ceiling=8)] * 2
    anyhow, on_page = findable(queries, PLAN, by_title, title_count=16)
    # "Title i" is typed: the first ten of all forty are shown, whoever may see them or not.
    allowed = [at for at, item in enumerate(CATALOG.items) if item.maturity <= 8]
    among = sum(at < 10 for at in allowed)
    assert on_page[0] <= 1 / 16 and anyhow[0] == pytest.approx(among / len(allowed), abs=1 / 16)
    assert np.array_equal(findable(queries, PLAN, by_title, seed=1, title_count=16)[0], anyhow)


def test_who_may_see_nothing_is_not_counted() -> None:
    anyhow, _ = findable([samples.query(Catalog(()))], PLAN, nothing)
    assert np.isnan(anyhow[0])


def test_an_item_of_another_name_is_not_found_by_a_search() -> None:
    models = Models()
    plan = load_plan("popular", models, Settings())
    query = samples.query(CATALOG, row_count=1, column_count=1)
    anyhow, _ = findable([query], plan, lambda asked: [0], title_count=40)
    assert anyhow[0] <= 2 / 40


@pytest.mark.parametrize(
    ("title", "said"),
    (("Heat", "Heat"), ("The Matrix", "The Mat"), ("", ""), ("abcdef", "abcdef"),
     ("A B C D E F G", "A B C D E F")),
)  # fmt: skip
def test_six_letters_are_typed(title: str, said: str) -> None:
    assert typed(title) == said
