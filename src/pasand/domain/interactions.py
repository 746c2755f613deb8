"""Interactions: who took what and when, as arrays; what models train on and protocols split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

__all__ = ["ACTIONS", "FEATURES", "Interactions"]

#: What an interaction was, by its code in the column ``action``; 0 stands for none of these.
ACTIONS = ("other", "play", "complete", "rating", "like", "list", "view", "cart", "purchase")

#: The columns an interaction may have beside the required ones, each of small codes from 0
#: (unknown) up: ``action`` (into ACTIONS), ``share`` (tenths of its length watched, 1 to 10),
#: ``rating`` (half stars, 1 to 10), ``device`` (1 + the place in ``events.DEVICES``), ``region``.
FEATURES = ("action", "share", "rating", "device", "region")


@dataclass(frozen=True, slots=True)
class Interactions:
    """Positive interactions in stable time order (ties keep the order of the log or file).

    ``member`` and ``item`` are codes into ``member_ids`` and ``item_ids``; ``weight`` says how
    much one counts (1.0 a plain play or rating). All arrays have the same length. ``feature``
    holds those of ``FEATURES`` that the data know. ``timed`` is False where the data have an
    order and no times: ``at_ms`` then numbers each member's events.
    """

    member: NDArray[np.int32]
    item: NDArray[np.int32]
    at_ms: NDArray[np.int64]
    weight: NDArray[np.float32]
    member_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    feature: Mapping[str, NDArray[np.int16]] = field(default_factory=dict)
    timed: bool = True

    def __len__(self) -> int:
        return len(self.member)

    def where(self, rows: NDArray[np.bool_] | NDArray[np.integer]) -> Interactions:
        """Return the interactions of a mask, or at places in their order, under the same codes."""
        return replace(
            self,
            member=self.member[rows],
            item=self.item[rows],
            at_ms=self.at_ms[rows],
            weight=self.weight[rows],
            feature={name: column[rows] for name, column in self.feature.items()},
        )
