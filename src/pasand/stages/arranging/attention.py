"""Attention: the chance that a cell is looked at, as a share of the first cell's, by device.

Row 0 is the first row below the hero. A snapshot's own arrays ``attention.<device>`` come first;
without them the table counts that the package ships (``shipped_attention.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pasand.domain.ids import short_hash
from pasand.stages.arranging.shipped_attention import COLUMNS, ROWS
from pasand.stages.models import Models

__all__ = ["attention_of", "extended", "shipped_table", "table_hash"]

Table = NDArray[np.float64]


def attention_of(models: Models, device: str, row_count: int, column_count: int) -> Table:
    """Return the attention of every cell of a page, 1 at its first cell."""
    learned = models.get(f"attention.{device}")
    table = shipped_table(device) if learned is None else np.asarray(learned, np.float64)
    return extended(table, row_count, column_count)


def shipped_table(device: str) -> Table:
    """Return the table that the package ships for a device, that of tablets where it has none."""
    known = device if device in ROWS else "tablet"
    return np.outer(ROWS[known], COLUMNS[known])


def table_hash(rows: Mapping[str, Sequence[float]], columns: Mapping[str, Sequence[float]]) -> str:
    """Return what names tables by their numbers; figures say by which tables they were counted."""
    each = [(device, [*rows[device]], [*columns[device]]) for device in sorted(rows)]
    return short_hash(repr(each).encode())


def extended(table: Table, row_count: int, column_count: int) -> Table:
    """Return a table of another size: beyond its edge attention falls on as it fell over it."""
    for axis, count in ((0, row_count), (1, column_count)):
        have = table.shape[axis]
        if have < count:
            last = np.take(table, [have - 1], axis)
            before = np.take(table, [max(have - 4, 0)], axis)
            steps = max(have - 1 - max(have - 4, 0), 1)
            fall = np.clip(last / np.maximum(before, 1e-12), 1e-6, 1.0) ** (1.0 / steps)
            more = np.arange(1, count - have + 1)
            further = last * fall ** (more[:, None] if axis == 0 else more[None, :])
            table = np.concatenate([table, further], axis)
        else:
            table = np.take(table, range(count), axis)
    return np.asarray(table / table[0, 0])
