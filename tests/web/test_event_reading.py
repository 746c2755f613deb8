"""Plain events are decoded in one go: what comes out is what the careful way gives."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pasand.domain.events import CALLER_KINDS
from pasand.errors import InvalidInput
from pasand.testing import samples
from pasand.web.event_reading import Moment, _any, _plain

NOW_MS = samples.NOW_MS
WORDS = st.sampled_from(["m1", "x:y", "", "a b", "ü", "a\n", "IN", "in", "x" * 129, "Asia/Kolkata"])
TIMES = st.one_of(
    st.none(),
    st.integers(-5, 2 * 10**13),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([
        "2026-05-17T20:15:00.123Z", "2026-05-17T20:15:00Z", "2026-05-17 20:15:00.123Z",
        "2026-02-30T20:15:00.123Z", "2026-05-17t20:15:00.123z", "1780000000000", "20260517",
        "2026-05-17T20:15:00,123Z", "2026-05-17T20:15:00.1234",
        "2026-05-17T20:15:00.123z", "2026-W20-7T20:15:00.12Z", "2026-05-28T20:26:40.000Z",
    ]),
    st.integers(NOW_MS - 10**9, NOW_MS + 10**6),
)  # fmt: skip
NUMBERS = st.one_of(
    st.none(), st.integers(-2, 200_000), st.floats(-1, 2e10, allow_nan=False), st.booleans(), WORDS
)
_AROUND_ONE = st.one_of(st.integers(-1, 2), st.floats(-0.5, 1.5), NUMBERS)
PAYLOADS = st.fixed_dictionaries(
    {},
    optional={
        "visible": _AROUND_ONE,
        "position_s": st.one_of(st.integers(-1, 2), st.floats(-1, 2e7)),
        "dwell_ms": st.one_of(st.integers(-1, 2), st.floats(0, 2e10)),
        "muted": st.booleans(),
        "row_depth": st.integers(-1, 100_001),
    },
)
ODD_PAYLOADS = st.dictionaries(st.sampled_from(["value", "text", "muted", "odd"]), NUMBERS)
_NAMES = (
    "member_id", "item_id", "page_id", "session_id", "request_id", "account_id", "surface",
    "language", "country", "time_zone", "odd",
)  # fmt: skip
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "event_id": st.sampled_from(["e2", "", "é"]),
    "kind": st.sampled_from(CALLER_KINDS),
    "occurred_at": TIMES,
    "payload": st.one_of(PAYLOADS, PAYLOADS, ODD_PAYLOADS, st.none()),
    "device": st.sampled_from(["tv", "TV", "", None, "fridge"]),
    "row": NUMBERS,
    "column": NUMBERS,
    "consent": st.sampled_from([True, False, None, "false", 0]),
    **{name: st.one_of(WORDS, st.none()) for name in _NAMES},
}
_CHANGES = st.sampled_from([*sorted(_VALUES), *["occurred_at", "payload"] * 5]).flatmap(
    lambda name: st.tuples(st.just(name), _VALUES[name])
)
#: A plain event with up to three fields that may be anything.
EVENTS = st.builds(
    lambda kind, changes: {"event_id": "e1", "kind": kind, "item_id": "i1", **dict(changes)},
    st.sampled_from(["impression", "play_start", "progress"]),
    st.lists(_CHANGES, max_size=3),
)
MOMENTS = st.builds(
    Moment, st.just(NOW_MS), st.one_of(st.none(), st.integers(NOW_MS - 10**7, NOW_MS + 10**7))
)


@settings(max_examples=300)
@given(EVENTS, MOMENTS, st.sampled_from(["", "m1"]))
def test_both_ways_agree(raw: dict[str, Any], moment: Moment, member_id: str) -> None:
    body = msgspec.json.encode(raw)
    plain = _plain(body, member_id, moment)
    if plain is None:
        return
    careful, warnings = _any(body, member_id, moment)
    assert replace(plain, said="") == replace(careful, said="") and not warnings


@given(PAYLOADS)
def test_payloads_agree(payload: dict[str, Any]) -> None:
    test_both_ways_agree.hypothesis.inner_test(  # type: ignore[attr-defined]
        {"event_id": "e1", "kind": "impression", "item_id": "i1", "payload": payload},
        Moment(NOW_MS),
        "m1",
    )


@given(TIMES, MOMENTS)
def test_times_agree(at: Any, moment: Moment) -> None:
    test_both_ways_agree.hypothesis.inner_test(  # type: ignore[attr-defined]
        {"event_id": "e1", "kind": "view", "item_id": "i1", "occurred_at": at}, moment, "m1"
    )


@given(st.permutations(["event_id", "kind", "item_id", "occurred_at", "payload"]), st.booleans())
def test_the_order_of_fields_says_nothing(order: list[str], spaced: bool) -> None:
    whole = {"event_id": "e1", "kind": "play_start", "item_id": "i1", "occurred_at": NOW_MS,
             "payload": {"position_s": 1, "duration_s": 2.5}}  # fmt: skip
    moment = Moment(NOW_MS)
    first = _plain(msgspec.json.encode(whole), "m1", moment)
    body = msgspec.json.encode({name: whole[name] for name in order})
    again = _plain(msgspec.json.format(body) if spaced else body, "m1", moment)
    assert first is not None and again == first


def test_the_usual_event_is_plain() -> None:
    usual = {
        "event_id": "9f0c2e7a-33c1-4b63-9a52-0d41f6a0c0de", "kind": "impression",
        "occurred_at": "2026-05-28T20:26:39.500Z", "member_id": "m1", "page_id": "pg_1",
        "row": 3, "column": 0, "device": "tv", "payload": {"visible": 0.8, "dwell_ms": 1200},
    }  # fmt: skip
    found = _plain(msgspec.json.encode(usual), "", Moment(NOW_MS))
    assert found is not None and found.payload == {"visible": 0.8, "dwell_ms": 1200}
    assert _plain(msgspec.json.encode({**usual, "shop": 1}), "", Moment(NOW_MS)) is None


def test_nothing_happens_later_than_it_arrives() -> None:
    body = msgspec.json.encode(
        {"event_id": "e", "kind": "view", "item_id": "i", "occurred_at": NOW_MS + 60_000}
    )
    moment = Moment(NOW_MS)
    plain = _plain(body, "m1", moment)
    careful, _ = _any(body, "m1", moment)
    assert plain is not None
    assert plain.occurred_ms == careful.occurred_ms == plain.received_ms == NOW_MS
    assert plain.client_ms == NOW_MS + 60_000
    with pytest.raises(InvalidInput, match="in the future"):
        _any(body.replace(str(NOW_MS + 60_000).encode(), b"9000000000000"), "m1", moment)
