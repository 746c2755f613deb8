"""The arranger: rows are chosen one by one, each the most valuable given those above it.

The value of a row is the attention-weighted score of the cells that would be seen in it, less a
penalty for repeating the kind of row above. Titles already placed do not count, so the value of
a row can only fall as the page fills: a heap of outdated values is an upper bound, and only the
row on top has to be counted again (lazy greedy, Minoux 1978).
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pasand.domain.page import Page, Row
from pasand.domain.query import Query
from pasand.stages.models import Models

__all__ = ["Config", "StagewiseArranger"]


@dataclass(frozen=True, slots=True)
class Config:
    """``column_decay``: attention left from one column to the next, by device; ``bonus``: what
    a kind of row is worth beside its cells; ``repeat``: what each further row of a kind loses;
    ``band``: the last place a kind may stand (0 is the first row below the hero).
    """

    column_decay: Mapping[str, float] = field(
        default_factory=lambda: {"phone": 0.72, "tablet": 0.8, "desktop": 0.85, "tv": 0.85}
    )
    bonus: Mapping[str, float] = field(
        default_factory=lambda: {"top-picks": 0.6, "because": 0.35, "trending": 0.15, "new": 0.2}
    )
    repeat: float = 0.12
    band: Mapping[str, int] = field(default_factory=lambda: {"top-10": 2, "my-list": 4})


class StagewiseArranger:
    """Hero, Continue watching, then rows by value; a pinned kind stands within its band.

    An item takes one cell: where several rows want it, Continue watching comes first, then
    Top 10 (its ranks stay true, so a title that stands above leaves a gap), My list, the rest.
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, rows: Sequence[Row]) -> Page:
        """Return the page."""
        board = _Board(len(query.catalog), query.column_count)
        claims = {row.kind: row for row in rows if row.kind in ("continue", "top-10", "my-list")}
        pinned: dict[str, Row] = {
            kind: row
            for kind in ("continue", "top-10", "my-list")
            if kind in claims and (row := board.place(claims[kind])) is not None
        }
        placed = []
        hero = self._hero(query, board, rows)
        if hero is not None:
            placed.append(hero)
        if "continue" in pinned:
            placed.append(pinned.pop("continue"))
        rest = [row for row in rows if row.kind not in claims]
        placed += self._choose(query, board, rest, pinned, query.row_count - len(placed))
        return Page(rows=tuple(placed[: query.row_count]))

    def _hero(self, query: Query, board: _Board, rows: Sequence[Row]) -> Row | None:
        """Return the best pick that has a picture, else the best pick."""
        picks = next((row for row in rows if row.kind == "top-picks" and len(row)), None)
        if picks is None or query.surface != "home":
            return None
        free = ~board.used[picks.position]
        pictured = free & (query.catalog.artwork_count[picks.position] > 0)
        at = np.flatnonzero(pictured if pictured.any() else free)
        if not len(at):
            return None
        hero = replace(picks.take(at[:1]), row_id="hero", kind="hero", shape="hero", title="")
        board.used[hero.position] = True
        return hero

    def _choose(
        self,
        query: Query,
        board: _Board,
        rows: Sequence[Row],
        pinned: dict[str, Row],
        row_count: int,
    ) -> list[Row]:
        config = self.config
        decay = config.column_decay.get(query.device, 0.85)
        attention = decay ** np.arange(query.column_count)
        attention /= attention.sum()
        shown: Counter[str] = Counter()
        heap = [(-np.inf, order, -1, row) for order, row in enumerate(rows)]
        heapq.heapify(heap)
        chosen: list[Row] = []
        while heap and len(chosen) < row_count:
            due = next((k for k in pinned if len(chosen) >= config.band.get(k, 0)), None)
            if due is not None:
                chosen.append(pinned.pop(due))
                continue
            _, order, age, row = heapq.heappop(heap)
            if age == len(chosen):
                cut = board.place(row)
                if cut is not None:
                    chosen.append(cut)
                    shown[row.kind] += 1
                continue
            value = board.value(row, attention)
            if value is not None:
                value += config.bonus.get(row.kind, 0.0) - config.repeat * shown[row.kind]
                heapq.heappush(heap, (-value, order, len(chosen), row))
        return (chosen + list(pinned.values()))[:row_count]


class _Board:
    """Which items stand on the page already."""

    def __init__(self, item_count: int, column_count: int) -> None:
        self.used = np.zeros(item_count, bool)
        self.column_count = column_count

    def free(self, row: Row) -> NDArray[np.intp]:
        """Return the row's cells that can still be shown, as many as there are columns."""
        return (~self.used[row.position]).nonzero()[0][: self.column_count]

    def value(self, row: Row, attention: NDArray[np.floating]) -> float | None:
        """Return the mean score seen in a row, None where too few cells are left; ``attention``
        adds up to 1.
        """
        at = self.free(row)
        if len(at) < row.cell_count_min:
            return None
        return float(row.score[at] @ attention[: len(at)])

    def place(self, row: Row) -> Row | None:
        """Return the row cut to its cells and mark them as used."""
        at = self.free(row)
        if len(at) < row.cell_count_min:
            return None
        cut = row.take(at)
        self.used[cut.position] = True
        return cut
