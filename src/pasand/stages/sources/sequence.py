"""What a member takes next, by the sequence model: order, pace and hour tell as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.interaction_features import device_code
from pasand.domain.query import Query
from pasand.model_ports import Inference
from pasand.stages.columns import best_codes, candidate_count
from pasand.stages.models import Models, Vocabulary
from pasand.stages.recent_events import recent_events
from pasand.stages.scoring.sequence import (
    finished_state,
    inputs_of,
    sequence_scores,
    unit_rows,
)
from pasand.stages.scoring.sequence_network import sequence_inference
from pasand.stages.scoring.shortlist import shortlist_of

__all__ = ["Config", "SequenceSource"]


@dataclass(frozen=True, slots=True)
class Config:
    """``count``: items to propose at least."""

    count: int = 800


class SequenceSource:
    """Column ``sequence``: the logit of being taken next, above that of the last one proposed.

    ``query.encoded`` may hold what the model made of the events before the newest one; without
    it they are read here, which takes a few milliseconds.
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config
        self.inference: Inference | None = sequence_inference(models)
        self.vocabulary = Vocabulary(models.get("sequence.item_ids") or ())
        item, size = models.get("sequence.item"), models.get("sequence.size")
        self.target: NDArray[np.float32] = unit_rows(
            np.zeros((0, 1), np.float32) if item is None else item
        )
        self.known = self.target.any(axis=1)
        self.shortlist = shortlist_of(self.target)
        self.window, self.timed = (0, False) if size is None else (int(size[3]), bool(size[4]))

    def __call__(self, query: Query) -> Candidates:
        """Propose the items with the highest logit."""
        events = recent_events(query.profile, query.weights, self.vocabulary, self.window)
        if self.inference is None or not len(events):
            return Candidates(np.empty(0, np.int32))
        inputs = inputs_of(events, query.at_ms, device_code(query.device), self.timed)
        memory: Any = query.encoded or self.inference.run(inputs)
        state = finished_state(self.inference, inputs, memory)
        position = self.vocabulary.positions(query.catalog)
        there = (position >= 0) & self.known
        count = candidate_count(query, self.config.count)
        among: NDArray[np.intp] | slice = slice(None)
        if self.shortlist is not None:
            among = self.shortlist.best(state, there, count)
        score = sequence_scores(state, self.target[among])
        position = position[among]
        found = best_codes(score, position, there[among], count)
        if not len(found):
            return Candidates(np.empty(0, np.int32))
        # A candidate that was not proposed here has a 0, and none has less.
        return Candidates(position[found], {"sequence": score[found] - score[found].min()})
