"""The sequence model as a ranker, read through the port Inference just as serving does it.

The events of a window are encoded once for all of a member's targets in it; each target then takes
one step from the events before it, with its own request. Without any event the model says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.evaluation.ranking import Histories
from pasand.model_ports import Inference
from pasand.stages.scoring.sequence import (
    DONE,
    SIZES,
    EventRun,
    finished_state,
    inputs_of,
    sequence_scores,
    unit_rows,
    window_start,
    without_repeats,
)

__all__ = ["SequenceRanker"]


@dataclass(frozen=True, slots=True)
class SequenceRanker:
    """``target`` [items, width] are item vectors of unit length, zero for those ``unknown``;
    ``window`` and ``timed`` are the model's.
    """

    inference: Inference
    target: NDArray[np.float32]
    unknown: NDArray[np.bool_]
    window: int
    timed: bool
    name: str = "sequence"

    @classmethod
    def of(cls, inference: Inference, arrays: Mapping[str, Any]) -> SequenceRanker:
        """Return the ranker of a model's arrays."""
        size = arrays["sequence.size"]
        target = unit_rows(arrays["sequence.item"])
        unknown: NDArray[np.bool_] = ~np.any(target, axis=1)
        return cls(inference, target, unknown, int(size[3]), bool(size[4]))

    def scores(self, histories: Histories) -> NDArray[np.float32]:
        """Return one row of logits per history."""
        found = np.zeros((len(histories), len(self.target)), np.float32)
        kept = without_repeats(histories.item)
        counts = np.concatenate(([0], np.cumsum(kept)))[histories.count]
        events = events_of(histories, kept)
        memory: dict[int, Mapping[str, NDArray[Any]]] = {}
        for r, count in enumerate(counts.tolist()):
            if count:
                begin = window_start(count, self.window)
                if begin not in memory:
                    read = events.part(begin, min(len(events), begin + self.window))
                    memory[begin] = self.inference.run(inputs_of(read, None, 0, self.timed))
                inputs = self.inputs(events.part(begin, count), histories, r)
                state = finished_state(self.inference, inputs, memory[begin])
                found[r] = sequence_scores(state, self.target)
                # What was never taken and has no content: there is nothing for it.
                found[r, self.unknown] = -np.linalg.norm(state)
        return found

    def inputs(self, events: EventRun, histories: Histories, r: int) -> dict[str, NDArray[Any]]:
        """Return what the model reads to answer row ``r``."""
        known = self.timed and histories.request_time_known
        asked_ms = int(histories.target_at_ms[r]) if known else None
        device = histories.request_feature.get("device")
        return inputs_of(events, asked_ms, 0 if device is None else int(device[r]), self.timed)


def events_of(histories: Histories, kept: NDArray[np.bool_]) -> EventRun:
    """Return a member's events as the model reads them."""
    zero = np.zeros(len(histories.item), np.int16)
    columns = [
        np.clip(histories.feature.get(name, zero), 0, SIZES[name] - 1).astype(np.int16)
        for name in DONE
    ]
    done = np.stack(columns, axis=1)
    return EventRun(histories.item[kept], histories.at_ms[kept], done[kept])
