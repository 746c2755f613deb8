"""Judging: what each picture of a cell is worth to the member, and which component says so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.picture_looks import LOOKS
from pasand.stages.picturing.gallery import Gallery, Parts
from pasand.stages.picturing.posterior import Posterior
from pasand.stages.picturing.responses import Responses

__all__ = ["Judgement", "judged", "looks_of_chosen", "named", "speaking"]

Floats = NDArray[np.float64]
_TASTES = ("genre", "cast")


@dataclass(frozen=True, slots=True)
class Judgement:
    """Of each picture (cells x columns): what it is worth, up to what its whole cell shares, and
    how uncertain that is; both in logits.
    """

    mean: Floats
    spread: Floats


def speaking(parts: Parts, responses: Responses, posterior: Posterior) -> Floats:
    """Return how far each word speaks to this member, in logits, whatever it does to others."""
    value = responses.own * posterior.worth[np.maximum(parts.word_kind, 0)]
    for facet in _TASTES:
        worth = posterior.worth[LOOKS.index(f"{facet}-taste")]
        value += np.where(parts.word_kind == LOOKS.index(facet), responses.taken * worth, 0.0)
    return np.asarray(np.where(parts.word_kind >= 0, value, 0.0))


def judged(
    gallery: Gallery, parts: Parts, responses: Responses, posterior: Posterior, speaks: Floats
) -> Judgement:
    """Return the worth of every picture: what its words say to the member and to all, and its own
    effect. The worth of looks is uncertain too; words are taken to err by themselves.
    """
    shape, many = gallery.code.shape, gallery.code.size
    flat = gallery.cell * shape[1] + gallery.column
    kind = np.maximum(parts.word_kind, 0)
    unsure = responses.variance + responses.own**2 * np.diag(posterior.covariance)[kind]
    said = np.bincount(flat, speaks[gallery.word], many).reshape(shape)
    told = np.bincount(flat, posterior.word[gallery.word], many).astype(np.float64).reshape(shape)
    doubt = np.bincount(flat, unsure[gallery.word], many).reshape(shape)
    picture, variance = posterior.of_pictures(gallery.code, told)
    return Judgement(np.asarray(said + told + picture), np.sqrt(doubt + variance))


def looks_of_chosen(
    gallery: Gallery, parts: Parts, responses: Responses, artwork: NDArray[np.int16]
) -> Floats:
    """Return how the chosen pictures suit the member, beside the mean of each cell's open ones."""
    size, cells = len(LOOKS), len(artwork)
    own = parts.word_kind[gallery.word] + gallery.cell * size
    chosen = np.flatnonzero(gallery.column == artwork[gallery.cell])
    count = np.maximum(gallery.open.sum(axis=1), 1)[:, None]
    response = responses.own[gallery.word]
    middle = np.bincount(own, response, cells * size).reshape(cells, size)
    shown = np.bincount(own[chosen], response[chosen], cells * size).reshape(cells, size)
    looks = np.asarray(shown - middle / count, np.float64)
    if responses.taken.any():
        kind, taken = parts.word_kind[gallery.word], responses.taken[gallery.word]
        for facet in _TASTES:
            those = np.where(kind == LOOKS.index(facet), taken, 0.0)
            whole = np.bincount(gallery.cell, those, cells) / count[:, 0]
            part = np.bincount(gallery.cell[chosen], those[chosen], cells)
            looks[:, LOOKS.index(f"{facet}-taste")] = part - whole
    return np.where((artwork >= 0)[:, None], looks, 0.0)


def named(
    gallery: Gallery, speaks: Floats, artwork: NDArray[np.int16], least: float
) -> NDArray[np.int32]:
    """Return the component that speaks most for each chosen picture to this member, by at least
    ``least`` logits beside what the title's other pictures have of it; -1: none does.
    """
    cells = len(artwork)
    found = np.full(cells, -1, np.int32)
    loud = np.flatnonzero((speaks >= least)[gallery.word])
    loud = loud[gallery.column[loud] == artwork[gallery.cell[loud]]]
    if not len(loud):
        return found
    loud = loud[np.argsort(speaks[gallery.word[loud]], kind="stable")]
    best = np.full(cells, -1, np.int64)
    best[gallery.cell[loud]] = loud
    word = np.where(best >= 0, gallery.word[best], -1)
    alike = np.bincount(gallery.cell[gallery.word == word[gallery.cell]], minlength=cells)
    among = np.maximum(gallery.open.sum(axis=1), 1)
    share = np.where(among > 1, alike / among, 0.0)
    apart = np.where(best >= 0, speaks[np.maximum(word, 0)] * (1.0 - share), 0.0)
    kept = np.flatnonzero(apart >= least)
    found[kept] = gallery.part[best[kept]]
    return found
