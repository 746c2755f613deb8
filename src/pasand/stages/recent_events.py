"""A profile's recent entries as the events that the sequence model reads."""

from __future__ import annotations

import numpy as np

from pasand.domain.interaction_features import action_of_kind, rating_code
from pasand.domain.profile import RECENT_CODES, Profile
from pasand.domain.weights import Weights
from pasand.stages.columns import kind_of_recent
from pasand.stages.models import Vocabulary
from pasand.stages.scoring.sequence import DONE, EventRun, window_start, without_repeats

__all__ = ["recent_events"]


def recent_events(
    profile: Profile, weights: Weights, vocabulary: Vocabulary, window: int
) -> EventRun:
    """Return the newest events that learning counts too, of items that the model knows."""
    rows = []
    kinds = [kind_of_recent(name) for name in RECENT_CODES]
    counts = [weights.interaction.get(kind, 0.0) > 0 for kind in kinds]
    recent = profile.recent
    for item_id, code, at_s, value in recent:
        at = vocabulary.code.get(item_id, -1)
        if at >= 0 and counts[code]:
            stars = rating_code(value / 10) if kinds[code] == "rating" else 0
            rows.append((at, at_s, action_of_kind(kinds[code]), stars))
    table = np.asarray(rows, np.int64).reshape(-1, 4)
    table = table[without_repeats(table[:, 0])]
    table = table[window_start(len(table), window) :]
    done = np.zeros((len(table), len(DONE)), np.int16)
    done[:, DONE.index("action")], done[:, DONE.index("rating")] = table[:, 2], table[:, 3]
    return EventRun(table[:, 0].astype(np.int32), 1000 * table[:, 1], done)
