"""What members take after an item, by the model of ordered co-visitation, as row makers ask it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Catalog
from pasand.stages.models import Models

__all__ = ["followers_of", "places_of"]


def followers_of(
    models: Models, catalog: Catalog, item_id: str
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the catalogue positions of what follows an item, and how strongly; none where no
    model knows the item.
    """
    neighbour, strength = models.get("covisit.neighbour"), models.get("covisit.strength")
    code = models.vocabulary.code.get(item_id, -1)
    if neighbour is None or strength is None or code < 0:
        return np.empty(0, np.int32), np.empty(0, np.float32)
    codes, found = np.asarray(neighbour[code]), np.asarray(strength[code])
    position = np.where(codes >= 0, models.vocabulary.positions(catalog)[codes], -1)
    known = position >= 0
    return position[known].astype(np.int32), found[known]


def places_of(
    candidates: Candidates, position: NDArray[np.int32], strength: NDArray[np.floating]
) -> tuple[NDArray[np.intp], NDArray[np.floating]]:
    """Return where positions stand among the candidates, of those that the member has not
    taken, and their strengths.
    """
    if not len(candidates):
        return np.empty(0, np.intp), strength[:0]
    at = np.minimum(np.searchsorted(candidates.position, position), len(candidates) - 1)
    there = (candidates.position[at] == position) & (candidates.column("taken")[at] == 0)
    return at[there], strength[there]
