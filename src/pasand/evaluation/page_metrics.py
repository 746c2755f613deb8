"""Metrics of one page, given what its member took next (docs/evaluation.md, Pages).

A page is looked at as a grid. The hero is the first cell of the first row, so the row below it
begins in the second column: of any page 3 × 6 are at most 18 titles and 10 × 20 at most 200. Rows
that bring back what the member had chosen already take their place, but nothing in them counts as
found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Ragged
from pasand.domain.page import Page
from pasand.evaluation.lists import calibration

__all__ = [
    "AHEAD",
    "BROUGHT_BACK",
    "FIRST_SCREEN",
    "METRICS",
    "WHOLE",
    "Grid",
    "Wanted",
    "genre_mass",
    "grid_of",
    "page_metrics",
]

Floats = NDArray[np.float64]

#: Kinds of row that bring back what the member had chosen already.
BROUGHT_BACK = frozenset(
    ("continue", "continue-watching", "my-list", "list", "again", "watch-again")
)
#: Rows and columns that a member sees at once, and of the whole page that is measured.
FIRST_SCREEN = (3, 6)
WHOLE = (10, 20)
#: Of how many plays from now on one has to stand on the first screen.
AHEAD = 5

METRICS = (
    "reach_3x6", "reach_10x20", "attention_hits", "first_screen_hit_share", "calibration_kl",
    "distinct_genres", "liked_attention",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grid:
    """Where titles stand: catalogue ``position``, ``row``, ``column``, and whether one found there
    ``counts``.
    """

    position: NDArray[np.int32]
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    counts: NDArray[np.bool_]

    def within(self, rows: int, columns: int) -> NDArray[np.bool_]:
        """Mark the cells of the first rows and columns."""
        return (self.row < rows) & (self.column < columns)

    def place_of(self, position: int) -> int:
        """Return the first cell in which a title counts as found, -1 where there is none."""
        at = np.flatnonzero((self.position == position) & self.counts)
        return int(at[0]) if len(at) else -1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the member took after the page was made, and what they had taken before.

    ``position`` are the catalogue positions of the next titles that were new to the member, the
    target first; ``opinion`` is 1 where they said they liked the target, -1 where not, else 0;
    ``history`` are shares of genres of what they had.
    """

    position: Sequence[int]
    opinion: int
    history: Floats


def grid_of(page: Page) -> Grid:
    """Return a page as a grid."""
    position: list[NDArray[np.int32]] = []
    row: list[NDArray[np.int64]] = []
    column: list[NDArray[np.int64]] = []
    counts: list[NDArray[np.bool_]] = []
    number, begin = 0, 0
    for shown in page.rows:
        count = len(shown)
        position.append(shown.position)
        row.append(np.full(count, number))
        column.append(begin + np.arange(count))
        counts.append(np.full(count, shown.kind not in BROUGHT_BACK))
        number, begin = (number, count) if shown.shape == "hero" else (number + 1, 0)
    if not position:
        none = np.zeros(0, np.int64)
        return Grid(none.astype(np.int32), none, none, none.astype(bool))
    return Grid(
        np.concatenate(position).astype(np.int32),
        np.concatenate(row),
        np.concatenate(column),
        np.concatenate(counts),
    )


def genre_mass(genre: Ragged, position: NDArray[np.int32], weight: Floats) -> Floats:
    """Return the weight that falls on each genre; genres of one title share its weight."""
    if not genre.names:
        return np.zeros(0)
    owner, codes = genre.pairs(position)
    share = weight[owner] / genre.count[position[owner]]
    return np.bincount(codes, share, minlength=len(genre.names)).astype(np.float64)


def page_metrics(
    grid: Grid, wanted: Wanted, genre: Ragged, attention: Floats
) -> Mapping[str, float]:
    """Return every metric of ``METRICS``; calibration is NaN where a history has no genre.

    ``attention`` [rows, columns] is 1 at the first cell. ``reach_*``: the target stands there;
    ``attention_hits``: the attention of its cell; ``liked_attention``: the same, counted against
    the page where the member did not like it, and 0 where they said nothing.
    ``first_screen_hit_share``: one of the next ``AHEAD`` titles stands on the first screen.
    ``calibration_kl``: from the genres of the history to those looked at, all cells by attention.
    """
    seen = grid.within(*WHOLE)
    first = grid.within(*FIRST_SCREEN)
    looked = np.zeros(len(seen))
    looked[seen] = attention[grid.row[seen], grid.column[seen]]
    at = grid.place_of(wanted.position[0])
    hit = float(looked[at]) if at >= 0 else 0.0
    ahead = np.isin(grid.position[first & grid.counts], wanted.position[:AHEAD]).any()
    shown = genre_mass(genre, grid.position, looked)
    kl = calibration(wanted.history[None], shown[None])[0] if len(shown) else np.nan
    there = genre_mass(genre, grid.position, first.astype(np.float64))
    return {
        "reach_3x6": float(at >= 0 and first[at]),
        "reach_10x20": float(at >= 0 and seen[at]),
        "attention_hits": hit,
        "first_screen_hit_share": float(ahead),
        "calibration_kl": float(kl),
        "distinct_genres": float(np.count_nonzero(there)),
        "liked_attention": wanted.opinion * hit,
    }
