"""Picture facts: written and read back, which components they have, and what is never one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasand.domain.catalog import Artwork, Item, facts_of
from pasand.domain.picture_facts import (
    MOOD_WORDS,
    Box,
    Face,
    Guess,
    Look,
    Mood,
    PictureFacts,
    Seen,
    components_of,
    facts_from_json,
    facts_to_json,
    hash_distance,
    mood_words,
    packed,
)
from pasand.errors import InvalidInput

share = st.floats(0, 1).map(lambda value: round(value, 3))
boxes = st.builds(Box, share, share, share, share)
guesses = st.builds(Guess, st.text(max_size=8), share)
looks = st.builds(Look, share, share, share, st.floats(-1, 1), share)
facts = st.builds(
    PictureFacts,
    size=st.tuples(st.integers(1, 9999), st.integers(1, 9999)),
    hash=st.integers(0, 2**64 - 1).map(lambda value: f"{value:016x}"),
    objects=st.lists(st.builds(Seen, st.text(max_size=8), share, boxes), max_size=4).map(tuple),
    faces=st.lists(st.builds(Face, share, boxes, share), max_size=3).map(tuple),
    people=st.none() | guesses,
    shot=st.none() | guesses,
    mood=st.none() | st.builds(Mood, share, share, share, st.lists(guesses, max_size=2).map(tuple)),
    genres=st.lists(guesses, max_size=4).map(tuple),
    look=st.none() | looks,
    cast=st.lists(st.text(max_size=8), max_size=3).map(tuple),
)


def dog(confidence: float, name: str = "dog") -> Seen:
    return Seen(name, confidence, Box(0.1, 0.2, 0.3, 0.4))


@given(facts)
def test_what_is_written_is_read_back(one: PictureFacts) -> None:
    assert facts_from_json(facts_to_json(one)) == one


@given(facts, st.floats(0, 1))
def test_components_are_kind_and_value_and_each_once(one: PictureFacts, least: float) -> None:
    found = components_of(one, least)
    assert len(set(found)) == len(found)
    assert all(":" in component for component in found)
    assert set(components_of(one, 1.1)) <= set(found)


def test_components_reach_the_catalogue() -> None:
    one = PictureFacts(
        size=(10, 10),
        objects=(dog(0.4), dog(0.9, "cat"), dog(0.8), dog(0.9, "person")),
        people=Guess("two", 0.8),
        shot=Guess("close-up", 0.4),
        mood=Mood(-0.3, 0.4, 0.9, (Guess("tense", 0.8), Guess("gloomy", 0.7))),
        genres=(Guess("Horror", 0.7), Guess("Drama", 0.3)),
        look=Look(0.2, 0.5, 0.5, -0.2, 0.5),
        cast=("Ann Example",),
    )
    expected = (
        "object:cat", "object:dog", "people:two", "mood:tense", "genre:Horror", "colour:cold",
        "colour:dark", "cast:Ann Example",
    )  # fmt: skip
    assert components_of(one) == expected
    artwork = Artwork(artwork_id="a", facts=facts_to_json(one))
    item = Item(item_id="i", title="I", artworks=(artwork,))
    assert facts_of(item).pictures == {"a": expected}


def test_what_is_unsure_is_no_component() -> None:
    one = PictureFacts(size=(9, 9), unsure={"objects": "no model", "mood": "not sure"})
    assert components_of(one) == ()
    assert facts_to_json(one)["unsure"] == {"objects": "no model", "mood": "not sure"}


@pytest.mark.parametrize(
    "damage",
    [
        {"size": "wide"},
        {"objects": [{"name": "dog"}]},
        {"objects": [{"name": "dog", "confidence": 1.0, "box": [0, 0, 1]}]},
        {"vector": {"model": "m", "values": "not base64!"}},
        {"hash": "zz"},
    ],
)
def test_damaged_facts_are_refused(damage: dict[str, object]) -> None:
    whole = facts_to_json(PictureFacts(size=(3, 4), hash="00ff"))
    with pytest.raises(InvalidInput, match="damaged"):
        facts_from_json(whole | damage)


def test_a_vector_keeps_its_direction() -> None:
    vector = np.random.default_rng(1).normal(size=300)
    kept = packed("m", vector).unpacked()
    assert kept @ vector / np.linalg.norm(vector) > 0.999
    assert not packed("m", np.zeros(4)).unpacked().any()


def test_hashes_differ_by_bits() -> None:
    assert hash_distance("ff", "ff") == 0
    assert hash_distance("f0f0f0f0f0f0f0f0", "f0f0f0f0f0f0f0f1") == 1


def test_a_mood_has_the_word_whose_place_it_is() -> None:
    for word, (valence, arousal) in MOOD_WORDS.items():
        assert mood_words(valence, arousal, 0.9)[0] == Guess(word, 0.9)
    assert mood_words(-1.0, -1.0, 0.9) == ()


@given(st.floats(-1, 1), st.floats(-1, 1), share)
def test_no_word_is_surer_than_its_mood(valence: float, arousal: float, sure: float) -> None:
    assert all(word.confidence <= sure + 1e-3 for word in mood_words(valence, arousal, sure))


def test_a_face_is_left_centre_or_right() -> None:
    places = [Face(1.0, Box(left, 0.1, 0.2, 0.2)).place for left in (0.0, 0.4, 0.8)]
    assert places == ["left", "centre", "right"]
