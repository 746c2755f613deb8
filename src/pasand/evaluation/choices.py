"""Choices: lists of items at requests, what is known of each item there, and which was taken.

A model of choice scores an item by a weighted sum of columns. Leaving columns out makes the same
model without what they tell, which is how a signal's worth is measured: both are learned anew
from the same choices and rank the same lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.evaluation.rehearsing import Lessons

__all__ = ["Choices", "Weighted", "ranks", "together", "variants"]


@dataclass(frozen=True, slots=True)
class Choices:
    """``score`` [lists, places, columns]; ``offset`` [lists, places] is minus infinity where a
    place is empty, else the logarithm of how many items the place stands for; ``taken`` is the
    place of what was taken, -1 where the list lacks it; ``owner`` codes whose list it is.
    """

    columns: tuple[str, ...]
    score: NDArray[np.float32]
    offset: NDArray[np.float32]
    taken: NDArray[np.int64]
    owner: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.taken)

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.integer]) -> Choices:
        """Return the lists of a mask or at places."""
        return Choices(
            self.columns,
            self.score[chosen],
            self.offset[chosen],
            self.taken[chosen],
            self.owner[chosen],
        )

    def lessons(self, columns: Sequence[str]) -> Lessons:
        """Return the lists that hold what was taken as lessons of some columns, it first."""
        has = np.flatnonzero(self.taken >= 0)
        row, taken = np.arange(len(has)), self.taken[has]
        score = np.take(self.score, self.places(columns), axis=2)[has]
        offset = self.offset[has].copy()
        for table in (score, offset):
            table[row, taken], table[:, 0] = table[:, 0].copy(), table[row, taken].copy()
        offset[:, 0] = 0.0
        return Lessons(tuple(columns), score, offset, np.zeros(len(has), bool))

    def places(self, columns: Sequence[str]) -> list[int]:
        """Return where columns stand."""
        return [self.columns.index(name) for name in columns]


@dataclass(frozen=True, slots=True)
class Weighted:
    """A learned model of choice: what each of its columns counts."""

    columns: tuple[str, ...]
    weight: NDArray[np.float64]

    def scores(self, choices: Choices) -> NDArray[np.float32]:
        """Return the scores of all places, minus infinity at empty ones."""
        weight = np.zeros(len(choices.columns), np.float32)
        weight[choices.places(self.columns)] = self.weight
        score: NDArray[np.float32] = choices.score @ weight
        return np.where(np.isfinite(choices.offset), score, -np.inf)

    def ranks(self, choices: Choices) -> NDArray[np.float64]:
        """Return the expected rank of what was taken, infinite where the list lacks it."""
        return ranks(self.scores(choices), choices.taken)


def ranks(score: NDArray[np.floating], taken: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return expected ranks under a random order of ties, infinite where nothing was taken."""
    own = score[np.arange(len(score)), np.maximum(taken, 0)][:, None]
    above = np.count_nonzero(score > own, axis=1)
    equal = np.count_nonzero(score == own, axis=1) - 1
    return np.where(taken >= 0, 1.0 + above + 0.5 * equal, np.inf)


def variants(
    columns: Sequence[str], signals: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """Return the columns of the model with everything (``full``), of the one without any of the
    ``signals`` (``none``), and of those without one of them, by its name.

    A column ``x-without-s`` is what ``x`` is where signal s is not known, and stands in for it.
    """
    plain = [name for name in columns if "-without-" not in name]
    context = {name for names in signals.values() for name in names}
    mixed = {name.partition("-without-")[0] for name in columns if "-without-" in name}
    found = {
        "full": tuple(plain),
        "none": tuple(name for name in plain if name not in context | mixed),
    }
    for signal, names in signals.items():
        kept = [name for name in plain if name not in names]
        found[signal] = tuple(
            f"{name}-without-{signal}" if f"{name}-without-{signal}" in columns else name
            for name in kept
        )
    return found


def together(blocks: Sequence[Choices]) -> Choices:
    """Return blocks of lists as one, shorter lists filled up with empty places."""
    width = max(block.offset.shape[1] for block in blocks)
    filled = [(width - block.offset.shape[1], block) for block in blocks]
    return Choices(
        blocks[0].columns,
        np.concatenate([np.pad(one.score, ((0, 0), (0, more), (0, 0))) for more, one in filled]),
        np.concatenate(
            [
                np.pad(one.offset, ((0, 0), (0, more)), constant_values=-np.inf)
                for more, one in filled
            ]
        ),
        np.concatenate([one.taken for one in blocks]),
        np.concatenate([one.owner for one in blocks]),
    )
