"""Page, row and cell: what one request is answered with.

Rows are kept as columns (one array per fact over the cells of a row), because a page of
40 x 40 would otherwise cost more in objects than in ranking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["REASONS", "SHAPES", "Degraded", "Page", "Row"]

#: How a row is drawn: one large picture, cards, cards with a rank, or cards with progress.
SHAPES = ("hero", "card", "numbered", "progress")

#: Why a cell is here, as codes; ``cause`` names the item behind a "because".
REASONS = (
    "popular", "trending", "because", "similar_taste", "genre", "new", "continue", "list",
    "untried", "again", "back", "leaving", "searched", "featured",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A themed list. A row maker proposes it long; the arranger cuts it to the cells shown.

    Arrays have one entry a cell, best first: ``position`` in the catalogue snapshot, ``score``,
    ``value`` (what the cell is worth to a member who looks at it, 0 or more),
    ``propensity`` with which the item was chosen for its cell, ``artwork`` index within the
    item's artworks (-1: none) with its ``artwork_propensity``, ``reason`` (index in REASONS),
    ``cause`` (catalogue position of the item behind the reason, -1: none).
    ``takes_finished``: titles the member has finished may stand here.
    ``title`` and ``evidence`` are keys of messages in ``languages/``, which ``title_values`` fill
    in, or texts of the row's own; the door says them in the member's language.
    """

    row_id: str
    kind: str
    title: str
    position: NDArray[np.int32]
    score: NDArray[np.float32]
    evidence: str = ""
    title_values: Mapping[str, str | int] = field(default_factory=dict)
    shape: str = "card"
    takes_finished: bool = False
    cell_count_min: int = 4
    value: NDArray[np.float32] | None = None
    reason: NDArray[np.int8] | None = None
    cause: NDArray[np.int32] | None = None
    propensity: NDArray[np.float64] | None = None
    artwork: NDArray[np.int16] | None = None
    artwork_propensity: NDArray[np.float64] | None = None
    #: how the picture suits the member, a column for each of ``picture_looks.LOOKS``
    looks: NDArray[np.int8] | None = None
    #: code in the catalogue's ``component`` of what suits the member most in the picture, -1: none
    picture_cause: NDArray[np.int32] | None = None
    #: rank shown beside a numbered cell, 1-based
    rank: NDArray[np.int16] | None = None

    def __len__(self) -> int:
        return len(self.position)

    def take(self, index: NDArray[np.intp] | slice) -> Row:
        """Return the row with the cells of ``index`` only, in that order."""
        names = ("value", "reason", "cause", "propensity", "artwork", "artwork_propensity", "rank",
                 "looks", "picture_cause")  # fmt: skip
        optional = {
            name: value[index] for name in names if (value := getattr(self, name)) is not None
        }
        return replace(self, position=self.position[index], score=self.score[index], **optional)


@dataclass(frozen=True, slots=True)
class Degraded:
    """Why a page is poorer than it should be; level 0 is the best rung of the ladder."""

    level: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows in order, with what is needed to replay the page.

    ``chance`` says where it may have entered: rows that were swapped or might have been, and the
    set (catalogue positions) that each explored cell was drawn from.
    """

    rows: tuple[Row, ...]
    page_id: str = ""
    member_id: str = ""
    at_ms: int = 0
    device: str = "desktop"
    seed: int = 0
    plan: str = ""
    snapshot: str = ""
    catalog_version: int = 0
    profile_version: int = 0
    cursor: str = ""
    degraded: Degraded | None = None
    chance: Mapping[str, Any] = field(default_factory=dict)
    score_parts: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    @property
    def cell_count(self) -> int:
        """How many cells the page has."""
        return sum(len(row) for row in self.rows)
