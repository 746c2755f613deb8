"""What was thought of each candidate: by the member, of its like, and by everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates, Column
from pasand.domain.catalog import Catalog
from pasand.domain.profile import RECENT_CODES, Recents
from pasand.domain.query import Query
from pasand.stages.models import Models

__all__ = ["Config", "OpinionHydrator", "mean_rating"]

_RATING = RECENT_CODES.index("rating")


@dataclass(frozen=True, slots=True)
class Config:
    """``prior``: ratings that a genre needs before the member's mean of it counts in full by
    half.
    """

    prior: float = 5.0


class OpinionHydrator:
    """Columns ``own_rating`` (the member's, in stars, 0 none), ``genre_rating`` (by how many
    stars they rate its genres above their own mean), ``crowd_like`` and ``crowd_dislike`` (how
    much likelier than others it is liked, and disliked, by who rates it: log odds).
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config
        self.vocabulary = models.vocabulary
        self.crowd = {
            name: np.asarray(found, np.float64)
            for name in ("like", "dislike")
            if (found := models.get(f"opinion.{name}")) is not None
        }
        self._seen: tuple[Catalog | None, dict[str, NDArray[np.float64]]] = (None, {})

    def __call__(self, query: Query, candidates: Candidates) -> Mapping[str, Column]:
        """Return the opinions of each candidate."""
        catalog, position = query.catalog, candidates.position
        rated, stars = _ratings(query)
        own = np.zeros(len(catalog), np.float32)
        own[rated] = stars
        lean = self._lean(query, rated, stars)
        owner, code = catalog.genre.pairs(position)
        total = np.bincount(owner, lean[code], minlength=len(position))
        columns: dict[str, Column] = {
            "own_rating": own[position],
            "genre_rating": total / np.maximum(catalog.genre.count[position], 1),
        }
        crowds = self._crowds(catalog)
        return columns | {f"crowd_{name}": of[position] for name, of in crowds.items()}

    def _crowds(self, catalog: Catalog) -> dict[str, NDArray[np.float64]]:
        """Return what everybody thinks of each item of a catalogue, made once for each."""
        seen, found = self._seen
        if seen is not catalog:
            place = self.vocabulary.positions(catalog)
            found = {name: np.zeros(len(catalog)) for name in ("like", "dislike")}
            for name, crowd in self.crowd.items():
                found[name][place[place >= 0]] = crowd[place >= 0]
            self._seen = (catalog, found)
        return found

    def _lean(
        self, query: Query, rated: NDArray[np.int32], stars: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return for each genre by how much its ratings lie above the member's mean."""
        facet = query.catalog.genre
        if not len(rated):
            return np.zeros(len(facet.names))
        owner, code = facet.pairs(rated)
        above = stars - stars.mean()
        total = np.bincount(code, above[owner], minlength=len(facet.names))
        count = np.bincount(code, minlength=len(facet.names))
        return np.asarray(total / (count + self.config.prior))


def _ratings(query: Query) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return what the member rated lately, as positions in the catalogue, and the stars."""
    recent = query.profile.recent
    recent = recent if isinstance(recent, Recents) else Recents.of(recent)
    code = np.frombuffer(bytes(recent.code), np.uint8)
    rows = np.flatnonzero(code == _RATING)
    position = query.catalog.positions(recent.item_id[row] for row in rows.tolist())
    stars = np.asarray(recent.value, np.float64)[rows] / 10.0
    known = (position >= 0) & (stars > 0)
    return position[known], stars[known]


def mean_rating(query: Query) -> float:
    """Return the mean of the member's own ratings of late, 0 where there are none."""
    _, stars = _ratings(query)
    return float(stars.mean()) if len(stars) else 0.0
