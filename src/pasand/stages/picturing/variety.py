"""Variety over a page: one shot size in most cells makes it dull, however well each cell does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.domain.picture_looks import LOOKS
from pasand.stages.picturing.gallery import Gallery, Parts

__all__ = ["crowded"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: Fewer cells than this whose picture is told a shot size make no page dull.
_CELL_COUNT_MIN = 4


def crowded(
    gallery: Gallery, parts: Parts, mean: Floats, choices: Bools, share: float
) -> Bools | None:
    """Return which pictures have the shot size that the best pictures of more than ``share`` of
    the cells have, where the size is told; None where no size has so many.
    """
    sized = parts.word_kind == LOOKS.index("shot")
    if not sized.any() or not mean.size:
        return None
    shot = np.flatnonzero(sized[gallery.word])
    cell, column, word = gallery.cell[shot], gallery.column[shot], gallery.word[shot]
    best = np.where(choices, mean, -np.inf).argmax(axis=1)
    count = np.bincount(word[column == best[cell]], minlength=len(parts.words))
    most = int(count.argmax())
    if count.sum() < _CELL_COUNT_MIN or count[most] <= share * count.sum():
        return None
    found = np.zeros(mean.shape, bool)
    crowd = word == most
    found[cell[crowd], column[crowd]] = True
    return found
