"""Making a page again as it was served: the same query, so the same page.

What the query was made of is logged with the page or follows from the log: the profile is folded
up to the page's moment, counts are counted up to the offset that the page read, items and rules
are those of its versions, models those of its snapshot. Whether it is the same page is not
assumed but compared, cell by cell and probability by probability.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pasand.domain.catalog import Catalog, Item
from pasand.domain.counters import CountersView
from pasand.domain.events import Event, Stored
from pasand.domain.fold import fold
from pasand.domain.profile import Profile
from pasand.domain.query import Query
from pasand.domain.records import item_from_record
from pasand.domain.rules import NO_RULES, rule_book
from pasand.flows.engine import Engine
from pasand.flows.homepage import serve_page
from pasand.flows.learning import counted
from pasand.flows.live import Live
from pasand.flows.merging import whole_history
from pasand.flows.served import QUERY_FIELDS, Served, row_blocks
from pasand.pipeline import Plan, Trace
from pasand.ports import Ledger, Promotion
from pasand.settings import REPLAY_DAYS

__all__ = ["Past", "Replay", "replayed"]

DAY_MS = 86_400_000
#: Events that came between a page and its block in the log; more do not.
BETWEEN_COUNT_MAX = 50


@dataclass(frozen=True, slots=True)
class Past:
    """A page that can no longer be made again, why, and the event that tells what it showed."""

    event: Event
    reason: str


@dataclass(frozen=True, slots=True)
class Replay:
    """A page made again. ``differs`` says in what it is not the one that was served."""

    event: Event
    served: Served
    differs: tuple[str, ...]

    @property
    def exact(self) -> bool:
        """Whether it is the page that was served."""
        return not self.differs


def replayed(engine: Engine, stored: Stored) -> Replay | Past:
    """Return the page behind a page_served event, made again."""
    event, payload = stored.event, stored.event.payload
    if not payload.get("rows") or "query" not in payload:
        return Past(event, "Its block is gone, or says too little to make it again.")
    if engine.now_ms() - event.occurred_ms > REPLAY_DAYS * DAY_MS:
        return Past(event, f"Pages are made again for {REPLAY_DAYS} days.")
    live = _live_of(engine, str(payload["snapshot"]))
    if live is None:
        return Past(event, f"Its models, snapshot {payload['snapshot']}, are gone.")
    query, notes = _query(engine, stored)
    plan = _plan(live, str(payload["plan"]))
    trace = Trace(engine.timer, detail={})
    if plan is None and payload["plan"] != "static":
        notes.append("the settings of its stages have changed since")
        plan = live.plans[0]
    page, candidates = serve_page(query, [plan] if plan else [_failing(live.plans[0])], trace)
    served = Served(query, page, candidates, trace, event.page_id)
    if payload["degraded"]:
        notes.append(f"it was degraded then (level {payload['degraded']})")
    told = _differences(payload, served)
    return Replay(event, served, tuple((*notes, *told) if told else ()))


def _failing(plan: Plan) -> Plan:
    """Return a plan that leads to the page baked with the snapshot."""
    filters: Any = {"static": _fail}
    return replace(plan, filters=filters)


def _fail(*_: Any) -> Any:
    raise LookupError("the page served was the baked one")


class _OneSnapshot:
    """A ledger by which one snapshot alone was ever promoted."""

    def __init__(self, ledger: Ledger, snapshot_id: str) -> None:
        self._ledger = ledger
        self._snapshot_id = snapshot_id

    def promotions(self) -> list[Promotion]:
        return [Promotion(self._snapshot_id, 0)] if self._snapshot_id else []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)


def _live_of(engine: Engine, snapshot_id: str) -> Live | None:
    """Return what served with a snapshot, None where it is gone."""
    if engine.live.models.snapshot_id == snapshot_id:
        return engine.live
    if snapshot_id and snapshot_id not in engine.stores.models.list():
        return None
    ledger: Any = _OneSnapshot(engine.stores.ledger, snapshot_id)
    live = engine.go_live(replace(engine.stores, ledger=ledger))
    return live if live.models.snapshot_id == snapshot_id else None


def _plan(live: Live, version: str) -> Plan | None:
    plans = (*live.plans, *live.kids_plans)
    return next((plan for plan in plans if plan.version == version), None)


def _query(engine: Engine, stored: Stored) -> tuple[Query, list[str]]:
    """Return the query behind a logged page, and what of it is not as it was."""
    event, payload = stored.event, stored.event.payload
    notes: list[str] = []
    catalog = _catalog(engine, int(payload["catalog_version"]))
    profile = _profile(engine, stored, catalog)
    if profile.event_count != payload["profile_version"]:
        notes.append("what the member did is not known as it was then")
    shown = engine.pages.shown(str(payload.get("after", "")))
    skipped = {*payload.get("withheld", ()), *shown.items}
    fields: dict[str, Any] = {name: payload["query"][name] for name in QUERY_FIELDS}
    query = Query(
        member_id=event.member_id,
        profile=profile,
        catalog=catalog,
        counters=_counters(engine, int(payload.get("counted", 0))),
        at_ms=event.occurred_ms,
        seed=int(payload["seed"]),
        skip=frozenset(map(catalog.find, skipped)) - {-1},
        shown_rows=shown.rows,
        weights=engine.weights,
        **{**fields, "variants": tuple(fields["variants"])},
    )
    version = int(payload.get("rules", 0))
    rules = NO_RULES
    if version:
        book = rule_book(engine.stores.ledger.rules(version), version)
        rules = book.met(payload.get("facts", {}), query.at_ms)
    return replace(query, rules=rules), notes


def _catalog(engine: Engine, version: int) -> Catalog:
    """Return the items as they stood at a version, in the order they first came."""
    snapshot = engine.catalog.snapshot()
    if snapshot.version == version:
        return snapshot
    kept = engine.pages.made_again.get("catalog")
    if isinstance(kept, Catalog) and kept.version == version:
        return kept
    items: dict[str, Item | None] = {}
    for offset, event in engine.stores.log.read(0, ("item_put", "item_deleted")):
        if offset > version:
            break
        gone = event.kind == "item_deleted"
        items[event.item_id] = None if gone else item_from_record(event.payload)
    catalog = Catalog((item for item in items.values() if item is not None), version)
    engine.pages.made_again["catalog"] = catalog
    return catalog


def _profile(engine: Engine, stored: Stored, catalog: Catalog) -> Profile:
    """Return the profile as the page read it: what the log had taken by then, folded.

    A page's block is written a moment after the page, so events may stand between them.
    """
    member_id, wanted = stored.event.member_id, stored.event.payload["profile_version"]
    empty = Profile(member_id=member_id)
    if not wanted:
        return empty
    log = engine.stores.log
    before = [one.offset for one in log.of_member(member_id) if one.offset < stored.offset]
    first = None
    for upto in [stored.offset - 1, *(at - 1 for at in before[::-1][:BETWEEN_COUNT_MAX])]:
        events = whole_history(log, member_id, upto)
        profile = fold(empty, events, catalog.facts, engine.weights)
        if profile.event_count == wanted:
            return profile
        first = first or profile
    return first or empty


def _counters(engine: Engine, offset: int) -> CountersView:
    """Return the counts that the page read."""
    view = engine.counters.view()
    if view.offset == offset:
        return view
    kept = engine.pages.made_again.get("counters")
    if isinstance(kept, CountersView) and kept.offset == offset:
        return kept
    stores = engine.stores
    view = counted(stores.log, stores.models, engine.weights, until=offset).view()
    engine.pages.made_again["counters"] = view
    return view


def _differences(payload: Mapping[str, Any], served: Served) -> list[str]:
    """Return in what a page made again is not the one that was served."""
    before, after = payload["rows"], row_blocks(served)
    if [row["row_id"] for row in before] != [row["row_id"] for row in after]:
        return ["its rows are others, or in another order"]
    told = []
    for place, (old, new) in enumerate(zip(before, after, strict=True)):
        for name in ("items", "artworks", "propensity", "artwork_propensity", "reason", "cause"):
            if old.get(name) != new.get(name):
                told.append(f"row {place} ({old['row_id']}) has other {name}")
    return told
