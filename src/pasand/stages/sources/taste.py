"""Items of the genres, themes and people that a member likes: works for items nobody took yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Ragged
from pasand.domain.profile import taste_at
from pasand.domain.query import Query
from pasand.stages.columns import best_positions, candidate_count, unit
from pasand.stages.models import Models
from pasand.stages.scoring.taste_reach import affinity_of, reached

__all__ = ["Config", "TasteSource", "affinity"]


@dataclass(frozen=True, slots=True)
class Config:
    """``count``: items to propose at least; how much each facet counts."""

    count: int = 400
    genre: float = 1.0
    tag: float = 0.7
    person: float = 0.7


class TasteSource:
    """Column ``taste``: what the profile says of an item's facets, 0..1."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query) -> Candidates:
        """Propose the items that suit the member's tastes best."""
        if (reached := self._reached(query)) is not None:
            return reached
        value = np.zeros(len(query.catalog))
        for weight, facet, tastes in (
            (self.config.genre, query.catalog.genre, query.profile.genres),
            (self.config.tag, query.catalog.tag, query.profile.tags),
            (self.config.person, query.catalog.person, query.profile.people),
        ):
            if tastes:
                value += weight * affinity(facet, taste_at(tastes, query.at_ms))
        position = best_positions(value, candidate_count(query, self.config.count))
        return Candidates(position, {"taste": unit(value[position])})

    def _reached(self, query: Query) -> Candidates | None:
        """Propose among the items within reach, where there are too many to weigh them all."""
        catalog, profile, at_ms = query.catalog, query.profile, query.at_ms
        parts = [
            (self.config.genre, catalog.genre, in_shares(taste_at(profile.genres, at_ms))),
            (self.config.tag, catalog.tag, in_shares(taste_at(profile.tags, at_ms))),
            (self.config.person, catalog.person, in_shares(taste_at(profile.people, at_ms))),
        ]
        among = reached([(facet, shares) for _, facet, shares in parts])
        if among is None:
            return None
        value = np.zeros(len(among))
        for weight, facet, shares in parts:
            value += weight * affinity_of(facet, shares, among)
        best = best_positions(value, candidate_count(query, self.config.count))
        return Candidates(among[best], {"taste": unit(value[best])})


def in_shares(tastes: Mapping[str, float]) -> dict[str, float]:
    """Return tastes in shares of the strongest one, liked or not."""
    top = max(map(abs, tastes.values()), default=0.0)
    return {name: value / top for name, value in tastes.items()} if top else {}


def affinity(facet: Ragged, tastes: Mapping[str, float]) -> NDArray[np.float64]:
    """Return for every item its taste: the sum over its names, in shares of the strongest taste,
    over the root of how many names it has, so that long lists do not win by length.
    """
    top = max(map(abs, tastes.values()), default=0.0)
    if not top:
        return np.zeros(len(facet.count))
    shares = {name: value / top for name, value in tastes.items()}
    return facet.weigh(shares) / facet.root
