"""What is promised of pages beside their worth, tried on a home that has learned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pasand.domain.query import Query
    from pasand.flows.engine import Engine

__all__ = ["tried"]

#: Of so many members, drawn.
MEMBER_COUNT = 100


def tried(home: Path, data: str, seed: int) -> list[dict[str, Any]]:
    """Return how many of the titles that members may see they can find, and how many of the
    reasons on their pages are borne out.
    """
    import numpy as np

    from pasand.bootstrap import open_home
    from pasand.evaluation.bootstrap import Draws, interval
    from pasand.evaluation.page_comparing import figure
    from pasand.flows.fidelity import evidence_fidelity
    from pasand.flows.findable import findable
    from pasand.flows.searching import search

    opened = open_home(home)
    try:
        engine = opened.engine
        index = engine.stores.search
        assert index is not None, "a home has a search index"
        queries = _queries(engine, seed)
        anyhow, on_page = findable(
            queries,
            engine.live.plans[0],
            lambda asked: search(asked, index).position.tolist(),
            seed,
        )
        at = {"data": data, "members": len(queries), "seed": seed, "device": "tv"}
        draws = Draws.of(len(queries), seed)
        found = []
        for name, value in (("findable", anyhow), ("findable_on_page", on_page)):
            known = np.isfinite(value)
            drawn = draws.micro_means(value[known, None], np.flatnonzero(known))
            found.append(figure(name, float(value[known].mean()), at, interval(drawn[:, 0])))
        borne = evidence_fidelity(queries, engine.live.plans[0], engine.stores.log, seed=seed)
        at = {**at, "claims": len(borne.claims)}
        between = (borne.low, borne.high)
        found.append(figure("evidence_fidelity", borne.value, at, between))
    finally:
        opened.close()
    return found


def _queries(engine: Engine, seed: int) -> list[Query]:
    """Return queries of grown-up members who have done something, drawn with a seed."""
    import numpy as np

    from pasand.flows.live import PageRequest

    engine.settle()
    members = [one for one in engine.stores.catalog.members(1_000_000) if not one.is_child]
    order = np.random.default_rng(seed).permutation(len(members))
    queries = []
    for at in order.tolist():
        query, _ = engine.query(PageRequest(member_id=members[at].member_id, device="tv"))
        if query.profile.event_count:
            queries.append(query)
        if len(queries) == MEMBER_COUNT:
            break
    return queries
