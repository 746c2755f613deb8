"""Goal: an engine beside the owner's is as current, writes nothing, and loses nothing silently."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import count

import pytest

from pasand.adapters.clocks import HandClock
from pasand.adapters.memory import MemoryLedger, MemoryModelStore, MemoryStore
from pasand.bootstrap import go_live
from pasand.domain.catalog import Catalog, Item
from pasand.domain.counters import Counters
from pasand.domain.events import Event
from pasand.domain.member import Member
from pasand.domain.rules import Rule
from pasand.errors import StoreUnavailable
from pasand.flows import keepers
from pasand.flows.engine import Engine, PageRequest, Stores
from pasand.flows.following import Follower, ReadProfiles
from pasand.flows.served import Served
from pasand.ports import Sealed, Verdict
from pasand.settings import Settings
from pasand.testing import samples

ITEMS = samples.items(40)


class Full(MemoryStore):
    """A store that has no room for blocks of pages while ``full`` is set."""

    full = ""

    def submit_sealed(self, sealed: Sequence[Sealed]) -> Future[list[Verdict]]:
        if self.full == "at once":
            raise StoreUnavailable("The disk is full.")
        if self.full == "later":
            future: Future[list[Verdict]] = Future()
            future.set_exception(StoreUnavailable("The disk is full."))
            return future
        return super().submit_sealed(sealed)


class Pair:
    """The owner's engine, and one beside it over the same stores."""

    def __init__(self) -> None:
        self.store = Full()
        self.ledger, self.models = MemoryLedger(), MemoryModelStore()
        self.numbers = count()
        self.owner = self._open(self.store)
        self.owner.append([samples.put_event(one) for one in ITEMS])
        self.owner.put_member(Member(member_id="m1"))
        self.owner.put_member(Member(member_id="kid", maturity_ceiling=8))
        self.owner.settle()
        self.logged: list[Callable[[], Event]] = []
        offset = self.store.last_offset()
        self.beside = self._open(ReadProfiles(self.store), self.logged)
        self.follower = Follower(self.beside, offset)

    def _open(self, profiles: MemoryStore | ReadProfiles, logged: list[Event] | None = None):  # type: ignore[no-untyped-def]
        clock = HandClock(samples.NOW_MS)
        stores = Stores(self.store, self.store, profiles, self.ledger, self.models, clock)
        return Engine(
            Settings(),
            stores,
            lambda stores: go_live(stores, Settings()),
            Counters(),
            lambda: 0.0,
            lambda: f"new{next(self.numbers)}",
            None if logged is None else logged.append,
        )

    def ask(self, member_id: str = "m1") -> Served:
        """Return a page made beside, as a page process makes it."""
        self.follower.reach(self.owner.record_offset)
        served = self.beside.page(PageRequest(member_id=member_id))
        return served


@pytest.fixture
def pair() -> Pair:
    return Pair()


def shown(served: Served) -> set[str]:
    ids = served.query.catalog.item_ids
    return {ids[at] for row in served.page.rows for at in row.position.tolist()}


def test_nothing_is_written(pair: Pair) -> None:
    before = pair.store.last_offset()
    pair.owner.append([samples.event("p", item_id="i3")])
    served = pair.ask()
    pair.follower.tick()
    assert pair.store.last_offset() == before + 1 and pair.store.get("m1") is None
    assert [made().page_id for made in pair.logged] == [served.page_id]
    assert [entry.item_id for entry in served.query.profile.recent] == ["i3"]


@pytest.mark.parametrize("where", ("owner", "beside"))
@pytest.mark.parametrize("fields", ({"maturity": 18}, {"stock": 0}, {"regions": ("JP",)}, None))
def test_what_may_not_be_shown_any_more_is_gone_at_once(
    pair: Pair, where: str, fields: dict[str, object] | None
) -> None:
    engine: Engine = pair.owner if where == "owner" else pair.beside
    asked = PageRequest(member_id="kid", country="IN")
    before = shown(engine.page(asked))
    gone = min(before)
    if fields is None:
        pair.owner.delete_item(gone)
    else:
        pair.owner.put_item(samples.item(gone, **fields))
    pair.follower.reach(pair.owner.record_offset)
    assert gone not in shown(engine.page(asked))
    # The catalogue's snapshot follows; nothing else may have gone with it.
    engine.tick()
    assert shown(engine.page(asked)) >= before - {gone}


def test_a_change_that_guards_nothing_withholds_nothing(pair: Pair) -> None:
    title = min(shown(pair.ask()))
    item = pair.owner.item(title)
    pair.owner.put_item(samples.item(title, maturity=item.maturity, title="Another title"))
    assert title in shown(pair.ask())
    pair.follower.tick()
    assert "Another title" in {one.title for one in pair.beside.catalog.snapshot().items}


def test_a_change_while_the_snapshot_is_made_is_withheld_too(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = sorted(shown(pair.ask()))[:2]
    catalog = pair.owner.catalog
    pair.owner.delete_item(first)

    def making(items: list[Item], version: int) -> Catalog:
        if catalog.item(second) is not None:
            pair.owner.delete_item(second)
        return Catalog(items, version)

    monkeypatch.setattr(keepers, "Catalog", making)
    made = catalog.refresh()
    assert catalog.current() == (made, {made.find(second)}) and made.find(first) == -1
    assert catalog.refresh().find(second) == -1 and catalog.current()[1] == frozenset()


def test_a_ceiling_that_was_lowered_holds_on_the_next_page(pair: Pair) -> None:
    def oldest(served: Served) -> int:
        return max(int(served.query.catalog.maturity[r.position].max()) for r in served.page.rows)

    assert oldest(pair.ask()) > 8
    pair.owner.put_member(Member(member_id="m1", maturity_ceiling=8))
    assert oldest(pair.ask()) <= 8


def test_items_that_change_refold_the_profiles_that_hold_them(pair: Pair) -> None:
    pair.owner.append([samples.event("p", item_id="i3")])
    assert "Western" not in pair.ask().query.profile.genres
    pair.owner.put_item(samples.item("i3", genres=("Western",)))
    assert "Western" in pair.ask().query.profile.genres


def test_counts_follow_once_each(pair: Pair) -> None:
    pair.owner.append([samples.event(f"p{n}", item_id="i3") for n in range(5)])
    for _ in range(3):
        pair.follower.tick()
    view = pair.beside.counters.view()
    catalog = pair.beside.catalog.snapshot()
    assert view.popularity(catalog, "trending", samples.NOW_MS).sum() == pytest.approx(5.0)


def test_a_page_made_beside_joins_and_is_logged_whole(pair: Pair) -> None:
    served = pair.ask()
    pair.owner.take_page(pair.store.seal(pair.logged[0]()))
    told = samples.event("s", "impression", item_id="", page_id=served.page_id, row=1, column=0)
    joined = pair.owner.pages.join(told)
    assert joined.item_id == served.query.catalog.item_ids[served.page.rows[1].position[0]]
    stored = pair.store.find(served.page_id)
    assert stored is not None and stored.event == pair.logged[0]()


@pytest.mark.parametrize("when", ("at once", "later"))
def test_impressions_of_a_lost_block_are_kept_and_not_learned_from(pair: Pair, when: str) -> None:
    served = pair.ask()
    pair.store.full = when
    pair.owner.take_page(pair.store.seal(pair.logged[0]()))
    assert pair.owner.lost_page_count == 1
    # This client says which item it showed; nobody can check it.
    told = samples.event(
        "s", "impression", item_id="i3", artwork_id="i3.a0", page_id=served.page_id, row=1, column=0
    )
    joined = pair.owner.pages.join(told)
    assert joined.extra == {"unjoined": True}
    assert pair.owner.append([joined])[0].status == "accepted"
    pair.owner.settle()
    assert pair.owner.profiles.get("m1")[1].fatigue == {}
    assert not pair.owner.counters.view().artwork_seen.any()
    good = samples.event("g", "impression", item_id="i3", artwork_id="i3.a0")
    pair.owner.append([good])
    pair.owner.settle()
    assert pair.owner.profiles.get("m1")[1].fatigue == {"i3": 1}
    assert pair.owner.counters.view().artwork_seen.any()


def test_a_rule_is_obeyed_beside_within_a_second(pair: Pair) -> None:
    ledger = pair.owner.stores.ledger
    drama = {one.item_id for one in ITEMS if "Drama" in one.genres}
    assert drama & shown(pair.ask())
    ledger.put_rule(Rule(rule_id="r", text='filter when item.genre has "Drama"'))
    pair.follower.tick()
    served = pair.ask()
    assert shown(served) and not drama & shown(served)
    assert served.query.rules.version == ledger.rule_version()
    ledger.put_rule(Rule(rule_id="r", text="", removed=True))
    pair.follower.tick()
    assert drama & shown(pair.ask())
