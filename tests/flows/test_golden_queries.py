"""Goal: golden queries see what members would see, from what was known at the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pasand.adapters.memory import MemoryStore
from pasand.bootstrap import build_plan, read_plan
from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Catalog
from pasand.domain.member import Member
from pasand.domain.page import Page
from pasand.domain.query import Query
from pasand.domain.weights import STREAMING
from pasand.flows.gating import Stretch
from pasand.flows.golden import Examiner
from pasand.pipeline import Plan
from pasand.settings import ServeSettings
from pasand.stages.models import Models
from pasand.testing import samples

HOUR_MS = 3_600_000
ITEMS = samples.items(20)
CATALOG = Catalog(ITEMS)
MODELS = samples.models(CATALOG.item_ids)
START_MS = samples.NOW_MS


def log_of(*taken: tuple[str, int, int]) -> MemoryStore:
    """Return a log of (member, item, hour)."""
    store = MemoryStore()
    store.append(
        [
            samples.event(
                f"e{number}", member_id=member, item_id=f"i{item}",
                occurred_ms=START_MS + hour * HOUR_MS,
            )
            for number, (member, item, hour) in enumerate(taken)
        ]
    )  # fmt: skip
    return store


def examiner(
    store: MemoryStore,
    plans_of: Callable[[Models], tuple[Plan, Plan]],
    catalog: Catalog = CATALOG,
    **member: Any,
) -> Examiner:
    return Examiner(
        store,
        catalog,
        store.interactions({"play_start": 1.0}),
        lambda member_id: Member(member_id=member_id, **member),
        plans_of,
        STREAMING,
        ServeSettings(),
        seed=1,
        target_count_max=100,
    )


class Backwards:
    """A plan that ranks the catalogue from its end, and keeps the queries it was asked."""

    def __init__(self, best: float = 0.0) -> None:
        self.asked: list[Query] = []
        self._best = best

    def plans(self, models: Models) -> tuple[Plan, Plan]:
        plan = Plan(
            name="backwards", version="", snapshot="", sources={"all": self.source}, filters={},
            hydrators={}, scorers={"end": self.score}, row_makers={},
            arranger=lambda query, rows: Page(rows=()), artist=lambda query, page: page,
        )  # fmt: skip
        return plan, plan

    def source(self, query: Query) -> Candidates:
        self.asked.append(query)
        return Candidates(np.arange(len(CATALOG), dtype=np.int32))

    def score(self, query: Query, candidates: Candidates) -> dict[str, Any]:
        return {"score": candidates.position.astype(np.float32) + np.float32(self._best)}


def changed(name: str, value: list[str]) -> Callable[[Models], tuple[Plan, Plan]]:
    """Return the real plans with one part of them changed."""

    def plans(models: Models) -> tuple[Plan, Plan]:
        grown_up, kids = (
            build_plan({**read_plan(each), name: value}, models, {})
            for each in ("homepage", "kids")
        )
        return grown_up, kids

    return plans


def test_a_target_is_ranked_among_what_its_member_had_not() -> None:
    # Before i16, m1 had i19 and i18: only i17 stands before it.
    store = log_of(("m1", 19, 1), ("m1", 18, 2), ("m1", 16, 8), ("m1", 17, 9))
    ranking = examiner(store, Backwards().plans).rank(MODELS, after(5))
    assert ranking.gain.tolist() == pytest.approx([1 / np.log2(3), 1.0])
    quality = ranking.quality()
    assert quality.target_count == 2 and quality.ndcg == pytest.approx(ranking.gain.mean())
    assert quality.coverage == 18 / 20, "all but what was had"


def after(hour: int) -> Stretch:
    return Stretch(START_MS + hour * HOUR_MS, START_MS + 100 * HOUR_MS)


def test_a_query_knows_what_happened_before_and_nothing_more() -> None:
    plan = Backwards()
    store = log_of(("m2", 3, 0), ("m1", 1, 1), ("m2", 4, 6), ("m1", 2, 7), ("m2", 5, 8))
    examiner(store, plan.plans).rank(MODELS, after(5))
    moments = [(query.at_ms - START_MS) // HOUR_MS for query in plan.asked]
    assert moments == [6, 7, 8]
    for query, had, counted in zip(plan.asked, ((3,), (1,), (3, 4)), (2, 3, 4), strict=True):
        assert {entry[0] for entry in query.profile.recent} == {f"i{item}" for item in had}
        popular = query.counters.popularity(CATALOG, "popular", query.at_ms)
        assert (popular > 0).sum() == counted


def test_targets_are_first_takes_of_members_who_came_before() -> None:
    store = log_of(
        ("m1", 1, 1), ("m1", 1, 6), ("m1", 2, 7), ("new", 3, 7), ("m2", 99, 2), ("m2", 98, 8),
        ("m3", 1, 2), *(("m3", item, 10 + item) for item in range(2, 9)),
    )  # fmt: skip
    found = examiner(store, Backwards().plans).targets(after(5))
    told = [(target.member_id, target.item_id) for target in found]
    # What was had before, who is new, what is no longer offered, and more than 3 of a member.
    assert ("m1", "i2") in told and len(told) == 4 and len(set(told)) == 4
    assert sum(member == "m3" for member, _ in told) == 3
    assert found == examiner(store, Backwards().plans).targets(after(5)), "the same every time"


def test_a_page_above_the_ceiling_is_found() -> None:
    store = log_of(*((f"m{n}", n, n) for n in range(8)))
    real = examiner(store, changed("artist", ["best-so-far"]), maturity_ceiling=13)
    count, faults = real.pages(MODELS)
    assert count == 8 + 5 and faults == []
    _, faults = examiner(store, changed("filters", ["availability"]), maturity_ceiling=13).pages(
        MODELS
    )
    assert faults == [
        "homepage: a page shows a title above the member's ceiling",
        "kids: a page shows a title above the member's ceiling",
    ]


def test_a_stage_that_fails_is_found() -> None:
    store = log_of(*((f"m{n}", n, n) for n in range(8)))
    torn = replace(MODELS, arrays={**MODELS.arrays, "ease.weights": np.ones((3, 3), np.float32)})
    real = examiner(store, changed("artist", ["best-so-far"]))
    faults = real.pages(torn)[1]
    assert faults and all(f.startswith("homepage: source:ease failed (") for f in faults)
    assert real.pages(MODELS)[1] == []


def test_a_page_without_titles_is_found_unless_nothing_may_be_shown() -> None:
    store = log_of(("m1", 1, 1))
    bare = changed("row_makers", ["my-list"])
    assert "homepage: a page has no titles" in examiner(store, bare).pages(MODELS)[1]
    adults = Catalog([replace(one, maturity=18) for one in ITEMS])
    assert examiner(store, bare, adults, maturity_ceiling=16).pages(MODELS)[1] == []


def test_a_score_that_is_no_number_is_a_failure() -> None:
    store = log_of(("m1", 1, 1), ("m1", 2, 7))
    ranking = examiner(store, Backwards(best=np.nan).plans).rank(MODELS, after(5))
    assert ranking.gain.tolist() == [0.0] and "scorer:end failed" in ranking.failed[0]
