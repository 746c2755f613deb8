"""Goal: columns read back as they were, and take no more bytes than was reckoned beforehand."""

from __future__ import annotations

from string import ascii_letters, digits

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasand.domain.folding import Folding
from pasand.domain.packing import (
    id_cost,
    pack_ids,
    pack_recents,
    pack_tastes,
    rounded,
    table_cost,
    unpack_ids,
    unpack_recents,
    unpack_tastes,
)
from pasand.domain.profile import PROFILE_BYTES_MAX, Profile, Recent, Recents, Watch
from pasand.testing import samples

IDS = st.text(ascii_letters + digits + "_.:-", min_size=1, max_size=20)
ODD = st.text(min_size=1, max_size=20)


def packed_size(ids: list[str]) -> tuple[int, int]:
    """Return the bytes that a table takes, and those it was reckoned to take."""
    costs = zip(*map(id_cost, ids), strict=True) if ids else ((0,), (0,), (0,))
    return len(msgspec.msgpack.encode(pack_ids(ids))), table_cost(*map(sum, costs)) + 3


@given(st.lists(IDS, unique=True, max_size=40))
def test_ids_take_three_quarters_of_their_letters_and_read_back(ids: list[str]) -> None:
    packed = pack_ids(ids)
    assert isinstance(packed, bytes) and unpack_ids(packed) == ids
    size, reckoned = packed_size(ids)
    assert size <= reckoned


@given(st.lists(st.one_of(IDS, ODD), unique=True, max_size=20))
def test_odd_ids_are_kept_as_they_are(ids: list[str]) -> None:
    ids = [one.encode("utf-8", "replace").decode() for one in ids]
    assert unpack_ids(pack_ids(ids)) == ids
    size, reckoned = packed_size(ids)
    assert size <= reckoned


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("a", "b", "c1", "d_2")),
            st.integers(0, 10),
            st.one_of(st.integers(0, 300), st.integers(0, 10**8)),
            st.integers(-100, 100),
        ),
        max_size=60,
    )
)
def test_recent_entries_read_back(drawn: list[tuple[str, int, int, int]]) -> None:
    at_s, entries = 1_700_000_000, []
    for item_id, code, gap_s, value in drawn:
        at_s = min(at_s + gap_s, 2**32 - 1)
        entries.append(Recent(item_id, code, at_s, value))
    index: dict[str, int] = {}
    columns = pack_recents(Recents.of(entries), index)
    found = unpack_recents(*columns, list(index))
    assert found == tuple(entries) and list(found) == entries
    assert found[1:3] == tuple(entries[1:3])


@given(st.dictionaries(st.text(max_size=5), st.integers(-(2**130), 2**130), max_size=70))
def test_tastes_keep_sixteen_bits(tastes: dict[str, int]) -> None:
    kept = {name: rounded(value) for name, value in tastes.items()}
    assert unpack_tastes(list(kept), pack_tastes(kept)) == kept
    for name, value in tastes.items():
        if abs(value) < 2**120:
            assert abs(kept[name] - value) <= abs(value) / 2**15
        assert rounded(kept[name]) == kept[name]


def test_bytes_of_another_layout_are_not_read() -> None:
    profile = Profile(member_id="m1", watching={"i1": Watch(1, 2, 3)}, finished={"i_2": 9})
    assert Profile.decode(profile.encode()) == profile
    older = ["m1", 3, 1, 2, "e", 0, "", [], [], {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, [], {}]
    for data in (
        msgspec.msgpack.encode(older),
        msgspec.msgpack.encode([1, *msgspec.msgpack.decode(profile.encode())[1:]]),
        profile.encode()[:-4],
        msgspec.msgpack.encode([]),
        b"\xc1",
        b"",
    ):
        with pytest.raises(msgspec.DecodeError):
            Profile.decode(data)


@pytest.mark.parametrize("distinct, words", ((500, 40), (350, 64)))
def test_a_rich_profile_holds_500_recent_entries(distinct: int, words: int) -> None:
    """Ids of eight letters in no order, words of usual length, every facet but the pictures."""
    state = Folding(Profile(member_id="member-0000001"))
    at_s = samples.NOW_MS // 1000
    for number in range(600):
        item_id = f"{number % distinct * 7_654_321 % 99_999_989:08d}"
        state.last_ms, state.last_id = at_s * 1000, f"event-{number:010d}"
        at_s += 40 + number * number * 7919 % 90_000
        state.remember(item_id, number % 11, at_s, 0)
        if number % 8 == 0:
            state.put("finished", item_id, at_s)
            state.put("fatigue", item_id, 3)
        if number % 40 == 0:
            state.put("thumbs", item_id, (1, at_s))
            state.put("listed", item_id, at_s)
            state.put("watching", item_id, Watch(100, 6000, at_s))
        state.strengthen("genres", (f"Genre {number % 20:02d}",), 2**38 + number)
        state.strengthen("tags", (f"a tag {number % words:02d}",), 2**38 + number)
        state.strengthen("people", (f"Ann Person {number % words:02d}",), 2**38 + number)
        state.count_hour(("tv", "phone")[number % 2], "Asia/Kolkata", at_s * 1000)
        state.trim()
    profile = state.freeze("0123456789abcdef")
    assert len(profile.recent) == 500 and len(profile.tags) == words
    assert len(profile.encode()) <= state.size() <= PROFILE_BYTES_MAX
