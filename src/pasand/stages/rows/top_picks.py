"""Top picks: the best of everything for this member that they have not taken yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.page import Row
from pasand.domain.query import Query
from pasand.stages.models import Models
from pasand.stages.rows.proposals import best_first, propose, untaken

__all__ = ["Config", "TopPicksRow"]


@dataclass(frozen=True, slots=True)
class Config:
    """Nothing to set."""


class TopPicksRow:
    """One row in the order of the score; the hero is its first cell."""

    kinds: ClassVar[tuple[str, ...]] = (
        "top-picks",
        "hero",
    )

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose the best items."""
        known = bool(query.profile.recent)
        return [
            propose(
                query,
                candidates,
                best_first(candidates),
                row_id="top-picks",
                kind="top-picks",
                title="row.top-picks" if known else "row.first-picks",
                evidence="" if known else "why.first-picks",
                # Anything may stand here, also what found no place in a row of its own.
                limit=query.row_count * query.column_count,
            )
        ]

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return which cells the member has not finished."""
        return untaken(query, row.position)
