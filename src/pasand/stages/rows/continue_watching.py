"""Continue watching: what the member began and may want to resume, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pasand.domain.candidates import Candidates
from pasand.domain.page import Row
from pasand.domain.query import Query
from pasand.stages.models import Models
from pasand.stages.rows.proposals import propose

__all__ = ["Config", "ContinueWatchingRow"]


@dataclass(frozen=True, slots=True)
class Config:
    """``progress_min``: a title opened for less than this share was not really begun."""

    progress_min: float = 0.02
    days_max: float = 120.0


class ContinueWatchingRow:
    """One row; it needs a single item, since a title half seen is worth a row."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose unfinished items."""
        touched_s = candidates.column("touched_s")
        begun = candidates.column("progress") >= self.config.progress_min
        recent = query.at_ms / 1000 - touched_s <= self.config.days_max * 86_400
        chosen = np.flatnonzero(begun & recent & (touched_s > 0))
        if not len(chosen):
            return []
        return [
            propose(
                query,
                candidates,
                chosen,
                touched_s,
                row_id="continue",
                kind="continue",
                title="Continue watching",
                shape="progress",
                reason="continue",
                cell_count_min=1,
            )
        ]
