"""What the sequence model reads of a history and of a request, and how a state becomes scores.

Training, evaluation and serving make the model's inputs here, so that one history means the same
to all three. An event is an item with what was done (action, share watched, rating); a request is
what is known before anything is taken: the gap since the last event, hour, weekday and device. The
codes of a request stand with the event before it. Code 0 is "not known" in every column. What is
taken again before anything else is no new event: a series seen in a row is one choice.

A window begins at a multiple of a quarter of its length, so that it does not move with each event
and what was computed for the events in it stays good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import ACTIONS
from pasand.model_ports import Inference

__all__ = [
    "DONE",
    "REQUEST",
    "SIZES",
    "EventRun",
    "finished_state",
    "gap_code",
    "inputs_of",
    "request_codes",
    "sequence_scores",
    "unit_rows",
    "window_start",
    "without_repeats",
]

#: Columns of what was done, and of what is known of a request.
DONE = ("action", "share", "rating")
REQUEST = ("gap", "hour", "weekday", "device")
SIZES = {
    "action": len(ACTIONS), "share": 11, "rating": 11,
    "gap": 32, "hour": 25, "weekday": 8, "device": 8,
}  # fmt: skip
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class EventRun:
    """One member's events, oldest first: item codes, times, and ``done`` [events, columns]."""

    item: NDArray[np.int32]
    at_ms: NDArray[np.int64]
    done: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.item)

    def part(self, begin: int, end: int) -> EventRun:
        """Return the events from one place to before another."""
        return EventRun(self.item[begin:end], self.at_ms[begin:end], self.done[begin:end])


def without_repeats(item: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Return true where an event is of another item than the one before it."""
    kept: NDArray[np.bool_] = np.r_[True, item[1:] != item[:-1]][: len(item)]
    return kept


def window_start(count: int, window: int) -> int:
    """Return from which of ``count`` events on the model reads: the last of them at most
    ``window``, and at least three quarters of it.
    """
    step = max(1, window // 4)
    return max(0, -(-(count - window) // step) * step)


def gap_code(gap_ms: NDArray[np.int64]) -> NDArray[np.int16]:
    """Return 1 + log2 of 1 + the seconds, rounded down, up to 31."""
    code = 1.0 + np.log2(1.0 + np.maximum(gap_ms, 0) / 1000.0)
    return np.minimum(code, SIZES["gap"] - 1).astype(np.int16)


def request_codes(
    at_ms: NDArray[np.int64], gap_ms: NDArray[np.int64], device: NDArray[np.int16], timed: bool
) -> NDArray[np.int16]:
    """Return the columns ``REQUEST`` of requests at given times; without times, only devices."""
    codes = np.zeros((*at_ms.shape, len(REQUEST)), np.int16)
    codes[..., 3] = np.clip(device, 0, SIZES["device"] - 1)
    if timed:
        codes[..., 0] = gap_code(gap_ms)
        codes[..., 1] = 1 + at_ms // _HOUR_MS % 24
        # 1970 began on a Thursday.
        codes[..., 2] = 1 + (at_ms // (24 * _HOUR_MS) + 3) % 7
    return codes


def inputs_of(
    events: EventRun, asked_ms: int | None, device: int = 0, timed: bool = True
) -> dict[str, NDArray[np.generic]]:
    """Return what ``Inference`` reads: every event with the request after it.

    The last request is the one to answer, at ``asked_ms``, None where its time is not known.
    """
    at_ms = events.at_ms
    next_ms = np.append(at_ms[1:], at_ms[-1] if asked_ms is None else asked_ms)
    devices = np.zeros(len(events), np.int16)
    devices[-1] = device
    codes = request_codes(next_ms, next_ms - at_ms, devices, timed)
    if asked_ms is None:
        codes[-1, :3] = 0
    read_s = (at_ms - at_ms[0]) // 1000 * timed
    return {
        "item": events.item,
        "done": events.done,
        "request": codes,
        "read_s": read_s,
        "asked_s": (next_ms - at_ms[0]) // 1000 * timed,
    }


def finished_state(
    inference: Inference,
    inputs: Mapping[str, Any],
    memory: Mapping[str, Any],
) -> NDArray[np.float32]:
    """Return the state after the last event of ``inputs``; ``memory`` holds those before it."""
    before = len(inputs["item"]) - 1
    if not before:
        state: NDArray[np.float32] = inference.run(inputs)["state"][-1]
        return state
    known = {f"known_{name}": memory[name][:, :, :before] for name in ("key", "value")}
    state = inference.run({**inputs, **known})["state"][-1]
    return state


def sequence_scores(state: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a score for every item: the logit of being the next one taken, 0 for an item that
    the model knows nothing of.
    """
    scores: NDArray[np.float32] = target @ state
    return scores


def unit_rows(item: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return item vectors of unit length, what a state is compared with."""
    norm = np.sqrt(np.square(item).sum(axis=1, keepdims=True) + np.float32(1e-6))
    unit: NDArray[np.float32] = (item / norm).astype(np.float32)
    return unit
