"""Protocol ``time``: train before one moment, rank every later event with what was known then.

- All events in stable time order; the first 0.9 of them train, ties keep their order.
- Each later event in turn is a target, the first 50 a member, with the member's whole history up
  to it, earlier targets included.
- Members without an event before the cut make the slice ``cold``; ``all`` are the others.
- Counts run up to the target's moment.

This is what deployment does: nothing that happens after the cut trains a weight.
"""

from __future__ import annotations

import numpy as np

from pasand.evaluation.data import EvaluationData
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.splits import Rules, Split, choose_targets, need_times

__all__ = ["split"]


def split(data: EvaluationData, rules: Rules) -> Split:
    """Cut all events at one moment."""
    assert 0.0 < rules.quantile < 1.0
    interactions = data.interactions
    need_times(interactions, "time")
    training = np.arange(len(data)) < int(rules.quantile * len(data))
    return Split(
        training=interactions.where(training),
        targets=choose_targets(interactions, training, ~training, rules.target_count_max),
        live=LiveCounts(interactions),
        rule=f"first {rules.quantile:g} of events, {rules.target_count_max} targets a member",
    )
