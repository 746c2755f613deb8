"""The first artist: mostly the picture that has earned most plays, sometimes any of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pasand.domain.page import Page
from pasand.domain.query import Query
from pasand.stages.models import Models

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
        facet = query.catalog.artwork
        position = np.concatenate([row.position for row in page.rows])
        _, artworks = facet.pairs(position)
        stop = np.cumsum(facet.count[position])
        rate = query.counters.artwork_rate(query.catalog, artworks)
        artwork, propensity = choose(
            stop - facet.count[position],
            stop,
            rate,
            self.config.explore,
            query.rng("best-so-far"),
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
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
    rate: NDArray[np.float64],
    explore: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int16], NDArray[np.float64]]:
    """Return the index of the drawn picture of each cell (-1: it has none) and its probability.

    Cell i may show pictures start[i] to stop[i] - 1, whose success rates stand in ``rate``.
    """
    count = (stop - start).astype(np.int64)
    width = int(count.max(initial=0))
    if width == 0:
        return np.full(len(count), -1, np.int16), np.ones(len(count))
    offset = np.arange(width)
    inside = offset < count[:, None]
    at = np.where(inside, start[:, None] + offset, 0)
    best = np.where(inside, rate[at], -np.inf).argmax(axis=1)
    explores, which = rng.random((2, len(count)))
    drawn = np.minimum((which * count).astype(np.int64), np.maximum(count - 1, 0))
    picked = np.where(explores < explore, drawn, best)
    share = explore / np.maximum(count, 1)
    propensity = share + np.where(picked == best, 1.0 - explore, 0.0)
    none = count == 0
    return (
        np.where(none, -1, picked).astype(np.int16),
        np.where(none, 1.0, propensity),
    )
