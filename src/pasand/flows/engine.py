"""The engine of one installation: the ports, the caches between them, and what is live.

Everything that a front door (HTTP, command line, the world's simulation) may do goes through
here. It holds no thinking: pages are made in ``flows/homepage.py``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pasand.domain.catalog import Item
from pasand.domain.counters import Counters
from pasand.domain.events import Event
from pasand.domain.ids import stable_seed
from pasand.domain.member import Member
from pasand.domain.page import Degraded
from pasand.domain.query import DEVICE_SHAPES, Query
from pasand.domain.records import item_record, member_record
from pasand.errors import NotFound, StoreUnavailable
from pasand.flows.homepage import serve_page
from pasand.flows.joining import PageMemory
from pasand.flows.keepers import CatalogKeeper, CountersKeeper, MemberKeeper, ProfileKeeper
from pasand.flows.served import Served, page_event
from pasand.pipeline import Plan, Trace
from pasand.ports import (
    CatalogStore,
    Clock,
    EventLog,
    Ledger,
    ModelStore,
    ProfileStore,
    Rejected,
    Timer,
    Verdict,
)
from pasand.settings import Settings
from pasand.stages.models import Models

__all__ = ["Engine", "Live", "PageRequest", "Stores"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stores:
    """The ports an engine stands on."""

    log: EventLog
    catalog: CatalogStore
    profiles: ProfileStore
    ledger: Ledger
    models: ModelStore
    clock: Clock


@dataclass(frozen=True, slots=True)
class Live:
    """What serves now, replaced as one: a page never mixes two snapshots."""

    models: Models
    plans: tuple[Plan, ...]
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """What a caller says of the page they want; None and empty mean "as usual".

    ``plan`` "popular" asks for the page without a person.
    """

    member_id: str
    device: str = "desktop"
    surface: str = "home"
    country: str = ""
    locale: str = "en"
    row_count: int | None = None
    column_count: int | None = None
    at_ms: int | None = None
    cursor: str = ""
    plan: str = ""
    search: str = ""


class Engine:
    """One tenant's installation, open."""

    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        go_live: Callable[[Stores], Live],
        counters: Counters,
        timer: Timer,
        new_id: Callable[[], str],
    ) -> None:
        self.settings = settings
        self.stores = stores
        self.timer = timer
        self._new_id = new_id
        self._go_live = go_live
        self.catalog = CatalogKeeper(stores.catalog)
        self.members = MemberKeeper(stores.catalog)
        self.counters = CountersKeeper(counters)
        self.profiles = ProfileKeeper(stores.profiles, stores.log, self.catalog.facts)
        self.pages = PageMemory(stores.log)
        self.live = go_live(stores)
        self._promoted = stores.ledger.live_snapshot()
        self.lost_page_count = 0

    def now_ms(self) -> int:
        """Return the moment as this installation sees it."""
        return self.stores.clock.now_ms()

    # What happens

    def append(self, events: Sequence[Event]) -> list[Verdict]:
        """Write events durably, then let the caches follow; one verdict each.

        Record events (items, members) and what members did go the same way.
        """
        if any(event.kind in ("item_put", "item_deleted") for event in events):
            with self.profiles.changing_items():
                verdicts = self.stores.log.append(events)
        else:
            verdicts = self.stores.log.append(events)
        accepted = []
        for event, verdict in zip(events, verdicts, strict=True):
            if verdict.status == "accepted":
                accepted.append(event)
                if event.kind in ("item_put", "item_deleted"):
                    self.catalog.take(verdict.offset, event)
                elif event.kind in ("member_put", "member_deleted"):
                    self.members.drop(event.member_id)
        self.counters.add(accepted)
        return verdicts

    def set_aside(self, rejected: Sequence[Rejected]) -> None:
        """Keep what could not be used."""
        self.stores.log.set_aside(rejected)

    def put_item(self, item: Item) -> None:
        """Add or replace an item."""
        self.append([self._record("item_put", item_id=item.item_id, payload=item_record(item))])

    def delete_item(self, item_id: str) -> None:
        """Take an item out of the catalogue; its events stay."""
        if self.catalog.item(item_id) is None:
            raise NotFound(f"There is no item {item_id}.", field="item_id")
        self.append([self._record("item_deleted", item_id=item_id)])

    def put_member(self, member: Member) -> None:
        """Add or replace a member."""
        payload = member_record(member)
        self.append([self._record("member_put", member_id=member.member_id, payload=payload)])

    def delete_member(self, member_id: str) -> None:
        """Take a member out; pages for them become the unknown member's."""
        self.member(member_id)
        self.append([self._record("member_deleted", member_id=member_id)])

    def member(self, member_id: str) -> Member:
        """Return a member or raise NotFound."""
        member = self.members.get(member_id)
        if member is None:
            raise NotFound(
                f"There is no member {member_id}.",
                field="member_id",
                fix="PUT /v1/members/{id} first.",
            )
        return member

    def item(self, item_id: str) -> Item:
        """Return an item or raise NotFound."""
        item = self.catalog.item(item_id)
        if item is None:
            raise NotFound(f"There is no item {item_id}.", field="item_id")
        return item

    def forget_item(self, member_id: str, item_id: str) -> None:
        """Take an item out of a member's history: it no longer shapes what they are shown."""
        self.append([self._record("history_removed", member_id=member_id, item_id=item_id)])

    def set_taste(self, member_id: str, change: Mapping[str, Sequence[str]]) -> None:
        """Reset, mute or unmute tastes ("genre:Horror") as the member says."""
        payload = {name: list(words) for name, words in change.items() if words}
        self.append([self._record("taste_set", member_id=member_id, payload=payload)])

    # A page

    def query(self, request: PageRequest) -> tuple[Query, list[str]]:
        """Return the query behind a request, and what was degraded in loading it."""
        reasons = list(self.live.reasons)
        member = self.members.get(request.member_id)
        try:
            _, profile = self.profiles.get(request.member_id)
        except StoreUnavailable as error:
            reasons.append(f"the profile is stale: {error.message}")
            _, profile = self.profiles.cached(request.member_id)
        serve = self.settings.serve
        known = member or Member(
            member_id=request.member_id, maturity_ceiling=serve.default_ceiling
        )
        rows, columns = DEVICE_SHAPES.get(request.device, DEVICE_SHAPES["other"])
        query = Query(
            member_id=request.member_id,
            profile=profile,
            catalog=self.catalog.snapshot(),
            counters=self.counters.view(),
            at_ms=self.now_ms() if request.at_ms is None else request.at_ms,
            known=member is not None,
            time_zone=known.time_zone,
            device=request.device,
            surface=request.surface,
            country=request.country or known.country or serve.default_country,
            locale=request.locale or known.language or "en",
            maturity_ceiling=known.maturity_ceiling,
            search=request.search,
            row_count=request.row_count or rows,
            column_count=request.column_count or columns,
            seed=stable_seed(request.member_id, profile.page_count, request.surface),
            skip=self._shown(request.cursor),
        )
        return query, reasons

    def page(self, request: PageRequest) -> Served:
        """Return a page and log it; a request about another time is not logged."""
        live = self.live
        query, reasons = self.query(request)
        trace = Trace(self.timer)
        personal = request.plan != "popular" and self._personal(query)
        plans = live.plans if personal else live.plans[1:]
        page, candidates = serve_page(query, plans, trace, reasons)
        served = Served(query, page, candidates, trace, f"pg_{self._new_id()}")
        if request.at_ms is None:
            event = page_event(served, after=request.cursor)
            self.pages.keep(event)
            future = self.stores.log.submit([event])
            future.add_done_callback(self._note_lost)
        return served

    def _shown(self, page_id: str) -> frozenset[int]:
        """Return the positions of everything on a page and on those it continues."""
        if not page_id:
            return frozenset()
        find = self.catalog.snapshot().find
        return frozenset(map(find, self.pages.shown(page_id))) - {-1}

    def _personal(self, query: Query) -> bool:
        """Whether this member gets a personal page; who is unknown gets the popular one."""
        if not query.known:
            return False
        member = self.members.get(query.member_id)
        return member is None or member.personalised

    def _note_lost(self, future: object) -> None:
        error = future.exception()  # type: ignore[attr-defined]
        if error is not None:
            self.lost_page_count += 1
            _log.warning("a served page was not logged: %s", error)

    # Keeping up

    def tick(self) -> None:
        """Do what is due every second: write profiles behind, renew views, follow promotions."""
        self.counters.refresh()
        if self.catalog.stale:
            self.catalog.refresh()
        promoted = self.stores.ledger.live_snapshot()
        if promoted != self._promoted:
            self.live = self._go_live(self.stores)
            self._promoted = promoted
        self.profiles.flush()

    def settle(self) -> None:
        """Make every view current at once: after an import, before a measurement."""
        self.catalog.refresh()
        self.counters.refresh()

    def degraded(self) -> Degraded | None:
        """Return what is wrong with the live snapshot, None when nothing is."""
        return Degraded(1, self.live.reasons) if self.live.reasons else None

    def _record(self, kind: str, **fields: object) -> Event:
        return Event(
            event_id=self._new_id(),
            kind=kind,
            occurred_ms=self.now_ms(),
            **fields,  # type: ignore[arg-type]
        )
