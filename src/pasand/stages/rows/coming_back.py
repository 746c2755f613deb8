"""Coming back: series with a new season, and titles of the member's that are here again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.page import Row
from pasand.domain.query import Query
from pasand.stages.chosen import recents_of
from pasand.stages.models import Models
from pasand.stages.rows.proposals import propose, within
from pasand.stages.series import newest_seasons

__all__ = ["ComingBackRow", "Config"]

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Config:
    """``days``: how long a new season or a return is worth telling; ``own``: what it adds to the
    score that the member knows the title.
    """

    days: int = 45
    own: float = 1.0


class ComingBackRow:
    """One row; what the member knows stands first, and finished series are welcome."""

    kinds: ClassVar[tuple[str, ...]] = ("coming-back",)

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose what is back."""
        chosen = np.flatnonzero(self._back(query, candidates.position))
        if not len(chosen):
            return []
        own = np.zeros(len(candidates))
        known = _first_acts(query, candidates.position[chosen])
        own[chosen] = [at in known for at in candidates.position[chosen].tolist()]
        return [
            propose(
                query,
                candidates,
                chosen,
                candidates["score"] + self.config.own * own,
                row_id="coming-back",
                kind="coming-back",
                title="row.coming-back",
                evidence="why.coming-back",
                takes_finished=True,
                reason="back",
                cell_count_min=2,
            )
        ]

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return which cells have a new season, or were here before and are here again."""
        return self._back(query, row.position)

    def _back(self, query: Query, position: NDArray[np.int32]) -> NDArray[np.bool_]:
        since_ms = query.at_ms - self.config.days * _DAY_MS
        seasons = newest_seasons(query.catalog, query.at_ms)
        renewed = seasons.position[seasons.began_ms >= since_ms]
        came = query.catalog.available_from_ms
        # Whoever acted on a title before its window began saw it in an earlier one.
        known = _first_acts(query, position[came[position] >= since_ms])
        again = [at for at, then_ms in known.items() if then_ms < came[at]]
        return within(position, renewed) | within(position, np.array(sorted(again), np.int32))


def _first_acts(query: Query, position: NDArray[np.int32]) -> dict[int, int]:
    """Return when the member first acted on those of these items that they know."""
    profile, ids = query.profile, query.catalog.item_ids
    wanted = {ids[at]: at for at in position.tolist()}
    found: dict[int, int] = {}
    if not wanted:
        return found
    table = recents_of(profile)
    acts = chain(
        zip(table.item_id, table.at_s, strict=True),
        profile.finished.items(),
        profile.listed.items(),
    )
    for item_id, at_s in acts:
        at = wanted.get(item_id, -1)
        if at >= 0:
            found[at] = min(1000 * at_s, found.get(at, 1000 * at_s))
    return found
