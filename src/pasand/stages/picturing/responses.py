"""What a member sees in pictures: how far each component moves their wish to play, in logits.

A member's response is the share of taste that a component earned over the share of looks that
it had, among components of its kind: log((plays + a) / (expected + a)), which is 0 for who has no
history. Two more numbers are what they take beside pictures: a picture of a genre or a star.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.picture_looks import LOOKS
from pasand.domain.profile import taste_at
from pasand.domain.query import Query
from pasand.stages.picturing.gallery import Parts

__all__ = ["Responses", "responses_of"]

Floats = NDArray[np.float64]

#: Plays' worth of taste in a component before the member's own response counts half.
PRIOR_MASS = 3.0
#: Taste that one play leaves with a component, about: a play's weight shared by its components.
MASS_A_PLAY = 0.4
#: Taste that one look earns, until the member has shown what they earn.
RATE = 0.02
RATE_MASS = 2.0
#: A taste this strong is believed half.
TASTE_HALF = 2.0
_FACETS = {"genre": "genre-taste", "cast": "cast-taste"}


@dataclass(frozen=True, slots=True)
class Responses:
    """By word of the catalogue's pictures: ``own`` response, its variance, and ``taken``, the
    taste for the genre or person that the word names.
    """

    own: Floats
    variance: Floats
    taken: Floats


def responses_of(query: Query, parts: Parts) -> Responses:
    """Return what the member sees in each word that pictures are made of."""
    count, profile = len(parts.words), query.profile
    played = _by_word(taste_at(profile.pictures, query.at_ms), parts)
    looked = _by_word(taste_at(profile.looked, query.at_ms), parts)
    played = np.maximum(played, 0.0)
    kind = np.maximum(parts.word_kind, 0)
    earned = np.bincount(kind, played, len(LOOKS)) + RATE * RATE_MASS
    shown = np.bincount(kind, looked, len(LOOKS)) + RATE_MASS
    expected = looked * (earned / shown)[kind]
    # Nobody plays from what they never looked at: a look that was not told counts as expected.
    expected = np.where(looked > 0, expected, played)
    own = np.log((played + PRIOR_MASS) / (expected + PRIOR_MASS))
    variance = MASS_A_PLAY / (0.5 * (played + expected) + PRIOR_MASS)
    taken = np.zeros(count)
    for facet, tastes in (("genre", profile.genres), ("cast", profile.people)):
        taken += _shares(facet, taste_at(tastes, query.at_ms), parts)
    return Responses(own, variance, taken)


def _by_word(tastes: Mapping[str, float], parts: Parts) -> Floats:
    found = np.zeros(len(parts.words))
    for word, value in tastes.items():
        code = parts.word_code.get(word)
        if code is not None:
            found[code] = value
    return found


def _shares(facet: str, tastes: Mapping[str, float], parts: Parts) -> Floats:
    """Return tastes from -1 to 1, the strongest near 1 where there is much of it."""
    found = np.zeros(len(parts.words))
    top = max(map(abs, tastes.values()), default=0.0)
    if top > 0:
        believed = top / (top + TASTE_HALF)
        for name, value in tastes.items():
            code = parts.word_code.get(f"{facet}:{name}")
            if code is not None:
                found[code] = believed * value / top
    return found
