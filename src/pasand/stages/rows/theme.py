"""Theme rows: tags that suit the member ("slow burn", "by the sea"), each as a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pasand.domain.candidates import Candidates
from pasand.domain.page import Row
from pasand.domain.profile import taste_at
from pasand.domain.query import Query
from pasand.stages.models import Models
from pasand.stages.rows.proposals import codes_by_taste, propose

__all__ = ["Config", "ThemeRow"]


@dataclass(frozen=True, slots=True)
class Config:
    """``row_count``: how many theme rows to propose at most."""

    row_count: int = 14


class ThemeRow:
    """One row a tag, the member's favourites first."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose theme rows."""
        facet = query.catalog.tag
        tastes = taste_at(query.profile.tags, query.at_ms)
        inside = facet.among(candidates.position)
        fresh = candidates.column("taken") == 0
        rows = []
        for code in codes_by_taste(facet, tastes)[: self.config.row_count]:
            name = facet.names[code]
            rows.append(
                propose(
                    query,
                    candidates,
                    inside[code][fresh[inside[code]]],
                    candidates["score"],
                    row_id=f"theme:{name}",
                    kind="theme",
                    title=name[:1].upper() + name[1:],
                    evidence="a theme you return to" if tastes.get(name, 0.0) > 0.5 else "",
                )
            )
        return rows
