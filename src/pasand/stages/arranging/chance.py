"""Chance on a page that is otherwise settled, with the exact probability of what it chose.

Two of the three declared points (the third is the picture): **swaps** show for a share of pages
the first cells of the first rows shuffled, rows among each other and cells within their row, so
that every item there stands in every cell with the same chance; what members take then shows
which cells they look at. **Exploration** draws some cells from what fits their row and found no
place; that set is settled before anything is drawn.

A cell's propensity is the probability of its item given the cells before it in reading order,
over all that chance might have done: their product is the probability of the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.page import Row
from pasand.stages.arranging.proposed import worth_of

__all__ = ["Chance", "explored", "swap_propensities", "swapped"]

#: Of what found no place, so many items of a row may be drawn for a cell.
SUPPORT_MAX = 20
#: This share of a draw is uniform over the set, the rest goes by worth.
UNIFORM = 0.5


@dataclass(frozen=True, slots=True)
class Chance:
    """Where chance may enter; see the arranger's Config."""

    swap_share: float
    swap_rows: int
    swap_columns: int
    explore_share: float


def swapped(
    rows: Sequence[Row], may_move: Sequence[int], chance: Chance, rng: np.random.Generator
) -> tuple[list[Row], dict[str, Any]]:
    """Return the page's rows, shuffled or not, with their propensities, and what to log of it.

    ``may_move`` are the rows with no place of their own; those with cells enough make the band.
    """
    columns, rows = chance.swap_columns, list(rows)
    band = [at for at in may_move if rows[at].shape == "card" and len(rows[at]) >= columns]
    band = band[: chance.swap_rows]
    if not band or not chance.swap_share:
        return rows, {}
    drawn = bool(rng.random() < chance.swap_share)
    stands = rng.permutation(len(band)) if drawn else np.arange(len(band))
    page = list(rows)
    shuffles = []
    for at, which in zip(band, stands.tolist(), strict=True):
        cells = rng.permutation(columns) if drawn else np.arange(columns)
        shuffles.append((which, cells))
        row = rows[band[which]]
        page[at] = row.take(np.append(cells, np.arange(columns, len(row)))) if drawn else row
    likely = swap_propensities(shuffles, chance.swap_share, columns)
    for at, chances in zip(band, likely, strict=True):
        propensity = np.ones(len(page[at]))
        propensity[:columns] = chances
        page[at] = replace(page[at], propensity=propensity)
    return page, {"share": chance.swap_share, "drawn": drawn, "row": band, "columns": columns}


def swap_propensities(
    shuffles: Sequence[tuple[int, NDArray[np.intp]]], share: float, columns: int
) -> NDArray[np.float64]:
    """Return [row, column] the chance of each cell given those before it.

    ``shuffles`` are for each row of the band which one stands there, and the order of its first
    cells. With 1 - ``share`` nothing was shuffled, with ``share`` everything was: what stood in
    the cells before says how likely either is by now.
    """
    row_count = len(shuffles)
    as_is, mixed = 1.0 - share, share
    found = np.ones((row_count, columns))
    for at, (which, cells) in enumerate(shuffles):
        for column, cell in enumerate(cells.tolist()):
            if_mixed = 1.0 / (columns - column) / (1 if column else row_count - at)
            if_as_is = float(which == at and cell == column)
            both = as_is + mixed
            as_is, mixed = as_is * if_as_is, mixed * if_mixed
            found[at, column] = (as_is + mixed) / both
    return found


def explored(
    rows: Sequence[Row],
    spare: Callable[[Row], Row | None],
    column_count: int,
    chance: Chance,
    rng: np.random.Generator,
) -> tuple[list[Row], list[dict[str, Any]]]:
    """Return the rows with some cells drawn from what found no place, and what to log of it.

    ``spare(row)`` are the items that fit a row and stand nowhere, best first, None where the row
    shows its own alone. One cell of a row is drawn, behind those that may be swapped.
    """
    wanted = int(np.ceil(chance.explore_share * sum(map(len, rows))))
    column = chance.swap_columns
    page, gone = list(rows), set[int]()
    told: list[dict[str, Any]] = []
    for at, row in enumerate(rows):
        if len(told) == wanted:
            break
        if row.shape != "card" or len(row) <= column or (left := spare(row)) is None:
            continue
        free = [n for n, item in enumerate(left.position.tolist()) if item not in gone]
        if not free:
            continue
        support = np.array(free[:SUPPORT_MAX], np.intp)
        likely = draw_chances(worth_of(left)[support])
        which = int(np.searchsorted(np.cumsum(likely), rng.random() * likely.sum(), side="right"))
        which = min(which, len(support) - 1)
        cell = left.take(support[which : which + 1])
        gone.add(int(cell.position[0]))
        page[at] = _with_cell(row, column, cell, float(likely[which]), column_count)
        told.append({"row": at, "column": column, "items": left.position[support]})
    return page, told


def draw_chances(worth: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the chance of each item of a set: partly alike, partly by its worth."""
    exact = np.asarray(worth, np.float64)
    if exact.sum() <= 0:
        exact = np.ones(len(exact))
    chances = UNIFORM / len(exact) + (1.0 - UNIFORM) * exact / exact.sum()
    return np.asarray(chances / chances.sum())


def _with_cell(row: Row, column: int, cell: Row, propensity: float, count: int) -> Row:
    """Return a row with one more cell, cut to ``count``: what stood there moves on by one."""
    known: dict[str, Any] = {
        name: np.concatenate([own[:column], other, own[column : count - 1]])
        for name in ("position", "score", "value", "reason", "cause", "rank")
        if (own := getattr(row, name)) is not None and (other := getattr(cell, name)) is not None
    }
    chances = np.ones(len(row)) if row.propensity is None else row.propensity
    chances = np.concatenate([chances[:column], [propensity], chances[column : count - 1]])
    return replace(row, **known, propensity=chances)
