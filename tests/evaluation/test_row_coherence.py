"""Goal: every cell of every page keeps its row's own rule, for any catalogue and any member.

Method: random catalogues, histories, hours and countries; every row maker there is proposes, and
the page is arranged; each row's rule is asked of each cell. Rows are then spoilt to see that the
rules can fail.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pasand.bootstrap import build_plan, load_plan, read_plan, stage_names
from pasand.domain.catalog import Catalog, Item
from pasand.domain.counters import Counters
from pasand.domain.page import Page
from pasand.domain.profile import Profile, Recent, Watch
from pasand.domain.query import Query
from pasand.evaluation.row_coherence import Misplaced, misplaced, row_coherence
from pasand.flows.homepage import homepage
from pasand.pipeline import Plan, Trace, hydrate, keep, make_rows, retrieve, score
from pasand.settings import Settings
from pasand.stages.models import Models
from pasand.testing import samples

NOW_S = samples.NOW_MS // 1000
HOUR_S, DAY_S = 3_600, 86_400
WORDS = ("Drama", "Comedy", "Crime")
TAGS = ("slow burn", "heist", "quiet")
PEOPLE = ("Ann Lee", "Bo Roy", "Cy Fox")


def names(words: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(words), unique=True, max_size=3).map(tuple)


@st.composite
def items(draw: st.DrawFn) -> list[Item]:
    made = []
    for number in range(draw(st.integers(1, 40))):
        days = draw(st.none() | st.integers(-3, 400))
        made.append(
            samples.item(
                f"i{number}",
                type=draw(st.sampled_from(("film", "series"))),
                genres=draw(names(WORDS)),
                tags=draw(names(TAGS)),
                people=draw(names(PEOPLE)),
                year=draw(st.none() | st.integers(1985, 2002)),
                maturity=draw(st.sampled_from((0, 13, 18))),
                runtime_minutes=draw(st.none() | st.integers(10, 200)),
                available_from_ms=None if days is None else samples.NOW_MS - days * samples.DAY_MS,
                released_ms=samples.NOW_MS - draw(st.integers(0, 900)) * samples.DAY_MS,
                available_until_ms=draw(st.none() | st.integers(1, 30).map(_in_days)),
            )
        )
        if made[-1].type == "series" and draw(st.booleans()):
            made.append(
                samples.item(
                    f"e{number}",
                    type="episode",
                    series_id=f"i{number}",
                    season=2,
                    available_from_ms=samples.NOW_MS - draw(st.integers(0, 90)) * samples.DAY_MS,
                )
            )
    return made


def _in_days(days: int) -> int:
    return samples.NOW_MS + days * samples.DAY_MS


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    ids = st.integers(0, 44).map(lambda number: f"i{number}")
    ago = st.integers(0, 200 * DAY_S)
    times = sorted(draw(st.lists(ago, max_size=30)), reverse=True)
    recent = []
    for since in times:
        code = draw(st.integers(0, 10))
        value = draw(st.sampled_from((10, 30, 50))) if code == 4 else draw(st.sampled_from((1, -1)))
        recent.append(Recent(draw(ids), code, NOW_S - since, value))
    taste = st.integers(-(2**40), 2**42)
    return Profile(
        member_id="m1",
        event_count=9,
        recent=tuple(recent),
        watching={
            item_id: Watch(draw(st.integers(0, 6000)), 6000, NOW_S - draw(ago))
            for item_id in draw(st.lists(ids, max_size=4))
        },
        finished={item_id: NOW_S - draw(ago) for item_id in draw(st.lists(ids, max_size=9))},
        listed={item_id: NOW_S - draw(ago) for item_id in draw(st.lists(ids, max_size=3))},
        genres={name: draw(taste) for name in WORDS},
        tags={name: draw(taste) for name in TAGS},
        people={name: draw(taste) for name in PEOPLE},
        searches=tuple(
            (text, NOW_S - draw(ago))
            for text in draw(st.lists(st.sampled_from(("dra", "heist", "lee", "title i3", "zz"))))
        ),
    )


def models(catalog: Catalog) -> Models:
    made = samples.models(catalog.item_ids)
    count = np.arange(len(catalog))
    esteem = {"esteem.takers": 5 + count % 7, "esteem.liked": 3 + count % 4}
    return replace(made, arrays={**made.arrays, **esteem})


def counters(catalog: Catalog) -> Counters:
    counted = Counters()
    for number, item_id in enumerate(catalog.item_ids):
        at_ms = samples.NOW_MS - (number * number % 300) * 3_600_000
        counted.count(item_id, at_ms, 1.0 + number % 9, "IN" if number % 2 else "FR", "tv")
    return counted


def whole_plan(arrays: Models, patches: dict[str, dict[str, Any]] | None = None) -> Plan:
    """Return the home page's plan with every row maker that there is."""
    whole = {**read_plan("homepage"), "row_makers": stage_names("row_makers")}
    return build_plan(whole, arrays, patches or {})


def proposals(query: Query, plan: Plan) -> Page:
    """Return everything that row makers propose, as if all of it were shown."""
    trace = Trace(lambda: 0.0)
    found = keep(query, retrieve(query, plan.sources, trace), plan.filters, trace)
    found = score(query, hydrate(query, found, plan.hydrators, trace), plan.scorers, trace)
    rows = make_rows(query, found, plan.row_makers, trace)
    assert trace.failed == {}
    return Page(rows=tuple(rows))


def broken_rules(query: Query, plan: Plan) -> list[Misplaced]:
    """Return what breaks a rule among all proposals, and on the page."""
    trace = Trace(lambda: 0.0)
    page, _ = homepage(query, plan, trace)
    assert trace.failed == {}
    makers = list(plan.row_makers.values())
    return misplaced(query, proposals(query, plan), makers) + misplaced(query, page, makers)


@given(
    items(), profiles(), st.integers(0, 7 * 24), st.sampled_from(("IN", "SA", "ZZ", "")),
    st.booleans(),
)  # fmt: skip
@settings(max_examples=60)
def test_every_proposal_and_every_cell_keeps_its_rows_rule(
    offered: list[Item], profile: Profile, hours: int, country: str, known: bool
) -> None:
    catalog = Catalog(offered)
    query = samples.query(
        catalog, counters(catalog), profile=profile, country=country, known=known,
        at_ms=samples.NOW_MS + hours * 3_600_000, row_count=30, column_count=12,
    )  # fmt: skip
    assert broken_rules(query, whole_plan(models(catalog))) == []


def example() -> tuple[Query, Page, Plan]:
    """Return a member with habits, all rows proposed to them, and the plan."""
    catalog = Catalog(samples.items(60))
    at_s = NOW_S - 30 * DAY_S
    recent = tuple(Recent(f"i{n}", 0, at_s + n * HOUR_S, 0) for n in (0, 5, 10, 15, 20, 1, 8))
    profile = Profile(
        member_id="m1",
        event_count=9,
        recent=recent,
        finished={"i20": at_s},
        genres={"Drama": 2**42},
        tags={"slow burn": 2**42},
        people={"Person 1": 2**42},
    )
    query = samples.query(catalog, counters(catalog), profile=profile, country="IN")
    plan = load_plan("homepage", models(catalog), Settings())
    return query, proposals(query, plan), plan


def test_a_whole_page_is_coherent() -> None:
    query, proposed, plan = example()
    page, _ = homepage(query, plan, Trace(lambda: 0.0))
    assert page.cell_count > 30 and len(proposed.rows) > 20
    assert row_coherence(query, page, plan.row_makers.values()) == 1.0


@pytest.mark.parametrize(
    "kind", ("genre", "theme", "blend", "because", "top-10", "new", "top-picks", "gems", "people")
)
def test_a_cell_that_does_not_belong_is_found(kind: str) -> None:
    query, proposed, plan = example()
    makers = list(plan.row_makers.values())
    row = next(row for row in proposed.rows if row.kind == kind and len(row))
    everything = np.arange(60, dtype=np.int32)
    maker = next(maker for maker in makers if kind in maker.kinds)
    blank = replace(row, position=everything, rank=None if row.rank is None else everything + 1)
    strangers = set(np.flatnonzero(~maker.holds(query, blank)).tolist()) or {20}
    spoilt = row.position.copy()
    spoilt[0] = min(strangers - {int(row.position[0])})
    wrong = Page(rows=(replace(row, position=spoilt),))
    assert misplaced(query, wrong, makers) == [
        Misplaced(row.row_id, query.catalog.item_ids[spoilt[0]])
    ]
    assert row_coherence(query, wrong, makers) == 1 - 1 / len(row)


def test_a_claim_that_is_not_so_makes_a_whole_row_wrong() -> None:
    query, proposed, plan = example()
    row = next(row for row in proposed.rows if row.kind == "genre" and not row.evidence)
    claimed = Page(rows=(replace(row, evidence="why.genre"),))
    assert len(misplaced(query, claimed, plan.row_makers.values())) == len(row)


def test_every_kind_of_row_has_one_maker() -> None:
    plan = whole_plan(Models())
    kinds = [kind for maker in plan.row_makers.values() for kind in maker.kinds]
    assert len(kinds) == len(set(kinds)) and "hero" in kinds
