"""Because you watched or liked X: what members took after X, the most usual first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.labels import disliked
from pasand.domain.page import Row
from pasand.domain.profile import RECENT_CODES
from pasand.domain.query import Query
from pasand.stages.chosen import did_with, recents_of
from pasand.stages.columns import history
from pasand.stages.followers import followers_of, places_of
from pasand.stages.models import Models
from pasand.stages.rows.proposals import propose

__all__ = ["BecauseRow", "Config"]


@dataclass(frozen=True, slots=True)
class Config:
    """``row_count``: how many such rows to propose; ``among``: out of the newest so many;
    ``own``: what the member's own score counts beside how usual a follower is.
    """

    row_count: int = 6
    among: int = 12
    own: float = 0.3


class BecauseRow:
    """One row for each of the member's newest items that has followers enough."""

    kinds: ClassVar[tuple[str, ...]] = ("because",)

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config
        self.models = models

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose rows, newest cause first."""
        rows: list[Row] = []
        if not len(candidates):
            return rows
        for item_id, did in self._causes(query).items():
            if len(rows) == self.config.row_count:
                break
            position, strength = followers_of(self.models, query.catalog, item_id)
            chosen, strength = places_of(candidates, position, strength)
            if len(chosen) < 4:
                continue
            value = np.zeros(len(candidates))
            value[chosen] = strength / (strength.max() or 1.0)
            value[chosen] += self.config.own * candidates["score"][chosen]
            cause = query.catalog.find(item_id)
            rows.append(
                propose(
                    query,
                    candidates,
                    chosen,
                    value,
                    row_id=f"because:{item_id}",
                    kind="because",
                    title=f"row.because.{did}",
                    evidence="why.because",
                    values={"title": query.catalog.items[cause].title},
                    reason="because",
                    cause=cause,
                )
            )
        return rows

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return which cells follow the title that the row names, which the member took so."""
        item_id = row.row_id.removeprefix("because:")
        if row.title != f"row.because.{self._causes(query).get(item_id)}":
            return np.zeros(len(row), bool)
        position, _ = followers_of(self.models, query.catalog, item_id)
        return np.isin(row.position, position)

    def _causes(self, query: Query) -> dict[str, str]:
        """Return the newest items that may be a cause and what the member did, newest first."""
        catalog, found = query.catalog, dict[str, str]()
        table = recents_of(query.profile)
        last = dict(zip(table.item_id, range(len(table)), strict=True))
        for item_id, _, _ in reversed(history(query.profile, query.weights)[-self.config.among :]):
            cause, entry = catalog.find(item_id), table[last[item_id]]
            if RECENT_CODES[entry.code] == "rating" and disliked(entry.value / 10):
                continue
            # What was seen before the ceiling was lowered is not even named.
            if cause >= 0 and catalog.maturity[cause] <= query.maturity_ceiling:
                found[item_id] = did_with(entry)
        return found
