"""The artist's promises: exact probabilities, closed pictures never shown, pictures that stay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from pasand.domain.catalog import Artwork, Catalog, Item, facts_of
from pasand.domain.counters import Counters
from pasand.domain.events import Event
from pasand.domain.fold import fold
from pasand.domain.page import Page, Row
from pasand.domain.picture_looks import LOOKS, looks_text, rounded_looks
from pasand.domain.profile import Profile
from pasand.stages.artists.personal import Config, PersonalArtist
from pasand.stages.models import Models
from pasand.stages.picturing.chance import DRAWS, drawn, probabilities
from pasand.stages.picturing.gallery import first_open
from pasand.stages.picturing.posterior import PRIOR_WORTH, worth_of
from pasand.testing import samples

NOW_MS = samples.NOW_MS
MOODS = ("tender", "dark", "joyful", "epic")


def item(number: int, *pictures: dict[str, Any], **more: Any) -> Item:
    artworks = tuple(
        Artwork(artwork_id=f"i{number}.a{place}", facts=facts)
        for place, facts in enumerate(pictures)
    )
    return Item(item_id=f"i{number}", title=f"Title {number}", artworks=artworks, **more)


def showing(*words: str, **more: Any) -> dict[str, Any]:
    return {"components": list(words), **more}


def moods(number: int, count: int) -> Item:
    return item(number, *(showing(f"mood:{mood}") for mood in MOODS[:count]))


CATALOG = Catalog([moods(number, number % 5) for number in range(30)])


def page(catalog: Catalog = CATALOG, rows: int = 3) -> Page:
    parts = np.array_split(np.arange(len(catalog), dtype=np.int32), rows)
    return Page(
        rows=tuple(
            Row(row_id=f"r{n}", kind="genre", title="", position=part,
                score=np.ones(len(part), np.float32))
            for n, part in enumerate(parts)
        )
    )  # fmt: skip


def artist(**changes: Any) -> PersonalArtist:
    return PersonalArtist(Config(**changes), Models())


def chosen(found: Page) -> tuple[Any, Any]:
    pictures = [row.artwork for row in found.rows if row.artwork is not None]
    chances = [row.artwork_propensity for row in found.rows if row.artwork_propensity is not None]
    return np.concatenate(pictures), np.concatenate(chances)


def events(
    member_id: str, item_id: str, artwork_id: str, count: int, plays: int, first: int = 0
) -> list[Event]:
    """Return looks at a picture, and plays to the end from the last of them."""
    made = []
    for n in range(count):
        at = first + 10 * n
        cell = {"artwork_id": artwork_id, "page_id": "pg", "row": 0, "column": 0}
        # Others come and go; "m1" is one and the same.
        who = member_id if member_id == "m1" else f"{member_id}.{n}"
        common = {"item_id": item_id, "member_id": who}
        made.append(at_second(at, "impression", common | cell))
        if n >= count - plays:
            made.append(at_second(at + 1, "play_start", common | cell))
            ended = {"payload": {"position_s": 5_400, "duration_s": 5_400}}
            made.append(at_second(at + 2, "complete", common | cell | ended))
    return made


def at_second(second: int, kind: str, fields: dict[str, Any]) -> Event:
    return Event(
        event_id=f"e{second:07d}", kind=kind, occurred_ms=NOW_MS - 90_000_000 + 1_000 * second,
        **fields,
    )  # fmt: skip


def profile_of(happened: list[Event], catalog: Catalog) -> Profile:
    return fold(Profile(member_id="m1"), happened, catalog.facts)


# Chance


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 6))
def test_probabilities_sum_to_one_over_what_is_open(seed: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    mean, spread = rng.normal(0, 1, (20, width)), rng.random((20, width))
    opened = rng.random((20, width)) < 0.7
    chance = probabilities(mean, spread, opened, 0.05)
    assert (chance[~opened] == 0).all()
    some = opened.any(axis=1)
    np.testing.assert_allclose(chance[some].sum(axis=1), 1.0)
    least = 0.05 / np.maximum(opened.sum(axis=1, keepdims=True), 1)
    assert (chance >= np.where(opened, least, 0.0) - 1e-12).all()
    picked, share = drawn(chance, rng)
    assert (picked[~some] == -1).all() and (share[~some] == 1.0).all()
    assert (chance[some, picked[some]] == share[some]).all() and (share > 0).all()


def test_propensities_are_the_frequencies() -> None:
    """Each cell's frequencies over many seeds are its logged propensities."""
    counters = Counters()
    counters.add(events("other", "i3", "i3.a1", 60, 20) + events("other", "i4", "i4.a2", 50, 9))
    query = samples.query(CATALOG, counters)
    rounds, width = 3_000, 4
    seen, said = np.zeros((30, width)), np.full((30, width), np.nan)
    make = artist()
    for seed in range(rounds):
        picked, share = chosen(make(samples.query(CATALOG, counters, seed=seed), page()))
        cells = np.flatnonzero(picked >= 0)
        seen[cells, picked[cells]] += 1
        before = said[cells, picked[cells]]
        assert (np.isnan(before) | (before == share[cells])).all()
        said[cells, picked[cells]] = share[cells]
    assert query.profile.event_count == 0
    share = np.nan_to_num(said)
    with_pictures = seen.sum(axis=1) > 0
    assert with_pictures.sum() == 24
    # What was never drawn had a small probability.
    assert (share[with_pictures].sum(axis=1) > 0.97).all()
    off = abs(seen / rounds - share)
    assert (off <= 5 * np.sqrt(np.maximum(share * (1 - share), 1e-4) / rounds)).all()


def test_two_pictures_have_the_normal_probability() -> None:
    """By a million draws of both."""
    mean, spread = np.array([[0.3, 0.0]]), np.array([[0.4, 0.7]])
    chance = probabilities(mean, spread, np.ones((1, 2), bool), 0.0)
    draws = np.random.default_rng(1).normal(mean, spread, (1_000_000, 2))
    assert chance[0, 0] == pytest.approx((draws[:, 0] > draws[:, 1]).mean(), abs=0.002)


def test_the_shared_draws_are_near_the_truth_for_more() -> None:
    mean, spread = np.array([[0.3, 0.0, 0.1, -0.4]]), np.array([[0.4, 0.7, 0.2, 0.5]])
    chance = probabilities(mean, spread, np.ones((1, 4), bool), 0.0)
    draws = np.random.default_rng(1).normal(mean, spread, (200_000, 4)).argmax(axis=1)
    assert abs(chance[0] - np.bincount(draws, minlength=4) / 200_000).max() < 0.15
    assert abs(DRAWS.mean(axis=1)).max() < 1e-5


# Who may be shown what


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_closed_picture_is_ever_shown(data: st.DataObject) -> None:
    """Withdrawn, or above the member's age, whatever they saw before and whichever rung."""
    facts = st.builds(
        lambda age, gone, mood: showing(f"mood:{mood}", maturity=age, withdrawn=gone),
        st.sampled_from((0, 7, 13, 16, 18)), st.booleans(), st.sampled_from(MOODS),
    )  # fmt: skip
    made = data.draw(st.lists(st.lists(facts, max_size=5), min_size=1, max_size=8))
    catalog = Catalog([item(n, *pictures) for n, pictures in enumerate(made)])
    ceiling = data.draw(st.sampled_from((0, 7, 13, 18)))
    names = [a.artwork_id for one in catalog.items for a in one.artworks]
    seen = data.draw(st.dictionaries(st.sampled_from(names), st.integers(0, 9))) if names else {}
    query = samples.query(
        catalog,
        profile=Profile(member_id="m1", event_count=1, tired_pictures=seen),
        maturity_ceiling=ceiling,
        seed=data.draw(st.integers(0, 99)),
    )
    whole = page(catalog, rows=1)
    shown, _ = chosen(artist()(query, whole))
    first = first_open(query, whole.rows[0].position)
    for at, pictures in enumerate(made):
        allowed = {
            n for n, one in enumerate(pictures)
            if not one["withdrawn"] and one["maturity"] <= ceiling
        }  # fmt: skip
        assert (shown[at] in allowed) if allowed else (shown[at] == -1)
        assert first[at] == (min(allowed) if allowed else -1)


# Staying


def test_a_picture_stays_until_it_was_seen_often_without_an_answer() -> None:
    make = artist(patience=4)
    for count in range(8):
        seen = {"i9.a1": 1, "i9.a2": count}
        query = samples.query(
            CATALOG, profile=Profile(member_id="m1", event_count=1, tired_pictures=seen)
        )
        shown = set()
        for seed in range(40):
            picked, share = chosen(make(changed_seed(query, seed), page()))
            shown.add(int(picked[9]))
            assert count >= 4 or share[9] == 1.0
        assert shown == {2} if count < 4 else 2 not in shown and len(shown) > 1


def changed_seed(query: Any, seed: int) -> Any:
    from dataclasses import replace

    return replace(query, seed=seed)


def test_a_picture_that_was_played_from_stays() -> None:
    happened = events("m1", "i9", "i9.a2", 6, 1)
    known = profile_of(happened, CATALOG)
    assert known.tired_pictures["i9.a2"] == 0
    query = samples.query(CATALOG, profile=known)
    shown = {int(chosen(artist()(changed_seed(query, s), page()))[0][9]) for s in range(40)}
    assert shown == {2}


def test_a_clear_gain_ends_the_stay() -> None:
    counters = Counters()
    happened = []
    for number in range(3):
        happened += events(f"o{number}", "i9", "i9.a0", 200, 60, 10_000 * number)
        happened += events(f"o{number}", "i9", "i9.a2", 200, 1, 10_000 * number + 5_000)
    held = Profile(member_id="m1", event_count=1, tired_pictures={"i9.a2": 1})
    before = samples.query(CATALOG, counters, profile=held)
    assert {int(chosen(artist()(changed_seed(before, s), page()))[0][9]) for s in range(20)} == {2}
    counters.add(happened)
    after = samples.query(CATALOG, counters, profile=held)
    shown = [int(chosen(artist()(changed_seed(after, s), page()))[0][9]) for s in range(60)]
    assert np.mean(np.array(shown) == 0) > 0.8


# Taste


def taught(mood: str, other: str) -> Profile:
    """Return a member who plays from pictures of one mood and passes over the other's."""
    items = [item(n, showing(f"mood:{mood}"), showing(f"mood:{other}")) for n in range(100, 110)]
    facts = {one.item_id: facts_of(one) for one in items}
    happened = []
    for n, one in enumerate(items):
        happened += events("m1", one.item_id, f"{one.item_id}.a0", 3, 2, 1_000 * n)
        happened += events("m1", one.item_id, f"{one.item_id}.a1", 3, 0, 1_000 * n + 500)
    happened.sort(key=lambda event: event.key)
    return fold(Profile(member_id="m1"), happened, facts.get)


def test_members_of_different_tastes_see_different_pictures_of_one_title() -> None:
    shown = {}
    for mood, other in (("tender", "dark"), ("dark", "tender")):
        query = samples.query(CATALOG, profile=taught(mood, other))
        found = [artist()(changed_seed(query, seed), page()) for seed in range(60)]
        picked = np.array([chosen(one)[0][2] for one in found])
        shown[mood] = float((picked == 0).mean())
        row = found[0].rows[0]
        assert row.picture_cause is not None and row.looks is not None
        if picked[0] == MOODS.index(mood):
            name = CATALOG.component.names[row.picture_cause[2]]
            assert name.partition("|")[2] == f"mood:{mood}"
            assert row.looks[2, LOOKS.index("mood")] > 0
    assert shown["tender"] > 0.8 and shown["dark"] < 0.2


@pytest.mark.parametrize(("facet", "field"), [("cast", "people"), ("genre", "genres")])
def test_a_star_or_genre_that_the_member_follows_is_on_the_picture(facet: str, field: str) -> None:
    film = item(0, showing(f"{facet}:Asha Rao"), showing(f"{facet}:Ben Holt"))
    catalog = Catalog([film])
    strong = 12 * 1024 * 2**24
    for place, name in enumerate(("Asha Rao", "Ben Holt")):
        known = changed(Profile(member_id="m1", event_count=9), **{field: {name: strong}})
        query = samples.query(catalog, profile=known)
        picked = [
            chosen(artist()(changed_seed(query, s), page(catalog, 1)))[0][0] for s in range(80)
        ]
        assert np.mean(np.array(picked) == place) > 0.7


def test_a_new_title_starts_from_what_its_pictures_are_made_of() -> None:
    old = [item(n, showing("shot:wide"), showing("shot:close-up")) for n in range(20)]
    catalog = Catalog([*old, item(99, showing("shot:close-up"), showing("shot:wide"))])
    counters = Counters()
    for n in range(20):
        counters.add(events(f"o{n}", f"i{n}", f"i{n}.a0", 40, 8, 1_000 * n))
        counters.add(events(f"p{n}", f"i{n}", f"i{n}.a1", 40, 1, 1_000 * n))
    query = samples.query(catalog, counters)
    make = artist(shot_share=1.0)
    picked = [chosen(make(changed_seed(query, s), page(catalog, 1)))[0][20] for s in range(60)]
    assert np.mean(np.array(picked) == 1) > 0.7


def test_a_page_is_not_all_close_ups() -> None:
    """Where close-ups earn a little more everywhere, some cells show wide shots all the same."""
    titles = [item(n, showing("shot:close-up"), showing("shot:wide")) for n in range(60)]
    catalog = Catalog(titles)
    counters = Counters()
    for n in range(60):
        counters.add(events(f"o{n}", f"i{n}", f"i{n}.a0", 60, 8, 2_000 * n))
        counters.add(events(f"p{n}", f"i{n}", f"i{n}.a1", 60, 6, 2_000 * n))
    query = samples.query(catalog, counters)
    share = {}
    for variety in (0.0, 0.4):
        make = artist(variety=variety, boldness=0.05)
        picked = [chosen(make(changed_seed(query, s), page(catalog)))[0] for s in range(10)]
        share[variety] = float((np.concatenate(picked) == 0).mean())
    assert share[0.0] > 0.8 and 0.35 < share[0.4] < 0.65


# Learning


def test_what_looks_are_worth_is_learned_from_the_log() -> None:
    """Members' moods mean nothing here, and scenes twice what the prior says."""
    rng = np.random.default_rng(4)
    counters, made = Counters(), []
    mood, scene = LOOKS.index("mood"), LOOKS.index("scene")
    for n in range(6_000):
        looks = np.zeros(len(LOOKS))
        looks[[mood, scene]] = rng.normal(0, 0.7, 2)
        chance = 0.12 * np.exp(1.6 * looks[scene])
        one = events(f"m{n}", "i9", "i9.a1", 1, int(rng.random() < chance), 10 * n)
        text = looks_text(rounded_looks(looks[None]))
        made += [changed(event, extra={"looks": text}) for event in one]
    counters.add(made)
    worth, covariance = worth_of(counters.view())
    assert worth[mood] < 0.35 and worth[scene] > 1.25
    assert covariance[mood, mood] < 0.2 * covariance[0 + LOOKS.index("cast"), LOOKS.index("cast")]
    assert worth[LOOKS.index("cast")] == pytest.approx(PRIOR_WORTH[LOOKS.index("cast")])


def test_an_empty_page_and_pages_without_pictures_are_left_alone() -> None:
    nothing = Page(rows=())
    assert artist()(samples.query(CATALOG), nothing) is nothing
    bare = Catalog([item(0), item(1)])
    picked, share = chosen(artist()(samples.query(bare), page(bare, 1)))
    assert picked.tolist() == [-1, -1] and share.tolist() == [1.0, 1.0]
