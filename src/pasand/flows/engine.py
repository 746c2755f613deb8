"""The engine of one installation: the ports, the caches between them, and what is live.

Everything that a front door (HTTP, command line, the world's simulation) may do goes through
here. It holds no thinking: pages are made in ``flows/homepage.py``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace

from pasand.domain.catalog import Item
from pasand.domain.counters import Counters
from pasand.domain.events import Event
from pasand.domain.ids import stable_seed
from pasand.domain.member import Member
from pasand.domain.page import Degraded
from pasand.domain.profile import Profile
from pasand.domain.query import DEVICE_SHAPES, Query
from pasand.domain.records import item_record, member_record
from pasand.errors import (
    InvalidInput,
    MemberErased,
    NotAllowed,
    NotFound,
    OperatorError,
    StoreUnavailable,
)
from pasand.flows.choosing import foreign_kinds, weights_in
from pasand.flows.homepage import serve_page
from pasand.flows.housekeeping import Housekeeping
from pasand.flows.joining import PageMemory
from pasand.flows.keepers import CatalogKeeper, CountersKeeper, MemberKeeper, ProfileKeeper
from pasand.flows.live import Live, PageRequest, Stores
from pasand.flows.merging import merge_events
from pasand.flows.pins import PinKeeper
from pasand.flows.rule_keeper import RuleKeeper
from pasand.flows.served import Served, page_event, shortened
from pasand.pipeline import Trace
from pasand.ports import Rejected, Sealed, Timer, Verdict
from pasand.settings import Settings

__all__ = ["Engine", "Live", "PageRequest", "Stores"]

_log = logging.getLogger(__name__)

#: How long a tick writes profiles behind: a busy second changes thousands, most of which change
#: again.
FLUSH_S_MAX = 0.05


class Engine:
    """One tenant's installation, open.

    ``log_page`` is given what makes a served page's block; without it, the log takes the block.
    """

    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        go_live: Callable[[Stores], Live],
        counters: Counters,
        timer: Timer,
        new_id: Callable[[], str],
        log_page: Callable[[Callable[[], Event]], None] | None = None,
    ) -> None:
        self.settings = settings
        self.stores = stores
        self.timer = timer
        self._new_id = new_id
        self.go_live = go_live
        self.catalog = CatalogKeeper(stores.catalog)
        #: Erasing and sealing, in the process that owns the home.
        self.keeping: Housekeeping | None = None
        self._erased = stores.erasures.is_erased if stores.erasures else lambda _: False
        self.members = MemberKeeper(stores.catalog)
        self.counters = CountersKeeper(counters)
        self.weights = weights_in(settings)
        self.segment_kinds, self.ga4_kinds = foreign_kinds(settings)
        self.profiles = ProfileKeeper(
            stores.profiles,
            stores.log,
            self.catalog.facts,
            weights=self.weights,
            item_version=lambda: self.catalog.version,
            timer=timer,
        )
        self.pages = PageMemory(stores.log)
        self.pins = PinKeeper(stores.ledger)
        self.rules = RuleKeeper(stores.ledger)
        self.live = go_live(stores)
        self._promoted = stores.ledger.live_snapshot()
        self.lost_page_count = 0
        self._log_page = log_page or self._log_served
        # A process beside the owner folds what it is asked for, and nothing ahead of that.
        self._owns_log = log_page is None
        #: The newest write of an item or member; a page made beside must have read up to it.
        self.record_offset = 0

    def now_ms(self) -> int:
        """Return the moment as this installation sees it."""
        return self.stores.clock.now_ms()

    def append(self, events: Sequence[Event]) -> list[Verdict]:
        """Write events durably, then let the caches follow; one verdict each.

        Record events (items, members) and what members did go the same way.
        """
        if any(event.kind in ("item_put", "item_deleted") for event in events):
            with self.profiles.changing_items():
                verdicts = self.stores.log.append(events)
                self._follow(events, verdicts)
        else:
            verdicts = self.stores.log.append(events)
            self._follow(events, verdicts)
        return verdicts

    def submit(self, events: Sequence[Event]) -> Future[list[Verdict]]:
        """Queue what members did; the future is done when it is on disk and the caches follow."""
        future = self.stores.log.submit(events)
        future.add_done_callback(lambda done: self._follow_written(events, done))
        return future

    def _follow_written(self, events: Sequence[Event], done: Future[list[Verdict]]) -> None:
        if done.exception() is None:
            self._follow(events, done.result())

    def _follow(self, events: Sequence[Event], verdicts: Sequence[Verdict]) -> None:
        accepted = []
        for event, verdict in zip(events, verdicts, strict=True):
            if verdict.status == "accepted":
                accepted.append(event)
                self.profiles.note(verdict.offset, event)
                if event.kind in ("item_put", "item_deleted"):
                    self.catalog.take(verdict.offset, event)
                    self.record_offset = max(self.record_offset, verdict.offset)
                elif event.kind in ("member_put", "member_deleted"):
                    self.members.drop(event.member_id)
                    self.record_offset = max(self.record_offset, verdict.offset)
        self.counters.add(accepted, max((verdict.offset for verdict in verdicts), default=0))
        self.note_changed(event.member_id for event in accepted)

    def note_changed(self, member_ids: Iterable[str]) -> None:
        """Have what is kept of these members' histories made anew."""
        if states := self.live.states:
            states.note(member_ids)

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

    def set_personalised(self, member_id: str, personalised: bool) -> None:
        """Switch on or off that a member's pages follow from what they do."""
        self.put_member(replace(self.member(member_id), personalised=personalised))

    def set_pin(self, member_id: str, pin: str, current: str, own: bool) -> None:
        """Set the PIN of a member's household; ``own`` asks for the current one first.

        Raises:
            NotAllowed: a kids' profile asks, or the current PIN is wrong.
        """
        member = self.member(member_id)
        if own:
            if member.is_child:
                raise NotAllowed("A kids' profile cannot set the PIN.", field="member_id")
            self.pins.check(member.household, current, self.now_ms())
        self.pins.set(member.household, pin)

    def merge_visitor(self, member_id: str, visitor_id: str) -> bool:
        """Make an anonymous visitor's history the member's; False where it was already.

        Raises:
            InvalidInput: the visitor is a member, or somebody else's already.
        """
        self.member(member_id)
        if self.members.get(visitor_id) is not None:
            raise InvalidInput(
                f"{visitor_id} is a member, no anonymous visitor.",
                field="visitor_id",
                fix="Give the id that the visitor had before they logged in.",
            )
        if self._erased(member_id) or self._erased(visitor_id):
            raise MemberErased(field="visitor_id", fix="Use another id for another person.")
        events = merge_events(self.stores.log, member_id, visitor_id, self.now_ms())
        if events and self.append(events)[0].status != "accepted":
            # Somebody merged the visitor in the meantime: with whom, the log now tells.
            return bool(merge_events(self.stores.log, member_id, visitor_id, self.now_ms()))
        return bool(events)

    def query(self, request: PageRequest, live: Live | None = None) -> tuple[Query, list[str]]:
        """Return the query behind a request, and what was degraded in loading it."""
        live = live or self.live
        reasons = list(live.reasons)
        erased = self._erased(request.member_id)
        member = None if erased else self.members.get(request.member_id)
        profile = Profile(member_id=request.member_id)
        try:
            if not erased:
                _, profile = self.profiles.get(request.member_id)
        except StoreUnavailable as error:
            reasons.append(f"the profile is stale: {error.message}")
            _, profile = self.profiles.cached(request.member_id)
        serve = self.settings.serve
        known = member or Member(
            member_id=request.member_id, maturity_ceiling=serve.default_ceiling
        )
        rows, columns = DEVICE_SHAPES.get(request.device, DEVICE_SHAPES["other"])
        catalog, withheld = self.catalog.current()
        shown = request.shown or self.pages.shown(request.cursor)
        query = Query(
            member_id=request.member_id,
            profile=profile,
            catalog=catalog,
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
            skip=withheld | (frozenset(map(catalog.find, shown.items)) - {-1}),
            shown_rows=shown.rows,
            weights=self.weights,
            encoded=live.encoded(member, profile),
        )
        return self.rules.met(query, member), reasons

    def page(self, request: PageRequest) -> Served:
        """Return a page and log it; a request about another time is not logged."""
        live = self.live
        query, reasons = self.query(request, live)
        trace = Trace(self.timer)
        personal = request.plan != "popular" and self.is_personal(query)
        plans = live.ladder(personal=personal, child=self.is_child(request.member_id))
        page, candidates = serve_page(query, plans, trace, reasons)
        page_id, withheld = f"pg_{self._new_id()}", query.skip & self.catalog.current()[1]
        served = Served(query, page, candidates, trace, page_id, withheld)
        if request.at_ms is None:
            self._log_page(lambda: page_event(served, after=request.cursor))
        return served

    def take_page(self, sealed: Sealed) -> None:
        """Take the block of a page that was made beside this engine: it joins and is logged.

        Waits for nothing.
        """
        self.pages.keep(sealed.event, lambda: self.stores.log.opened(sealed).payload)
        page_id = sealed.event.page_id
        self._queue_page(page_id, lambda: self.stores.log.submit_sealed([sealed]))

    def _log_served(self, block: Callable[[], Event]) -> None:
        event = block()
        self.pages.keep(event)
        self._queue_page(event.page_id, lambda: self.stores.log.submit([event]), event)

    def _queue_page(
        self,
        page_id: str,
        submit: Callable[[], Future[list[Verdict]]],
        event: Event | None = None,
    ) -> None:
        """Queue a page's block; a page is shown whether its block can be kept or not."""

        def note(future: Future[list[Verdict]]) -> None:
            if (error := future.exception()) is not None:
                self._lose_page(page_id, error)
            elif event is not None:
                self.profiles.note(future.result()[0].offset, shortened(event))

        try:
            submit().add_done_callback(note)
        except OperatorError as error:
            self._lose_page(page_id, error)

    def _lose_page(self, page_id: str, error: BaseException) -> None:
        self.pages.lose(page_id)
        self.lost_page_count += 1
        _log.warning("a served page was not logged: %s", error)

    def is_personal(self, query: Query) -> bool:
        """Whether this member gets a personal page; who is unknown gets the popular one."""
        if not query.known:
            return False
        member = self.members.get(query.member_id)
        return member is None or member.learned_from

    def is_child(self, member_id: str) -> bool:
        """Return whether a member's profile is a kids' one."""
        member = self.members.get(member_id)
        return member is not None and member.is_child

    # Keeping up

    def tick(self) -> None:
        """Do what is due every second: write profiles behind, renew views, follow what is set."""
        self.counters.refresh()
        if self.catalog.stale:
            self.catalog.refresh()
        self.rules.refresh()
        promoted = self.stores.ledger.live_snapshot()
        if promoted != self._promoted:
            self.live = self.go_live(self.stores)
            self._promoted = promoted
        if self._owns_log:
            self.profiles.follow()
        self.profiles.flush(FLUSH_S_MAX if self._owns_log else None)
        if states := self.live.states:
            states.refresh(lambda name: self.profiles.get(name)[1], self.timer)

    def settle(self) -> None:
        """Make every view current at once: after an import, before a measurement."""
        self.catalog.refresh()
        self.counters.refresh()

    def degraded(self) -> Degraded | None:
        """Return what is wrong with the live snapshot, None when nothing is."""
        return Degraded(1, self.live.reasons) if self.live.reasons else None

    def forget(self, member_ids: Sequence[str]) -> None:
        """Let every cache go of members who are being erased, and of what may name them."""
        for member_id in member_ids:
            self.members.drop(member_id)
        self.pages.forget(member_ids)
        if self.live.states:
            self.live.states.forget(member_ids)
        with self.profiles.changing_items():
            self.stores.profiles.forget(member_ids)

    def _record(self, kind: str, **fields: object) -> Event:
        if self._erased(str(fields.get("member_id", ""))):
            raise MemberErased(field="member_id", fix="Use another id for another person.")
        return Event(
            event_id=self._new_id(),
            kind=kind,
            occurred_ms=self.now_ms(),
            **fields,  # type: ignore[arg-type]
        )
