"""The doors out through which pictures are looked at: one small port for each job.

A picture is an array [height, width, 3] of bytes, red first. Every finder is free to see nothing;
none keeps anything between calls or changes the picture. ``name`` says which model answers, for
``PictureFacts.providers`` and for what is trained on its output.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from pasand.domain.picture_facts import Face, Guess, PictureFacts, Seen

__all__ = [
    "Belief",
    "Classifier",
    "Embedder",
    "ExpressionReader",
    "FaceFinder",
    "ObjectFinder",
    "Picture",
    "PoseFinder",
    "Recogniser",
    "Resizer",
    "SubjectFinder",
    "WordMatcher",
]

Picture = NDArray[np.uint8]


class Resizer(Protocol):
    """Scales pictures, smoothly."""

    def __call__(self, picture: Picture, width: int, height: int) -> Picture:
        """Return the picture in this size."""
        ...


class ObjectFinder(Protocol):
    """Finds things of kinds that have names."""

    @property
    def name(self) -> str:
        """Which model answers."""
        ...

    def find(self, picture: Picture) -> tuple[Seen, ...]:
        """Return what is seen, the surest first."""
        ...


class FaceFinder(Protocol):
    """Finds faces and never says whose."""

    @property
    def name(self) -> str:
        """Which model answers."""
        ...

    def faces(self, picture: Picture) -> tuple[Face, ...]:
        """Return the faces, the largest first."""
        ...


class Embedder(Protocol):
    """Turns a picture into a vector: alike pictures have alike vectors."""

    @property
    def name(self) -> str:
        """Which model answers; vectors of two models are never compared."""
        ...

    def embed(self, picture: Picture) -> NDArray[np.float32]:
        """Return the vector, as long for every picture."""
        ...


class Belief(NamedTuple):
    """What a classifier thinks of some views of one picture: whole, mirrored, parts.

    ``logits`` are [views, words], before the softmax; ``features`` [views, n] are what it read
    them from, with n = 0 for a network that does not tell.
    """

    logits: NDArray[np.float32]
    features: NDArray[np.float32]


class Classifier(Protocol):
    """Says which of its ``words`` names the whole picture best."""

    @property
    def words(self) -> Sequence[str]:
        """Its words, in the order of its numbers."""
        ...

    @property
    def name(self) -> str:
        """Which model answers."""
        ...

    def believe(self, picture: Picture) -> Belief:
        """Return one number a word for each view."""
        ...


class PoseFinder(Protocol):
    """Finds the joints of the main body, 17 as COCO numbers them."""

    @property
    def name(self) -> str:
        """Which model answers."""
        ...

    def joints(self, picture: Picture) -> NDArray[np.float32]:
        """Return [17, 3]: across and down as shares of the picture, and confidence."""
        ...


class SubjectFinder(Protocol):
    """Tells the subject from what is behind it."""

    @property
    def name(self) -> str:
        """Which model answers."""
        ...

    def subject(self, picture: Picture) -> NDArray[np.bool_]:
        """Return a mask of the picture's shape or a coarser one; nothing set: no subject."""
        ...


class ExpressionReader(Protocol):
    """Reads the expression of one face. Off unless an operator turns it on."""

    @property
    def name(self) -> str:
        """Which model answers."""
        ...

    def expression(self, picture: Picture, face: Face) -> Guess:
        """Return the likeliest expression."""
        ...


class WordMatcher(Protocol):
    """Puts pictures and words into one space, so that any words can be asked for."""

    @property
    def name(self) -> str:
        """Which model answers."""
        ...

    def picture_vector(self, picture: Picture) -> NDArray[np.float32]:
        """Return the picture's vector, of unit length."""
        ...

    def text_vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a vector of unit length for each text; search uses it for queries too."""
        ...

    def likelihoods(
        self, picture: NDArray[np.float32], texts: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return from 0 to 1, for the vector of a picture, how well each text's vector fits."""
        ...


class Recogniser(Protocol):
    """Says all that is known of a picture; this is what annotating and video call."""

    def recognise(self, picture: Picture, about: Mapping[str, Any] | None = None) -> PictureFacts:
        """Return its facts. ``about`` may give what is known beforehand: ``cast``."""
        ...
