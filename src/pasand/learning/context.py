"""When and where genres are taken: the log lift of each genre by device class and daypart.

A cell says how much more often a genre is taken on this device at this time of day than on the
whole, shrunk towards none where there is little to go by. Source: the pointwise mutual
information of genre and context, with pseudo-counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.events import DEVICES

__all__ = ["ContextModel", "train_context"]

DAYPART_COUNT = 6


@dataclass(frozen=True, slots=True)
class ContextModel:
    """``lift`` [device, daypart, genre] in nats, and the genres in order."""

    genres: tuple[str, ...]
    lift: NDArray[np.float32]


def train_context(
    taken: Iterable[tuple[str, int, tuple[str, ...]]], prior: float = 30.0
) -> ContextModel:
    """Return the lifts from (device, local hour, genres) of everything taken.

    ``prior``: takes a cell needs before it says as much as the whole.
    """
    code: dict[str, int] = {}
    rows = [
        (DEVICES.index(device) if device in DEVICES else len(DEVICES) - 1, hour, code_of)
        for device, hour, genres in taken
        for code_of in [tuple(code.setdefault(genre, len(code)) for genre in genres)]
    ]
    count = np.zeros((len(DEVICES), DAYPART_COUNT, max(len(code), 1)))
    for device, hour, codes in rows:
        for genre in codes:
            count[device, hour * DAYPART_COUNT // 24, genre] += 1.0 / len(codes)
    overall = count.sum((0, 1))
    share = overall / max(overall.sum(), 1.0)
    total = count.sum(2, keepdims=True)
    expected = (total + prior) * np.where(share > 0, share, 1.0)
    lift = np.where(share > 0, np.log(np.maximum(count + prior * share, 1e-12) / expected), 0.0)
    return ContextModel(tuple(code), lift[:, :, : len(code)].astype(np.float32))
