"""What operators have pinned to a place: considered on every page that its rule is for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pasand.domain.candidates import Candidates
from pasand.domain.query import Query
from pasand.stages.models import Models

__all__ = ["Config", "PinnedSource"]


@dataclass(frozen=True, slots=True)
class Config:
    """Nothing to set: operators write the rules."""


class PinnedSource:
    """Column ``pinned``: 1 for each item that a rule pins. It goes through every filter, so a pin
    never shows what the member may not see or does not want.
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query) -> Candidates:
        """Propose the items of pins whose condition holds for them."""
        position = [
            at
            for rule in query.rules.of("pin")
            if rule.does.target == "item"
            and (at := query.catalog.find(rule.does.name)) >= 0
            and rule.mask(query.catalog, query.at_ms)[at]
        ]
        found = np.unique(np.asarray(position, np.int32))
        return Candidates(found, {"pinned": np.ones(len(found), np.float32)})
