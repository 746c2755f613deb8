"""What the member looked at without taking it: the item itself, and what is like it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pasand.domain.candidates import Candidates, Column
from pasand.domain.query import Query
from pasand.stages.models import Models

__all__ = ["AttentionHydrator", "Config"]


@dataclass(frozen=True, slots=True)
class Config:
    """``prior_s``: seconds that a genre must be looked at before its share counts by half."""

    prior_s: float = 10.0


class AttentionHydrator:
    """Columns ``dwell`` (log of the seconds that the member looked at it since they last acted on
    it), ``genre_dwell`` (how much more of the looking its genres had than of the catalogue) and
    ``picture_fatigue`` (how often its least tired picture was seen in vain).
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Mapping[str, Column]:
        """Return what attention each candidate had."""
        catalog, position, profile = query.catalog, candidates.position, query.profile
        seconds = np.zeros(len(catalog), np.float32)
        places = catalog.positions(profile.dwell)
        known = places >= 0
        seconds[places[known]] = np.fromiter(profile.dwell.values(), np.float32)[known] / 10.0
        tired = np.zeros(len(position))
        facet = catalog.artwork
        if profile.tired_pictures and len(facet.names):
            tired = self._tired(query, candidates)
        return {
            "dwell": np.log1p(seconds[position]),
            "genre_dwell": self._genres(query, candidates, places[known], seconds),
            "picture_fatigue": tired,
        }

    def _genres(
        self, query: Query, candidates: Candidates, looked: Column, seconds: Column
    ) -> Column:
        facet = query.catalog.genre
        if not len(looked) or not len(facet.names):
            return np.zeros(len(candidates))
        owner, code = facet.pairs(looked)
        spent = np.bincount(code, seconds[looked][owner], minlength=len(facet.names))
        usual = facet.size / max(facet.size.sum(), 1)
        more = (spent - spent.sum() * usual) / (spent.sum() + self.config.prior_s)
        owner, code = facet.pairs(candidates.position)
        total = np.bincount(owner, more[code], minlength=len(candidates))
        return np.asarray(total / np.maximum(facet.count[candidates.position], 1))

    def _tired(self, query: Query, candidates: Candidates) -> Column:
        facet = query.catalog.artwork
        seen = np.zeros(len(facet.names))
        for name, count in query.profile.tired_pictures.items():
            if name in facet.code:
                seen[facet.code[name]] = count
        owner, code = facet.pairs(candidates.position)
        least = np.full(len(candidates), np.inf)
        np.minimum.at(least, owner, seen[code])
        return np.where(np.isfinite(least), least, 0.0)
