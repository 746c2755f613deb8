"""Blend rows: "Slow-burn dramas of the 1990s": of hundreds, those that are worth most to a member.

The worth of a blend is what its best cells are worth, less from cell to cell; the root of each
value, so that one great title does not decide alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.page import Row
from pasand.domain.query import Query
from pasand.stages.blends import Blend, blends_of, decade_of
from pasand.stages.models import Models
from pasand.stages.rows.proposals import has_name, promising, propose

__all__ = ["BlendRow", "Config"]


@dataclass(frozen=True, slots=True)
class Config:
    """``row_count``: how many rows to propose; ``same_max``: of them with one genre or tag;
    ``cell_count_min``: what has fewer cells is no row; ``decay``: what each cell counts less than
    the one before it.
    """

    row_count: int = 20
    same_max: int = 3
    cell_count_min: int = 6
    decay: float = 0.85


class BlendRow:
    """The blends worth most, of which no genre or tag has too many."""

    kinds: ClassVar[tuple[str, ...]] = ("blend",)

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose blend rows, the most valuable first."""
        blends, fresh = blends_of(query.catalog), promising(query, candidates)
        owner, code = blends.pairs(candidates.position[fresh])
        if not len(owner):
            return []
        # Best first, and sorted stably by blend: each blend's cells come best first.
        order = np.argsort(code, kind="stable")
        code, owner = code[order], owner[order]
        start = np.searchsorted(code, np.arange(len(blends.names) + 1))
        place = np.arange(len(code)) - start[code]
        value = np.sqrt(np.maximum(candidates.column("value")[fresh[owner]], 0.0))
        worth = np.bincount(code, value * self.config.decay**place, minlength=len(blends.names))
        worth[np.diff(start) < self.config.cell_count_min] = -1.0
        return [
            self._row(query, candidates, blends.names[at], fresh[owner[start[at] : start[at + 1]]])
            for at in self._mixed(blends.names, worth)
        ]

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return which cells have everything that the row's title names."""
        catalog, said = query.catalog, row.title_values
        held = has_name(catalog.genre, said.get("genre"), row.position)
        if "tag" in said:
            held &= has_name(catalog.tag, said["tag"], row.position)
        if "second" in said:
            held &= has_name(catalog.genre, said["second"], row.position)
        if "decade" in said:
            held &= decade_of(catalog)[row.position] == said["decade"]
        return held

    def _mixed(self, names: Sequence[Blend], worth: NDArray[Any]) -> list[int]:
        """Return the blends worth most, so many at most with a genre or tag in common."""
        chosen: list[int] = []
        used: Counter[str] = Counter()
        for at in np.argsort(-worth, kind="stable")[: 8 * self.config.row_count].tolist():
            words = [word for word in (names[at].genre, names[at].tag, names[at].second) if word]
            if len(chosen) == self.config.row_count or worth[at] < 0:
                break
            if all(used[word] < self.config.same_max for word in words):
                used.update(words)
                chosen.append(at)
        return chosen

    def _row(
        self, query: Query, candidates: Candidates, blend: Blend, chosen: NDArray[np.intp]
    ) -> Row:
        values: dict[str, str | int] = {"genre": blend.genre}
        values |= {"tag": blend.tag} if blend.tag else {}
        values |= {"second": blend.second} if blend.second else {}
        values |= {"decade": blend.era} if blend.era else {}
        form = ["genre", *(name for name in ("tag", "second", "decade") if name in values)]
        return propose(
            query,
            candidates,
            chosen,
            row_id="blend:" + ":".join(str(values[name]) for name in form),
            kind="blend",
            title="row.blend." + "-".join(form),
            values=values,
            cell_count_min=self.config.cell_count_min,
        )
