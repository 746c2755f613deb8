"""Tiny ONNX models written byte by byte, so that adapters can be tested without any real one.

Only what such a model needs of the format (protobuf, IR version 8, operators of version 13): its
nodes, its constants, the shapes of what goes in and the names of what comes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Node", "onnx_model"]

_FLOAT, _INT64 = 1, 7


@dataclass(frozen=True)
class Node:
    """One step: ``operator`` of ``inputs`` gives ``output``; attributes are whole numbers."""

    operator: str
    inputs: Sequence[str]
    output: str
    attributes: Mapping[str, int | Sequence[int]] = field(default_factory=dict)


def onnx_model(
    nodes: Sequence[Node],
    inputs: Mapping[str, tuple[type[Any], Sequence[int]]],
    outputs: Sequence[str],
    constants: Mapping[str, NDArray[Any]],
) -> bytes:
    """Return the file. Inputs are float or int64, of these shapes; outputs are floats."""
    graph = b"".join(_part(1, _node(node)) for node in nodes)
    graph += _text(2, "tiny")
    graph += b"".join(_part(5, _tensor(name, array)) for name, array in constants.items())
    graph += b"".join(_part(11, _value(name, *given)) for name, given in inputs.items())
    graph += b"".join(_part(12, _value(name, np.float32, None)) for name in outputs)
    return _number(1, 8) + _part(7, graph) + _part(8, _number(2, 13))


def _varint(value: int) -> bytes:
    value &= 2**64 - 1
    found = bytearray()
    while True:
        low, value = value & 127, value >> 7
        found.append(low | 128 if value else low)
        if not value:
            return bytes(found)


def _number(place: int, value: int) -> bytes:
    return _varint(place << 3) + _varint(value)


def _part(place: int, data: bytes) -> bytes:
    return _varint(place << 3 | 2) + _varint(len(data)) + data


def _text(place: int, text: str) -> bytes:
    return _part(place, text.encode())


def _node(node: Node) -> bytes:
    found = b"".join(_text(1, name) for name in node.inputs)
    found += _text(2, node.output) + _text(4, node.operator)
    for name, value in node.attributes.items():
        whole = isinstance(value, int)
        numbers = _number(3, value) if isinstance(value, int) else b"".join(
            _number(8, each) for each in value
        )  # fmt: skip
        found += _part(5, _text(1, name) + numbers + _number(20, 2 if whole else 7))
    return found


def _tensor(name: str, array: NDArray[Any]) -> bytes:
    whole = array.dtype.kind == "i"
    found = b"".join(_number(1, length) for length in array.shape)
    found += _number(2, _INT64 if whole else _FLOAT) + _text(8, name)
    return found + _part(9, array.astype("<i8" if whole else "<f4").tobytes())


def _value(name: str, kind: type[Any], shape: Sequence[int] | None) -> bytes:
    tensor = _number(1, _INT64 if np.dtype(kind).kind == "i" else _FLOAT)
    if shape is not None:
        tensor += _part(2, b"".join(_part(1, _number(1, length)) for length in shape))
    return _text(1, name) + _part(2, _part(1, tensor))
