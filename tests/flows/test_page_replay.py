"""Goal: a page made again is the page that was served, whatever has happened since, or says in
what it is not; and it tells why each title is there, or is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from pasand.adapters.clocks import ShiftedClock
from pasand.bootstrap import Home, open_home
from pasand.domain.events import Stored
from pasand.domain.member import Member
from pasand.domain.query import Query
from pasand.domain.rules import Rule
from pasand.flows.engine import Engine, PageRequest
from pasand.flows.explaining import explained, known_still, why_not
from pasand.flows.page_replay import Past, Replay, replayed
from pasand.flows.served import QUERY_FIELDS, Served
from pasand.settings import REPLAY_DAYS
from pasand.testing import samples

#: What of a query is not logged, and where it comes from when a page is made again.
REBUILT = {
    "member_id": "the event", "at_ms": "the event", "seed": "the block", "skip": "the block",
    "shown_rows": "the block",
    "profile": "the log", "counters": "the log", "catalog": "the log", "rules": "the ledger",
    "weights": "the settings", "encoded": "made anew",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    path = tmp_path_factory.mktemp("home")
    opened = open_home(path, create=True)
    engine = opened.engine
    engine.append([samples.put_event(item) for item in samples.items(60)])
    members = [
        Member(member_id="m1", country="IN", time_zone="Asia/Kolkata"),
        Member(member_id="m2"),
        Member(member_id="kid", kids=True, maturity_ceiling=8),
    ]
    engine.append([samples.member_event(member) for member in members])
    promote(engine, [f"i{n}" for n in range(60)])
    engine.settle()
    yield opened
    opened.close()


def promote(engine: Engine, item_ids: list[str]) -> None:
    arrays = samples.models(item_ids).arrays
    kept = {name: value for name, value in arrays.items() if not name.startswith("sequence")}
    about = {"log_offset": 0, "weights": engine.weights.version}
    engine.stores.ledger.promote(engine.stores.models.save(kept, about), engine.now_ms())
    engine.tick()


@pytest.fixture
def engine(home: Home) -> Engine:
    return home.engine


COUNT = iter(range(10_000))


def act(engine: Engine, item_id: str, kind: str = "play_start", **fields: Any) -> None:
    known = {"occurred_ms": engine.now_ms(), "item_id": item_id, "device": "tv", **fields}
    engine.append([samples.event(f"e{next(COUNT)}", kind, **known)])


def page(engine: Engine, member_id: str = "m1", **fields: Any) -> Served:
    engine.tick()
    return engine.page(PageRequest(member_id=member_id, **fields))


def logged(engine: Engine, served: Served) -> Stored:
    engine.stores.log.submit([]).result()
    stored = engine.stores.log.find(served.page_id)
    assert stored is not None
    return stored


def again(engine: Engine, served: Served) -> Replay:
    replay = replayed(engine, logged(engine, served))
    assert isinstance(replay, Replay)
    return replay


def test_every_part_of_a_query_is_logged_or_made_again() -> None:
    assert {spec.name for spec in fields(Query)} == {*QUERY_FIELDS, *REBUILT}


def test_pages_are_made_again_after_everything_has_changed(engine: Engine) -> None:
    for number in (3, 7, 12, 40):
        act(engine, f"i{number}")
    engine.stores.ledger.put_rule(Rule(rule_id="r", text='bury 0.2 when item.genre has "Crime"'))
    pages = [
        page(engine, device=device, member_id=member_id, row_count=4, column_count=6)
        for device in ("tv", "phone", "desktop")
        for member_id in ("m1", "m2", "kid", "nobody")
    ]
    pages.append(page(engine, cursor=pages[0].page_id))
    wanted = [[row.position.tolist() for row in one.page.rows] for one in pages]
    assert all(again(engine, one).exact for one in pages)
    for number in range(20, 30):
        act(engine, f"i{number}", member_id=f"m{1 + number % 2}")
    act(engine, "i40", "thumb", payload={"value": -1})
    engine.forget_item("m1", "i3")
    engine.delete_item("i44")
    engine.put_item(samples.item("late"))
    engine.put_member(Member(member_id="m1", maturity_ceiling=8))
    engine.stores.ledger.put_rule(Rule(rule_id="r", text="cap 1 per page when item.year > 1990"))
    promote(engine, [f"i{59 - n}" for n in range(60)])
    engine.settle()
    for one, rows in zip(pages, wanted, strict=True):
        replay = again(engine, one)
        assert replay.exact, replay.differs
        assert [row.position.tolist() for row in replay.served.page.rows] == rows
    engine.stores.ledger.put_rule(Rule(rule_id="r", text="cap 1 per page when item.year > 1990",
                                       removed=True))  # fmt: skip


def test_what_differs_is_said(engine: Engine) -> None:
    stored = logged(engine, page(engine, member_id="m2"))
    rows = [dict(row) for row in stored.event.payload["rows"]]
    rows[1]["items"] = rows[1]["items"][::-1]
    event = structs.replace(stored.event, payload={**stored.event.payload, "rows": rows})
    replay = replayed(engine, Stored(stored.offset, event))
    assert isinstance(replay, Replay) and not replay.exact
    assert replay.differs == (f"row 1 ({rows[1]['row_id']}) has other items",)


@pytest.mark.parametrize("what", ("old", "block", "snapshot"))
def test_past_the_window_the_block_still_tells(engine: Engine, what: str) -> None:
    stored = logged(engine, page(engine, member_id="m2"))
    event = stored.event
    payload = dict(event.payload)
    if what == "old":
        aged = event.occurred_ms - (REPLAY_DAYS * samples.DAY_MS + 60_000)
        event = structs.replace(event, occurred_ms=aged)
    elif what == "snapshot":
        event = structs.replace(event, payload={**payload, "snapshot": "0123456789abcdef"})
    else:
        event = structs.replace(event, payload={"rows": []})
    past = replayed(engine, Stored(stored.offset, event))
    assert isinstance(past, Past) and past.reason
    known = known_still(past)
    assert known["page_id"] == event.page_id and known["member_id"] == "m2"
    if what != "block":
        assert known["rows"][1]["items"] == payload["rows"][1]["items"]
        assert known_still(past, numbers=False)["rows"] == []


def test_everything_is_told_of_a_page(engine: Engine) -> None:
    engine.stores.ledger.put_rule(Rule(rule_id="b", text='boost 3 when item.genre has "Space"'))
    served = page(engine, member_id="m2", row_count=6)
    told = explained(again(engine, served))
    assert told["exact"] and told["differs"] == []
    assert [row["row_id"] for row in told["rows"]] == [row.row_id for row in served.page.rows]
    assert all(row["why"] for row in told["rows"]) and told["rows_not_shown"]
    assert {rule["rule_id"] for rule in told["rules"]} == {"b"}
    scores = [entry["score"] for entry in told["candidates"]]
    assert scores == sorted(scores, reverse=True)
    assert [entry["rank"] for entry in told["candidates"]] == list(range(1, len(scores) + 1))
    assert any(entry["parts"]["rules"] > 0 for entry in told["candidates"])
    plain = explained(again(engine, served), numbers=False)
    assert "candidates" not in plain and "score" not in plain["rows"][0]["cells"][0]
    engine.stores.ledger.put_rule(Rule(rule_id="b", text="", removed=True))


def test_why_a_title_is_not_there(engine: Engine) -> None:
    text = 'filter when item.id == "i17"'
    engine.stores.ledger.put_rule(Rule(rule_id="gone", text=text))
    act(engine, "i21", "hide", member_id="m2")
    served = page(engine, member_id="m2", row_count=2, column_count=5)
    replay = again(engine, served)

    def why(item_id: str) -> dict[str, Any]:
        return why_not(replay, item_id)

    assert why("i17")["stage"] == "filter:rules" and why("i17")["rules"] == ["gone"]
    assert why("i21")["stage"] == "filter:hidden" and "turned it down" in why("i21")["why"]
    assert "not in the catalogue" in why("nothing")["why"]
    assert why("i17")["title"] == "Title i17" and "rules" not in why_not(replay, "i17", False)
    first = int(served.page.rows[0].position[0])
    there = why(served.query.catalog.item_ids[first])
    assert there["shown"] and (there["row"], there["column"]) == (0, 0) and there["rank"] >= 1
    shown = {int(at) for row in served.page.rows for at in row.position}
    rest = [at for at in range(60) if at not in shown and at not in (17, 21)]
    reasons = {why(served.query.catalog.item_ids[at]).get("stage") for at in rest}
    assert reasons <= {"arranger", "skip", "shown_rows", "sources"} and "arranger" in reasons
    assert all(why(served.query.catalog.item_ids[at])["why"] for at in rest)
    above = why_not(replay, "i4", ceiling=8)
    assert not above["shown"] and "title" not in above
    engine.stores.ledger.put_rule(Rule(rule_id="gone", text=text, removed=True))


def test_the_baked_page_is_made_again_too(engine: Engine, monkeypatch: Any) -> None:
    def fail(*_: Any) -> Any:
        raise ValueError("no score")

    broken = [replace(plan, scorers={"blend": fail}) for plan in engine.live.plans]
    monkeypatch.setattr(engine, "live", replace(engine.live, plans=tuple(broken)))
    served = page(engine, member_id="m2")
    assert served.page.degraded is not None and served.page.degraded.level == 4
    monkeypatch.undo()
    replay = again(engine, served)
    assert replay.exact and replay.served.page.rows[0].row_id == "all"


def test_what_a_cell_shows_is_logged(engine: Engine) -> None:
    act(engine, "i3", member_id="m2")
    served = page(engine, member_id="m2")
    blocks = logged(engine, served).event.payload["rows"]
    assert any("match" in block for block in blocks)
    for block, row in zip(blocks, served.page.rows, strict=True):
        assert block.get("rank") == (None if row.rank is None else row.rank.tolist())
        for value in filter(None, block.get("match", ())):
            assert 50 <= value <= 100


def test_a_clock_that_is_shifted_has_its_own_days(tmp_path: Path) -> None:
    opened = open_home(tmp_path, create=True, clock=ShiftedClock(-400 * samples.DAY_MS))
    try:
        opened.engine.append([samples.put_event(item) for item in samples.items(20)])
        opened.engine.settle()
        assert again(opened.engine, page(opened.engine, member_id="nobody")).exact
    finally:
        opened.close()
