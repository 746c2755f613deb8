"""The data of an evaluation: interactions, and what else their owner says of each of them.

Rows are in stable time order; every array beside the interactions is aligned with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions

__all__ = ["EvaluationData"]


@dataclass(frozen=True, slots=True)
class EvaluationData:
    """What an evaluation is given.

    ``session`` codes the owner's own sessions, ``held_out`` marks the rows that the owner's own
    split keeps for testing, ``exact`` the rows whose time can be trusted to the minute; None
    where the data say nothing of it. ``genres`` are those of an item id, ``words`` all that is
    said of it as (kind, word), ``hashes`` the SHA-256 of each file that was read, ``notes`` what
    a reader of the figures has to know. ``context`` holds what was known of each moment before
    anything was taken (hour, weekday, device, region, weather, ...) as codes from 0 (unknown) up.
    """

    interactions: Interactions
    name: str = ""
    session: NDArray[np.int32] | None = None
    held_out: NDArray[np.bool_] | None = None
    exact: NDArray[np.bool_] | None = None
    genres: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    context: Mapping[str, NDArray[np.int16]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.interactions)

    def where(self, rows: NDArray[np.bool_] | NDArray[np.integer]) -> EvaluationData:
        """Return the rows of a mask, or at places in their order."""
        return replace(
            self,
            interactions=self.interactions.where(rows),
            session=None if self.session is None else self.session[rows],
            held_out=None if self.held_out is None else self.held_out[rows],
            exact=None if self.exact is None else self.exact[rows],
            context={name: column[rows] for name, column in self.context.items()},
        )

    def in_order(self) -> EvaluationData:
        """Return the rows in time order; rows of one moment keep theirs."""
        at_ms = self.interactions.at_ms
        if bool(np.all(at_ms[1:] >= at_ms[:-1])):
            return self
        return self.where(np.argsort(at_ms, kind="stable"))
