"""How each candidate suits what the member likes: genre, theme, people, era, length, language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates, Column
from pasand.domain.catalog import Ragged
from pasand.domain.profile import taste_at
from pasand.domain.query import Query
from pasand.stages.columns import newest_positions
from pasand.stages.models import Models

__all__ = ["AffinityHydrator", "Config"]

_ERA_YEARS, _ERA_FIRST, _ERA_COUNT = 5, 1900, 40
_LENGTH_MINUTES, _LENGTH_COUNT = 15, 20


@dataclass(frozen=True, slots=True)
class Config:
    """``newest``: how many of the newest titles tell the era, the length and the language."""

    newest: int = 40


class AffinityHydrator:
    """Columns ``genre_affinity``, ``tag_affinity`` and ``person_affinity`` (the tastes of the
    profile, in shares of the strongest), ``era_affinity``, ``length_affinity`` and
    ``language_affinity`` (the share of the member's newest titles that are like it).
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Mapping[str, Column]:
        """Return the affinities of each candidate."""
        catalog, position, profile = query.catalog, candidates.position, query.profile
        newest = newest_positions(query, self.config.newest)
        era, length = _eras(catalog.year), _lengths(catalog.runtime_minutes)
        columns = {
            "era_affinity": _alike(era(newest), era(position), _ERA_COUNT),
            "length_affinity": _alike(length(newest), length(position), _LENGTH_COUNT),
            "language_affinity": _shared(catalog.language, newest, position),
        }
        for name, facet, tastes in (
            ("genre", catalog.genre, profile.genres),
            ("tag", catalog.tag, profile.tags),
            ("person", catalog.person, profile.people),
        ):
            columns[f"{name}_affinity"] = _weighed(facet, taste_at(tastes, query.at_ms), position)
        return columns


def _weighed(
    facet: Ragged, tastes: Mapping[str, float], position: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return the sum of the tastes for an item's names over the root of how many it has."""
    top = max(map(abs, tastes.values()), default=0.0)
    known = [(facet.code[name], value) for name, value in tastes.items() if name in facet.code]
    if not known or not top:
        return np.zeros(len(position))
    weight = np.zeros(len(facet.names))
    codes, values = zip(*known, strict=True)
    weight[list(codes)] = np.array(values) / top
    owner, code = facet.pairs(position)
    total = np.bincount(owner, weight[code], minlength=len(position))
    return np.asarray(total / facet.root[position])


def _shared(
    facet: Ragged, newest: NDArray[np.int32], position: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return how often the item's name stands among the newest titles, as a share."""
    if not len(newest) or not len(facet.names):
        return np.zeros(len(position))
    _, had = facet.pairs(newest)
    share = np.bincount(had, minlength=len(facet.names)) / len(newest)
    owner, code = facet.pairs(position)
    return np.bincount(owner, share[code], minlength=len(position)).astype(np.float64)


class _Bins:
    """Values in bins, bin 0 for what is not known."""

    def __init__(self, value: NDArray[np.float32], first: float, width: float, count: int) -> None:
        self._of = (value, first, width, count)

    def __call__(self, position: NDArray[np.int32]) -> NDArray[np.int64]:
        value, first, width, count = self._of
        found = value[position]
        bins = np.clip((found - first) / width, 0, count - 2) + 1
        return np.where(np.isnan(found), 0.0, bins).astype(np.int64)


def _eras(year: NDArray[np.float32]) -> _Bins:
    return _Bins(year, _ERA_FIRST, _ERA_YEARS, _ERA_COUNT)


def _lengths(minutes: NDArray[np.float32]) -> _Bins:
    return _Bins(minutes, 0.0, _LENGTH_MINUTES, _LENGTH_COUNT)


def _alike(had: NDArray[np.int64], bins: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Return the share of ``had`` in each bin and, by half, in those beside it."""
    share = np.bincount(had, minlength=count)[:count] / max(len(had), 1)
    share[0] = 0.0
    near = share.copy()
    near[1:-1] += 0.5 * (share[:-2] + share[2:])
    near[0] = 0.0
    return np.asarray(near[bins])
