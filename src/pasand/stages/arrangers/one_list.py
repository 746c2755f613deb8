"""One long list by score, cut into rows: the page of a recommender that knows no rows.

It is a yardstick: no page can hold more of what is taken next, if the scores are right; what
rows are worth shows beside it (``pasand evaluate page``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pasand.domain.page import REASONS, Page, Row
from pasand.domain.query import Query
from pasand.stages.models import Models

__all__ = ["Config", "OneListArranger"]


@dataclass(frozen=True, slots=True)
class Config:
    """Nothing to set."""


class OneListArranger:
    """The titles of all rows, but those of finished ones, best first; the first is the hero."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, rows: Sequence[Row]) -> Page:
        """Return the page."""
        row = in_one([row for row in rows if len(row) and not row.takes_finished])
        if row is None:
            return Page(rows=())
        cut: list[Row] = []
        if query.surface == "home":
            hero = row.take(slice(0, 1))
            cut.append(replace(hero, row_id="hero", kind="hero", shape="hero", title=""))
        begin, step = len(cut), query.column_count
        for number, start in enumerate(range(begin, len(row), step), 1):
            cut.append(replace(row.take(slice(start, start + step)), row_id=f"list-{number}"))
        return Page(rows=tuple(cut[: query.row_count]))


def in_one(rows: Sequence[Row]) -> Row | None:
    """Return the titles of all rows as one row in the order of the score, each title once."""
    if not rows:
        return None
    position = np.concatenate([row.position for row in rows])
    score = np.concatenate([row.score for row in rows])
    # Of one title in several rows the score is the same: the first row's cell is taken.
    first = np.unique(position, return_index=True)[1]
    order = first[np.lexsort((position[first], -score[first]))]
    untold = np.full(len(position), REASONS.index("untried"), np.int8)
    return Row(
        row_id="list",
        kind="one-list",
        title="For you",
        position=position[order],
        score=score[order],
        cell_count_min=1,
        reason=untold[order],
        cause=np.full(len(order), -1, np.int32),
        propensity=np.ones(len(order)),
    )
