"""Clocks: the system's, one shifted to where a data set ends, and one moved by hand."""

from __future__ import annotations

import time
from dataclasses import dataclass

__all__ = ["HandClock", "ShiftedClock", "SystemClock"]


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Return the current moment."""
        return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class ShiftedClock:
    """The machine's clock moved by ``shift_ms``: old data end one minute ago, time flows on."""

    shift_ms: int

    def now_ms(self) -> int:
        """Return the current moment of the data."""
        return time.time_ns() // 1_000_000 + self.shift_ms


@dataclass(slots=True)
class HandClock:
    """A clock that stands still until it is moved."""

    at_ms: int

    def now_ms(self) -> int:
        """Return where the clock stands."""
        return self.at_ms
