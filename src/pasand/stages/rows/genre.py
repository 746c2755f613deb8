"""Genre rows: the genres that suit the member, each in the order that suits them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.page import Row
from pasand.domain.profile import taste_at
from pasand.domain.query import Query
from pasand.stages.chosen import chosen, chosen_counts, often
from pasand.stages.models import Models
from pasand.stages.rows.proposals import codes_by_taste, has_name, promising, propose

__all__ = ["Config", "GenreRow"]


@dataclass(frozen=True, slots=True)
class Config:
    """``row_count``: how many genre rows to propose at most."""

    row_count: int = 18


class GenreRow:
    """One row a genre, the member's favourites first; without a history, the largest first."""

    kinds: ClassVar[tuple[str, ...]] = ("genre",)

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose genre rows."""
        facet = query.catalog.genre
        tastes = taste_at(query.profile.genres, query.at_ms)
        order = promising(query, candidates)
        inside = facet.among(candidates.position[order])
        own = candidates.remember("chosen", lambda: chosen(query))
        habit = often(chosen_counts(facet, own.position), len(own.position))
        rows = []
        for code in codes_by_taste(facet, tastes)[: self.config.row_count]:
            name = facet.names[code]
            rows.append(
                propose(
                    query,
                    candidates,
                    order[inside[code]],
                    row_id=f"genre:{name}",
                    kind="genre",
                    title="row.genre-liked" if tastes.get(name, 0.0) > 0.5 else "row.genre",
                    evidence="why.genre" if habit[code] else "",
                    values={"genre": name},
                    reason="genre" if habit[code] else "",
                )
            )
        return rows

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return which cells are of the genre; none where the row calls it a habit and it is
        none.
        """
        facet, name = query.catalog.genre, row.title_values.get("genre")
        if row.evidence and not _is_habit(query, str(name)):
            return np.zeros(len(row), bool)
        return has_name(facet, name, row.position)


def _is_habit(query: Query, name: str) -> bool:
    own, facet = chosen(query), query.catalog.genre
    code = facet.code.get(name, -1)
    counts = chosen_counts(facet, own.position)
    return code >= 0 and bool(often(counts, len(own.position))[code])
