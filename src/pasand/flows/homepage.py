"""One request, read straight down: query -> candidates -> rows -> page -> pictures.

``homepage`` is the page of one plan. ``serve_page`` walks down the ladder when a plan fails:
the plan, the popular plan, the page baked with the snapshot. Maturity and availability hold on
every rung. A page is never refused while a poorer one is possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.page import REASONS, Degraded, Page, Row
from pasand.domain.query import Query
from pasand.domain.taste_names import muted_row_kinds
from pasand.pipeline import (
    PageWriter,
    Plan,
    StageFailed,
    Trace,
    hydrate,
    keep,
    make_rows,
    retrieve,
    score,
)
from pasand.stages.caps import capped
from pasand.stages.causes import borne_out
from pasand.stages.filters.availability import AvailabilityFilter
from pasand.stages.filters.availability import Config as AvailabilityConfig
from pasand.stages.filters.hidden import Config as HiddenConfig
from pasand.stages.filters.hidden import HiddenFilter
from pasand.stages.filters.maturity import Config as MaturityConfig
from pasand.stages.filters.maturity import MaturityFilter
from pasand.stages.filters.muted import Config as MutedConfig
from pasand.stages.filters.muted import MutedFilter
from pasand.stages.filters.rules import Config as RulesConfig
from pasand.stages.filters.rules import RulesFilter
from pasand.stages.models import Models
from pasand.stages.picturing.gallery import first_open
from pasand.stages.pins import pinned, without_pinned

__all__ = ["allowed", "arranged", "homepage", "proposed", "serve_page", "static_page"]


def homepage(query: Query, plan: Plan, trace: Trace) -> tuple[Page, Candidates]:
    """Return the page of ``plan`` for ``query``, and the candidates it was made from.

    Raises:
        StageFailed: a filter, a scorer or the arranger failed.
    """
    candidates, rows = proposed(query, plan, trace)
    with trace.stage("arranger", vital=True):
        trace.tell("unmuted", rows)
        open_rows = capped(query, without_pinned(candidates, rows))
        page = arranged(query, plan, candidates, open_rows)
        page = pinned(query, candidates, open_rows, page, plan.row_makers.values())
    with trace.stage("artist", vital=False):
        page = plan.artist(query, page)
    return replace(page, plan=plan.version, snapshot=plan.snapshot), candidates


def arranged(query: Query, plan: Plan, candidates: Candidates, rows: list[Row]) -> Page:
    """Return the page that the plan's arranger makes of rows, or writes itself."""
    arranger = plan.arranger
    if isinstance(arranger, PageWriter):
        return arranger.write(query, candidates)
    return arranger(query, rows)


def proposed(query: Query, plan: Plan, trace: Trace) -> tuple[Candidates, list[Row]]:
    """Return what ``plan`` considers for ``query``, and the rows it proposes.

    Raises:
        StageFailed: a filter or a scorer failed.
    """
    candidates = retrieve(query, plan.sources, trace)
    candidates = keep(query, candidates, plan.filters, trace)
    candidates = hydrate(query, candidates, plan.hydrators, trace)
    candidates = score(query, candidates, plan.scorers, trace)
    rows = make_rows(query, candidates, plan.row_makers, trace)
    rows = borne_out(candidates, rows)
    muted = muted_row_kinds(query.profile.muted)
    return candidates, [row for row in rows if row.kind not in muted]


def serve_page(
    query: Query, plans: Sequence[Plan], trace: Trace, reasons: Sequence[str] = ()
) -> tuple[Page, Candidates | None]:
    """Return the page of the first plan that works, else the baked one; says how poor it is.

    ``reasons`` tell what was degraded before the page began (a stale profile or snapshot).
    """
    reasons = list(reasons)
    level = 1 if reasons else 0
    for rung, plan in enumerate(plans):
        try:
            page, candidates = homepage(query, plan, trace)
        except StageFailed as failure:
            reasons.append(f"{plan.name}: {failure} failed ({trace.failed.get(str(failure))})")
            level = 2 + rung
            continue
        lost = [f"{name} is missing ({why})" for name, why in trace.failed.items()]
        if lost and not level:
            level = 1
        reasons += [text for text in lost if not any(text in said for said in reasons)]
        return _stamped(query, page, level, reasons), candidates
    return _stamped(query, static_page(query, plans[0].snapshot), 4, reasons), None


def allowed(query: Query, position: NDArray[np.int32] | None = None) -> NDArray[np.bool_]:
    """Return for every item of the catalogue, or for some, whether this member may be shown it
    now.

    What stands on the pages before is left out, as is what was taken out a moment ago.
    """
    if position is None:
        position = np.arange(len(query.catalog), dtype=np.int32)
    some, models = Candidates(position), Models()
    allow = MaturityFilter(MaturityConfig(), models)(query, some)
    allow &= AvailabilityFilter(AvailabilityConfig(), models)(query, some)
    allow &= HiddenFilter(HiddenConfig(), models)(query, some)
    allow &= MutedFilter(MutedConfig(), models)(query, some)
    allow &= RulesFilter(RulesConfig(), models)(query, some)
    return allow & ~np.isin(position, np.fromiter(query.skip, np.int32))


def static_page(query: Query, snapshot: str) -> Page:
    """Return the catalogue in its own order as one row: the last rung, which needs no model."""
    position = np.flatnonzero(allowed(query)).astype(np.int32)[: query.column_count]
    if not len(position):
        return Page(rows=(), plan="static", snapshot=snapshot)
    count = len(position)
    row = Row(
        row_id="all",
        kind="all",
        title="row.all",
        position=position,
        score=np.zeros(count, np.float32),
        reason=np.full(count, REASONS.index("untried"), np.int8),
        cause=np.full(count, -1, np.int32),
        propensity=np.ones(count),
        artwork=first_open(query, position),
        artwork_propensity=np.ones(count),
    )
    return Page(rows=(row,), plan="static", snapshot=snapshot)


def _stamped(query: Query, page: Page, level: int, reasons: Sequence[str]) -> Page:
    """Return the page with what is needed to replay it, every cell with a picture or none."""
    rows = []
    for row in page.rows:
        if row.artwork is None:
            artwork = first_open(query, row.position)
            row = replace(row, artwork=artwork, artwork_propensity=np.ones(len(row)))
        rows.append(row)
    return replace(
        page,
        rows=tuple(rows),
        member_id=query.member_id,
        at_ms=query.at_ms,
        device=query.device,
        seed=query.seed,
        catalog_version=query.catalog.version,
        degraded=Degraded(level, tuple(reasons)) if level else None,
    )
