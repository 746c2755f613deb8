"""The best of very many items by inner product: a look at half of each vector, then a whole one.

Vectors are turned so that their first coordinates carry the most (principal axes, Pearson 1901).
The first half of them says roughly which items are best; only several times as many as are wanted
are scored exactly. Reading vectors from memory is what an exact search costs, so this halves it.
On 100,000 items x 64 of the sequence model, .998 of the best 2,080 are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.stages.columns import greatest

__all__ = ["Shortlist", "shortlist_of"]

#: From so many items on a search is not exact; so many times what is wanted is looked at wholly.
ITEM_COUNT_MIN = 50_000
_LONGER = 4


@dataclass(frozen=True, slots=True)
class Shortlist:
    """``turn`` [dimension, half] gives a query's first turned coordinates, ``lead`` [item, half]
    has those of the items.
    """

    turn: NDArray[np.float32]
    lead: NDArray[np.float32]

    def best(
        self, query: NDArray[np.float32], there: NDArray[np.bool_], count: int
    ) -> NDArray[np.intp]:
        """Return items of which the ``count`` best of those ``there`` are nearly certainly some."""
        rough = self.lead @ (query @ self.turn)
        rough[~there] = -np.inf
        return greatest(rough, _LONGER * count)


def shortlist_of(vector: NDArray[np.float32]) -> Shortlist | None:
    """Return what searches vectors [item, dimension], None where exact search is quick."""
    if len(vector) < ITEM_COUNT_MIN:
        return None
    _, axes = np.linalg.eigh((vector.T @ vector).astype(np.float64))
    # Eigenvalues ascend.
    turn = axes[:, ::-1][:, : vector.shape[1] // 2].astype(np.float32)
    return Shortlist(turn, vector @ turn)
