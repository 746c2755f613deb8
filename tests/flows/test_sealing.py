"""Goal: sealed days hold exactly what the log holds and are never written over; what retention
lets go stays counted, and profiles follow from what is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pasand.adapters import segments as segment_files
from pasand.adapters.clocks import HandClock
from pasand.adapters.memory import MemoryStore
from pasand.bootstrap import Home, open_home
from pasand.domain.events import Event
from pasand.domain.member import Member
from pasand.errors import InvalidSettings
from pasand.flows import sealing
from pasand.flows.engine import PageRequest
from pasand.flows.rebuilding import Compared, compare_profiles
from pasand.flows.sealing import seal_days
from pasand.settings import RetentionSettings
from pasand.testing import samples

DAY = samples.DAY_MS
NOW = samples.NOW_MS // DAY * DAY + 5 * 3_600_000


@dataclass
class Opened:
    """A home by a hand-moved clock."""

    path: Path
    clock: HandClock
    home: Home

    def log(self, after: int = 0) -> list[Event]:
        return [stored.event for stored in self.home.engine.stores.log.read(after)]

    def sealed(self) -> list[list[Event]]:
        kept = self.home.keeping.segments
        return [[stored.event for stored in kept.read(one)] for one in kept.segments()]

    def files(self) -> set[str]:
        return {path.name for path in (self.path / "segments").iterdir()}


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    clock = HandClock(NOW)
    home = open_home(tmp_path / "home", create=True, clock=clock)
    yield Opened(tmp_path / "home", clock, home)
    home.close()


def came(name: str, days: int, kind: str = "play_start", **fields: Any) -> Event:
    """Return an event that happened and arrived so many days ago."""
    at_ms = NOW - days * DAY
    return samples.event(name, kind, occurred_ms=at_ms, received_ms=at_ms, **fields)


def test_days_that_are_over_are_sealed_as_they_are(opened: Opened) -> None:
    rich = {
        "row": 0, "consent": False, "variants": {"a": "b"}, "country": "IN", "extra": {"x": ""},
        "payload": {"visible": 0.5, "deep": [1, None, {"ü": "\x00"}]},
    }  # fmt: skip
    events = [
        samples.event("unknown", occurred_ms=5),
        *(came(f"two{n}", 2) for n in range(3)),
        came("back", 3, "impression", **rich),  # the clock was set back: no new day
        *(came(f"one{n}", 1) for n in range(2)),
        came("today", 0),
    ]
    opened.home.engine.append(events)
    assert opened.home.keeping.seal().written == 2
    assert opened.sealed() == [events[:5], events[5:7]]
    before = opened.files()
    assert len(before) == 4
    assert opened.home.keeping.seal().written == 0 and opened.files() == before
    opened.clock.at_ms += DAY
    assert opened.home.keeping.seal().written == 1 and opened.files() > before
    assert opened.sealed()[2] == events[7:]


def test_a_segment_ends_after_so_many_events(opened: Opened) -> None:
    opened.home.engine.append([came(f"e{n}", 3) for n in range(10)])
    kept = opened.home.keeping.segments
    assert seal_days(opened.home.engine.stores.log, kept, NOW, count_max=4) == 3
    assert [len(events) for events in opened.sealed()] == [4, 4, 2]
    assert [kept.manifest(one)["events"] for one in kept.segments()] == [4, 4, 2]


def test_a_segment_is_zstd_in_small_row_groups_and_named_by_its_hash(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment_files, "_GROUP_BYTES", 2_048 * 300)
    fat = {"text": "x" * 300}
    opened.home.engine.append([came(f"e{n}", 3, payload=fat) for n in range(5_000)])
    opened.home.keeping.seal()
    (path,) = (opened.path / "segments").glob("*.parquet")
    rows = duckdb.sql(
        "SELECT DISTINCT row_group_id, row_group_num_rows, compression FROM"
        f" parquet_metadata('{path}')"
    ).fetchall()
    assert {(count, how) for _, count, how in rows} == {(2_048, "ZSTD"), (904, "ZSTD")}
    (segment,) = opened.home.keeping.segments.segments()
    assert opened.home.keeping.segments.manifest(segment)["sha256"].startswith(path.stem)


@pytest.mark.parametrize("suffix", (".parquet", ".json"))
@pytest.mark.parametrize("gone", (True, False))
def test_a_damaged_segment_is_found_and_written_again(
    opened: Opened, suffix: str, gone: bool
) -> None:
    opened.home.engine.append([came("e1", 3)])
    opened.home.keeping.seal()
    (path,) = (opened.path / "segments").glob(f"*{suffix}")
    before = path.read_bytes()
    path.unlink()
    if not gone:
        path.write_bytes(before[:-1] + b"?")
    assert opened.home.keeping.segments.damaged()
    assert opened.home.keeping.seal(verify=True).renewed == 1
    assert not opened.home.keeping.segments.damaged() and opened.sealed() == [opened.log()]


def test_what_a_cut_off_sealing_left_is_swept_away(opened: Opened) -> None:
    opened.home.engine.append([came("e1", 3)])
    draft = opened.path / "segments" / ".draft-1"
    draft.mkdir(parents=True)
    (draft / "stage.db").write_bytes(b"half")
    (opened.path / "segments" / "orphan.parquet").write_bytes(b"never entered")
    opened.home.keeping.seal()
    assert len(opened.files()) == 2 and not draft.exists()


def lived(opened: Opened) -> list[Event]:
    """Let members do things for 200 days, pages and bulky events among them."""
    engine = opened.home.engine
    engine.append([samples.put_event(one) for one in samples.items(12)])
    engine.put_member(Member(member_id="m1"))
    engine.settle()
    bulky = []
    for days in range(200, 0, -10):
        opened.clock.at_ms = NOW - days * DAY
        engine.page(PageRequest(member_id="m1"))
        for kind in ("hover", "impression", "play_start"):
            bulky.append(came(f"{kind}{days}", days, kind, item_id=f"i{days % 12}"))
    engine.append(bulky)
    opened.clock.at_ms = NOW
    engine.profiles.get("m1")
    engine.tick()
    return bulky


def test_what_is_let_go_stays_counted_and_profiles_follow_from_the_rest(opened: Opened) -> None:
    bulky = lived(opened)
    engine, keeping = opened.home.engine, opened.home.keeping
    before = engine.profiles.get("m1")[1]
    seeds = {event.payload["seed"] for event in opened.log() if event.kind == "page_served"}
    keeping.seal()
    log = engine.stores.log
    assert (log.count("hover"), log.count("impression"), log.count("play_start")) == (3, 18, 20)
    assert log.count("page_served") == 20
    blocks = [bool(event.payload) for event in opened.log() if event.kind == "page_served"]
    assert blocks.count(True) == 9 and blocks[-9:] == [True] * 9
    assert {verdict.status for verdict in engine.append(bulky)} == {"duplicate"}
    after = engine.profiles.get("m1")[1]
    assert after.page_count == before.page_count == 20 and after.recent == before.recent
    assert after.event_count == before.event_count - 17 - 2
    engine.tick()
    found = compare_profiles(
        engine.stores.profiles, log, engine.catalog.facts, None, engine.weights
    )
    assert found == Compared(equal=1)
    served = engine.page(PageRequest(member_id="m1"))
    assert served.query.seed not in seeds
    assert keeping.seal().expired == 0


def test_segments_lose_what_the_log_let_go(opened: Opened) -> None:
    opened.home.engine.append([came("h1", 20, "hover"), came("p1", 20), came("h2", 19, "hover")])
    opened.home.keeping.seal()
    assert [len(events) for events in opened.sealed()] == [2, 1]
    opened.clock.at_ms += 15 * DAY
    done = opened.home.keeping.seal()
    assert (done.expired, done.renewed) == (2, 2)
    assert [[event.event_id for event in events] for events in opened.sealed()] == [["p1"]]
    assert len(opened.files()) == 2


@pytest.mark.parametrize(
    "values",
    ({"page_served": 29}, {"hover": -1}, {"kinds": {"item_put": 9}}, {"kinds": {"taste_set": 1}}),
)
def test_what_everything_is_made_from_cannot_be_let_go(values: dict[str, Any]) -> None:
    with pytest.raises(InvalidSettings):
        RetentionSettings(**values)
    assert RetentionSettings(page_served=0, kinds={"view": 700}).days["view"] == 700


def test_a_server_seals_once_a_day_and_not_on_its_first(opened: Opened) -> None:
    keeping = opened.home.keeping
    opened.home.engine.append([came("e1", 3)])
    keeping.start_if_due()
    keeping.start_if_due()
    keeping.wait()
    assert keeping.segments.segments() == []
    opened.clock.at_ms += DAY
    keeping.start_if_due()
    keeping.wait()
    assert len(keeping.segments.segments()) == 1


def test_sealing_rests_where_others_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "REST_COUNT", 10)
    store = MemoryStore()
    store.append([samples.event(f"e{n}", received_ms=1) for n in range(35)])
    rests: list[int] = []
    kept = list(sealing._rested(store.read(), lambda: rests.append(1)))
    assert len(kept) == 35 and len(rests) == 3
