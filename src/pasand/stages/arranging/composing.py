"""Composing a page: rows from the top, then their cells; rows that come out too short give way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pasand.domain.page import Row
from pasand.domain.profile import taste_at
from pasand.domain.query import Query
from pasand.stages.arranging.choosing import BLOCKED, Chooser, Taste
from pasand.stages.arranging.filling import PRICED_CELLS, Places, fill
from pasand.stages.arranging.holding import secured
from pasand.stages.arranging.mix import genre_prices, priced
from pasand.stages.arranging.proposed import Proposed
from pasand.stages.arranging.shares import Share, keep_share

__all__ = ["Composer", "Order"]

Floats = NDArray[np.floating]
#: From this place on rows are chosen some at a time: what stands there is looked at by few.
ONE_BY_ONE = 10
AT_ONCE = 6
#: Rows left out for want of cells are made up for so often.
ROUNDS = 3
#: Of what found no place in a row, so much is told.
SPARE_MAX = 40


@dataclass(frozen=True, slots=True)
class Order:
    """What is set about the order: ``band`` by kind of claiming row, ``pin`` by row id."""

    band: Mapping[str, int] = field(default_factory=dict)
    pin: Mapping[str, int] = field(default_factory=dict)


class Composer:
    """One page while it is made. ``used`` are the items that stand on it already.

    ``last`` is the place of titles that stood in the first rows last time.
    """

    def __init__(
        self,
        query: Query,
        table: Proposed,
        attention: Floats,
        used: NDArray[np.bool_],
        last: Mapping[int, int],
        taste: Taste,
    ) -> None:
        self.query, self.table, self.attention, self.last = query, table, attention, last
        covered = used * BLOCKED
        covered[-1] = BLOCKED
        self.taken = bytearray(used.tobytes())
        self.taken[-1] = 1
        self.chooser = Chooser(table, attention, covered, taste)
        #: The rows of the page, -1 for those that were not chosen; those pinned to a place.
        self.numbers: list[int] = []
        self.own: set[int] = set()
        self.number_of: dict[str, int] = {}

    def compose(
        self,
        claims: Mapping[str, Row],
        order: Order,
        calibration: float,
        shares: Sequence[tuple[Share, float, float]] = (),
    ) -> list[Row]:
        """Return the rows below the hero, at most as many as the page has places."""
        rows: list[Row] = []
        fixed = self._fixed(claims, order)
        for _ in range(ROUNDS):
            chosen = self._choose(len(rows), fixed)
            fixed = {}
            if not chosen:
                break
            settled = [one if isinstance(one, Row) else None for one in chosen]
            picked = [-1 if isinstance(one, Row) else one for one in chosen]
            shown = self._fill(picked, len(rows), calibration)
            for counts, least, most in shares:
                keep_share(self.table, picked, shown, self.taken, counts, least, most)
            for number, row, places in zip(picked, settled, shown, strict=True):
                if row is None and len(places) < self.chooser.least[number]:
                    self._release(number, places)
                    continue
                rows.append(self.table.cut(number, places) if row is None else row)
                self.numbers.append(number)
        self.number_of = {
            row.row_id: number for row, number in zip(rows, self.numbers, strict=True)
        }
        return rows

    @property
    def movable(self) -> list[int]:
        """Return which of the page's rows have no place of their own."""
        return [
            at for at, number in enumerate(self.numbers) if number >= 0 and number not in self.own
        ]

    def spare(self, row: Row) -> Row | None:
        """Return what fits a row and stands nowhere, None for a row that is shown as it is."""
        number = self.number_of.get(row.row_id, -1)
        if number < 0:
            return None
        free = ~np.frombuffer(self.taken, bool)[self.table.items(number)]
        return self.table.cut(number, free.nonzero()[0][:SPARE_MAX].tolist())

    def _fixed(self, claims: Mapping[str, Row], order: Order) -> dict[int, Row | int]:
        """Return which rows have a place of their own; the next one where two want the same."""
        own: list[tuple[int, Row | int]] = [
            (order.band.get(kind, 0), row) for kind, row in claims.items()
        ]
        for number, row in enumerate(self.table.rows if order.pin else ()):
            if row.row_id in order.pin:
                own.append((order.pin[row.row_id], number))
                self.own.add(number)
        self.chooser.bound[list(self.own)] = -np.inf
        fixed: dict[int, Row | int] = {}
        for place, one in sorted(own, key=lambda each: each[0]):
            while place in fixed:
                place += 1
            fixed[place] = one
        return fixed

    def _choose(self, depth: int, fixed: Mapping[int, Row | int]) -> list[Row | int]:
        """Return what stands from ``depth`` on: rows as they are, and the numbers of others."""
        place_count = len(self.attention)
        waiting = {place: one for place, one in fixed.items() if place >= depth}
        chosen: list[Row | int] = []
        while (place := depth + len(chosen)) < place_count:
            if place in waiting:
                found = [waiting.pop(place)]
            else:
                at_once = 1 if place < ONE_BY_ONE else AT_ONCE
                next_fixed = min(waiting, default=place_count)
                found = [*self.chooser.best(place, min(at_once, next_fixed - place))]
            if not found:
                break
            for one in found:
                if not isinstance(one, Row):
                    self.chooser.place(one, depth + len(chosen))
                chosen.append(one)
        return (chosen + list(waiting.values()))[: place_count - depth]

    def _fill(self, numbers: Sequence[int], depth: int, calibration: float) -> list[list[int]]:
        attention = self.attention[depth : depth + len(numbers)]
        column_count = attention.shape[1]
        held: list[list[int]] = [[] for _ in numbers]
        if self.last and not depth:
            held = secured(self.table, numbers, self.last, self.taken, column_count)
        by_price = self._priced(numbers, calibration) if calibration and not depth else {}
        return fill(self.table, numbers, attention, self.taken, held, by_price)

    def _priced(self, numbers: Sequence[int], calibration: float) -> dict[int, Places]:
        """Return the order in which rows give items to the first cells, by depth."""
        catalog, covered, table = self.query.catalog, self.chooser.covered, self.table
        on_page = table.position[[number for number in numbers if number >= 0]]
        on_page = on_page[(covered[on_page] > 0) & (covered[on_page] < BLOCKED)]
        tastes = taste_at(self.query.profile.genres, self.query.at_ms)
        prices = genre_prices(catalog, tastes, on_page, covered[on_page]) ** calibration
        first = np.argsort(-self.attention[: len(numbers)], axis=None)[:PRICED_CELLS]
        depths = [
            depth
            for depth in np.unique(first // self.attention.shape[1]).tolist()
            if numbers[depth] >= 0 and table.rows[numbers[depth]].shape == "card"
        ]
        rows = [numbers[depth] for depth in depths]
        items = table.position[rows, :PRICED_CELLS]
        worth = table.worth[rows, :PRICED_CELLS] * priced(catalog, prices, items)
        order = np.argsort(-worth, axis=1, kind="stable")
        items = np.take_along_axis(items, order, axis=1)
        each = zip(depths, order.tolist(), items.tolist(), strict=True)
        return {depth: zip(places, own, strict=True) for depth, places, own in each}

    def _release(self, number: int, places: Sequence[int]) -> None:
        """Let the items of a row that is left out be shown elsewhere."""
        items = self.table.items(number)
        for place in places:
            self.taken[items[place]] = 0
            self.chooser.covered[items[place]] = 0.0
