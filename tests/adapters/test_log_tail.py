"""The log's index is merged in later: at any moment the log tells what it would with it at once."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pasand.adapters.sqlite_database import SCHEMA_VERSION, Database
from pasand.adapters.sqlite_log import SqliteEventLog
from pasand.domain.events import Event
from pasand.ports import Verdict
from pasand.testing import samples

NAMES = st.integers(0, 7).map(lambda number: f"e{number}")
BATCHES = st.lists(st.tuples(NAMES, st.sampled_from(("view", "hover"))), max_size=6)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(("append", "append_by_another", "fail", "fail_by_two")), BATCHES),
        st.tuples(st.sampled_from(("index", "reopen", "read_beside")), st.none()),
    ),
    max_size=14,
)


class Poison(Exception):
    """What a job raises that spoils its whole group."""


class Model:
    """What the log should tell: the first event of every id, in order."""

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}

    def append(self, events: list[Event]) -> list[str]:
        """Return the verdicts' statuses."""
        said = []
        for event in events:
            first = self.events.setdefault(event.event_id, event)
            same = "duplicate" if first == event else "conflict"
            said.append("accepted" if first is event else same)
        return said


def event(name: str, kind: str) -> Event:
    """Return an event whose member follows from its name."""
    return samples.event(name, kind, member_id=f"m{int(name[1:]) % 3}")


def agree(log: SqliteEventLog, model: Model) -> None:
    """Check every way of reading."""
    assert [stored.event for stored in log.read()] == list(model.events.values())
    for name in (f"e{number}" for number in range(8)):
        found = log.find(name)
        assert (found and found.event) == model.events.get(name)
    for member_id in ("m0", "m1", "m2", ""):
        whole = log.of_member(member_id)
        wanted = [e for e in model.events.values() if e.member_id == member_id and member_id]
        assert [stored.event for stored in whole] == wanted
        for after in (stored.offset for stored in whole):
            assert log.of_member(member_id, after) == [s for s in whole if s.offset > after]


@settings(deadline=None, max_examples=150)
@given(STEPS)
def test_any_order_of_writes_failures_merges_and_restarts(steps: list[tuple[str, Any]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        model = Model()
        database = Database(path)
        log, another = SqliteEventLog(database), SqliteEventLog(database)
        beside = SqliteEventLog(reader := Database(path, read_only=True))
        for step, batch in steps:
            if step == "index":
                log.index()
            elif step == "reopen":
                database.close()
                database = Database(path)
                log, another = SqliteEventLog(database), SqliteEventLog(database)
            elif step == "read_beside":
                agree(beside, model)
            else:
                events = [event(*pair) for pair in batch]
                if step.startswith("fail"):
                    fail(database, [log, another] if step == "fail_by_two" else [log], events)
                else:
                    writer = another if step == "append_by_another" else log
                    verdicts = writer.append(events)
                    assert [verdict.status for verdict in verdicts] == model.append(events)
            log.append([])  # in case another one wrote
            agree(log, model)
        agree(beside, model)
        reader.close()
        database.close()


def fail(database: Database, logs: list[SqliteEventLog], events: list[Event]) -> None:
    """Write events in a transaction that is rolled back after each log has seen them in it."""

    def write(connection: apsw.Connection) -> list[Verdict]:
        for log in logs:
            log.appender(connection, log.entries(events), database.rollback_count)
        raise Poison

    with pytest.raises(Poison):
        database.write(write)


def test_an_old_home_is_brought_forward_with_its_index(tmp_path: Path) -> None:
    from importlib.resources import files

    old = apsw.Connection(str(tmp_path / "store.db"))
    old.execute(files("pasand.adapters").joinpath("schema.sql").read_text("utf-8"))
    for number in range(5):
        values = (f"e{number}", "view", number, f"m{number % 2}", "i1", b"12345678", b"\x80")
        sql = (
            "INSERT INTO event (tenant, event_id, kind, occurred_ms, member_id, item_id,"
            " fingerprint, body) VALUES ('default', ?, ?, ?, ?, ?, ?, ?)"
        )
        old.execute(sql, values)
    old.pragma("user_version", 1)
    old.close()
    database = Database(tmp_path / "store.db")
    log = SqliteEventLog(database)
    assert database.rows("PRAGMA user_version") == [(SCHEMA_VERSION,)]
    assert [stored.event.event_id for stored in log.of_member("m1")] == ["e1", "e3"]
    assert log.append([samples.event("e1", "hover")])[0].status == "conflict"
    database.close()


def test_an_id_stays_counted_when_its_event_is_gone(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.db")
    log = SqliteEventLog(database)
    log.append([samples.event("e1"), samples.event("e2")])
    log.index()
    database.write(lambda c: c.execute("DELETE FROM event WHERE event_id = 'e1'") and None)
    assert log.append([samples.event("e1")])[0].status == "duplicate"
    assert log.find("e1") is None
    member_id = samples.event("e2").member_id
    assert [stored.event.event_id for stored in log.of_member(member_id)] == ["e2"]
    database.close()


def test_a_long_tail_is_merged_by_itself_and_let_go(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.db")
    log = SqliteEventLog(database, tail_count_max=100)
    for start in range(0, 1_000, 50):
        log.append([replace(samples.event(f"e{start + n}"), occurred_ms=n) for n in range(50)])
    for _ in range(1_000):
        if log.tail_count < 100:
            break
        time.sleep(0.01)
        log.append([])
    assert log.tail_count < 100
    ids = {stored.event.event_id for stored in log.of_member(samples.event("e").member_id)}
    assert ids == {f"e{number}" for number in range(1_000)}
    database.close()


def test_a_bulk_writer_cannot_outrun_the_index(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.db")
    log = SqliteEventLog(database, tail_count_max=100)
    longest = 0
    for start in range(0, 8_000, 200):
        log.append([replace(samples.event(f"e{start + n}"), occurred_ms=n) for n in range(200)])
        longest = max(longest, log.tail_count)
    assert longest <= 3 * 100 + 200
    while log.tail_count >= 100:
        time.sleep(0.01)
    database.close()
