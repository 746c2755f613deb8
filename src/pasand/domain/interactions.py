"""Interactions: who took what and when, as arrays; what models train on and protocols split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Interactions"]


@dataclass(frozen=True, slots=True)
class Interactions:
    """Positive interactions in stable time order (ties keep the order of the log or file).

    ``member`` and ``item`` are codes into ``member_ids`` and ``item_ids``; ``weight`` says how
    much one counts (1.0 a plain play or rating). All arrays have the same length.
    """

    member: NDArray[np.int32]
    item: NDArray[np.int32]
    at_ms: NDArray[np.int64]
    weight: NDArray[np.float32]
    member_ids: tuple[str, ...]
    item_ids: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.member)

    def where(self, mask: NDArray[np.bool_]) -> Interactions:
        """Return the interactions where ``mask`` is true, under the same codes."""
        return Interactions(
            self.member[mask],
            self.item[mask],
            self.at_ms[mask],
            self.weight[mask],
            self.member_ids,
            self.item_ids,
        )
