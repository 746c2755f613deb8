"""Looks: how a picture suits a member, as a few small numbers that fit beside an impression.

One number for each kind of component, in eighths of a logit, above 0 where the picture suits the
member better than the title's others do. They are logged with the page, so that what follows can
teach how much each kind is worth without asking again what was known of the member then.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["LOOKS", "LOOKS_UNIT", "kind_of", "looks_of", "looks_text", "rounded_looks"]

#: Kinds whose worth to the member follows from their own response, and two that follow from what
#: they take: genres, and people in the cast.
LOOKS = (
    "mood", "people", "shot", "scene", "object", "colour", "genre", "cast", "other",
    "genre-taste", "cast-taste",
)  # fmt: skip
LOOKS_UNIT = 8.0
_OTHER = LOOKS.index("other")
_PLACES = {name: place for place, name in enumerate(LOOKS[: _OTHER + 1])}
_MIDDLE, _SIZE = 32, 64
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_BYTES = np.frombuffer(_LETTERS.encode(), np.uint8)
_VALUE = {letter: place - _MIDDLE for place, letter in enumerate(_LETTERS)}


def kind_of(component: str) -> int:
    """Return the place in LOOKS of a component such as "mood:tense"."""
    return _PLACES.get(component.partition(":")[0], _OTHER)


def rounded_looks(looks: NDArray[np.float64]) -> NDArray[np.int8]:
    """Return looks as they are logged."""
    eighths = np.rint(looks * LOOKS_UNIT)
    return np.clip(eighths, -_MIDDLE, _SIZE - 1 - _MIDDLE).astype(np.int8)


def looks_text(looks: NDArray[np.int8]) -> str:
    """Return the looks of some cells as text, ``len(LOOKS)`` letters a cell."""
    return _BYTES[looks.astype(np.int64) + _MIDDLE].tobytes().decode("ascii")


def looks_of(text: object) -> Sequence[int] | None:
    """Return the looks behind the letters of one cell, None where they are none."""
    if not isinstance(text, str) or len(text) != len(LOOKS):
        return None
    try:
        return [_VALUE[letter] for letter in text]
    except KeyError:
        return None
