"""Protocol ``hidden-items``: titles that training never saw, ranked among themselves.

- The cut is that of ``time``: the first 0.9 of all events train, in stable order.
- A tenth of the items, drawn with the rules' seed, is hidden: none of their events trains, and
  counts stop at the cut, so that nothing is known of them but what their owner says of them.
- Each later event of a hidden item is a target, the first 50 a member, with the member's history.
- Only hidden items are ranked, without those that the member had before.

This is the first day of a title: whom does it suit, before anybody has taken it?
"""

from __future__ import annotations

import numpy as np

from pasand.errors import InvalidInput
from pasand.evaluation.data import EvaluationData
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.splits import Rules, Split, choose_targets, need_times

__all__ = ["split"]


def split(data: EvaluationData, rules: Rules) -> Split:
    """Hide a share of the items and cut all events at one moment."""
    interactions = data.interactions
    need_times(interactions, "hidden-items")
    count = len(interactions.item_ids)
    hidden_count = round(rules.hidden_share * count)
    if hidden_count < 2:
        raise InvalidInput(
            f"Of {count} items none can be hidden.",
            field="data",
            fix="Use data with more items.",
        )
    hidden = np.zeros(count, bool)
    hidden[np.random.default_rng(rules.seed).permutation(count)[:hidden_count]] = True
    before = np.arange(len(data)) < int(rules.quantile * len(data))
    training = before & ~hidden[interactions.item]
    later = ~before & hidden[interactions.item]
    known = interactions.where(training)
    return Split(
        training=known,
        targets=choose_targets(interactions, training, later, rules.target_count_max),
        live=LiveCounts(known),
        rule=(
            f"first {rules.quantile:g} of events, without {hidden_count} hidden items,"
            f" {rules.target_count_max} targets a member"
        ),
        among=hidden,
    )
