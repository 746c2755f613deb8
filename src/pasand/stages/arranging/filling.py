"""Which item stands in which cell, once the rows are chosen: the best cell chooses first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pasand.stages.arranging.proposed import Proposed

__all__ = ["PRICED_CELLS", "Places", "fill"]

Floats = NDArray[np.floating]
#: Prices count in so many cells, those that members look at most: further down everything that
#: is good finds room, and the order of its worth finds more of it.
PRICED_CELLS = 60
#: (place in the row, item), the best first
Places = Iterable[tuple[int, int]]


def fill(
    table: Proposed,
    numbers: Sequence[int],
    attention: Floats,
    taken: bytearray,
    held: Sequence[list[int]],
    priced: Mapping[int, Places],
) -> list[list[int]]:
    """Return the places that each row shows, in the order of its cells; marks items as ``taken``.

    ``numbers`` are the rows from the top, -1 for one whose cells are settled. Cells choose in
    the order of ``attention`` [row, column], so that the best items stand where members look,
    whichever rows they fit. ``held`` are places that a row shows in any case, ``priced`` the
    order in which rows give items to the first cells.
    """
    column_count = attention.shape[1]
    room = [
        0 if number < 0 else column_count - len(own)
        for number, own in zip(numbers, held, strict=True)
    ]
    shown: list[list[int]] = [[] for _ in numbers]
    order = np.argsort(-attention[: len(numbers)], axis=None, kind="stable")
    depths = (order // column_count).tolist()
    first: list[Places] = [iter(priced.get(depth, ())) for depth in range(len(numbers))]
    empty = _choose(depths[:PRICED_CELLS], first, room, shown, taken)
    rest: list[Places] = [
        iter(()) if number < 0 else iter(enumerate(table.items(number).tolist()))
        for number in numbers
    ]
    _choose(empty + depths[PRICED_CELLS:], rest, room, shown, taken)
    return [_merged(*row) for row in zip(shown, held, strict=True)]


def _choose(
    depths: Sequence[int],
    rest: Sequence[Places],
    room: list[int],
    shown: list[list[int]],
    taken: bytearray,
) -> list[int]:
    """Let each cell take its row's best item that is left; return the rows of those left empty."""
    empty: list[int] = []
    for depth in depths:
        if not room[depth]:
            continue
        for place, item in rest[depth]:
            if not taken[item]:
                taken[item] = 1
                shown[depth].append(place)
                room[depth] -= 1
                break
        else:
            empty.append(depth)
    return empty


def _merged(shown: list[int], held: list[int]) -> list[int]:
    """Return what a row shows with what it shows in any case, each where its worth puts it."""
    if not held:
        return shown
    before = sorted(held)
    merged: list[int] = []
    for place in shown:
        while before and before[0] < place:
            merged.append(before.pop(0))
        merged.append(place)
    return merged + before
