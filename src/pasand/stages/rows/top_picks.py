"""Top picks: the best of everything for this member that they have not taken yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pasand.domain.candidates import Candidates
from pasand.domain.page import Row
from pasand.domain.query import Query
from pasand.stages.models import Models
from pasand.stages.rows.proposals import propose

__all__ = ["Config", "TopPicksRow"]


@dataclass(frozen=True, slots=True)
class Config:
    """Nothing to set."""


class TopPicksRow:
    """One row in the order of the score; the hero is its first cell."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose the best items."""
        chosen = np.flatnonzero((candidates.column("taken") == 0) & (candidates["score"] > -np.inf))
        known = bool(query.profile.recent)
        return [
            propose(
                query,
                candidates,
                chosen,
                candidates["score"],
                row_id="top-picks",
                kind="top-picks",
                title="Top picks for you" if known else "Good to start with",
                evidence="" if known else "what most members enjoy",
                # Anything may stand here, also what found no place in a row of its own.
                limit=query.row_count * query.column_count,
            )
        ]
