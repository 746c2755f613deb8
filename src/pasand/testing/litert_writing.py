"""A tiny LiteRT model written byte by byte: sigmoid of sigmoid of a picture's bytes as numbers.

The format is a flat buffer; its tables and fields are numbered as in TensorFlow Lite's schema.
"""

from __future__ import annotations

from typing import Any

__all__ = ["litert_model"]

_FLOAT, _LOGISTIC = 0, 14


def litert_model(side: int, tensor_names: tuple[str, str, str]) -> bytes:
    """Return a model that gives the third tensor of a float picture [1, side, side, 3]."""
    import flatbuffers

    builder = flatbuffers.Builder(1024)
    names = [builder.CreateString(name) for name in tensor_names]
    shape = _vector(builder, (1, side, side, 3))
    tensors = [_table(builder, {0: shape, 3: name}, small={1: _FLOAT}) for name in names]
    steps = [
        _table(builder, {1: _vector(builder, (at,)), 2: _vector(builder, (at + 1,))})
        for at in (0, 1)
    ]
    inputs, outputs = _vector(builder, (0,)), _vector(builder, (2,))
    graph = _table(
        builder, {0: _tables(builder, tensors), 1: inputs, 2: outputs, 3: _tables(builder, steps)}
    )
    code = _table(builder, {}, small={0: _LOGISTIC}, whole={2: 1, 3: _LOGISTIC})
    empty = _table(builder, {})
    model = _table(
        builder,
        {1: _tables(builder, [code]), 2: _tables(builder, [graph]), 4: _tables(builder, [empty])},
        whole={0: 3},
    )
    builder.Finish(model, file_identifier=b"TFL3")
    return bytes(builder.Output())


def _vector(builder: Any, numbers: tuple[int, ...]) -> int:
    builder.StartVector(4, len(numbers), 4)
    for number in reversed(numbers):
        builder.PrependInt32(number)
    return int(builder.EndVector())


def _tables(builder: Any, tables: list[int]) -> int:
    builder.StartVector(4, len(tables), 4)
    for table in reversed(tables):
        builder.PrependUOffsetTRelative(table)
    return int(builder.EndVector())


def _table(
    builder: Any,
    pointers: dict[int, int],
    small: dict[int, int] | None = None,
    whole: dict[int, int] | None = None,
) -> int:
    """Return a table of pointers, bytes and whole numbers by their fields' places."""
    builder.StartObject(8)
    for place, value in pointers.items():
        builder.PrependUOffsetTRelativeSlot(place, value, 0)
    for place, value in (small or {}).items():
        builder.PrependInt8Slot(place, value, -1)
    for place, value in (whole or {}).items():
        builder.PrependInt32Slot(place, value, -1)
    return int(builder.EndObject())
