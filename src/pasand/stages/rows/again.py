"""Watch it again: what the member watched to its end, the dearest first."""

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

__all__ = ["AgainRow", "Config"]

_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Config:
    """``days_min``: what was finished later is still fresh in mind; ``thumb``: what each thumb
    adds to the score.
    """

    days_min: float = 14.0
    thumb: float = 1.0


class AgainRow:
    """One row of finished titles alone."""

    kinds: ClassVar[tuple[str, ...]] = ("again",)

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose finished titles."""
        done = np.flatnonzero(candidates.column("finished") != 0)
        chosen = done[self._seen(query, candidates.position[done])]
        if not len(chosen):
            return []
        value = np.zeros(len(candidates))
        thumbs, ids = query.profile.thumbs, query.catalog.item_ids
        for at in chosen.tolist():
            thumb = thumbs.get(ids[candidates.position[at]], (0, 0))[0]
            value[at] = candidates["score"][at] + self.config.thumb * max(thumb, 0)
        return [
            propose(
                query,
                candidates,
                chosen,
                value,
                row_id="again",
                kind="again",
                title="row.again",
                evidence="why.again",
                takes_finished=True,
                reason="again",
            )
        ]

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return which cells were finished some time ago."""
        return self._seen(query, row.position)

    def _seen(self, query: Query, position: NDArray[np.int32]) -> NDArray[np.bool_]:
        until_s = query.at_ms / 1000 - self.config.days_min * _DAY_S
        finished, ids = query.profile.finished, query.catalog.item_ids
        return np.array(
            [0 <= finished.get(ids[at], -1) <= until_s for at in position.tolist()], bool
        )
