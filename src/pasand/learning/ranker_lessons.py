"""Lessons of the ranker: what was taken at a moment, beside what might have been, and what became
of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.stages.scoring.ranker_features import ITEM_FEATURES, REQUEST_FEATURES

__all__ = ["OUTCOMES", "Lesson", "Lessons", "drawn"]

#: What is known of something taken: whether it was finished, liked, disliked, and minutes of it.
OUTCOMES = ("finish", "like", "dislike", "minutes")

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One request: ``item`` [candidates, features] of a sample, ``offset`` the logarithm of how
    many each stands for, ``taken`` how much each counts as what was taken (0: it was not),
    ``outcome`` [candidates, outcomes], not a number where it is not known.
    """

    item: Floats
    request: Floats
    offset: Floats
    taken: Floats
    outcome: Floats


@dataclass(frozen=True, slots=True)
class Lessons:
    """Many of them, padded to one width; an offset of minus infinity is no candidate."""

    item: Floats
    request: Floats
    offset: Floats
    taken: Floats
    outcome: Floats

    def __len__(self) -> int:
        return len(self.item)

    @classmethod
    def of(cls, lessons: Iterable[Lesson]) -> Lessons:
        """Return lessons beside each other."""
        rows = list(lessons)
        width = max((len(one.item) for one in rows), default=1)
        return cls(
            _padded([one.item for one in rows], (width, len(ITEM_FEATURES)), 0.0),
            _padded([one.request for one in rows], (len(REQUEST_FEATURES),), 0.0),
            _padded([one.offset for one in rows], (width,), -np.inf),
            _padded([one.taken for one in rows], (width,), 0.0),
            _padded([one.outcome for one in rows], (width, len(OUTCOMES)), np.nan),
        )

    def where(self, chosen: NDArray[np.bool_]) -> Lessons:
        """Return the lessons of a mask."""
        return Lessons(*(getattr(self, name)[chosen] for name in self.__slots__))


def _padded(rows: Sequence[Floats], shape: tuple[int, ...], fill: float) -> Floats:
    table = np.full((len(rows), *shape), fill, np.float32)
    for number, row in enumerate(rows):
        table[number, : len(row)] = row
    return table


def drawn(
    table: Floats, taken: NDArray[np.bool_], firsts: int, width: int, rng: np.random.Generator
) -> tuple[NDArray[np.intp], Floats]:
    """Return a sample of candidates, those taken first, and how many each stands for, as a
    logarithm: the ``firsts`` greatest of each column stand for themselves.
    """
    chosen = taken.copy()
    if len(table) > firsts:
        first = np.argpartition(-table, firsts, axis=0)[:firsts]
        chosen[np.unique(first)] = True
    else:
        chosen[:] = True
    certain = np.flatnonzero(chosen & ~taken)
    certain = rng.permutation(certain)[: max(width - int(taken.sum()), 0)]
    rest = np.flatnonzero(~chosen)
    left = max(width - int(taken.sum()) - len(certain), 0)
    some = rng.permutation(rest)[:left]
    place = np.concatenate([np.flatnonzero(taken), certain, some])
    offset = np.zeros(len(place), np.float32)
    if len(some):
        offset[len(place) - len(some) :] = np.log(len(rest) / len(some))
    return place, offset
