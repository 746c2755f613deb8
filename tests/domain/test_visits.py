"""Goal: what counts and what does not: visits, a kid on a grown-up's profile, consent, fatigue."""

from __future__ import annotations

from typing import Any

import pytest

from pasand.domain.catalog import Artwork, Item, facts_of
from pasand.domain.events import Event
from pasand.domain.fold import fold
from pasand.domain.profile import Profile
from pasand.testing import samples

HOUR_MS = 3_600_000
FACTS = {
    item.item_id: facts_of(item)
    for item in (
        *(samples.item(f"adult{n}", maturity=18, genres=("Crime",)) for n in range(12)),
        *(samples.item(f"kids{n}", maturity=0, genres=("Animation",)) for n in range(6)),
        samples.item("family", maturity=18, genres=("Family",)),
    )
}


def did(number: int, kind: str = "play_start", item_id: str = "adult1", **fields: Any) -> Event:
    """Return something done ``number`` minutes from now."""
    at_ms = samples.NOW_MS + 60_000 * number
    return samples.event(f"e{number:05}", kind, item_id=item_id, occurred_ms=at_ms, **fields)


def folded(*events: Event) -> Profile:
    return fold(Profile(member_id="m1"), events, FACTS.get)


def own(count: int = 12, what: str = "adult") -> list[Event]:
    """Return an evening of one's own, two days before."""
    return [did(n - 3000, item_id=f"{what}{n % 6}") for n in range(count)]


def kids(count: int) -> list[Event]:
    return [did(10 * n, item_id=f"kids{n}") for n in range(count)]


def test_a_visit_ends_after_an_hour_of_silence() -> None:
    search = did(5, "search_query", "", payload={"text": "night"})
    profile = folded(did(0, device="tv"), search, did(30, "impression"), did(62, item_id="adult2"))
    visit = profile.visit
    assert (visit.plays, visit.searches, visit.last_item, visit.device) == (2, 1, "adult2", "tv")
    assert profile.visit_at(samples.NOW_MS + 63 * 60_000) == visit
    assert profile.visit_at(samples.NOW_MS + 63 * 60_000 + HOUR_MS) is None
    later = fold(profile, [did(200, "impression")], FACTS.get)
    assert (later.visit.plays, later.visit.start_s) == (0, samples.NOW_MS // 1000 + 12_000)
    assert later.own_actions == 2


def test_a_kids_visit_on_a_grown_ups_profile_moves_no_taste() -> None:
    before = folded(*own())
    flagged = folded(*own(), *kids(5))
    assert flagged.visit.kids and not before.visit.kids
    assert flagged.genres.keys() == {"Crime", "Animation"}
    assert abs(flagged.genres["Animation"]) < flagged.genres["Crime"] / 1000
    assert flagged.genres["Crime"] == before.genres["Crime"]
    assert flagged.recent == before.recent, "the kid's plays are no history of the grown-up's"
    assert "kids4" in flagged.watching, "but the kid can watch on"
    # What the grown-up does in the same visit counts, and what comes after it as well.
    mixed = folded(*own(), *kids(5), did(55, item_id="adult3"), did(300, item_id="kids1"))
    assert [entry.item_id for entry in mixed.recent[-2:]] == ["adult3", "kids1"]
    assert not mixed.visit.kids and mixed.genres["Animation"] > 0


@pytest.mark.parametrize(
    "why, events",
    (
        ("two titles may be anybody's", [*own(), *kids(2)]),
        ("as many others", [*own(), *kids(3), *(did(n, item_id="adult2") for n in (1, 2, 3))]),
        ("kids' titles are their own taste", [*own(12, "kids"), *kids(5)]),
        ("nothing is known of their own taste", [*own(5), *kids(5)]),
    ),
)
def test_a_visit_is_not_taken_for_a_kids(why: str, events: list[Event]) -> None:
    profile = folded(*sorted(events, key=lambda event: event.key))
    assert not profile.visit.kids, why
    assert profile.genres["Animation"] > 0, why


def test_a_kids_own_profile_is_theirs() -> None:
    child = did(-9000, "member_put", "", payload={"maturity_ceiling": 8})
    assert not folded(child, *own(), *kids(5)).visit.kids
    assert folded(did(-9000, "member_put", ""), *own(), *kids(5)).visit.kids


def test_the_family_genre_is_for_kids_whatever_the_age() -> None:
    assert FACTS["family"].for_kids and not FACTS["adult1"].for_kids


def test_without_consent_nothing_is_folded() -> None:
    profile = folded(did(0, consent=False), did(1, "thumb", consent=False, payload={"value": 1}))
    assert profile == Profile(member_id="m1")
    assert folded(did(0, consent=True)).event_count == 1


def test_while_personalisation_is_off_only_corrections_count() -> None:
    off = did(10, "member_put", "", payload={"personalised": False})
    on = did(30, "member_put", "", payload={})
    mute = did(21, "taste_set", "", payload={"mute": ["genre:Crime"]})
    profile = folded(did(0), off, did(20, item_id="adult2"), mute, on, did(40, item_id="adult3"))
    assert [entry.item_id for entry in profile.recent] == ["adult1", "adult3"]
    assert list(profile.muted) == ["genre:Crime"] and not profile.off
    assert folded(did(0), off, did(20)).off
    no_consent = did(10, "member_put", "", payload={"consent": False})
    assert [entry.item_id for entry in folded(did(0), no_consent, did(20)).recent] == ["adult1"]


def test_corrections_are_kept_for_the_member_to_see() -> None:
    reset = did(5, "taste_set", "", payload={"reset": ["genre:Crime"]})
    gone = did(6, "history_removed", "adult2")
    profile = folded(did(0), did(1, item_id="adult2"), reset, gone)
    assert list(profile.reset) == ["genre:Crime"] and list(profile.removed) == ["adult2"]
    assert "Crime" not in profile.genres


def test_rows_and_pictures_tire_until_one_of_them_is_acted_on() -> None:
    def cell(number: int, kind: str, row_id: str, artwork_id: str) -> Event:
        return did(number, kind, artwork_id=artwork_id, extra={"row_id": row_id})

    seen = [cell(n, "impression", "genre.crime", "a1") for n in range(3)]
    seen.append(cell(4, "impression", "new", "a2"))
    tired = folded(*seen)
    assert tired.tired_rows == {"genre.crime": 3, "new": 1}
    assert tired.tired_pictures == {"a1": 3, "a2": 1} and tired.fatigue == {"adult1": 4}
    fresh = folded(*seen, cell(5, "play_start", "genre.crime", "a1"))
    assert (fresh.tired_rows, fresh.fatigue) == ({"new": 1}, {})
    assert fresh.tired_pictures == {"a2": 1, "a1": 0}


def test_a_picture_that_was_played_from_makes_a_taste_for_what_sets_it_apart() -> None:
    pictures = (
        Artwork(artwork_id="a1", facts={"components": ["face", "night sky"]}),
        Artwork(artwork_id="a2", facts={"components": ["face", "dog"]}),
        Artwork(artwork_id="a3", facts={"components": "no list"}),
    )
    facts = {"i1": facts_of(Item(item_id="i1", title="One", artworks=pictures))}
    looked, played, again = (
        did(n, kind=kind, item_id="i1", artwork_id="a1", payload={"duration_s": 6_000})
        for n, kind in enumerate(("impression", "play_start", "play_start"), 1)
    )
    profile = fold(Profile(member_id="m1"), [looked, played, again], facts.get)
    assert profile.pictures.keys() == {"*", "night sky", "dog"}
    assert profile.pictures["night sky"] > 0 > profile.pictures["dog"]
    # What was begun is taken up again, whatever its picture shows.
    assert profile.pictures == profile.looked
    unknown = did(1, item_id="i1", artwork_id="a3")
    assert not fold(Profile(member_id="m1"), [unknown], facts.get).pictures


def test_a_thumb_taken_back_takes_its_taste_back() -> None:
    plain = folded(did(0))
    down = folded(did(0), did(1, "thumb", "adult2", payload={"value": -1}))
    back = fold(down, [did(2, "thumb", "adult2", payload={"value": 0})], FACTS.get)
    assert down.genres.get("Crime", 0) < 0 < plain.genres["Crime"]
    assert back.genres["Crime"] == pytest.approx(plain.genres["Crime"], rel=1e-3)
    turned = fold(down, [did(2, "thumb", "adult2", payload={"value": 1})], FACTS.get)
    up = folded(did(0), did(1, "thumb", "adult2", payload={"value": 1}))
    assert turned.genres["Crime"] == pytest.approx(up.genres["Crime"], rel=1e-3)


def test_looking_at_an_item_adds_up_until_the_member_acts_on_it() -> None:
    looks = [
        did(0, "hover", payload={"dwell_ms": 2_500}),
        did(1, "impression", payload={"dwell_ms": 1_000}),
        did(2, "preview", payload={"watched_ms": 30_000}),
        did(3, "detail_open", "adult2", payload={"dwell_ms": 4_000}),
        did(4, "hover", "adult3", payload={}),
    ]
    assert folded(*looks).dwell == {"adult1": 335, "adult2": 40}
    assert folded(*looks, did(5)).dwell == {"adult2": 40}


def test_a_visit_knows_how_deep_and_how_fast_it_scrolled() -> None:
    scrolls = [
        did(0, "scroll", "", payload={"row_depth": 3, "speed_px_s": 400}),
        did(1, "scroll", "", payload={"row_depth": 9, "speed_px_s": 800}),
    ]
    visit = folded(*scrolls).visit
    assert (visit.depth, visit.passed, visit.scrolls, visit.speed) == (9, 9, 2, 600)
    later = folded(*scrolls, did(2), did(3, "impression", row=4)).visit
    assert (later.depth, later.passed) == (9, 4), "passed over is what no action followed"
    assert folded(*scrolls, did(200, "impression")).visit.depth == 0


def test_a_visit_with_a_play_tells_how_long_one_lasts_at_its_hour() -> None:
    evening = samples.NOW_MS - samples.NOW_MS % samples.DAY_MS + 20 * HOUR_MS
    start = (evening - samples.NOW_MS) // 60_000
    one = [did(start, "play_start"), did(start + 50, "play_stop")]
    after = did(start + 600, "impression")
    profile = folded(*one, after)
    assert profile.visit_minutes(21) == 50.0
    assert profile.visit_minutes(9) == 50.0, "where nothing is known of an hour, the mean of all"
    assert folded(*one).visit_minutes(21) == 0.0, "a visit that goes on has no length yet"
    assert Profile.decode(profile.encode()) == profile
