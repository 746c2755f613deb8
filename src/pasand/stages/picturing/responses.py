"""What a member sees in pictures: how far each component moves their wish to play, in logits.

The profile counts plays and looks by what sets a picture apart from its title's others, so a
component's response is one Newton step of a logistic regression of the member's own: (plays -
expected) / (information + prior), which is 0 for who has no history. Two more numbers are what
they take beside pictures: a picture of a genre or a star.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.profile import ALL_PICTURES, taste_at
from pasand.domain.query import Query
from pasand.stages.picturing.gallery import Parts

__all__ = ["Responses", "responses_of"]

Floats = NDArray[np.float64]

#: Plays that say as much of a component as is believed beforehand: that it moves little.
PRIOR_PLAYS = 12.0
#: Plays that one look is expected to bring, until the member has shown it; and looks for that.
RATE, RATE_LOOKS = 0.05, 20.0
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
    plays, looks = (taste_at(one, query.at_ms) for one in (profile.pictures, profile.looked))
    played, looked = max(plays.get(ALL_PICTURES, 0.0), 0.0), looks.get(ALL_PICTURES, 0.0)
    rate = (played + RATE * RATE_LOOKS) / (looked + RATE_LOOKS)
    own = _by_word(plays, parts) - rate * _by_word(looks, parts)
    variance = 1.0 / (played * parts.word_spread + PRIOR_PLAYS)
    own = own * variance
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
