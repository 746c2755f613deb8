"""Goal: a search makes a row of what it names, says what that is, and names nothing forbidden."""

from __future__ import annotations

from typing import Any

import pytest

from pasand.bootstrap import build_plan, read_plan
from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Catalog
from pasand.domain.page import Row
from pasand.domain.profile import Profile
from pasand.domain.query import Query
from pasand.pipeline import Trace, hydrate, retrieve, score
from pasand.stages.rows.searched import Config, SearchedRow
from pasand.stages.searched_names import named_by
from pasand.testing import samples

NOW_S = samples.NOW_MS // 1000
ITEMS = [
    *samples.items(30),
    samples.item("harbour", title="The Harbour Tide", maturity=18),
    samples.item("harvest", title="Harvest Days", maturity=0),
]
CATALOG = Catalog(ITEMS)
MODELS = samples.models(CATALOG.item_ids)


@pytest.mark.parametrize(
    ("text", "kind", "names"),
    (
        ("drama", "genre", ("Drama",)),
        ("DRA", "genre", ("Drama",)),
        ("slow", "tag", ("slow burn",)),
        ("person 3", "person", ("Person 3",)),
        ("harvest", "title", ("Harvest Days",)),
        ("harbour  tide", "title", ("The Harbour Tide",)),
    ),
)
def test_what_a_text_names(text: str, kind: str, names: tuple[str, ...]) -> None:
    named = named_by(CATALOG, text)
    assert named is not None and (named.kind, named.names) == (kind, names)


@pytest.mark.parametrize("text", ("", "   ", "d", "title", "person", "zzz"))
def test_what_a_text_does_not_name(text: str) -> None:
    assert named_by(CATALOG, text) is None


def rows(*texts: str, config: Config | None = None, **fields: Any) -> tuple[Query, list[Row]]:
    searches = tuple((text, NOW_S - 60) for text in texts)
    known = {"profile": Profile(member_id="m1", searches=searches), **fields}
    query = samples.query(CATALOG, **known)
    plan, trace = build_plan(read_plan("homepage"), MODELS, {}), Trace(lambda: 0.0)
    table: Candidates = retrieve(query, plan.sources, trace)
    table = score(query, hydrate(query, table, plan.hydrators, trace), plan.scorers, trace)
    return query, list(SearchedRow(config or Config(), MODELS)(query, table))


def test_the_newest_search_stands_first_and_says_itself() -> None:
    _, (first, second) = rows("drama", "person 3")
    assert first.title_values == {"search": "person 3", "person": "Person 3"}
    assert second.title_values == {"search": "drama", "genre": "Drama"}
    assert (first.evidence, second.evidence) == ("why.searched.person", "why.searched.genre")


def test_an_old_search_is_no_longer_heard() -> None:
    old = Profile(member_id="m1", searches=(("drama", NOW_S - 40 * 86_400),))
    assert rows(profile=old)[1] == []


def test_a_title_stands_before_what_follows_it() -> None:
    query, (row,) = rows("harvest")
    shown = [CATALOG.item_ids[at] for at in row.position.tolist()]
    assert shown[0] == "harvest" and len(shown) > 3
    assert SearchedRow(Config(), MODELS).holds(query, row).all()


def test_a_title_above_the_ceiling_is_not_named() -> None:
    assert rows("harbour", maturity_ceiling=13)[1] == []
    assert rows("harbour")[1][0].title_values["title"] == "The Harbour Tide"


def test_a_kids_row_follows_from_nobody_else() -> None:
    kids = next(
        stage
        for stage in read_plan("kids")["row_makers"]
        if isinstance(stage, dict) and stage["name"] == "searched"
    )
    config = Config(followers=kids["followers"])
    assert rows("harvest", config=config)[1] == [], "a single title makes no row"
    assert all(row.kind == "searched" for row in rows("drama", config=config)[1])
