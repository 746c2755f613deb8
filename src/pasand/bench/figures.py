"""What a benchmark found, and quantiles of noisy timings. Nothing is measured here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Measured", "median", "quantile"]


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure with every condition it was measured under."""

    name: str
    value: float
    unit: str
    better: str = "lower"
    at: Mapping[str, Any] = field(default_factory=dict)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least ``share`` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def median(values: Sequence[float]) -> float:
    """Return the middle value, the lower of two."""
    return quantile(values, 0.5)
