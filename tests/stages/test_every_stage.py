"""Goal: every stage a plan may name bears the bare cases: nothing known, nothing there."""

from __future__ import annotations

from dataclasses import asdict
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from pasand.bootstrap import KINDS, build_plan, load_plan, read_plan, stage_names
from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Catalog
from pasand.domain.counters import Counters
from pasand.domain.events import DEVICES
from pasand.domain.page import Page, Row
from pasand.domain.profile import Profile, Recent, Watch
from pasand.domain.query import Query
from pasand.errors import InvalidSettings
from pasand.flows.homepage import homepage
from pasand.pipeline import Plan, Trace
from pasand.settings import Settings, convert
from pasand.stages.models import Models
from pasand.testing import samples

STAGES = [(kind, name) for kind in KINDS for name in stage_names(kind)]
CATALOG = Catalog(samples.items(60))
MODELS = samples.models(CATALOG.item_ids)


def profile() -> Profile:
    """Return a profile with something in every section."""
    at_s = samples.NOW_MS // 1000 - 600
    return Profile(
        member_id="m1",
        event_count=30,
        recent=tuple(Recent(f"i{n}", n % 11, at_s + n, 0) for n in (3, 40, 7, 5, 99)),
        watching={"i3": Watch(600, 6000, at_s), "i40": Watch(10, 0, at_s), "gone": Watch(9, 90, 1)},
        finished={"i7": at_s},
        thumbs={"i5": (-1, at_s), "i8": (2, at_s)},
        listed={"i9": at_s, "gone": at_s},
        hidden={"i11": at_s},
        genres={"Drama": 2**40, "Crime": -(2**38), "Unheard": 2**41},
        tags={"night": 2**40},
        people={"Person 3": 2**40},
        hours={"tv": (3,) * 24},
        fatigue={"i12": 40},
    )


def counters() -> Counters:
    counted = Counters()
    for number in range(300):
        at_ms = samples.NOW_MS - number * 3_600_000
        counted.count(f"i{number * number % 47}", at_ms, 1.0, "IN", DEVICES[number % 5])
    return counted


def queries() -> dict[str, Query]:
    return {
        "an empty catalogue": samples.query(Catalog(())),
        "one item": samples.query(samples.items(1), counters(), profile=profile()),
        "an unknown member": samples.query(CATALOG, counters(), known=False, country="ZZ"),
        "a known member": samples.query(CATALOG, counters(), profile=profile(), country="IN"),
        "one cell": samples.query(CATALOG, counters(), row_count=1, column_count=1),
        "a time zone nobody knows": samples.query(CATALOG, counters(), time_zone="No/Where"),
        "everything shown": samples.query(CATALOG, counters(), skip=frozenset(range(60))),
        "no counts": samples.query(CATALOG, profile=profile(), device="tv"),
        "bare items": samples.query([samples.item(f"i{n}") for n in range(9)], profile=profile()),
    }


def candidates_of(query: Query) -> Candidates:
    """Return the whole catalogue as candidates with every column that stages set for others."""
    count = len(query.catalog)
    table = Candidates(np.arange(count, dtype=np.int32))
    names = ("covisit", "ease", "popular", "taste", "trending", "fresh", "context", "cause")
    ramp = np.linspace(0, 1, count, dtype=np.float32)
    columns: dict[str, Any] = {name: ramp for name in names}
    columns |= {name: np.zeros(count) for name in ("progress", "touched_s", "finished", "taken")}
    columns |= {"listed_s": np.zeros(count), "fatigue": np.zeros(count)}
    return table.extend({**columns, "score": ramp, "reason": np.zeros(count, np.int8)})


def make(kind: str, name: str, models: Models) -> tuple[Any, Any]:
    """Return a stage with its default configuration, and its module."""
    folder, suffix = KINDS[kind]
    module = import_module(f"pasand.stages.{folder}.{name.replace('-', '_')}")
    class_name = "".join(part.capitalize() for part in name.split("-")) + suffix
    return getattr(module, class_name)(module.Config(), models), module


def check(kind: str, stage: Any, query: Query, candidates: Candidates) -> Any:
    """Call a stage as the pipeline does, and hold its answer to its kind's promise."""
    if kind == "sources":
        found = stage(query)
        position = found.position
        assert position.dtype == np.int32 and np.array_equal(position, np.unique(position))
        assert not len(position) or 0 <= position[0] <= position[-1] < len(query.catalog)
        assert all(len(column) == len(found) for column in found.columns.values())
        assert all(np.isfinite(column).all() for column in found.columns.values())
        return {"position": position, **found.columns}
    if kind == "filters":
        mask = stage(query, candidates)
        assert mask.dtype == np.bool_ and mask.shape == candidates.position.shape
        return {"mask": mask}
    if kind in ("hydrators", "scorers"):
        given = ("score", "reason", "context")
        rest = {n: c for n, c in candidates.columns.items() if kind == "scorers" or n == "cause"}
        bare = Candidates(candidates.position, {n: rest[n] for n in rest if n not in given})
        columns = stage(query, bare)
        bare.extend(columns)
        assert all(np.isfinite(column).all() for column in columns.values())
        return dict(columns)
    if kind == "row_makers":
        rows = stage(query, candidates)
        for row in rows:
            check_row(row, query)
        return {row.row_id: row.position for row in rows}
    row = whole_row(query)
    page = Page(rows=(row,)) if len(row) else Page(rows=())
    found = stage(query, page) if kind == "artist" else stage(query, [row])
    for row in found.rows:
        check_row(row, query)
        assert kind != "artist" or row.artwork is not None
    return {str(n): (row.artwork if kind == "artist" else row.position)
            for n, row in enumerate(found.rows)}  # fmt: skip


def check_row(row: Row, query: Query) -> None:
    assert len(set(row.position.tolist())) == len(row.position)
    assert all(0 <= at < len(query.catalog) for at in row.position.tolist())
    arrays = (row.score, row.reason, row.cause, row.propensity, row.rank, row.artwork)
    assert all(array is None or len(array) == len(row) for array in arrays)
    assert row.row_id and row.kind


def whole_row(query: Query) -> Row:
    count = len(query.catalog)
    return Row(
        row_id="top-picks",
        kind="top-picks",
        title="All",
        position=np.arange(count, dtype=np.int32),
        score=np.ones(count, np.float32),
        propensity=np.ones(count),
    )


@pytest.mark.parametrize("case", queries())
@pytest.mark.parametrize("with_models", (True, False))
@pytest.mark.parametrize(("kind", "name"), STAGES)
def test_a_stage_bears(kind: str, name: str, with_models: bool, case: str) -> None:
    query = queries()[case]
    stage, _ = make(kind, name, MODELS if with_models else Models())
    check(kind, stage, query, candidates_of(query))
    none = np.zeros(len(query.catalog), bool)
    check(kind, stage, query, candidates_of(query).keep(none))


@pytest.mark.parametrize(("kind", "name"), STAGES)
def test_a_stage_does_the_same_for_the_same_query(kind: str, name: str) -> None:
    answers = []
    for _ in range(2):
        query = samples.query(CATALOG, counters(), profile=profile(), country="IN", seed=5)
        stage, _ = make(kind, name, MODELS)
        answers.append(check(kind, stage, query, candidates_of(query)))
    one, other = answers
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize(("kind", "name"), STAGES)
def test_a_config_reads_back_and_refuses_what_it_does_not_know(kind: str, name: str) -> None:
    _, module = make(kind, name, Models())
    assert convert(asdict(module.Config()), module.Config, "") == module.Config()
    with pytest.raises(InvalidSettings) as refused:
        convert({"coutn": 3}, module.Config, f"stages.{name}.")
    assert refused.value.field == f"stages.{name}.coutn" and refused.value.fix


def test_every_kind_of_stage_is_found() -> None:
    assert {kind for kind, _ in STAGES} == set(KINDS)
    assert {"popular", "ease", "covisit"} <= set(stage_names("sources"))
    assert {"maturity", "availability", "hidden", "muted", "rules"} == set(stage_names("filters"))


@pytest.mark.parametrize("name", ("homepage", "popular"))
def test_a_shipped_plan_is_whole_and_guards_its_promises(name: str) -> None:
    plan = load_plan(name, MODELS, Settings())
    assert plan.name == name and plan.snapshot == MODELS.snapshot_id
    assert list(plan.filters) == ["maturity", "availability", "hidden", "muted", "rules"]
    known = {kind: set(stage_names(kind)) for kind in KINDS}
    assert set(plan.sources) <= known["sources"] and set(plan.row_makers) <= known["row_makers"]


def test_a_plans_version_follows_its_data_and_patches() -> None:
    data = read_plan("homepage")

    def version(patches: dict[str, dict[str, Any]]) -> str:
        return build_plan(data, Models(), patches).version

    assert version({}) == version({}) == build_plan(data, MODELS, {}).version
    assert version({"popular": {"count": 7}}) != version({})
    assert (
        build_plan(data, Models(), {"popular": {"count": 7}}).sources["popular"].config.count == 7
    )


@pytest.mark.parametrize(
    ("change", "field"),
    (
        ({"sources": ["populer"]}, "sources"),
        ({"filters": [{"name": "maturity", "age": 3}]}, "stages.maturity.age"),
        ({"row_makers": [{"name": "because", "row_count": "six"}]}, "stages.because.row_count"),
    ),
)
def test_a_wrong_plan_is_refused_by_name(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        build_plan({**read_plan("homepage"), **change}, Models(), {})
    assert refused.value.field == field


def test_a_patch_of_an_unknown_stage_is_refused() -> None:
    with pytest.raises(InvalidSettings, match="populer"):
        build_plan(read_plan("homepage"), Models(), {"populer": {"count": 1}})


@pytest.mark.parametrize("case", queries())
@pytest.mark.parametrize("models", (MODELS, Models()))
@pytest.mark.parametrize("name", ("homepage", "popular"))
def test_a_shipped_plan_fails_nowhere(name: str, models: Models, case: str) -> None:
    plan: Plan = load_plan(name, models, Settings())
    trace = Trace(lambda: 0.0)
    page, _ = homepage(queries()[case], plan, trace)
    assert trace.failed == {}
    shown = [at for row in page.rows for at in row.position.tolist()]
    assert len(shown) == len(set(shown)) == page.cell_count


@pytest.mark.parametrize("at_ms", (0, -62_135_510_400_000, 253_402_214_400_000))
def test_a_page_for_any_time_fails_nowhere(at_ms: int) -> None:
    query = samples.query(CATALOG, counters(), profile=profile(), at_ms=at_ms, country="IN")
    trace = Trace(lambda: 0.0)
    homepage(query, load_plan("homepage", MODELS, Settings()), trace)
    assert trace.failed == {}
