"""What is known of one picture: facts with confidences, and the short words taste is learned from.

Places are shares of the picture, so that facts outlive a resize. "Unsure" is an answer: what a
recogniser was asked and did not dare to say stands in ``unsure`` with the reason, and nothing of
it becomes a component. Who is in a picture is never read from a face; ``cast`` comes from the
catalogue or from the operator's own tags.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from pasand.errors import InvalidInput

__all__ = [
    "JOBS",
    "MOOD_WORDS",
    "SHOT_SIZES",
    "Box",
    "Composition",
    "Face",
    "Guess",
    "Lettering",
    "Look",
    "Mood",
    "PictureFacts",
    "Seen",
    "Vector",
    "components_of",
    "facts_from_json",
    "facts_to_json",
    "hash_distance",
    "mood_words",
    "packed",
]

#: What a recogniser can be asked; each is a key of ``unsure`` and of ``providers``.
JOBS = (
    "objects", "faces", "shot", "scene", "category", "mood", "genre", "look", "composition",
    "lettering", "vector", "expression", "subject",
)  # fmt: skip
SHOT_SIZES = ("close-up", "medium", "wide")
#: A mood in a word: where its middle lies, (valence, arousal), each from -1 to 1. The places
#: follow the circumplex of affect (Russell 1980), drawn in to where ratings of pictures lie.
MOOD_WORDS: Mapping[str, tuple[float, float]] = {
    "joyful": (0.65, 0.15),
    "exciting": (0.35, 0.45),
    "tense": (-0.35, 0.40),
    "gloomy": (-0.55, -0.15),
    "calm": (0.45, -0.45),
    "plain": (0.0, -0.35),
}
#: How far from the middle of its word a mood may lie.
_MOOD_REACH = 0.45
#: Less certain than this, a fact is told but taste is not learned from it.
COMPONENT_CONFIDENCE = 0.5
OBJECT_COMPONENTS = 5
GENRE_COMPONENTS = 2
BRIGHT, DARK = 0.62, 0.28
WARM = 0.08


class Box(NamedTuple):
    """A place in a picture, from 0 to 1 of its width and height."""

    left: float
    top: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """The share of the picture that the box takes."""
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        """The middle, across and down."""
        return self.left + self.width / 2, self.top + self.height / 2


@dataclass(frozen=True, slots=True)
class Guess:
    """A word, and how sure its speaker is, from 0 to 1."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Seen:
    """An object of a named kind at a place."""

    name: str
    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class Face:
    """A face, never whose. ``frontal``: 1 looks into the camera, 0 is a profile.

    ``points`` are the eyes, the nose and the corners of the mouth as (across, down).
    """

    confidence: float
    box: Box
    frontal: float = 0.0
    points: tuple[tuple[float, float], ...] = ()
    expression: Guess | None = None

    @property
    def place(self) -> str:
        """The third of the picture it is in: left, centre or right."""
        return ("left", "centre", "right")[min(max(int(3 * self.box.centre[0]), 0), 2)]


@dataclass(frozen=True, slots=True)
class Mood:
    """How a picture feels: unpleasant to pleasant, calm to stirring, each from -1 to 1."""

    valence: float
    arousal: float
    confidence: float
    words: tuple[Guess, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """What can be computed without any model. All from 0 to 1, but ``warmth`` from -1 to 1."""

    brightness: float
    contrast: float
    saturation: float
    warmth: float
    sharpness: float
    palette: tuple[str, ...] = ()
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Composition:
    """How the picture is built. ``space`` is the emptiest place that a title would fit in."""

    thirds: float
    symmetry: float
    space: Box
    emptiness: float
    confidence: float
    subject: Box | None = None


@dataclass(frozen=True, slots=True)
class Lettering:
    """Text that stands in the picture: the share of it that is lines of letters."""

    share: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Vector:
    """An embedding of unit length in whole numbers from -127 to 127, and whose it is.

    In a catalogue the numbers lie in a ``file`` below the home, and ``values`` is empty.
    """

    model: str
    values: bytes = b""
    file: str = ""

    def unpacked(self) -> NDArray[np.float32]:
        """Return the vector, of unit length."""
        values = np.frombuffer(self.values, np.int8).astype(np.float32)
        return values / np.float32(max(float(np.linalg.norm(values)), 1e-9))


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """All that is known of a picture of ``size`` (width, height) in pixels.

    ``scene`` is what the whole picture shows; ``category`` the class of a product in a shop.
    ``hash`` is equal or near (``hash_distance``) for near-duplicates. ``unsure`` says why a job
    has no answer, by job; ``providers`` says who answered.
    """

    size: tuple[int, int]
    hash: str = ""
    objects: tuple[Seen, ...] = ()
    faces: tuple[Face, ...] = ()
    people: Guess | None = None
    shot: Guess | None = None
    scene: Guess | None = None
    category: Guess | None = None
    mood: Mood | None = None
    genres: tuple[Guess, ...] = ()
    look: Look | None = None
    composition: Composition | None = None
    lettering: Lettering | None = None
    vector: Vector | None = None
    cast: tuple[str, ...] = ()
    unsure: Mapping[str, str] = field(default_factory=dict)
    providers: Mapping[str, str] = field(default_factory=dict)


def components_of(facts: PictureFacts, least: float = COMPONENT_CONFIDENCE) -> tuple[str, ...]:
    """Return what taste is learned about: each as kind:value, the surest of its kind first."""
    found: dict[str, None] = {}
    kinds = sorted(facts.objects, key=lambda seen: -seen.confidence)
    names = dict.fromkeys(s.name for s in kinds if s.confidence >= least and s.name != "person")
    found |= dict.fromkeys(f"object:{name}" for name in list(names)[:OBJECT_COMPONENTS])
    guesses = {
        "people": facts.people,
        "shot": facts.shot,
        "scene": facts.scene,
        "class": facts.category,
    }
    for kind, guess in guesses.items():
        if guess is not None and guess.confidence >= least:
            found[f"{kind}:{guess.name}"] = None
    moods = facts.mood.words[:1] if facts.mood is not None else ()
    found |= dict.fromkeys(f"mood:{word.name}" for word in moods if word.confidence >= least)
    likely = [genre for genre in facts.genres if genre.confidence >= least]
    found |= dict.fromkeys(f"genre:{genre.name}" for genre in likely[:GENRE_COMPONENTS])
    if facts.look is not None:
        found |= dict.fromkeys(f"colour:{word}" for word in _colour_words(facts.look))
    found |= dict.fromkeys(f"cast:{name}" for name in facts.cast)
    return tuple(found)


def _colour_words(look: Look) -> list[str]:
    words = []
    if abs(look.warmth) >= WARM:
        words.append("warm" if look.warmth > 0 else "cold")
    if look.brightness >= BRIGHT or look.brightness <= DARK:
        words.append("bright" if look.brightness >= BRIGHT else "dark")
    return words


def mood_words(valence: float, arousal: float, confidence: float) -> tuple[Guess, ...]:
    """Return the words near a mood, nearest first; each less sure the farther its middle lies."""
    place = np.array((valence, arousal))
    found = [
        Guess(word, round(float(confidence * (1 - away / 2 / _MOOD_REACH)), 3))
        for word, middle in MOOD_WORDS.items()
        if (away := np.linalg.norm(place - middle)) < _MOOD_REACH
    ]
    return tuple(sorted(found, key=lambda guess: -guess.confidence))


def packed(model: str, vector: NDArray[np.floating[Any]]) -> Vector:
    """Return an embedding in a byte a dimension; a vector of zeros stays one."""
    most = max(float(np.abs(vector).max(initial=0.0)), 1e-12)
    return Vector(model, np.rint(vector / most * 127).astype(np.int8).tobytes())


def hash_distance(one: str, other: str) -> int:
    """Return how many bits of two hashes differ: up to 6 of 64 are one picture, as a rule."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def facts_to_json(facts: PictureFacts) -> dict[str, Any]:
    """Return the facts as they stand in ``Artwork.facts``, with their ``components``."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(facts))
    said = {name: value for name, value in plain.items() if value not in (None, "", [], {})}
    return {"components": list(components_of(facts)), **said}


def facts_from_json(value: Mapping[str, Any]) -> PictureFacts:
    """Return the facts behind ``facts_to_json``; names that it does not know are left out."""
    try:
        facts = msgspec.convert(value, PictureFacts, strict=True)
        if facts.vector is not None:
            facts.vector.unpacked()
        int(facts.hash or "0", 16)
    except (msgspec.ValidationError, ValueError) as error:
        fix = "Annotate the picture again: pasand artwork annotate."
        raise InvalidInput(
            f"These picture facts are damaged: {error}", field="facts", fix=fix
        ) from None
    return facts
