"""Goal: what a member does shows on the next page, whatever came in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count

import pytest
from msgspec.structs import replace

from pasand.adapters.clocks import HandClock
from pasand.adapters.memory import MemoryLedger, MemoryModelStore, MemoryStore
from pasand.bootstrap import go_live
from pasand.domain.counters import Counters
from pasand.domain.events import Event, Stored
from pasand.domain.member import Member
from pasand.domain.page import REASONS
from pasand.errors import NotFound, StoreUnavailable
from pasand.flows.engine import Engine, PageRequest, Stores
from pasand.flows.joining import PageMemory
from pasand.flows.served import Served
from pasand.settings import Settings
from pasand.testing import samples

ITEMS = samples.items(60)
SEEN = samples.models([one.item_id for one in ITEMS]).arrays


class Moody(MemoryStore):
    """A store whose log of one member cannot be read while ``broken`` is set."""

    broken = False

    def of_member(self, member_id: str, after: int = 0) -> list[Stored]:
        if self.broken:
            raise StoreUnavailable("The disk did not answer.")
        return super().of_member(member_id, after)


@pytest.fixture
def store() -> Moody:
    return Moody()


@pytest.fixture
def engine(store: Moody) -> Iterator[Engine]:
    yield open_engine(store)


def open_engine(store: MemoryStore, arrays: Mapping[str, object] = SEEN) -> Engine:
    stores = Stores(
        store, store, store, MemoryLedger(), MemoryModelStore(), HandClock(samples.NOW_MS)
    )
    if arrays:
        stores.ledger.promote(stores.models.save(arrays, {"log_offset": 0}), 1)
    numbers = count()
    engine = Engine(
        Settings(),
        stores,
        lambda stores: go_live(stores, Settings()),
        Counters(),
        lambda: 0.0,
        lambda: f"new{next(numbers)}",
    )
    for one in ITEMS:
        engine.put_item(one)
    for member in (
        Member(member_id="m1", country="IN"),
        Member(member_id="kid", kids=True, maturity_ceiling=8),
        Member(member_id="shy", personalised=False),
    ):
        engine.put_member(member)
    engine.settle()
    return engine


def ask(engine: Engine, member_id: str = "m1", **fields: object) -> Served:
    return engine.page(PageRequest(member_id=member_id, **fields))  # type: ignore[arg-type]


def rows_of(served: Served) -> dict[str, list[str]]:
    ids = served.query.catalog.item_ids
    return {row.row_id: [ids[at] for at in row.position.tolist()] for row in served.page.rows}


def shown(served: Served) -> set[str]:
    return {item_id for row in rows_of(served).values() for item_id in row}


def test_one_dislike_and_the_title_is_gone(engine: Engine) -> None:
    before = ask(engine)
    hero = rows_of(before)["hero"][0]
    engine.append([samples.event("d", "thumb", item_id=hero, payload={"value": -1})])
    assert hero not in shown(ask(engine))
    taken_back = samples.event(
        "u", "thumb", item_id=hero, payload={"value": 0}, occurred_ms=samples.NOW_MS + 1
    )
    engine.append([taken_back])
    assert hero in shown(ask(engine))


def test_one_play_and_the_next_page_knows_it(engine: Engine) -> None:
    engine.append(
        [samples.event("p", item_id="i7", payload={"position_s": 900, "duration_s": 6000})]
    )
    served = ask(engine, column_count=4)
    rows = rows_of(served)
    assert rows["continue"] == ["i7"]
    catalog, because = served.query.catalog, set()
    for row in served.page.rows:
        assert row.reason is not None and row.cause is not None
        said = row.reason == REASONS.index("because")
        assert {catalog.item_ids[at] for at in row.cause[said].tolist()} <= {"i7"}
        because |= {catalog.item_ids[at] for at in row.position[said].tolist()}
    assert because and because <= {f"i{number}" for number in range(8, 32)}


def test_a_finished_title_leaves_continue_watching(engine: Engine) -> None:
    payload = {"position_s": 900, "duration_s": 6000}
    engine.append([samples.event("p", item_id="i7", payload=payload)])
    done = samples.event("c", "complete", item_id="i7", occurred_ms=samples.NOW_MS + 9)
    engine.append([done])
    rows = rows_of(ask(engine))
    assert "continue" not in rows and "i7" not in rows.get("top-picks", [])


def test_an_event_before_its_item_and_member_takes_effect_when_they_come(engine: Engine) -> None:
    listed = [
        samples.event("a", "list_add", member_id="late", item_id="new"),
        samples.event("b", "rating", member_id="late", item_id="new", payload={"value": 5}),
    ]
    assert {v.status for v in engine.append(listed)} == {"accepted"}
    assert ask(engine, "late").page.degraded is None
    engine.put_member(Member(member_id="late"))
    assert "my-list" not in rows_of(ask(engine, "late"))
    engine.put_item(samples.item("new", genres=("Crime",), tags=("heist",)))
    engine.settle()
    assert rows_of(ask(engine, "late"))["my-list"] == ["new"]
    assert engine.profiles.get("late")[1].genres["Crime"] > 0


def test_an_unknown_member_gets_the_popular_page_which_is_not_degraded(engine: Engine) -> None:
    served = ask(engine, "stranger")
    assert served.page.plan == engine.live.plans[1].version
    assert served.page.degraded is None and served.page.rows
    assert ask(engine, "shy").page.plan == engine.live.plans[1].version
    assert ask(engine, "m1").page.plan == engine.live.plans[0].version
    assert ask(engine, plan="popular").page.plan == engine.live.plans[1].version


def test_a_ceiling_holds_on_every_page(engine: Engine) -> None:
    engine.append(
        [samples.event(f"p{n}", member_id="kid", item_id=f"i{n}") for n in range(20)]
    )  # fmt: skip
    ages = {one.item_id: one.maturity for one in ITEMS}
    for fields in ({}, {"plan": "popular"}, {"surface": "browse"}, {"row_count": 60}):
        found = shown(ask(engine, "kid", **fields))
        assert found and max(ages[name] for name in found) <= 8


def test_a_cursor_goes_on_without_repeats_to_the_end(engine: Engine) -> None:
    seen: set[str] = set()
    cursor = ""
    for _ in range(20):
        served = ask(engine, cursor=cursor, row_count=3, column_count=5)
        part = shown(served)
        if not part:
            break
        assert not part & seen
        seen |= part
        cursor = served.page_id
    assert len(seen) >= 50
    # The memory of pages is a cache: a fresh one reads them from the log.
    engine.pages = PageMemory(engine.stores.log)
    assert not shown(ask(engine, cursor=cursor)) & seen


def test_rows_do_not_come_back_while_there_are_others(engine: Engine) -> None:
    first = ask(engine, row_count=4, column_count=5)
    second = ask(engine, cursor=first.page_id, row_count=4, column_count=5, surface="browse")
    rows = [[row.row_id for row in served.page.rows] for served in (first, second)]
    assert rows[1] and not set(rows[0]) & set(rows[1])
    query, _ = engine.query(PageRequest(member_id="m1", cursor=second.page_id))
    assert query.shown_rows == frozenset(rows[0] + rows[1])


def test_where_chance_entered_is_logged_by_the_names_of_items(engine: Engine, store: Moody) -> None:
    served = ask(engine, row_count=6, column_count=8)
    block = store.find(served.page_id)
    assert block is not None and served.page.chance
    swap = block.event.payload["chance"]["swap"]
    assert swap == served.page.chance["swap"] and swap["drawn"] in (True, False)
    for told, draw in zip(
        block.event.payload["chance"].get("explore", ()),
        served.page.chance.get("explore", ()),
        strict=True,
    ):
        names = [engine.catalog.current()[0].item_ids[at] for at in draw["items"].tolist()]
        assert told["items"] == names


def test_a_page_for_another_time_is_not_logged(engine: Engine, store: Moody) -> None:
    before = store.last_offset()
    later = ask(engine, at_ms=samples.NOW_MS + samples.DAY_MS)
    assert later.page.at_ms == samples.NOW_MS + samples.DAY_MS
    assert store.last_offset() == before
    ask(engine)
    assert store.count("page_served") == 1


def test_what_was_served_is_logged_as_it_was(engine: Engine, store: Moody) -> None:
    served = ask(engine)
    stored = store.find(served.page_id)
    assert stored is not None and stored.event.kind == "page_served"
    payload = stored.event.payload
    assert {row["row_id"]: row["items"] for row in payload["rows"]} == rows_of(served)
    assert payload["seed"] == served.query.seed and payload["plan"] == served.page.plan
    for block, row in zip(payload["rows"], served.page.rows, strict=True):
        assert len(block["artworks"]) == len(block["score"]) == len(row)
        for item_id, artwork_id in zip(block["items"], block["artworks"], strict=True):
            assert artwork_id.startswith(f"{item_id}.")


def test_an_impression_is_joined_to_what_stood_in_its_cell(engine: Engine) -> None:
    served = ask(engine)
    ids = rows_of(served)
    second = list(ids.values())[1]
    told = samples.event("s", "impression", item_id="", page_id=served.page_id, row=1, column=2)
    joined = engine.pages.join(told)
    assert joined.item_id == second[2] and joined.artwork_id.startswith(f"{second[2]}.")
    invented = replace(told, item_id="i1" if second[2] != "i1" else "i2")
    assert engine.pages.join(invented).item_id == second[2]


@pytest.mark.parametrize(
    "change",
    (
        lambda told: replace(told, page_id="pg_nowhere"),
        lambda told: replace(told, row=99),
        lambda told: replace(told, column=999),
        lambda told: replace(told, member_id="kid"),
    ),
)
def test_an_invented_cell_is_kept_but_not_joined(
    engine: Engine, change: Callable[[Event], Event]
) -> None:
    served = ask(engine)
    told = samples.event("s", "impression", item_id="", page_id=served.page_id, row=0, column=0)
    joined = engine.pages.join(change(told))
    assert joined.extra == {"unjoined": True} and joined.item_id == ""


def test_a_stale_profile_serves_while_the_log_cannot_be_read(engine: Engine, store: Moody) -> None:
    payload = {"position_s": 900, "duration_s": 6000}
    engine.append([samples.event("p", item_id="i7", payload=payload)])
    ask(engine)
    store.broken = True
    served = ask(engine)
    assert served.page.degraded is not None and served.page.degraded.level == 1
    assert "stale" in served.page.degraded.reasons[0]
    assert rows_of(served)["continue"] == ["i7"]
    store.broken = False
    assert ask(engine).page.degraded is None


def test_a_promoted_snapshot_goes_live_with_the_next_tick(store: Moody) -> None:
    engine = open_engine(store, {})
    assert engine.live.models.snapshot_id == ""
    assert ask(engine).page.degraded is None
    snapshot_id = engine.stores.models.save(SEEN, {"log_offset": 0})
    engine.stores.ledger.promote(snapshot_id, 2)
    engine.tick()
    assert ask(engine).page.snapshot == snapshot_id


def test_duplicates_count_once_everywhere(engine: Engine, store: Moody) -> None:
    events = [samples.event("same", item_id="i3") for _ in range(4)]
    verdicts = engine.append(events) + engine.append(events)
    assert [v.status for v in verdicts].count("accepted") == 1
    engine.settle()
    assert len(engine.profiles.get("m1")[1].recent) == 1
    view = engine.counters.view()
    popularity = view.popularity(engine.catalog.snapshot(), "trending", samples.NOW_MS)
    assert popularity.sum() == pytest.approx(1.0)


def test_what_is_not_there_is_named(engine: Engine) -> None:
    for act in (engine.delete_item, engine.item, engine.delete_member, engine.member):
        with pytest.raises(NotFound, match="nowhere"):
            act("nowhere")


def test_a_deleted_item_leaves_pages_and_a_deleted_member_is_a_stranger(engine: Engine) -> None:
    name = rows_of(ask(engine))["hero"][0]
    engine.delete_item(name)
    engine.settle()
    assert name not in shown(ask(engine))
    engine.delete_member("m1")
    assert ask(engine).page.plan == engine.live.plans[1].version
