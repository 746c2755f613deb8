"""Models in the LiteRT (TensorFlow Lite) format, run by its interpreter on one core.

The quantised models here end in a byte a number; doubt and heads need what lies before, at full
strength. So a model can be opened with more outputs than it declares: the list of outputs in the
file's flat buffer is replaced, in memory, by a longer one.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pasand.errors import InvalidInput, MissingExtra

__all__ = ["LiteRtModel", "with_outputs"]

#: Places of the tables' fields in the format's schema.
_SUBGRAPHS, _OUTPUTS = 2, 2


class LiteRtModel:
    """An ``Inference`` over a model of one input, here called ``image``, a byte a channel.

    ``taps`` are further outputs, by the name they get here: a part of the name of a tensor and
    how many numbers it has. Outputs are numbers, whatever they were stored as.
    """

    def __init__(
        self, path: Path, taps: Mapping[str, tuple[str, int]] | None = None, threads: int = 1
    ) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError:
            fix = "Install it: pip install 'pasand[vision]'."
            raise MissingExtra("This model needs LiteRT.", fix=fix) from None
        model = path.read_bytes()
        names: dict[int, str] = {}
        try:
            interpreter = Interpreter(model_content=model, num_threads=threads)
            if taps:
                tensors = interpreter.get_tensor_details()
                names = {_tensor(tensors, *tap): name for name, tap in taps.items()}
                model = with_outputs(model, tuple(names))
                interpreter = Interpreter(model_content=model, num_threads=threads)
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError, struct.error) as error:
            fix = "Fetch it again: pasand vision fetch."
            text = f"{path.name} is no LiteRT model: {error}"
            raise InvalidInput(text, field="file", fix=fix) from None
        self._interpreter, self._names = interpreter, names
        self._input = interpreter.get_input_details()[0]
        self._outputs = interpreter.get_output_details()

    def run(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the outputs of one run; those that are not named have their tensor's name."""
        image = np.ascontiguousarray(inputs["image"], self._input["dtype"])
        self._interpreter.set_tensor(self._input["index"], image)
        self._interpreter.invoke()
        return {
            self._names.get(one["index"], one["name"]): _numbers(
                self._interpreter.get_tensor(one["index"]), *one["quantization"]
            )
            for one in self._outputs
        }


def _tensor(tensors: Sequence[Mapping[str, Any]], part: str, size: int) -> int:
    """Return the index of the last tensor whose name has ``part``, of this many numbers."""
    fit = [t["index"] for t in tensors if part in t["name"] and int(np.prod(t["shape"])) == size]
    if not fit:
        raise ValueError(f"it has no {part} of {size} numbers")
    return int(fit[-1])


def _numbers(stored: Any, scale: float, zero: int) -> Any:
    return (stored.astype(np.float32) - zero) * np.float32(scale) if scale else stored


def with_outputs(model: bytes, tensors: Sequence[int]) -> bytes:
    """Return the model with these tensors as outputs after its own.

    A table points to its fields, and to vectors further on in the file: the new list is put at
    the end, and the graph is pointed to it.
    """
    found = bytearray(model)
    # The file begins with where its root table is; that has a vector of graphs.
    graphs = _follow(found, _field(found, _uint(found, 0), _SUBGRAPHS))
    graph = _follow(found, graphs + 4)
    pointer = _field(found, graph, _OUTPUTS)
    old = _follow(found, pointer)
    count = _uint(found, old)
    indices = (*struct.unpack_from(f"<{count}i", found, old + 4), *tensors)
    found.extend(bytes(-len(found) % 4))
    struct.pack_into("<I", found, pointer, len(found) - pointer)
    found.extend(struct.pack(f"<I{len(indices)}i", len(indices), *indices))
    return bytes(found)


def _uint(data: bytearray, at: int) -> int:
    return int(struct.unpack_from("<I", data, at)[0])


def _follow(data: bytearray, at: int) -> int:
    """Return where the pointer at ``at`` points to."""
    return at + _uint(data, at)


def _field(data: bytearray, table: int, number: int) -> int:
    """Return where a field of a table lies."""
    kinds = table - struct.unpack_from("<i", data, table)[0]
    offset = int(struct.unpack_from("<H", data, kinds + 4 + 2 * number)[0])
    if not offset:
        raise ValueError("it declares no outputs")
    return table + offset
