"""Popular with members like you: what is often taken after several of the member's own titles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.page import Row
from pasand.domain.query import Query
from pasand.stages.chosen import Chosen, chosen
from pasand.stages.followers import places_of
from pasand.stages.models import Models
from pasand.stages.rows.proposals import propose

__all__ = ["Config", "LikeYouRow"]


@dataclass(frozen=True, slots=True)
class Config:
    """``among``: the newest so many titles of the member; ``neighbours``: so many followers of
    each; ``cause_count_min``: so many of the titles must lead to an item.
    """

    among: int = 40
    neighbours: int = 40
    cause_count_min: int = 3


class LikeYouRow:
    """One row, in the order of how many of the member's titles lead to an item, then how
    strongly.
    """

    kinds: ClassVar[tuple[str, ...]] = ("like-you",)

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config
        self.vocabulary = models.vocabulary
        self.neighbour: NDArray[np.int32] | None = models.get("covisit.neighbour")

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose what many of the member's titles lead to."""
        own = candidates.remember("chosen", lambda: chosen(query))
        position, count = self._led_to(query, own)
        at, times = places_of(candidates, position, count.astype(np.float64))
        if not len(at):
            return []
        value = np.zeros(len(candidates))
        value[at] = times + candidates.column("popular")[at]
        return [
            propose(
                query,
                candidates,
                at,
                value,
                row_id="like-you",
                kind="like-you",
                title="row.like-you",
                evidence="why.like-you",
                reason="similar_taste",
            )
        ]

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return which cells several of the member's titles lead to."""
        return np.isin(row.position, self._led_to(query, chosen(query))[0])

    def _led_to(self, query: Query, own: Chosen) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the items (positions) and how many of the member's titles lead to each."""
        ids, code = query.catalog.item_ids, self.vocabulary.code
        newest = own.position[-self.config.among :].tolist()
        codes = [code[ids[at]] for at in newest if ids[at] in code]
        if self.neighbour is None or not codes:
            return np.empty(0, np.int32), np.empty(0, np.int64)
        led = np.asarray(self.neighbour[codes, : self.config.neighbours]).ravel()
        found, count = np.unique(led[led >= 0], return_counts=True)
        position = self.vocabulary.positions(query.catalog)[found]
        kept = (count >= self.config.cause_count_min) & (position >= 0)
        return position[kept].astype(np.int32), count[kept]
