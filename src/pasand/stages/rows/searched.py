"""Because you searched for X: what the text names, and what follows a title that it calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.page import Row
from pasand.domain.query import Query
from pasand.stages.followers import followers_of
from pasand.stages.models import Models
from pasand.stages.rows.proposals import best_among, propose
from pasand.stages.searched_names import Named, named_by

__all__ = ["Config", "SearchedRow"]


@dataclass(frozen=True, slots=True)
class Config:
    """``row_count``: how many such rows at most; ``days``: how long a search is heard;
    ``followers``: of a searched title, what members who took it take belongs to the row too.
    """

    row_count: int = 3
    days: float = 30.0
    followers: bool = True


class SearchedRow:
    """One row for each of the newest searches that name something of the catalogue."""

    kinds: ClassVar[tuple[str, ...]] = ("searched",)

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config
        self.models = models

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Propose rows, newest search first."""
        rows: list[Row] = []
        seen = set[tuple[str, ...]]()
        for text, named in self._searches(query):
            if len(rows) == self.config.row_count:
                break
            chosen = best_among(candidates, self._found(query, named))
            if named.names in seen or len(chosen) < 3:
                continue
            seen.add(named.names)
            if named.kind == "title":  # the titles that the text calls stand before the others
                called = np.isin(candidates.position[chosen], named.position)
                chosen = np.concatenate([chosen[called], chosen[~called]])
            rows.append(
                propose(
                    query,
                    candidates,
                    chosen,
                    row_id=f"searched:{text}",
                    kind="searched",
                    title="row.searched",
                    evidence=self._evidence(named),
                    values={"search": text, named.kind: named.names[0]},
                    cell_count_min=3,
                )
            )
        return rows

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return which cells the search names, or follow a title that it calls."""
        named = dict(self._searches(query)).get(str(row.title_values.get("search")))
        if named is None:
            return np.zeros(len(row), bool)
        return np.isin(row.position, self._found(query, named))

    def _searches(self, query: Query) -> Iterator[tuple[str, Named]]:
        """Yield what the member searched for lately and what it names, newest first."""
        oldest_s = query.at_ms / 1000 - 86_400 * self.config.days
        for text, at_s in reversed(query.profile.searches):
            named = named_by(query.catalog, text) if at_s >= oldest_s else None
            if named is not None and (allowed := _allowed(query, named)).names:
                yield text, allowed

    def _evidence(self, named: Named) -> str:
        if len(named.names) > 1 or (named.kind == "title" and not self.config.followers):
            return ""
        return f"why.searched.{named.kind}"

    def _found(self, query: Query, named: Named) -> NDArray[np.int32]:
        if named.kind != "title" or not self.config.followers:
            return named.position
        ids = query.catalog.item_ids
        after = [followers_of(self.models, query.catalog, ids[at])[0] for at in named.position]
        return np.unique(np.concatenate([named.position, *after]))


def _allowed(query: Query, named: Named) -> Named:
    """Return what a search names without titles above the member's ceiling."""
    if named.kind != "title":
        return named
    young = query.catalog.maturity[named.position] <= query.maturity_ceiling
    position = named.position[young]
    titles = tuple(query.catalog.items[at].title for at in position.tolist())
    return Named("title", titles, position)
