"""Protocol ``day``: rank the events of one day with weights of the days before.

The day is the last one, in UTC, of at least 20,000 events; smaller data may set fewer, which
makes another row of a table and no replacement. Counts run up to the minute of the target, as
counters of a running server do; weights are trained at midnight. News lives by this: on a day of
``globo-clicks`` most clicks go to articles that the day before had not, so the slices with
(``new-item``) and without (``known-item``) items unseen before that day stand beside ``all``.
Here ``all`` holds every member, those who came that day for the first time too.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from pasand.errors import InvalidInput
from pasand.evaluation.data import EvaluationData
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.splits import Rules, Split, choose_targets, need_times

__all__ = ["DAY_MS", "split"]

DAY_MS = 86_400_000
MINUTE_MS = 60_000


def split(data: EvaluationData, rules: Rules) -> Split:
    """Hold out the last day that is large enough.

    Raises:
        InvalidInput: the data have no times, or no day has so many events.
    """
    interactions = data.interactions
    need_times(interactions, "day")
    day = interactions.at_ms // DAY_MS
    days, counts = np.unique(day, return_counts=True)
    large = np.flatnonzero(counts >= rules.day_event_count_min)
    # The first day of the data has nothing before it to learn from.
    large = large[large > 0]
    if not len(large):
        raise InvalidInput(
            f"No day after the first has {rules.day_event_count_min:,} events; the largest"
            f" has {int(counts[1:].max()) if len(counts) > 1 else 0:,}.",
            field="day-events",
            fix="Set --day-events lower, or use protocol time.",
        )
    chosen = int(days[large[-1]])
    until = interactions.where(day <= chosen)
    training = until.at_ms < chosen * DAY_MS
    return Split(
        training=until.where(training),
        targets=choose_targets(until, training, ~training),
        live=LiveCounts(until, step_ms=MINUTE_MS),
        rule=f"{_date(chosen)} UTC, at least {rules.day_event_count_min:,} events",
        cold_in_all=True,
    )


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * 86_400, UTC).date().isoformat()
