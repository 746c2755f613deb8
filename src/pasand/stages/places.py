"""Where items may be offered: the region rule that a filter and the Top 10 share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Ragged

__all__ = ["allowed_in"]


def allowed_in(region: Ragged, position: NDArray[np.int32], country: str) -> NDArray[np.bool_]:
    """Return which items name no region, or this country."""
    everywhere = region.count[position] == 0
    code = region.code.get(country)
    if code is None:
        return np.asarray(everywhere)
    return np.asarray(everywhere | np.isin(position, region.having(code)))
