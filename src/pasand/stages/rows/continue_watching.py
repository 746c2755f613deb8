"""Continue watching: what the member began, the likeliest to be resumed now first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.page import Row
from pasand.domain.profile import Watch
from pasand.domain.query import Query
from pasand.domain.zones import local_hour
from pasand.stages.models import Models
from pasand.stages.moments import usual_visit_minutes
from pasand.stages.rows.proposals import propose
from pasand.stages.scoring.resuming import Begun, Moment, chance_of_resuming
from pasand.stages.series import is_series

__all__ = ["Config", "ContinueWatchingRow"]


@dataclass(frozen=True, slots=True)
class Config:
    """``progress_min``: a title opened for less than this share was not really begun."""

    progress_min: float = 0.02
    days_max: float = 120.0


class ContinueWatchingRow:
    """One row; it needs a single item, since a title half seen is worth a row."""

    kinds: ClassVar[tuple[str, ...]] = ("continue",)

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose unfinished items."""
        at = np.flatnonzero(candidates.column("touched_s") > 0)
        chosen = at[self._begun(query, candidates.position[at])]
        if not len(chosen):
            return []
        chance = np.zeros(len(candidates))
        usual = candidates.remember("usual-visit", lambda: usual_visit_minutes(query))
        chance[chosen] = chances(query, candidates.position[chosen], usual)
        return [
            propose(
                query,
                candidates,
                chosen,
                chance,
                row_id="continue",
                kind="continue",
                title="row.continue",
                shape="progress",
                reason="continue",
                cell_count_min=1,
            )
        ]

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return which cells were begun, not long ago."""
        return self._begun(query, row.position)

    def _begun(self, query: Query, position: NDArray[np.int32]) -> NDArray[np.bool_]:
        watches = [_watch(query, int(at)) for at in position]
        oldest_s = query.at_ms / 1000 - self.config.days_max * 86_400
        least = self.config.progress_min
        return np.array(
            [w is not None and _share(w) >= least and w.at_s >= oldest_s for w in watches], bool
        )


def chances(query: Query, position: NDArray[np.int32], usual: float | None) -> NDArray[np.float64]:
    """Return how likely each item, begun by the member, is resumed now; ``usual`` is how long
    they usually stay.
    """
    watches = [watch for at in position if (watch := _watch(query, int(at))) is not None]
    assert len(watches) == len(position), "only what was begun can be resumed"
    catalog, zone = query.catalog, query.time_zone
    begun = Begun(
        since_s=np.array([query.at_ms / 1000 - watch.at_s for watch in watches]),
        share=np.array([_share(watch) for watch in watches]),
        minutes=catalog.runtime_minutes[position].astype(np.float64),
        episodic=is_series(catalog)[position],
        hour=np.array([local_hour(zone, 1000 * watch.at_s)[0] for watch in watches]),
    )
    return chance_of_resuming(begun, Moment(query.local.hour, query.device, usual))


def _watch(query: Query, position: int) -> Watch | None:
    return query.profile.watching.get(query.catalog.item_ids[position])


def _share(watch: Watch) -> float:
    return watch.position_s / (watch.duration_s or 1)
