"""Whether what a page says is why: each "because" is tried by taking its cause away.

For members of a log, a page is made; of its cells that say "because", some are drawn. The cause
is taken out of the member's history as the member would do it, the profile is folded anew, and
the whole path runs again up to the score. Borne out is a claim whose item then has a lower score,
or is no candidate any more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pasand.domain.catalog import Catalog
from pasand.domain.events import Event
from pasand.domain.fold import fold
from pasand.domain.page import REASONS
from pasand.domain.profile import Profile
from pasand.domain.query import Query
from pasand.flows.homepage import homepage
from pasand.flows.merging import whole_history
from pasand.pipeline import Plan, StageFailed, Trace, hydrate, keep, retrieve, score
from pasand.ports import EventLog

__all__ = ["Claim", "Fidelity", "evidence_fidelity"]

_BECAUSE = REASONS.index("because")
DRAW_COUNT = 1_000


@dataclass(frozen=True, slots=True)
class Claim:
    """One cell that says "because": the item's score, and what it is without the cause (None:
    no candidate any more).
    """

    member_id: str
    item_id: str
    cause_id: str
    row_kind: str
    score: float
    without: float | None

    @property
    def borne_out(self) -> bool:
        """Whether the score falls without the cause."""
        return self.without is None or self.without < self.score


@dataclass(frozen=True, slots=True)
class Fidelity:
    """The share of claims that are borne out, with its 95 % interval over members."""

    claims: tuple[Claim, ...]
    member_count: int
    cell_count: int
    value: float
    low: float
    high: float


def evidence_fidelity(
    queries: Sequence[Query],
    plan: Plan,
    log: EventLog,
    *,
    claims_per_member: int = 6,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Fidelity:
    """Try the claims on the pages of these queries, whose profiles are folds of ``log``."""
    rng = np.random.default_rng(seed)
    claims: list[Claim] = []
    cell_count = 0
    for number, query in enumerate(queries):
        found, count = _claims_of(query, plan, log, rng, claims_per_member)
        claims += found
        cell_count += count
        if progress:
            progress(number + 1, len(queries))
    value, low, high = _share(claims, rng)
    return Fidelity(tuple(claims), len(queries), cell_count, value, low, high)


def _claims_of(
    query: Query, plan: Plan, log: EventLog, rng: np.random.Generator, claim_count: int
) -> tuple[list[Claim], int]:
    """Return some tried claims of one page, and how many cells of it claim a cause."""
    try:
        page, candidates = homepage(query, plan, Trace(_no_time))
    except StageFailed:
        return [], 0
    cells = [
        (int(item), int(cause), row.kind)
        for row in page.rows
        if row.reason is not None and row.cause is not None
        for item, cause, reason in zip(row.position, row.cause, row.reason, strict=True)
        if reason == _BECAUSE and cause >= 0
    ]
    chosen = [cells[at] for at in sorted(rng.permutation(len(cells))[:claim_count].tolist())]
    if not chosen:
        return [], 0
    events = [e for e in whole_history(log, query.member_id) if e.occurred_ms <= query.at_ms]
    ids = query.catalog.item_ids
    after = {cause: _without(query, plan, events, ids[cause]) for _, cause, _ in chosen}
    scores = dict(zip(candidates.position.tolist(), candidates["score"].tolist(), strict=True))
    claims = [
        Claim(query.member_id, ids[item], ids[cause], kind, scores[item], after[cause].get(item))
        for item, cause, kind in chosen
    ]
    return claims, len(cells)


def _without(query: Query, plan: Plan, events: Sequence[Event], cause_id: str) -> dict[int, float]:
    """Return the scores of all candidates once a title is out of the history."""
    removal = Event(
        event_id="~",
        kind="history_removed",
        occurred_ms=query.at_ms,
        member_id=query.member_id,
        item_id=cause_id,
    )
    catalog: Catalog = query.catalog
    profile = fold(
        Profile(member_id=query.member_id), [*events, removal], catalog.facts, query.weights
    )
    asked = replace(query, profile=profile, encoded=None)
    trace = Trace(_no_time)
    candidates = retrieve(asked, plan.sources, trace)
    candidates = keep(asked, candidates, plan.filters, trace)
    candidates = hydrate(asked, candidates, plan.hydrators, trace)
    candidates = score(asked, candidates, plan.scorers, trace)
    return dict(zip(candidates.position.tolist(), candidates["score"].tolist(), strict=True))


def _share(claims: Sequence[Claim], rng: np.random.Generator) -> tuple[float, float, float]:
    """Return the share borne out, with what 95 % of draws of members lie between."""
    if not claims:
        return 0.0, 0.0, 0.0
    _, member = np.unique([claim.member_id for claim in claims], return_inverse=True)
    true = np.bincount(member, [claim.borne_out for claim in claims])
    count = np.bincount(member)
    drawn = rng.integers(0, len(count), (DRAW_COUNT, len(count)))
    shares = true[drawn].sum(axis=1) / count[drawn].sum(axis=1)
    low, high = np.quantile(shares, (0.025, 0.975))
    return float(true.sum() / count.sum()), float(low), float(high)


def _no_time() -> float:
    return 0.0
