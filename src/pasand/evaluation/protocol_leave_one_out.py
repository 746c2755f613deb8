"""Protocol ``leave-one-out``: each member's last event is the target, all else trains.

The commonest protocol of publications, kept to be comparable with them. Its weights know the
future: what other members did after a member's last event trains, popularity of that time
included. ``time`` has no such leak; believe it first. Order is stable; a last event that repeats
an item the member had is no target, and does not train either.
"""

from __future__ import annotations

import numpy as np

from pasand.evaluation.data import EvaluationData
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.splits import Rules, Split, choose_targets

__all__ = ["split"]


def split(data: EvaluationData, rules: Rules) -> Split:
    """Hold out the last event of every member; ``rules`` set nothing here."""
    interactions = data.interactions
    last = np.full(len(interactions.member_ids), -1)
    last[interactions.member] = np.arange(len(data))
    held_out = np.zeros(len(data), bool)
    held_out[last[last >= 0]] = True
    training = interactions.where(~held_out)
    return Split(
        training=training,
        targets=choose_targets(interactions, ~held_out, held_out),
        live=LiveCounts(training),
        rule="last event of each member",
        timed=interactions.timed,
    )
