"""What needs no model, what a doubt silences, heads, and questions in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from pasand.adapters.vision_pictures import resized
from pasand.domain.picture_facts import Box, hash_distance
from pasand.picture_ports import Belief, Picture
from pasand.stages.recognise import composition, lettering, look
from pasand.stages.recognise.affect import THINGS, affect_table
from pasand.stages.recognise.doubt import Config as DoubtConfig
from pasand.stages.recognise.doubt import Doubt, Signs, energy, entropy
from pasand.stages.recognise.signals import affect_of
from pasand.stages.recognise.viewing import CORNERS, MIDDLE, MIRRORED, WHOLE, views_of
from pasand.stages.recognise.words import Config as WordsConfig
from pasand.stages.recognise.words import ZeroShot, lifted

SEE = look.ClassicalLook(look.Config(), resized)
COMPOSE = composition.ClassicalComposition(composition.Config(), resized)


def plain(red: int, green: int, blue: int, tall: int = 90, wide: int = 120) -> Picture:
    return np.full((tall, wide, 3), (red, green, blue), np.uint8)


def noise(seed: int = 1, tall: int = 200, wide: int = 300) -> Picture:
    return np.random.default_rng(seed).integers(0, 256, (tall, wide, 3), np.uint8)


def scene(shift: int = 0) -> Picture:
    """Return smooth hills of light."""
    down, across = np.mgrid[0:200, 0:300]
    light = 120 + 60 * np.sin((across + shift) / 37) + 50 * np.cos(down / 23 + across / 90)
    return np.repeat(light[..., None], 3, axis=2).astype(np.uint8)


def test_light_and_colour_are_what_one_sees() -> None:
    white, black, red, blue = (
        SEE.look(plain(*c)) for c in ((255,) * 3, (0,) * 3, (220, 20, 20), (20, 20, 220))
    )
    assert (white.brightness, black.brightness) == (1.0, 0.0)
    assert white.saturation == 0.0 and red.saturation > 0.8
    assert red.warmth > 0.5 > -0.5 > blue.warmth
    assert red.palette == ("#dc1414",)
    halves = plain(220, 20, 20)
    halves[:, 80:] = (20, 20, 220)
    assert SEE.look(halves).palette == ("#dc1414", "#1414dc")


def test_blur_takes_sharpness() -> None:
    picture = noise()
    somewhat = resized(resized(picture, 150, 100), 300, 200)
    much = resized(resized(picture, 60, 40), 300, 200)
    sharp = [SEE.look(one).sharpness for one in (picture, somewhat, much)]
    assert sharp[0] > sharp[1] > sharp[2]
    assert SEE.look(scene()).sharpness == 0.0


def test_near_duplicates_have_near_hashes() -> None:
    picture = scene()
    again = resized(picture, 150, 100)
    lighter = np.clip(picture.astype(int) + 12, 0, 255).astype(np.uint8)
    for near in (again, lighter):
        assert hash_distance(SEE.hash(picture), SEE.hash(near)) <= 6
    assert hash_distance(SEE.hash(picture), SEE.hash(noise())) > 12


@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 40))
def test_every_look_is_within_its_bounds(seed: int, tall: int, wide: int) -> None:
    found = SEE.look(noise(seed, tall, wide))
    for value in (found.brightness, found.contrast, found.saturation, found.sharpness):
        assert 0 <= value <= 1
    assert -1 <= found.warmth <= 1 and len(found.palette) <= 5
    built = COMPOSE.composition(noise(seed, tall, wide))
    for value in (built.thirds, built.symmetry, built.emptiness, built.confidence):
        assert 0 <= value <= 1


def test_a_title_goes_where_nothing_is() -> None:
    picture = plain(90, 90, 90, 200, 200)
    picture[:140] = noise(2, 140, 200)
    space = COMPOSE.composition(picture).space
    assert space.top >= 0.69
    everywhere = plain(90, 90, 90, 200, 200)
    avoided = COMPOSE.composition(everywhere, [Box(0.0, 0.0, 1.0, 0.6)]).space
    assert avoided.top >= 0.59


def test_symmetry_is_of_left_and_right() -> None:
    left = noise(3, 100, 60)
    mirrored = np.concatenate((left, left[:, ::-1]), axis=1)
    assert COMPOSE.composition(mirrored).symmetry > 0.99
    assert COMPOSE.composition(noise(3, 100, 120)).symmetry < 0.3
    assert COMPOSE.composition(plain(9, 9, 9)).symmetry == 1.0


def test_weight_at_the_crossings_is_on_thirds() -> None:
    picture, middle = plain(0, 0, 0, 192, 192), plain(0, 0, 0, 192, 192)
    picture[56:72, 56:72] = 255
    middle[88:104, 88:104] = 255
    assert COMPOSE.composition(picture).thirds > 0.8
    corner = plain(0, 0, 0, 192, 192)
    corner[0:16, 0:16] = 255
    assert COMPOSE.composition(corner).thirds < 0.3


def test_views_are_parts_of_the_picture() -> None:
    picture = scene()
    views = list(views_of(picture, resized, 32, (WHOLE, MIRRORED, MIDDLE, *CORNERS)))
    assert len(views) == 7 and all(view.shape == (32, 32, 3) for view in views)
    assert np.array_equal(views[0][:, ::-1], views[1])
    assert len({view.tobytes() for view in views}) == 7


def test_lines_of_letters_are_told_from_hills_and_from_noise() -> None:
    read = lettering.ClassicalLettering(lettering.Config(), resized)
    page = Image.new("RGB", (256, 200), "white")
    for top in range(10, 190, 30):
        ImageDraw.Draw(page).text((8, top), "the quick brown fox jumps over it", fill="black")
    told = read.lettering(np.asarray(page))
    assert told.confidence > 0.7
    for other in (scene(), noise(), plain(9, 9, 9), plain(9, 9, 9, 1, 1)):
        assert read.lettering(other).confidence < 0.3


def belief(*logits: Sequence[float], features: float = 10.0) -> Belief:
    rows = np.array(logits, np.float32)
    return Belief(rows, np.full((len(rows), 4), features / 2, np.float32))


def test_doubt_grows_with_flat_beliefs_and_lack_of_grain() -> None:
    doubt = Doubt(DoubtConfig())
    sure, flat = belief([12.0] + [0.0] * 99), belief([0.3] + [0.0] * 99)
    assert energy(sure) > energy(flat) and entropy(sure) < entropy(flat)
    usual, smooth = Signs(sure, -4.0, -4.0, 0.9), Signs(sure, -9.0, -9.0, 0.9)
    assert doubt.of_picture(usual) == doubt.of_objects(usual) == ""
    assert doubt.likeness(usual) > doubt.likeness(Signs(flat, -4.0, -4.0))
    assert doubt.likeness(usual) > doubt.likeness(smooth)
    assert doubt.solidity(usual) > doubt.solidity(Signs(sure, -4.0, -4.0, 0.1))
    for grain in (Signs(sure, 0.0, 0.0, 0.9), Signs(sure, -3.6, -4.9, 0.9)):
        assert doubt.of_picture(grain) == doubt.of_objects(grain) == "nothing but grain"
    assert "unlike" in doubt.of_objects(Signs(sure, -4.1, -2.1, 0.9))
    assert "unlike" in doubt.of_picture(Signs(flat, -9.0, -9.0))
    assert "unlike" in doubt.of_objects(Signs(flat, -9.0, -9.0))


def test_views_that_disagree_are_undecided() -> None:
    agree = belief([9.0, 0.0, 0.0], [9.0, 0.0, 0.0])
    differ = belief([9.0, 0.0, 0.0], [0.0, 9.0, 0.0])
    assert entropy(differ) > entropy(agree) + 0.6
    assert energy(differ) == pytest.approx(energy(agree))
    doubt = Doubt(DoubtConfig())
    like = [doubt.likeness(Signs(one, -4.0, -4.0)) for one in (agree, differ)]
    assert like[0] > like[1]


def test_things_have_the_feeling_of_their_kind() -> None:
    words = ("Chihuahua", "beagle", "Mexican hairless, xolo", "rifle", "nothing known")
    table = affect_table(words)
    assert table[1, 0] == table[0, 0] == table[2, 0] > 0.5
    assert table[3, 0] < 0 < table[3, 1]
    assert not table[4].any()
    pleasant = affect_of(belief([9.0, 0, 0, 0, 0]), words)
    unpleasant = affect_of(belief([0, 0, 0, 9.0, 0]), words)
    assert pleasant[0] > 0.4 > -0.4 > unpleasant[0]


def test_every_feeling_is_within_bounds_and_written_once() -> None:
    every = [thing for _, _, things in THINGS for thing in things.split(";")]
    assert len(set(every)) == len(every)
    assert all(abs(v) <= 1 and abs(a) <= 1 for v, a, _ in THINGS)


class Colours:
    """A matcher whose space is red, green, blue."""

    name = "colours"

    def picture_vector(self, picture: Picture) -> NDArray[np.float32]:
        mean = picture.reshape(-1, 3).mean(axis=0)
        return (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)

    def text_vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = [[0.6 + (word in text) for word in ("rose", "leaf", "sea")] for text in texts]
        return (np.array(rows) / np.linalg.norm(rows, axis=1)[:, None]).astype(np.float32)

    def likelihoods(
        self, picture: NDArray[np.float32], texts: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        return (1 / (1 + np.exp(-20 * (texts @ picture - 0.8)))).astype(np.float32)


def test_questions_in_words_have_answers_or_none() -> None:
    asked = ZeroShot(WordsConfig(), Colours(), ("rose", "leaf"), ("a rose film",))
    red = asked.vector(plain(250, 90, 90))
    assert [guess.name for guess in asked.guesses(red, "object")] == ["rose"]
    assert [guess.name for guess in asked.guesses(red, "genre")] == ["a rose film"]
    assert [guess.name for guess in asked.guesses(asked.vector(plain(9, 9, 99)), "scene")] == [
        "sea"
    ]
    # Grey is as near to a sentence that names nothing as to any other.
    assert asked.guesses(asked.vector(plain(90, 90, 90)), "object") == ()
    assert asked.mood(red) is None


def test_what_fits_no_better_than_nothing_is_not_lifted() -> None:
    assert lifted(np.array((0.5, 0.5, 0.4, 1.0))).tolist() == pytest.approx([0.0, 0.0, 1.0])
