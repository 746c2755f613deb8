"""A fixed page: the same kinds of row in the same order for everybody.

It is a yardstick: what an arranger is worth shows beside it (``pasand evaluate page``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pasand.domain.page import Page, Row
from pasand.domain.query import Query
from pasand.stages.models import Models
from pasand.stages.page_filling import Filling

__all__ = ["Config", "TemplateArranger"]


@dataclass(frozen=True, slots=True)
class Config:
    """``order``: kinds of row from the top; those not named follow in the order of the plan."""

    order: tuple[str, ...] = (
        "continue", "my-list", "top-picks", "trending", "top-10", "because", "new", "genre",
    )  # fmt: skip


class TemplateArranger:
    """The hero, then one row of each kind in turn, then the second rows of each, and so on."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, rows: Sequence[Row]) -> Page:
        """Return the page."""
        filling = Filling(query)
        filling.put_hero(rows)
        for row in in_turn(rows, self.config.order):
            filling.put(row)
        return Page(rows=tuple(filling.rows[: query.row_count]))


def in_turn(rows: Sequence[Row], order: Sequence[str]) -> list[Row]:
    """Return the rows: the first of every kind by ``order``, then the second of every kind."""
    kinds = list(dict.fromkeys([*order, *(row.kind for row in rows)]))
    of_kind = {kind: [row for row in rows if row.kind == kind] for kind in kinds}
    rounds = max((len(own) for own in of_kind.values()), default=0)
    return [own[turn] for turn in range(rounds) for own in of_kind.values() if turn < len(own)]
