"""Goal: a profile depends on the set of a member's events alone, and stays below 8 KiB."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pasand.adapters.memory import MemoryStore
from pasand.domain.catalog import Item, ItemFacts
from pasand.domain.events import CALLER_KINDS, DEVICES, Event
from pasand.domain.fold import fold
from pasand.domain.profile import HALF_LIFE_MS, PROFILE_BYTES_MAX, Profile, taste_at
from pasand.flows.keepers import CatalogKeeper, ProfileKeeper
from pasand.testing import samples

ITEMS = [
    *samples.items(8),
    samples.item("s1", type="series", genres=("Drama",)),
    samples.item("e1", type="episode", series_id="s1", genres=("Drama",)),
]
_NAMES = [one.item_id for one in ITEMS] + ["unknown"]
_KINDS = [*CALLER_KINDS, "page_served"]
#: Kinds that fill a section each; complete comes last, or nothing would stay unfinished.
_FILLING = (
    "play_start", "rating", "thumb", "list_add", "hide", "impression", "search_query",
    "page_served", "purchase", "play_stop", "complete",
)  # fmt: skip


@st.composite
def events(draw: st.DrawFn, count_max: int = 25) -> list[Event]:
    """Draw events with different ids, often at the same moment."""
    count = draw(st.integers(1, count_max))
    return [_event(draw, number) for number in range(count)]


def _event(draw: st.DrawFn, number: int) -> Event:
    kind = draw(st.sampled_from(_KINDS))
    payload: dict[str, Any] = {}
    if kind == "thumb":
        payload["value"] = draw(st.sampled_from((-1, 0, 1, 2)))
    elif kind == "rating":
        payload["value"] = draw(st.sampled_from((0.5, 3, 5)))
    elif kind == "search_query":
        payload["text"] = draw(st.text(max_size=12))
    elif kind == "page_served":
        payload["rows"] = [{"items": draw(st.lists(st.sampled_from(_NAMES), max_size=4))}]
    else:
        payload = {"position_s": draw(st.integers(0, 6000)), "duration_s": 6000}
        payload["region"] = draw(st.sampled_from(("", "BR-SP", *(f"XX-{n}" for n in range(20)))))
    minute = draw(st.integers(0, 12))
    return samples.event(
        f"e{draw(st.integers(0, 9))}-{number}",
        kind,
        item_id="" if kind in ("search_query", "page_served") else draw(st.sampled_from(_NAMES)),
        occurred_ms=samples.NOW_MS + 60_000 * minute,
        device=draw(st.sampled_from(("", *DEVICES))),
        time_zone=draw(st.sampled_from(("", "Asia/Kolkata", "No/Where"))),
        payload=payload,
    )


def keeper(store: MemoryStore) -> ProfileKeeper:
    return ProfileKeeper(store, store, CatalogKeeper(store).facts)


def in_one_go(happened: list[Event], items: list[Item]) -> bytes:
    """Return the profile of these events, appended at once after all items."""
    store = MemoryStore()
    store.append([samples.put_event(one) for one in items])
    store.append(happened)
    return keeper(store).get("m1")[1].encode()


@given(events(), st.data())
@settings(max_examples=60)
def test_any_order_any_pieces_any_repeats_give_the_same_bytes(
    happened: list[Event], data: st.DataObject
) -> None:
    arrival = data.draw(st.permutations(happened))
    repeats = data.draw(st.lists(st.sampled_from(happened), max_size=5))
    store = MemoryStore()
    store.append([samples.put_event(one) for one in ITEMS])
    profiles = keeper(store)
    for one in [*arrival, *repeats]:
        store.append([one])
        act = data.draw(st.sampled_from(("wait", "read", "flush", "restart")))
        if act != "wait":
            profiles.get("m1")
        if act in ("flush", "restart"):
            profiles.flush()
        if act == "restart":
            profiles = keeper(store)
    assert profiles.get("m1")[1].encode() == in_one_go(happened, ITEMS)


@given(events(), st.data())
@settings(max_examples=40)
def test_an_item_that_comes_late_or_goes_refolds_who_holds_it(
    happened: list[Event], data: st.DataObject
) -> None:
    late = data.draw(st.lists(st.sampled_from(ITEMS), unique_by=lambda one: one.item_id))
    gone = data.draw(st.lists(st.sampled_from(late), unique_by=lambda one: one.item_id, max_size=2)
                     if late else st.just([]))  # fmt: skip
    store = MemoryStore()
    store.append([samples.put_event(one) for one in ITEMS if one not in late])
    catalog = CatalogKeeper(store)
    profiles = ProfileKeeper(store, store, catalog.facts)
    changes = [samples.put_event(one) for one in late]
    changes += [samples.delete_item_event(one.item_id) for one in gone]
    arrivals: list[Event] = [*happened]
    for change in changes:
        arrivals.insert(data.draw(st.integers(0, len(arrivals))), change)
    # An item goes only after it came.
    order = {id(change): at for at, change in enumerate(changes)}
    places = [at for at, one in enumerate(arrivals) if id(one) in order]
    for place, change in zip(places, changes, strict=True):
        arrivals[place] = change
    for one in arrivals:
        with profiles.changing_items():
            verdict = store.append([one])[0]
            if one.kind.startswith("item_"):
                catalog.take(verdict.offset, one)
        profiles.get("m1")
        profiles.flush()
    kept = [one for one in ITEMS if one not in gone]
    assert profiles.get("m1")[1].encode() == in_one_go(happened, kept)


@given(events(count_max=40))
@settings(max_examples=40)
def test_a_profile_reads_back_equal(happened: list[Event]) -> None:
    happened.sort(key=lambda one: one.key)
    catalog = {one.item_id: one for one in ITEMS}
    profile = fold(Profile(member_id="m1"), happened, lambda name: _facts(catalog.get(name)))
    assert Profile.decode(profile.encode()) == profile
    assert Profile.decode(profile.encode()).encode() == profile.encode()
    assert profile.event_count == len(happened)


def _facts(one: Item | None) -> ItemFacts | None:
    return one and ItemFacts(one.genres, one.tags, one.people, one.series_id)


def long_id(number: int) -> str:
    return f"{number:0128d}"


@pytest.mark.parametrize("letter", ("x", "ह", "🎬"))
@pytest.mark.parametrize("id_length", (1, 8, 20, 40, 128, 0))
def test_a_profile_never_outgrows_8_kib(id_length: int, letter: str) -> None:
    """Ids of one length, or of every length (0), and words in letters of 1, 3 and 4 bytes."""
    words = tuple(f"{letter * 90}{number}" for number in range(9)) + tuple(
        letter + c for c in "abcdef"
    )
    busy = {device: (60_000,) * 24 for device in DEVICES}
    profile = Profile(
        member_id=long_id(1), hours=busy, weekdays={name: each[:7] for name, each in busy.items()}
    )

    def name(number: int) -> str:
        length = id_length or 1 + number % 128
        return f"{number % 10**length:0{length}d}"

    def facts(item_id: str) -> ItemFacts:
        at = int(item_id) % 9
        return ItemFacts(words[at : at + 3], words[at:], words[: at + 1])

    happened = []
    for number in range(1500):
        kind = _FILLING[number % len(_FILLING)]
        payload: dict[str, Any] = {"position_s": 90_000, "duration_s": 9_000_000, "value": 2}
        payload["region"] = letter * (1 + number % 16)
        if kind == "search_query":
            payload = {"text": letter * 20}
        if kind == "page_served":
            payload = {"rows": [{"items": [name(number + n) for n in range(6)]}] * 4}
        one = samples.event(
            long_id(number),
            kind,
            member_id=long_id(1),
            item_id=name(number * 7919),
            occurred_ms=samples.NOW_MS + number * 60_000,
            device=DEVICES[number % 5],
            payload=payload,
        )
        happened.append(one)
    profile = fold(profile, happened, facts)
    assert profile.recent and profile.listed and profile.searches
    assert len(profile.encode()) <= PROFILE_BYTES_MAX


def test_an_impression_of_an_unknown_cell_tires_the_member_of_nothing() -> None:
    seen = samples.event("e1", "impression", item_id="")
    assert fold(Profile(member_id="m1"), [seen], lambda name: None).fatigue == {}


def test_places_are_counted_by_region_else_by_country_and_the_oldest_go() -> None:
    where = [
        ("", "BR-SP"),
        ("IN", ""),
        ("BR", "BR-SP"),
        ("", ""),
        *(("", f"X-{n}") for n in range(20)),
    ]
    happened = [
        samples.event(f"e{n:02}", "view", country=country, payload={"region": region})
        for n, (country, region) in enumerate(where)
    ]
    first = fold(Profile(member_id="m1"), happened[:4], lambda name: None)
    assert first.places == {"IN": 1, "BR-SP": 2}
    later = fold(first, happened[4:], lambda name: None)
    assert list(later.places)[-1] == "X-19" and "IN" not in later.places
    assert Profile.decode(later.encode()).places == later.places
    seen = samples.event("e", "impression", country="IN")
    assert fold(Profile(member_id="m1"), [seen], lambda name: None).places == {}


def test_the_fold_refuses_to_go_back() -> None:
    profile = fold(Profile(member_id="m1"), [samples.event("b")], lambda name: None)
    try:
        fold(profile, [samples.event("a")], lambda name: None)
    except AssertionError:
        return
    raise RuntimeError("an older event was folded onto a newer one")


def test_tastes_fade_with_time_and_stay_finite_at_any() -> None:
    held = {"i1": ItemFacts(genres=("Drama",))}
    profile = fold(Profile(member_id="m1"), [samples.event("a")], held.get)
    now = taste_at(profile.genres, samples.NOW_MS)["Drama"]
    year_later = taste_at(profile.genres, samples.NOW_MS + HALF_LIFE_MS)["Drama"]
    assert now == pytest.approx(1.0, rel=1e-3)
    assert year_later == pytest.approx(now / 2)
    for year in (-2000, -50, 50, 7000):
        found = taste_at(profile.genres, samples.NOW_MS + year * HALF_LIFE_MS)
        assert math.isfinite(found["Drama"]) and found["Drama"] >= 0


def test_a_page_that_goes_on_does_not_say_how_pages_begin() -> None:
    def page(name: str, shown: str, **payload: Any) -> Event:
        rows = [{"items": [shown]}]
        return samples.event(name, "page_served", item_id="", payload={"rows": rows, **payload})

    pages = [page("p1", "i1", after=""), page("p2", "i2", after="p1")]
    profile = fold(Profile(member_id="m1"), pages, lambda name: None)
    assert profile.last_order == ("i1",) and profile.page_count == 2
