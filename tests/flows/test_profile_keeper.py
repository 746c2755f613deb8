"""Goal: whatever arrives when, and whatever is read, followed, flushed or restarted between, a
profile is the fold of its history to the byte; pages do not wait for each other's disk reads.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pasand.adapters.memory import MemoryStore
from pasand.domain.catalog import ItemFacts, facts_of
from pasand.domain.events import DEVICES, Event, Stored
from pasand.domain.fold import fold
from pasand.domain.profile import Profile
from pasand.domain.weights import RETAIL, STREAMING
from pasand.errors import StoreUnavailable
from pasand.flows import profile_keeper
from pasand.flows.keepers import CatalogKeeper, ProfileKeeper
from pasand.flows.merging import merge_events, whole_history
from pasand.flows.rebuilding import Compared, compare_profiles
from pasand.testing import samples

ITEMS = [samples.item(f"i{n}", maturity=0 if n < 4 else 16, genres=("Kids",) if n < 4 else
         (samples.GENRES[n % 5],), tags=(samples.TAGS[n % 4],)) for n in range(9)]  # fmt: skip
KINDS = (
    "play_start", "play_start", "complete", "progress", "thumb", "rating", "list_add", "view",
    "list_remove", "hide", "impression", "search_query", "abandon", "page_served",
)  # fmt: skip
#: The soak profile asks for more of each.
EXAMPLES = settings().max_examples


class ByteStore(MemoryStore):
    """A store that keeps profiles as bytes, as all stores do that outlive a process."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes: dict[str, tuple[int, bytes]] = {}
        self.read_offsets: list[int] = []

    def get(self, member_id: str) -> tuple[int, Profile] | None:
        kept = self.bytes.get(member_id)
        return kept and (kept[0], Profile.decode(kept[1]))

    def put(self, profiles: Mapping[str, tuple[int, Profile]]) -> None:
        self.bytes |= {name: (offset, one.encode()) for name, (offset, one) in profiles.items()}

    def forget(self, member_ids: Any) -> None:
        for member_id in member_ids:
            self.bytes.pop(member_id, None)

    def member_ids(self) -> list[str]:
        return sorted(self.bytes)

    def of_member(self, member_id: str, after: int = 0) -> list[Stored]:
        self.read_offsets.append(after)
        return super().of_member(member_id, after)


class Home:
    """A store and who keeps its profiles, as an engine would."""

    def __init__(self) -> None:
        self.store = ByteStore()
        self.start()

    def start(self) -> None:
        self.items = CatalogKeeper(self.store)
        version = self.items
        self.keeper = ProfileKeeper(self.store, self.store, self.items.facts, count_max=2,
                                    item_version=lambda: version.version)  # fmt: skip

    def append(self, events: Sequence[Event], noted: bool = True) -> None:
        if any(event.kind.startswith("item_") for event in events):
            with self.keeper.changing_items():
                for event, verdict in zip(events, self.store.append(events), strict=True):
                    self.items.take(verdict.offset, event)
            return
        for event, verdict in zip(events, self.store.append(events), strict=True):
            if noted and verdict.status == "accepted":
                self.keeper.note(verdict.offset, event)

    def folded(self, member_id: str, keys: bool = False) -> bytes:
        """Return the bytes of the whole history folded in one go."""
        history = whole_history(self.store, member_id)
        return fold(Profile(member_id=member_id), history, self.items.facts).encode()

    def check(self, member_id: str) -> None:
        offset, profile = self.keeper.get(member_id)
        assert profile.encode() == self.folded(member_id)
        own = self.store.of_member(member_id)
        assert not own or offset >= own[-1].offset


def drawn(draw: random.Random, number: int) -> Event:
    """Return something that a member, or a visitor who may become one, did or decided."""
    member_id = draw.choice(("m1", "m1", "m2", "v1", "v2"))
    fields: dict[str, Any] = {"member_id": member_id, "item_id": f"i{draw.randrange(10)}"}
    kind = draw.choice(KINDS)
    if draw.random() < 0.06:
        kind = draw.choice(("history_removed", "taste_set", "member_put"))
    payload: dict[str, Any] = {
        "thumb": {"value": draw.choice((-1, 0, 1, 2))},
        "rating": {"value": draw.choice((0.5, 3, 5))},
        "search_query": {"text": draw.choice(("night", "हिन्दी", ""))},
        "page_served": {"rows": [{"items": [f"i{draw.randrange(9)}" for _ in range(4)]}]},
        "taste_set": {draw.choice(("mute", "unmute", "reset")): ["genre:Kids", "tag:night"]},
        "member_put": {"member_id": member_id, "personalised": draw.random() < 0.6},
    }.get(kind, {"position_s": draw.randrange(6000), "duration_s": 6000})
    return samples.event(
        f"e{draw.randrange(100)}-{number}",
        kind,
        # Now and then a long time ago, else within some hours, often at the same moment.
        occurred_ms=samples.NOW_MS + 240_000 * draw.randrange(60) - (draw.random() < 0.1) * 10**9,
        device=draw.choice(DEVICES),
        time_zone=draw.choice(("", "Asia/Kolkata", "No/Where")),
        consent=draw.choice((None, None, True, False)),
        payload=payload,
        **fields,
    )


@given(st.integers(0, 2**32), st.integers(10, 70))
@settings(max_examples=EXAMPLES)
def test_profiles_follow_from_the_log_whatever_happens_when(seed: int, count: int) -> None:
    draw, home = random.Random(seed), Home()
    profile_keeper_limits = draw.choice((4, 32))
    home.append([samples.put_event(item) for item in ITEMS[:6]])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(profile_keeper, "TAIL_COUNT_MIN", profile_keeper_limits)
        patched.setattr(profile_keeper, "TAIL_COUNT_MAX", 3 * profile_keeper_limits)
        for number in range(count):
            home.append([drawn(draw, number)], noted=draw.random() < 0.7)
            act = draw.random()
            if act < 0.02:
                changed = replace(draw.choice(ITEMS), genres=("Changed",))
                home.append([samples.put_event(changed, f"put-{number}")])
            elif act < 0.05:
                merge(home, draw.choice(("m1", "m2")), draw.choice(("v1", "v2")), draw)
            elif act < 0.4:
                home.check(draw.choice(("m1", "m2", "v1", "v2")))
            elif act < 0.6:
                home.keeper.follow(draw.choice((1, 5, 100)))
            elif act < 0.75:
                home.keeper.flush(draw.choice((0, None)))
            elif act < 0.8:
                home.start()
        for member_id in ("m1", "m2", "v1", "v2"):
            home.check(member_id)
    home.keeper.flush()
    found = compare_profiles(home.store, home.store, home.items.facts)
    assert found.differing == []


def merge(home: Home, member_id: str, visitor_id: str, draw: random.Random) -> None:
    at_ms = samples.NOW_MS + 240_000 * draw.randrange(60)
    try:
        home.append(merge_events(home.store, member_id, visitor_id, at_ms))
    except Exception as error:
        assert "already" in str(error), error


@given(st.integers(0, 2**32))
@settings(max_examples=EXAMPLES)
def test_the_order_of_arrival_and_repeats_change_nothing(seed: int) -> None:
    draw = random.Random(seed)
    events = [drawn(draw, number) for number in range(draw.randrange(5, 50))]
    merged = merge_events(ByteStore(), "m1", "v1", samples.NOW_MS + 240_000 * draw.randrange(60))
    expected: dict[str, bytes] = {}
    for _ in range(2):
        home, arrival = Home(), [*events, *merged, *draw.choices(events, k=4)]
        home.append([samples.put_event(item) for item in ITEMS])
        draw.shuffle(arrival)
        for event in arrival:
            home.append([event])
            if draw.random() < 0.3:
                home.keeper.follow()
            if draw.random() < 0.3:
                home.keeper.get(draw.choice(("m1", "v1")))
        for member_id in ("m1", "m2", "v1"):
            encoded = home.keeper.get(member_id)[1].encode()
            assert expected.setdefault(member_id, encoded) == encoded


def plays(count: int, first: int = 0) -> list[Event]:
    return [
        samples.event(f"p{n:04}", item_id=f"i{n % 9}", occurred_ms=samples.NOW_MS + n * 60_000)
        for n in range(first, first + count)
    ]


def test_a_late_event_folds_the_newest_events_again_not_the_whole_history() -> None:
    home = Home()
    home.append([samples.put_event(item) for item in ITEMS])
    home.append(plays(500))
    home.keeper.get("m1")
    for number in range(500, 620):
        home.append(plays(1, number))
        home.keeper.get("m1")
    late = samples.event("late", "thumb", payload={"value": -1}, item_id="i2",
                         occurred_ms=samples.NOW_MS + 600 * 60_000 + 1)  # fmt: skip
    home.append([late])
    home.store.read_offsets.clear()
    profile = home.keeper.get("m1")[1]
    assert 0 not in home.store.read_offsets, "the whole history was read again"
    assert profile.thumbs["i2"][0] == -1
    older = replace_time(late, samples.NOW_MS + 30)
    home.append([older])
    home.keeper.get("m1")
    assert 0 in home.store.read_offsets
    home.check("m1")


def replace_time(event: Event, at_ms: int) -> Event:
    return samples.event("older", event.kind, payload=event.payload, item_id="i3",
                         occurred_ms=at_ms)  # fmt: skip


def test_following_folds_what_was_handed_over_without_reading_it_again() -> None:
    home = Home()
    home.keeper.follow()
    home.append(plays(5))
    home.keeper.follow()
    home.append(plays(7, 5))
    home.store.read_offsets.clear()
    assert home.keeper.follow() == 7 and home.store.read_offsets == []
    assert home.keeper.cached("m1")[1].event_count == 12
    assert home.keeper.flush() == 1
    offset, stored = home.store.get("m1") or (0, Profile(member_id="m1"))
    assert (offset, stored.event_count) == (12, 12)


def test_far_behind_profiles_are_folded_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile_keeper, "BEHIND_COUNT_MAX", 20)
    home = Home()
    home.keeper.follow()
    home.append(plays(5))
    home.keeper.get("m1")
    home.append(plays(40, 5))
    assert home.keeper.follow() == 0
    home.check("m1")
    home.append(plays(5, 45))
    assert home.keeper.follow() == 5
    home.check("m1")


def test_what_could_not_be_written_behind_is_written_later() -> None:
    class Full(ByteStore):
        full = True

        def put(self, profiles: Mapping[str, tuple[int, Profile]]) -> None:
            if self.full:
                raise StoreUnavailable("The disk is full.")
            super().put(profiles)

    store = Full()
    keeper = ProfileKeeper(store, store, lambda item_id: None)
    store.append(plays(3))
    keeper.get("m1")
    with pytest.raises(StoreUnavailable):
        keeper.flush()
    store.full = False
    assert keeper.flush() == 1 and keeper.flush() == 0


def test_profiles_of_other_weights_are_folded_anew() -> None:
    home = Home()
    home.append([samples.put_event(item) for item in ITEMS])
    home.append(plays(5))
    home.keeper.get("m1")
    home.keeper.flush()
    found = compare_profiles(home.store, home.store, home.items.facts, weights=RETAIL)
    assert found == Compared(unreadable=1)
    shop = ProfileKeeper(home.store, home.store, home.items.facts, weights=RETAIL)
    streamed, sold = home.keeper.get("m1")[1], shop.get("m1")[1]
    assert (streamed.weights, sold.weights) == (STREAMING.version, RETAIL.version)
    assert streamed.tags != sold.tags


def test_one_member_does_not_wait_for_the_disk_read_of_another() -> None:
    entered, leave = threading.Event(), threading.Event()

    class Slow(ByteStore):
        def of_member(self, member_id: str, after: int = 0) -> list[Stored]:
            if member_id == "slow":
                entered.set()
                assert leave.wait(30)
            return super().of_member(member_id, after)

    store = Slow()
    keeper = ProfileKeeper(store, store, lambda item_id: None)
    store.append(plays(3))
    # Members share a lock by chance; of a few others, one has a lock of its own.
    waiting = threading.Thread(target=keeper.get, args=("slow",))
    waiting.start()
    assert entered.wait(30)
    answered = threading.Event()
    others = [
        threading.Thread(target=lambda name=name: (keeper.get(name), answered.set()))  # type: ignore[misc]
        for name in ("m1", "m2", "m3")
    ]
    for other in others:
        other.start()
    assert answered.wait(30), "everybody waits for one member's disk read"
    leave.set()
    for thread in (waiting, *others):
        thread.join(30)


def test_what_was_met_while_learning_was_off_counts_if_it_was_on_after_all() -> None:
    def switched(number: int, minute: int, on: bool) -> Event:
        return samples.event(f"switch-{number}", "member_put", item_id="",
                             occurred_ms=samples.NOW_MS + minute * 60_000,
                             payload={"member_id": "m1", "personalised": on})  # fmt: skip

    home = Home()
    home.append([switched(1, -5, False)])
    home.append(plays(3))
    assert not home.keeper.get("m1")[1].recent
    home.append([switched(2, -1, True)])
    assert len(home.keeper.get("m1")[1].recent) == 3
    home.check("m1")


def test_a_fold_with_an_item_as_it_was_is_not_kept() -> None:
    """Somebody folds while the item changes: what they get is old, the next one gets the new."""
    store, reading, changed = ByteStore(), threading.Event(), threading.Event()
    known = {"i1": facts_of(samples.item("i1", genres=("Old",)))}

    def facts(item_id: str) -> ItemFacts | None:
        found = known.get(item_id)
        if not reading.is_set():
            reading.set()
            assert changed.wait(30)
        return found

    keeper = ProfileKeeper(store, store, facts)
    store.append([samples.event("e1", item_id="i1")])
    folding = threading.Thread(target=keeper.get, args=("m1",))
    folding.start()
    assert reading.wait(30)
    with keeper.changing_items():
        known["i1"] = facts_of(samples.item("i1", genres=("New",)))
    changed.set()
    folding.join(30)
    assert keeper.get("m1")[1].genres.keys() == {"New"}
    keeper.flush()
    stored = store.get("m1")
    assert stored is not None and stored[1].genres.keys() == {"New"}


def test_what_waits_to_be_written_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile_keeper, "FLUSH_COUNT", 1)
    store = ByteStore()
    timer = iter(range(1_000)).__next__
    keeper = ProfileKeeper(store, store, lambda item_id: None, count_max=20, timer=timer)
    store.append([samples.event(f"e{n}", member_id=f"m{n}") for n in range(30)])
    for number in range(30):
        keeper.get(f"m{number}")
    assert keeper.flush(0) == 20, "half of what may be in memory may wait"
    assert keeper.flush(2) == 2 and list(store.bytes)[-1] == "m21"
    assert keeper.flush() == 8


def test_who_is_not_in_memory_is_folded_when_there_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile_keeper, "LOAD_COUNT_MAX", 2)
    store = ByteStore()
    keeper = ProfileKeeper(store, store, lambda item_id: None)
    store.append([samples.event(f"e{n}", member_id=f"m{n}") for n in range(5)])
    written = []
    for _ in range(4):
        keeper.follow()
        written.append(keeper.flush())
    assert written == [2, 2, 1, 0] and len(store.bytes) == 5
