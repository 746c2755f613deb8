"""Hidden gems: liked by most who took them, and taken by few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Catalog
from pasand.domain.page import Row
from pasand.domain.query import Query
from pasand.stages.models import Models
from pasand.stages.rows.proposals import best_among, propose

__all__ = ["Config", "GemsRow"]


@dataclass(frozen=True, slots=True)
class Config:
    """``takers_min``: of what fewer members took nobody can say whether it is liked;
    ``takers_share``: a gem is among this share of the titles with takers enough, the least taken;
    ``liked_share``: the best liked share of those few.
    """

    takers_min: int = 5
    takers_share: float = 0.5
    liked_share: float = 0.35


class GemsRow:
    """One row in the order of the score.

    The arrays ``esteem.takers`` and ``esteem.liked`` say how many members took each item of the
    vocabulary, and how many of them finished or liked it.
    """

    kinds: ClassVar[tuple[str, ...]] = ("gems",)

    def __init__(self, config: Config, models: Models) -> None:
        self.vocabulary = models.vocabulary
        takers, liked = models.get("esteem.takers"), models.get("esteem.liked")
        self.code = np.empty(0, np.intp)
        if takers is not None and liked is not None:
            self.code = gems(np.asarray(takers), np.asarray(liked), config)
        self._seen: tuple[Catalog | None, NDArray[np.int32]] = (None, np.empty(0, np.int32))

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose the gems that suit the member."""
        if not len(self.code):
            return []
        held = best_among(candidates, self._positions(query.catalog))
        return [
            propose(
                query,
                candidates,
                held,
                row_id="gems",
                kind="gems",
                title="row.gems",
                evidence="why.gems",
            )
        ]

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return which cells are gems."""
        return np.isin(row.position, self._positions(query.catalog))

    def _positions(self, catalog: Catalog) -> NDArray[np.int32]:
        seen, found = self._seen
        if seen is not catalog:
            found = self.vocabulary.positions(catalog)[self.code]
            self._seen = (catalog, np.sort(found[found >= 0]))
        return self._seen[1]


def gems(
    takers: NDArray[np.integer], liked: NDArray[np.integer], config: Config
) -> NDArray[np.intp]:
    """Return the codes of the items that few took and most of those liked."""
    enough = np.flatnonzero(takers >= config.takers_min)
    if not len(enough):
        return enough
    few = enough[takers[enough] <= np.quantile(takers[enough], config.takers_share)]
    share = (liked[few] + 1.0) / (takers[few] + 2.0)
    best = share >= np.quantile(share, 1.0 - config.liked_share)
    return np.asarray(few[best & (2 * liked[few] > takers[few])])
