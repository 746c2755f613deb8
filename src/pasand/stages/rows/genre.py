"""Genre rows: the genres that suit the member, each in the order that suits them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pasand.domain.candidates import Candidates
from pasand.domain.page import Row
from pasand.domain.profile import taste_at
from pasand.domain.query import Query
from pasand.stages.models import Models
from pasand.stages.rows.proposals import codes_by_taste, propose

__all__ = ["Config", "GenreRow"]


@dataclass(frozen=True, slots=True)
class Config:
    """``row_count``: how many genre rows to propose at most."""

    row_count: int = 18


class GenreRow:
    """One row a genre, the member's favourites first; without a history, the largest first."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose genre rows."""
        facet = query.catalog.genre
        tastes = taste_at(query.profile.genres, query.at_ms)
        inside = facet.among(candidates.position)
        fresh = candidates.column("taken") == 0
        rows = []
        for code in codes_by_taste(facet, tastes)[: self.config.row_count]:
            chosen = inside[code][fresh[inside[code]]]
            name = facet.names[code]
            liked = tastes.get(name, 0.0) > 0.5
            rows.append(
                propose(
                    query,
                    candidates,
                    chosen,
                    candidates["score"],
                    row_id=f"genre:{name}",
                    kind="genre",
                    title=f"{name} for you" if liked else name,
                    evidence="you often choose it" if liked else "",
                    reason="genre" if liked else "",
                )
            )
        return rows
