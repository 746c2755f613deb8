"""For this evening: the genre that the member keeps for evenings, else films of an evening's
length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.page import Row
from pasand.domain.query import Query
from pasand.stages.chosen import chosen
from pasand.stages.models import Models
from pasand.stages.moments import evening_genre, is_evening
from pasand.stages.rows.proposals import has_name, promising, propose
from pasand.stages.series import is_series

__all__ = ["Config", "EveningRow"]


@dataclass(frozen=True, slots=True)
class Config:
    """How long a film for an evening is, where the member has no genre for it."""

    minutes_min: int = 80
    minutes_max: int = 150


class EveningRow:
    """One row, in the evening alone."""

    kinds: ClassVar[tuple[str, ...]] = ("evening",)

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose what suits an evening."""
        if not is_evening(query):
            return []
        own = candidates.remember("chosen", lambda: chosen(query))
        genre, config = evening_genre(query, own), self.config
        fresh = promising(query, candidates)
        return [
            propose(
                query,
                candidates,
                fresh[self._suits(query, candidates.position[fresh], genre)],
                row_id="evening",
                kind="evening",
                title="row.evening-genre" if genre else "row.evening",
                evidence="why.evening-genre" if genre else "why.evening",
                values={"genre": genre}
                if genre
                else {"from": config.minutes_min, "minutes": config.minutes_max},
            )
        ]

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return which cells suit this evening as the row says."""
        said, genre = row.title_values.get("genre"), evening_genre(query, chosen(query))
        if not is_evening(query) or said != genre:
            return np.zeros(len(row), bool)
        return self._suits(query, row.position, genre)

    def _suits(
        self, query: Query, position: NDArray[np.int32], genre: str | None
    ) -> NDArray[np.bool_]:
        catalog = query.catalog
        if genre is not None:
            return has_name(catalog.genre, genre, position)
        minutes = catalog.runtime_minutes[position]
        long = (minutes >= self.config.minutes_min) & (minutes <= self.config.minutes_max)
        return np.asarray(long & ~is_series(catalog)[position])
