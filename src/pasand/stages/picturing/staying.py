"""Staying: a member's picture for a title changes only for a reason, or titles are not known again.

The profile knows which picture of a title was seen last, and how often since one was acted on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.domain.query import Query
from pasand.stages.picturing.gallery import Gallery

__all__ = ["held_pictures", "stays"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def held_pictures(query: Query, gallery: Gallery) -> tuple[Ints, Ints]:
    """Return the column of the picture that each cell's title was last seen with (-1: none known),
    and for every column how often it was seen unanswered.
    """
    seen = query.profile.tired_pictures
    unanswered = np.zeros(gallery.code.shape, np.int64)
    if not seen or not gallery.code.size:
        return np.full(len(gallery.code), -1), unanswered
    names = query.catalog.artwork.code
    entries = enumerate(seen.items())
    known = [(names[name], n, count) for n, (name, count) in entries if name in names]
    if not known:
        return np.full(len(gallery.code), -1), unanswered
    # One column for each picture that was seen: when, and how often.
    code, when, count = np.array(sorted(known), np.int64).T
    at = np.minimum(np.searchsorted(code, gallery.code), len(code) - 1)
    match = code[at] == gallery.code
    unanswered = np.where(match, count[at], 0)
    order = np.where(match, when[at], -1)
    newest = order.argmax(axis=1)
    return np.where(order.max(axis=1) >= 0, newest, -1), unanswered


def stays(held: Ints, unanswered: Ints, mean: Floats, opened: Bools, n: int, gain: float) -> Bools:
    """Return which cells keep their picture: seen fewer than ``n`` times without an answer, and
    none better by ``gain`` logits.
    """
    if not mean.shape[1]:
        return np.zeros(len(held), bool)
    at, column = np.arange(len(held)), np.maximum(held, 0)
    best = np.where(opened, mean, -np.inf).max(axis=1)
    known = (held >= 0) & opened[at, column]
    clear = best - mean[at, column] > gain
    return np.asarray(known & (unanswered[at, column] < n) & ~clear)
