"""Coherence between visits: what stood in sight last time stands near its place this time.

A profile keeps the first cells of the last page's first rows. A title of its first three rows
(the hero's counts as one) may move by two rows: members find it again, and what is new can
still come before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Catalog
from pasand.domain.fold import ORDER_CELLS
from pasand.stages.arranging.proposed import Proposed

__all__ = ["HELD_ROWS", "MOVED_MAX", "held_in", "last_places", "secured"]

#: Titles of so many rows are kept, and each within so many rows of its place.
HELD_ROWS = 3
MOVED_MAX = 2


def last_places(order: Sequence[str], catalog: Catalog) -> dict[int, int]:
    """Return the row of each title that stood in the first rows of the last page, by position.

    Row 0 is the first below the hero. A profile does not say where rows end, so short rows make
    a title's row too small here, never too large: it is kept closer than it must be.
    """
    hero = len(order) % ORDER_CELLS == 1
    places: dict[int, int] = {}
    for number, item_id in enumerate(order):
        depth = max(number - hero, 0) // ORDER_CELLS
        position = catalog.find(item_id)
        if position >= 0 and depth < HELD_ROWS:
            places.setdefault(position, depth)
    return places


def held_in(table: Proposed, positions: Sequence[int], item_count: int) -> NDArray[np.bool_]:
    """Return [row, title] whether each row could show each of these titles."""
    found = np.zeros((len(table.rows), len(positions)), bool)
    if not len(positions):
        return found
    which = np.full(item_count + 1, -1, np.int16)
    which[np.asarray(positions)] = np.arange(len(positions))
    title = which[table.position]
    row, place = np.nonzero(title >= 0)
    found[row, title[row, place]] = True
    return found


def secured(
    table: Proposed,
    numbers: Sequence[int],
    places: Mapping[int, int],
    taken: bytearray,
    column_count: int,
) -> list[list[int]]:
    """Return the places that each row shows in any case, so that every title stays near its own.

    ``numbers`` are the page's rows from the top, -1 for one that is settled. A title stays in
    the row at its depth where that can show it, else it goes to the nearest that can.
    """
    held: list[list[int]] = [[] for _ in numbers]
    where: list[dict[int, int]] = []
    for number in numbers[: HELD_ROWS + MOVED_MAX]:
        at = table.items(number).tolist() if number >= 0 else []
        where.append({item: place for place, item in enumerate(at) if item in places})
    for item, depth in places.items():
        if taken[item]:
            continue
        near = sorted(range(min(depth + MOVED_MAX + 1, len(where))), key=lambda d: abs(d - depth))
        for other in near:
            if item in where[other] and len(held[other]) < column_count:
                held[other].append(where[other][item])
                taken[item] = 1
                break
    return held
