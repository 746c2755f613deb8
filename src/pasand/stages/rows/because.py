"""Because you watched X: what members took after X, in the order of how often they did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.page import Row
from pasand.domain.query import Query
from pasand.stages.columns import history
from pasand.stages.models import Models
from pasand.stages.rows.proposals import propose

__all__ = ["BecauseRow", "Config"]


#: What the member did, by the code of a recent entry.
_DID = {3: "liked", 4: "rated", 5: "listed", 6: "viewed", 7: "chose", 8: "bought"}


@dataclass(frozen=True, slots=True)
class Config:
    """``row_count``: how many such rows to propose; ``among``: out of the newest so many."""

    row_count: int = 6
    among: int = 12


class BecauseRow:
    """One row for each of the member's newest items that has followers enough."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config
        self.vocabulary = models.vocabulary
        self.neighbour: NDArray[np.int32] | None = models.get("covisit.neighbour")
        self.strength: NDArray[np.float32] | None = models.get("covisit.strength")

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose rows, newest cause first."""
        rows: list[Row] = []
        if self.neighbour is None or self.strength is None or not len(candidates):
            return rows
        did = {entry.item_id: _DID.get(entry.code, "watched") for entry in query.profile.recent}
        for item_id, _, _ in reversed(history(query.profile, query.weights)[-self.config.among :]):
            code = self.vocabulary.code.get(item_id, -1)
            cause = query.catalog.find(item_id)
            if code < 0 or cause < 0 or len(rows) == self.config.row_count:
                continue
            if query.catalog.maturity[cause] > query.maturity_ceiling:
                continue  # seen before the ceiling was lowered: not even its name is shown
            chosen, strength = self._followers(query, candidates, code)
            if len(chosen) < 4:
                continue
            item = query.catalog.items[cause]
            rows.append(
                propose(
                    query,
                    candidates,
                    chosen,
                    strength,
                    row_id=f"because:{item_id}",
                    kind="because",
                    title=f"Because you {did[item_id]} {item.title}",
                    evidence=" · ".join(item.genres[:2]),
                    reason="because",
                    cause=cause,
                )
            )
        return rows

    def _followers(
        self, query: Query, candidates: Candidates, code: int
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return candidate indices of what follows an item, and strengths over candidates."""
        assert self.neighbour is not None and self.strength is not None
        codes = self.neighbour[code]
        codes, strengths = codes[codes >= 0], self.strength[code][codes >= 0]
        position = self.vocabulary.positions(query.catalog)[codes]
        at = np.searchsorted(candidates.position, position)
        at = np.minimum(at, len(candidates) - 1)
        there = (position >= 0) & (candidates.position[at] == position)
        there &= candidates.column("taken")[at] == 0
        value = np.zeros(len(candidates))
        # Half the order is the follower's own score, so that the row suits the member too.
        value[at[there]] = strengths[there] / (strengths.max(initial=0.0) or 1.0)
        value[at[there]] += 0.3 * candidates["score"][at[there]]
        return at[there], value
