"""A "because" is said only where taking its cause out of the history would lower the score.

What the newest entries of the history add is worked out again for each of them missing: what
follows from the others, each one step newer then, and how the candidates compare by that. What
the parts of the score weigh is read off the parts themselves, whatever scorer made them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates, Column
from pasand.domain.page import REASONS
from pasand.domain.query import Query
from pasand.stages.causes import CAUSES, FALLS, Followers, History, ease_change, ials_change
from pasand.stages.models import Models
from pasand.stages.scoring.telling import reasons

__all__ = ["Config", "EvidenceScorer", "change_of_part"]

_NEVER = np.float32(-1e30)
_BECAUSE = REASONS.index("because")


@dataclass(frozen=True, slots=True)
class Config:
    """``among``: of how many of the newest titles; ``margin``: by how much the score must fall."""

    among: int = 12
    margin: float = 0.02


class EvidenceScorer:
    """Columns ``because.cause`` (catalogue position of each cause, the same in every line) and
    ``because.falls`` (how far the score falls without it, less the margin); renews ``reason`` and
    ``cause_item`` where no cause bears a "because" out.
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config
        self.models = models

    def __call__(self, query: Query, candidates: Candidates) -> Mapping[str, Column]:
        """Return what each cause is worth to each candidate, and the reasons that are true."""
        past = History.of(query, self.models, self.config.among)
        if past is None or not len(candidates) or "reason" not in candidates:
            return {}
        followers = Followers.of(query, candidates, self.models, past)
        changed = {"covisit": followers.change()}
        for name, change in (("ease", ease_change), ("ials", ials_change)):
            if f"part.{name}" in candidates:
                changed[name] = change(query, candidates, self.models, past)
        falls = np.zeros((len(candidates), len(past.cause)), np.float32)
        for name, change_of in changed.items():
            falls -= change_of_part(candidates, name, change_of)
        falls = np.where(followers.follows, falls - np.float32(self.config.margin), _NEVER)
        shape = falls.shape
        return {
            CAUSES: np.broadcast_to(past.cause, shape),
            FALLS: falls,
            **_told(candidates, past.cause, falls),
        }


def change_of_part(
    candidates: Candidates, name: str, change: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Return how a part of the score changes with its column; both [candidate, cause].

    A part is its column's distance from the mean, in deviations, times a weight.
    """
    part, column = candidates.column(f"part.{name}"), candidates.column(name)
    before = _standardised(column[:, None])[:, 0]
    weight = float(part @ before) / max(float(before @ before), 1e-12)
    after = _standardised(column[:, None] + change.astype(np.float32))
    return np.asarray(weight * (after - before[:, None]))


def _standardised(column: NDArray[np.float32]) -> NDArray[np.float32]:
    apart = column - column.mean(axis=0)
    deviation = np.sqrt(np.einsum("ij,ij->j", apart, apart) / len(apart))
    return np.asarray(apart / np.where(deviation > 0, deviation, np.inf))


def _told(
    candidates: Candidates, cause: NDArray[np.int32], falls: NDArray[np.float32]
) -> dict[str, Column]:
    """Return reasons in which every "because" is borne out, by the cause that counts most."""
    said = candidates["reason"] == _BECAUSE
    best = falls.argmax(axis=1)
    true = falls[np.arange(len(falls)), best] > 0
    reason = candidates["reason"].astype(np.int8)
    false = said & ~true
    rest = candidates.keep(false)
    parts = {
        name.removeprefix("part."): rest[name] for name in rest.columns if name.startswith("part.")
    }
    reason[false], _ = reasons({**parts, "covisit": np.zeros(len(rest))}, rest)
    told = np.where(said & true, cause[best], -1).astype(np.int32)
    return {"reason": reason, "cause_item": told}
