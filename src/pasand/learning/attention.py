"""Attention learned from shuffled pages: which of the cells that any item could stand in is taken.

On a shuffled page every item of the band stands in every cell with the same chance, so what is
taken there is taken from a cell with a chance proportional to the cell's attention, whatever the
items are worth: A(i,j) / A(1,1) is the ratio of takes. Rows and columns are learned apart: a cell's
attention is the product of the two. Each is Luce's choice among the rows (columns) of the page's
band, by penalised maximum likelihood: where takes are few, the numbers keep the shape of a table
that counted before. Luce (1959); Craswell et al. (2008) for clicks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Table", "Take", "learn_attention", "plain_table"]

Table = NDArray[np.float64]
#: How much a step from one row to the next may differ from the table before, in nats (one
#: standard deviation), and how much from the step before it.
STEP = 0.3
BEND = 0.08
ROUNDS_MAX = 60


@dataclass(frozen=True, slots=True)
class Take:
    """What was taken from a shuffled page: its row and column, and the band it was among: the
    rows (0 is the first below the hero) and how many columns.
    """

    row: int
    column: int
    rows: tuple[int, ...]
    column_count: int


def plain_table(row_count: int = 12, column_count: int = 12) -> Table:
    """Return a shape that claims little: a fifth less from each row and column to the next."""
    return 0.8 ** np.add.outer(np.arange(row_count), np.arange(column_count)).astype(np.float64)


def learn_attention(takes: Iterable[Take], before: Table) -> Table:
    """Return a table as large as ``before``, which few takes leave as it is."""
    rows: Counter[tuple[tuple[int, ...], int]] = Counter()
    columns: Counter[tuple[tuple[int, ...], int]] = Counter()
    for take in takes:
        if max(take.rows) < before.shape[0] and take.column_count <= before.shape[1]:
            rows[take.rows, take.row] += 1
            columns[tuple(range(take.column_count)), take.column] += 1
    down = _chosen(rows, np.log(before[:, 0]))
    across = _chosen(columns, np.log(before[0]))
    return np.outer(down, across)


def _chosen(
    counts: Mapping[tuple[tuple[int, ...], int], int], before: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what each place weighs in choices among sets of places, 1 for the first, falling.

    Newton's method on what differs from ``before`` (in nats).
    """
    size = len(before)
    differs = np.zeros(size)
    stiff = _stiffness(size)
    among: dict[tuple[int, ...], NDArray[np.float64]] = {}
    for (places, place), count in counts.items():
        among.setdefault(places, np.zeros(size))[place] += count
    for _ in range(ROUNDS_MAX):
        slope, curve = -stiff @ differs, stiff.copy()
        for places, taken in among.items():
            at = list(places)
            share = np.zeros(size)
            weight = np.exp((before + differs)[at])
            share[at] = weight / weight.sum()
            total = taken.sum()
            slope += taken - total * share
            curve += total * (np.diag(share) - np.outer(share, share))
        step = np.linalg.solve(curve, slope)
        differs += np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-9:
            break
    falling = np.minimum.accumulate(before + differs)
    return np.asarray(np.exp(falling - falling[0]))


def _stiffness(size: int) -> NDArray[np.float64]:
    """Return the penalty on differences from the table before: on steps and on bends."""
    step = np.diff(np.eye(size), axis=0)
    bend = np.diff(np.eye(size), n=2, axis=0)
    penalty = step.T @ step / STEP**2 + bend.T @ bend / BEND**2
    penalty[0, 0] += 1e6  # the first place is what the others are compared with
    return np.asarray(penalty)
