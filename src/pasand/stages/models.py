"""Models: the arrays of one promoted snapshot, as stages receive them when a plan is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Catalog
from pasand.model_ports import Inference

__all__ = ["Models", "Vocabulary"]


class Vocabulary:
    """The item ids a model was trained on, and where they stand in the catalogue of today."""

    def __init__(self, item_ids: Sequence[str]) -> None:
        self.item_ids = tuple(item_ids)
        self.code = {item_id: code for code, item_id in enumerate(self.item_ids)}
        self._seen: tuple[Catalog | None, NDArray[np.int32]] = (None, np.empty(0, np.int32))

    def __len__(self) -> int:
        return len(self.item_ids)

    def positions(self, catalog: Catalog) -> NDArray[np.int32]:
        """Return the catalogue position of every code, -1 for items that are gone."""
        seen, positions = self._seen
        if seen is not catalog:
            positions = catalog.positions(self.item_ids)
            self._seen = (catalog, positions)
        return positions


@dataclass(frozen=True, slots=True)
class Models:
    """Arrays by name ("ease.weights"), the vocabulary they speak, the snapshot's id, and what runs
    those of its models that are more than arrays.
    """

    snapshot_id: str = ""
    arrays: Mapping[str, Any] = field(default_factory=dict)
    vocabulary: Vocabulary = field(default_factory=lambda: Vocabulary(()))
    inference: Mapping[str, Inference] = field(default_factory=dict)

    def get(self, name: str) -> Any | None:
        """Return an array, None where the snapshot lacks it."""
        return self.arrays.get(name)
