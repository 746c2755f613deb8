"""What a member muted is not proposed to them; what they began or listed themselves stays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.query import Query
from pasand.stages.models import Models

__all__ = ["Config", "MutedFilter"]


@dataclass(frozen=True, slots=True)
class Config:
    """Nothing to set: the member says what to mute."""


class MutedFilter:
    """Keeps items without a muted genre, tag or person, and the member's own."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> NDArray[np.bool_]:
        """Return which candidates have nothing that the member muted."""
        catalog = query.catalog
        facets = {"genre": catalog.genre, "tag": catalog.tag, "person": catalog.person}
        keep = np.ones(len(candidates), bool)
        for name in query.profile.muted:
            facet, _, word = name.partition(":")
            code = facets[facet].code.get(word) if facet in facets else None
            if code is not None:
                keep &= ~np.isin(candidates.position, facets[facet].having(code))
        return np.asarray(keep | (candidates.column("own") > 0))
