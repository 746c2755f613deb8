"""Least and greatest shares of a page: of what is new, or in the member's own language.

What a page shows too little of takes the last cells of rows that it fits; what it shows too much
of gives its last cells up. Everything else stays where it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pasand.domain.query import Query
from pasand.stages.arranging.proposed import Proposed, worth_of

__all__ = ["SHARES", "Share", "keep_share", "share_of"]

DAY_MS = 86_400_000
#: Tells of catalogue positions whether they count.
Share = Callable[[NDArray[np.int32]], NDArray[np.bool_]]
SHARES = ("new", "local")


def share_of(query: Query, name: str, new_days: float) -> Share:
    """Return what counts as "new" or "local" for a member now."""
    catalog = query.catalog
    if name == "new":
        since_ms = query.at_ms - new_days * DAY_MS
        return lambda at: catalog.released_ms[at] >= since_ms
    language = query.locale.partition("-")[0].lower()
    memory = catalog.memory("languages")
    if language not in memory:
        local = np.zeros(len(catalog), bool)
        for code, name in enumerate(catalog.language.names):
            if name.partition("-")[0].lower() == language:
                local[catalog.language.having(code)] = True
        memory[language] = local
    spoken: NDArray[np.bool_] = memory[language]
    return lambda at: spoken[at]


def keep_share(
    table: Proposed,
    numbers: Sequence[int],
    shown: list[list[int]],
    taken: bytearray,
    counts: Share,
    least: float,
    most: float,
) -> None:
    """Change what rows show until at least and at most these shares of the cells count."""
    page = _Page(table, numbers, shown, taken, counts)
    cell_count = sum(map(len, shown))
    having = sum(int(page.counting[depth][places].sum()) for depth, places in enumerate(shown))
    if having < math.ceil(least * cell_count):
        page.change(math.ceil(least * cell_count) - having, wanted=True)
    elif having > math.floor(most * cell_count):
        page.change(having - math.floor(most * cell_count), wanted=False)


class _Page:
    def __init__(
        self,
        table: Proposed,
        numbers: Sequence[int],
        shown: list[list[int]],
        taken: bytearray,
        counts: Share,
    ) -> None:
        self.shown, self.taken = shown, taken
        none = np.empty(0, np.int32)
        self.items = [none if number < 0 else table.items(number) for number in numbers]
        self.worth = [none if number < 0 else _worth(table, number) for number in numbers]
        self.counting = [counts(items) for items in self.items]

    def change(self, count: int, wanted: bool) -> None:
        """Give ``count`` cells to items that count (``wanted``) or to others, the best first."""
        free = [
            (-float(self.worth[depth][place]), depth, place)
            for depth, items in enumerate(self.items)
            for place in np.flatnonzero(self.counting[depth] == wanted).tolist()
            if not self.taken[items[place]]
        ]
        for _, depth, place in sorted(free):
            items, own = self.items[depth], self.shown[depth]
            if not count:
                return
            if self.taken[items[place]]:
                continue
            last = [at for at in own if self.counting[depth][at] != wanted]
            if last:
                own.remove(last[-1])
                self.taken[items[last[-1]]] = 0
                own.append(place)
                self.taken[items[place]] = 1
                count -= 1


def _worth(table: Proposed, number: int) -> NDArray[np.float32]:
    worth, order = worth_of(table.rows[number]), table.order.get(number)
    return worth if order is None else worth[order]
