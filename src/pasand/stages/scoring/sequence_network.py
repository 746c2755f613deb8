"""The sequence model's forward pass in NumPy: what serves where nothing faster is wired in.

It is one implementation of the port ``Inference``; ``Models.inference`` may hold another. Only the
newest position's state is wanted, and only it knows the request. So a history is encoded once, off
the request: every block's keys and values of the events before are kept. A request then takes the
newest event alone through the blocks, with its time, device and the ages of all others, which is
little work. The mathematics is that of ``learning/sequence/network.py``; a test holds both to the
same lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.model_ports import Inference
from pasand.stages.models import Models
from pasand.stages.scoring.sequence import DONE, REQUEST

__all__ = ["NumpySequenceInference", "sequence_inference"]

Array = NDArray[Any]


class NumpySequenceInference:
    """Inputs of ``run``, all of one member, oldest event first, as ``inputs_of`` makes them:

    ``item`` codes [events], ``done`` [events, 3], ``request`` [events, 4] (row i: what was known
    of the request after event i), ``read_s`` and ``asked_s`` [events] seconds of each event and of
    the request after it. Outputs: ``state`` [events, width], each of unit length over the
    temperature, and ``key`` and ``value`` [blocks, heads, events, width / heads]. Those of all
    events but the last, given back as ``known_key`` and ``known_value``, make the run one of the
    last event alone; ``state`` then has one row.
    """

    def __init__(self, arrays: Mapping[str, Any]) -> None:
        self._arrays = {
            name.removeprefix("sequence."): np.asarray(value)
            for name, value in arrays.items()
            if name.startswith("sequence.")
        }
        size = self._arrays["size"].tolist()
        self.width, self.block_count, self.head_count, self.window = size[:4]
        self.timed, self.temperature = bool(size[4]), np.float32(size[5] / 1000)
        self._item = self._arrays["item"] * np.float32(self.width**0.5)

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Return states, keys and values; see the class."""
        count = len(inputs["item"])
        fresh = slice(0 if inputs.get("known_key") is None else count - 1, count)
        state = self._read(inputs, fresh)
        bias = self._bias(inputs["asked_s"][fresh], inputs["read_s"], fresh.start)
        keys, values = [], []
        for at in range(self.block_count):
            state, key, value = self._block(at, state, bias, inputs, fresh.start)
            keys.append(key)
            values.append(value)
        state = _unit(_scaled(state)) / self.temperature
        return {"state": state, "key": np.stack(keys), "value": np.stack(values)}

    def outcomes(self, state: Array, code: Array) -> Array:
        """Return the chances of finishing, liking and disliking each of the items ``code``."""
        arrays, item = self._arrays, _unit(self._arrays["item"][code])
        unit = state * self.temperature
        met = (unit @ arrays["outcome"]) @ item.T
        alone = arrays["outcome_state"] @ unit + arrays["outcome_offset"]
        logit = met.T + item @ arrays["outcome_item"].T + alone
        found: Array = 1.0 / (1.0 + np.exp(-logit))
        return found

    def _read(self, inputs: Mapping[str, Array], fresh: slice) -> Array:
        state = self._item[inputs["item"][fresh]]
        for at, name in enumerate(DONE):
            state = state + self._arrays[f"done.{name}"][inputs["done"][fresh, at]]
        for at, name in enumerate(REQUEST):
            state = state + self._arrays[f"request.{name}"][inputs["request"][fresh, at]]
        return state

    def _bias(self, asked_s: Array, read_s: Array, begin: int) -> Array:
        """Return [heads, fresh, events]: what age and place add to every weight."""
        age_s = np.maximum(asked_s[:, None] - read_s[None, :], 0).astype(np.float32)
        bend_s = self._arrays["bend_s"][:, None, None]
        bias = np.tensordot(self._arrays["decay"], bend_s / (bend_s + age_s), axes=1)
        back = np.arange(begin, begin + len(asked_s))[:, None] - np.arange(len(read_s))[None, :]
        place = self._arrays["place"]
        bias += place[:, np.clip(back, 0, place.shape[1] - 1)]
        found: Array = np.where(back < 0, np.float32(-1e4), bias)
        return found

    def _block(
        self, at: int, state: Array, bias: Array, inputs: Mapping[str, Array], begin: int
    ) -> tuple[Array, Array, Array]:
        weights = {name: self._arrays[f"block.{name}"][at] for name in
                   ("attend", "attended", "widen", "narrow", "norm")}  # fmt: skip
        norm, heads = weights["norm"], self.head_count
        mixed = _silu((_scaled(state) * norm[0]) @ weights["attend"])
        gate, value, query, key = np.split(mixed, 4, axis=-1)
        query, key, value = (
            part.reshape(len(state), heads, -1).swapaxes(0, 1) for part in (query, key, value)
        )
        if begin:
            key = np.concatenate([inputs["known_key"][at], key], axis=1)
            value = np.concatenate([inputs["known_value"][at], value], axis=1)
        weight = (query / np.float32(query.shape[-1] ** 0.5)) @ key.swapaxes(1, 2) + bias
        found = (_silu(weight) @ value).swapaxes(0, 1).reshape(len(state), -1)
        found /= np.arange(begin + 1, begin + 1 + len(state), dtype=np.float32)[:, None]
        state = state + (_scaled(found) * norm[1] * gate) @ weights["attended"]
        up, across = np.split((_scaled(state) * norm[2]) @ weights["widen"], 2, axis=-1)
        return state + (_silu(up) * across) @ weights["narrow"], key, value


def sequence_inference(models: Models) -> Inference | None:
    """Return what runs a snapshot's sequence model, None where it has none."""
    wired = models.inference.get("sequence")
    if wired is not None or models.get("sequence.size") is None:
        return wired
    return NumpySequenceInference(models.arrays)


def _silu(x: Array) -> Array:
    found: Array = x / (1.0 + np.exp(-np.clip(x, -60.0, None)))
    return found


def _scaled(x: Array) -> Array:
    found: Array = x / np.sqrt(np.square(x).mean(axis=-1, keepdims=True) + np.float32(1e-6))
    return found


def _unit(x: Array) -> Array:
    found: Array = x / np.sqrt(np.square(x).sum(axis=-1, keepdims=True) + np.float32(1e-6))
    return found
