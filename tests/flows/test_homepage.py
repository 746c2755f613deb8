"""Goal: a page is never refused while a poorer one is possible, and its promises hold on every
rung of the ladder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pasand.bootstrap import load_plan
from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Catalog
from pasand.domain.counters import Counters
from pasand.domain.page import Page, Row
from pasand.domain.profile import Profile
from pasand.domain.query import Query
from pasand.flows.homepage import homepage, serve_page
from pasand.pipeline import Plan, Trace
from pasand.settings import Settings
from pasand.testing import samples

CEILING = 13
CATALOG = Catalog(
    [
        *samples.items(40),
        samples.item("gone", available_until_ms=samples.NOW_MS - 1),
        samples.item("soon", available_from_ms=samples.NOW_MS + 1),
        samples.item("sold", stock=0),
        samples.item("far", regions=("FR",)),
        samples.item("part", type="episode", series_id="i1"),
    ]
)
MODELS = samples.models(CATALOG.item_ids)


class Broken(Exception):
    """A stage that fails."""


def fail(*_: Any) -> Any:
    raise Broken("on purpose")


def plans() -> list[Plan]:
    return [load_plan(name, MODELS, Settings()) for name in ("homepage", "popular")]


def query(**fields: Any) -> Query:
    counters = Counters()
    for number, item_id in enumerate(CATALOG.item_ids):
        counters.count(item_id, samples.NOW_MS, 1.0 + number)
    disliked = Profile(member_id="m1", thumbs={"i1": (-1, 1)}, hidden={"i5": 1})
    known = {"profile": disliked, "maturity_ceiling": CEILING, "country": "IN"}
    return samples.query(CATALOG, counters, **{**known, **fields})


def serve(*changed: Plan, **fields: Any) -> tuple[Page, Candidates | None, Trace]:
    trace = Trace(lambda: 0.0)
    page, candidates = serve_page(query(**fields), changed or plans(), trace)
    return page, candidates, trace


def assert_promises(page: Page) -> None:
    """Nothing too old, not to be had, or turned down; nothing twice; every cell complete."""
    shown = [CATALOG.items[at] for row in page.rows for at in row.position.tolist()]
    names = [one.item_id for one in shown]
    assert shown and len(names) == len(set(names))
    assert all(one.maturity <= CEILING for one in shown)
    assert not {"gone", "soon", "sold", "far", "part", "i1", "i5"} & set(names)
    for row in page.rows:
        assert row.artwork is not None and row.artwork_propensity is not None
        assert len(row.artwork) == len(row.artwork_propensity) == len(row)


def stages_of(plan: Plan, kind: str) -> list[str]:
    return list(getattr(plan, kind))


def broken(plan: Plan, kind: str, name: str) -> Plan:
    if kind in ("arranger", "artist"):
        return replace(plan, **{kind: fail})
    return replace(plan, **{kind: {**getattr(plan, kind), name: fail}})


def test_a_whole_page_is_not_degraded() -> None:
    page, candidates, trace = serve()
    assert page.degraded is None and trace.failed == {} and candidates is not None
    assert page.snapshot == MODELS.snapshot_id and page.plan == plans()[0].version
    assert set(trace.took_ms) >= {"source:popular", "filter:maturity", "arranger", "artist"}
    assert_promises(page)


OPTIONAL = [
    (kind, name)
    for kind in ("sources", "hydrators", "row_makers")
    for name in stages_of(plans()[0], kind)
]


@pytest.mark.parametrize(("kind", "name"), [*OPTIONAL, ("artist", "")])
def test_a_failing_stage_that_adds_costs_only_what_it_adds(kind: str, name: str) -> None:
    full, popular = plans()
    page, _, trace = serve(broken(full, kind, name), popular)
    assert page.degraded is not None and page.degraded.level == 1
    assert len(trace.failed) == 1 and "on purpose" in page.degraded.reasons[0]
    assert page.plan == full.version
    assert_promises(page)


def test_the_other_sources_still_bring_their_candidates() -> None:
    full, popular = plans()
    _, whole, _ = serve()
    _, rest, _ = serve(broken(full, "sources", "trending"), popular)
    assert whole is not None and rest is not None
    assert "trending" in whole and "trending" not in rest
    assert np.isin(rest.position, whole.position).all() and len(rest)


@pytest.mark.parametrize(
    ("kind", "name"),
    (
        ("filters", "maturity"),
        ("filters", "availability"),
        ("filters", "hidden"),
        ("scorers", "blend"),
        ("arranger", ""),
    ),
)
def test_a_failing_stage_that_guards_gives_a_poorer_page(kind: str, name: str) -> None:
    full, popular = plans()
    page, _, _ = serve(broken(full, kind, name), popular)
    assert page.degraded is not None and page.degraded.level == 2
    assert page.plan == popular.version
    assert_promises(page)
    page, candidates, _ = serve(broken(full, kind, name), broken(popular, kind, name))
    assert page.degraded is not None and page.degraded.level == 4
    assert len(page.degraded.reasons) == 2
    assert page.plan == "static" and candidates is None
    assert_promises(page)


def test_every_source_failing_leaves_an_honest_empty_page() -> None:
    full, popular = plans()
    nothing = replace(full, sources=dict.fromkeys(full.sources, fail))
    page, _, trace = serve(nothing, popular)
    assert page.rows == () and page.degraded is not None
    assert len(trace.failed) == len(full.sources)


@pytest.mark.parametrize(
    "score", (lambda query, candidates: {"score": np.full(len(candidates), np.nan)}, fail)
)
def test_a_score_that_is_no_number_never_ranks_a_page(score: Callable[..., Any]) -> None:
    full, popular = plans()
    page, _, _ = serve(replace(full, scorers={"odd": score}), popular)
    assert page.degraded is not None and page.degraded.level == 2
    assert_promises(page)


def test_a_broken_promise_between_our_own_modules_is_never_swallowed() -> None:
    full, popular = plans()
    hydrators = {"sets a column of a source": lambda query, candidates: {
        "popular": np.zeros(len(candidates))}}  # fmt: skip
    with pytest.raises(AssertionError, match="set twice"):
        serve(replace(full, hydrators=hydrators), popular)
    with pytest.raises(AssertionError, match="score"):
        serve(replace(full, scorers={}), popular)


def test_what_was_degraded_before_the_page_began_is_said() -> None:
    trace = Trace(lambda: 0.0)
    page, _ = serve_page(query(), plans(), trace, ["the profile is stale: why"])
    assert page.degraded is not None
    assert page.degraded.level == 1 and page.degraded.reasons == ("the profile is stale: why",)


def test_the_same_query_gives_the_same_page() -> None:
    one, other = serve(seed=9)[0], serve(seed=9)[0]
    for row, twin in zip(one.rows, other.rows, strict=True):
        assert row.row_id == twin.row_id and np.array_equal(row.position, twin.position)
        assert row.artwork is not None and twin.artwork is not None
        assert np.array_equal(row.artwork, twin.artwork)


def test_items_already_shown_are_left_out() -> None:
    first, _, _ = serve(row_count=2, column_count=5)
    shown = frozenset(at for row in first.rows for at in row.position.tolist())
    rest, _, _ = serve(skip=shown)
    assert shown and not shown & {at for row in rest.rows for at in row.position.tolist()}


@pytest.mark.parametrize(("rows", "columns"), ((1, 1), (3, 7), (60, 60)))
def test_a_page_keeps_to_the_shape_that_was_asked(rows: int, columns: int) -> None:
    page, _, _ = serve(row_count=rows, column_count=columns)
    assert 1 <= len(page.rows) <= rows
    assert all(len(row) <= columns for row in page.rows)
    assert_promises(page)


def test_an_empty_catalogue_gives_an_empty_page() -> None:
    trace = Trace(lambda: 0.0)
    page, _ = homepage(samples.query(()), plans()[0], trace)
    assert page.rows == () and trace.failed == {}


class Written:
    """A page that is written from the candidates, without rows to choose from."""

    def write(self, query: Query, candidates: Candidates) -> Page:
        best = np.argsort(-candidates["score"], kind="stable")[:4]
        row = Row(
            row_id="all",
            kind="all",
            title="All",
            position=candidates.position[best],
            score=candidates["score"][best],
        )
        return Page(rows=(row,))


def test_one_stage_may_write_the_whole_page() -> None:
    full, popular = plans()
    page, candidates, trace = serve(replace(full, row_makers={}, arranger=Written()), popular)
    assert candidates is not None and trace.failed == {} and page.degraded is None
    assert [len(row) for row in page.rows] == [4] and page.rows[0].row_id == "all"
    assert_promises(page)
