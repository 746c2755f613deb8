"""The first artist: mostly the picture that has earned most plays, sometimes any of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pasand.domain.page import Page
from pasand.domain.query import Query
from pasand.stages.models import Models
from pasand.stages.picturing.gallery import gallery_of

__all__ = ["BestSoFarArtist", "Config", "choose"]


@dataclass(frozen=True, slots=True)
class Config:
    """``explore``: the share of cells whose picture is drawn uniformly."""

    explore: float = 0.1


class BestSoFarArtist:
    """Chooses pictures with logged probability: explore / n, plus the rest for the best."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, page: Page) -> Page:
        """Return the page with the artwork of each cell and its propensity."""
        if not page.rows:
            return page
        position = np.concatenate([row.position for row in page.rows])
        gallery = gallery_of(query, position)
        rate = np.zeros(gallery.code.shape)
        there = gallery.code >= 0
        rate[there] = query.counters.artwork_rate(
            query.catalog, gallery.code[there].astype(np.int32)
        )
        artwork, propensity = choose(
            gallery.open, rate, self.config.explore, query.rng("best-so-far")
        )
        rows, at = [], 0
        for row in page.rows:
            end = at + len(row)
            rows.append(
                replace(row, artwork=artwork[at:end], artwork_propensity=propensity[at:end])
            )
            at = end
        return replace(page, rows=tuple(rows))


def choose(
    opened: NDArray[np.bool_],
    rate: NDArray[np.float64],
    explore: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int16], NDArray[np.float64]]:
    """Return the column of the drawn picture of each cell (-1: it has none) and its probability.

    A row is a cell, a column one of its pictures, whose success rates stand in ``rate``.
    """
    count = opened.sum(axis=1)
    if not opened.any():
        return np.full(len(count), -1, np.int16), np.ones(len(count))
    best = np.where(opened, rate, -np.inf).argmax(axis=1)
    explores, which = rng.random((2, len(count)))
    nth = np.minimum((which * count).astype(np.int64), np.maximum(count - 1, 0))
    drawn = (opened.cumsum(axis=1) > nth[:, None]).argmax(axis=1)
    picked = np.where(explores < explore, drawn, best)
    share = explore / np.maximum(count, 1)
    propensity = share + np.where(picked == best, 1.0 - explore, 0.0)
    none = count == 0
    return (
        np.where(none, -1, picked).astype(np.int16),
        np.where(none, 1.0, propensity),
    )
