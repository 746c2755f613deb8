"""Goal: a replayed dead letter becomes the event it would have been when it came, and what a
browser session may not do, it may not do by way of a replay.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from pasand.adapters.memory import MemoryStore
from pasand.domain.member import Member
from pasand.flows.replaying import Replayed, Replayer, all_numbers
from pasand.ports import Rejected
from pasand.testing import samples

CAME_MS = samples.NOW_MS
NOW_MS = CAME_MS + 86_400_000
GOOD = {"event_id": "e1", "kind": "play_start", "member_id": "m1", "item_id": "i1"}


def letter(source: str = "key", body: bytes = b"", **fields: Any) -> Rejected:
    return Rejected(CAME_MS, "old", "x", source, body or json.dumps({**GOOD, **fields}).encode())


def replayed(store: MemoryStore, *letters: Rejected) -> Replayed:
    store.set_aside(letters)
    return Replayer(store, store, store, NOW_MS, 10_000).replay(all_numbers(store))


def test_what_works_now_counts_from_when_it_came_and_leaves() -> None:
    store = MemoryStore()
    store.append([samples.member_event(Member(member_id="m1", account_id="a1", country="IN"))])
    ahead = letter(event_id="e2", occurred_at=CAME_MS + 3_600_000)
    report = replayed(store, letter(), ahead)
    assert (report.read, report.accepted, report.kept) == (2, 2, 0)
    events = [stored.event for stored in store.of_member("m1")][-2:]
    assert [event.occurred_ms for event in events] == [CAME_MS, CAME_MS]
    assert {(event.country, event.account_id) for event in events} == {("IN", "a1")}
    assert store.rejected_count() == 0


def test_a_replay_that_was_cut_short_is_run_again() -> None:
    store = MemoryStore()
    replayed(store, letter())
    report = replayed(store, letter())
    assert (report.accepted, report.known, store.rejected_count()) == (0, 1, 0)


def test_another_event_of_this_id_stays_with_the_newest_reason() -> None:
    store = MemoryStore()
    report = replayed(store, letter(), letter(item_id="i2"))
    assert (report.accepted, report.kept) == (1, 1)
    (left,) = store.rejected()
    assert left.reason.startswith("id_conflict") and left.field == "event_id"
    assert json.loads(left.body)["item_id"] == "i2"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"f1,The Salt Road,film", "not a JSON object"),
        (b"\xff\x00", "not a JSON object"),
        (b"[1]", "not a JSON object"),
        (b'{"item_id": "i1", "title": "T"}', "an item, not an event"),
        (b'{"pad": "' + b"x" * 10_000 + b'"}', "larger than"),
    ],
)
def test_what_cannot_be_an_event_stays(body: bytes, says: str) -> None:
    store = MemoryStore()
    assert replayed(store, letter(body=body)).kept == 1
    (left,) = store.rejected()
    assert says in left.reason and left.body == body


def test_history_from_a_file_needs_its_time() -> None:
    store = MemoryStore()
    assert replayed(store, letter("events.jsonl:7")).kept == 1
    assert store.rejected()[0].field == "occurred_at"


@pytest.mark.parametrize(
    ("source", "member_id", "accepted"),
    [
        ("session m1", "m1", 1),
        ("session m1", None, 1),
        ("session m2", "m1", 0),
        ("session", "m1", 0),
    ],
)
def test_a_session_acts_for_its_own_member_only(
    source: str, member_id: str | None, accepted: int
) -> None:
    store = MemoryStore()
    fields = {**GOOD, "member_id": member_id}
    if member_id is None:
        del fields["member_id"]
    report = replayed(store, letter(source, json.dumps(fields).encode()))
    assert report.accepted == accepted
    assert {stored.event.member_id for stored in store.read()} == ({"m1"} if accepted else set())
