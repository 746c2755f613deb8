"""My list: what the member put aside, newest first."""

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
from pasand.stages.rows.proposals import propose

__all__ = ["Config", "MyListRow"]


@dataclass(frozen=True, slots=True)
class Config:
    """Nothing to set."""


class MyListRow:
    """One row; a single title is enough."""

    kinds: ClassVar[tuple[str, ...]] = ("my-list",)

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose the member's list."""
        listed_s = candidates.column("listed_s")
        chosen = np.flatnonzero(listed_s > 0)
        if not len(chosen):
            return []
        return [
            propose(
                query,
                candidates,
                chosen,
                listed_s,
                row_id="my-list",
                kind="my-list",
                title="row.my-list",
                takes_finished=True,
                reason="list",
                cell_count_min=1,
            )
        ]

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return which cells stand on the member's list."""
        return np.isin(row.position, query.catalog.positions(query.profile.listed))
