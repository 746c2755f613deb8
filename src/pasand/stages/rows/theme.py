"""Theme rows: tags that suit the member ("slow burn", "by the sea"), each as a row."""

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
from pasand.stages.chosen import OFTEN_COUNT, chosen, chosen_counts
from pasand.stages.models import Models
from pasand.stages.rows.proposals import codes_by_taste, has_name, promising, propose

__all__ = ["Config", "ThemeRow"]


@dataclass(frozen=True, slots=True)
class Config:
    """``row_count``: how many theme rows to propose at most."""

    row_count: int = 10


class ThemeRow:
    """One row a tag, the member's favourites first."""

    kinds: ClassVar[tuple[str, ...]] = ("theme",)

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose theme rows."""
        facet = query.catalog.tag
        tastes = taste_at(query.profile.tags, query.at_ms)
        order = promising(query, candidates)
        inside = facet.among(candidates.position[order])
        own = candidates.remember("chosen", lambda: chosen(query))
        counts = chosen_counts(facet, own.position)
        rows = []
        for code in codes_by_taste(facet, tastes)[: self.config.row_count]:
            name = facet.names[code]
            rows.append(
                propose(
                    query,
                    candidates,
                    order[inside[code]],
                    row_id=f"theme:{name}",
                    kind="theme",
                    title="row.theme",
                    evidence="why.theme" if counts[code] >= OFTEN_COUNT else "",
                    values={"tag": name},
                )
            )
        return rows

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return which cells have the tag; none where the member does not return to it as the
        row says.
        """
        facet, name = query.catalog.tag, str(row.title_values.get("tag"))
        if row.evidence:
            counts = chosen_counts(facet, chosen(query).position)
            if name not in facet.code or counts[facet.code[name]] < OFTEN_COUNT:
                return np.zeros(len(row), bool)
        return has_name(facet, name, row.position)
