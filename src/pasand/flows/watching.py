"""What an engine stands on, looked at every second: the disk under the store, and the clock.

A disk that failed is tried again here, also while nobody writes. A clock that stepped is told,
not corrected: events keep the time they came with, and order in the log is by offset.
"""

from __future__ import annotations

from pasand.errors import StoreUnavailable
from pasand.ports import Clock, Storage, Timer

__all__ = ["Watch"]

#: Less may be a busy machine or a time service at its work.
STEP_MS_MIN = 60_000
#: A step is told for a day, or until it is taken back.
TOLD_S = 86_400
HOUR_MS = 3_600_000


class Watch:
    """Looks at a storage (None: there is none that can fail) and compares a clock with a timer."""

    def __init__(self, storage: Storage | None, clock: Clock, timer: Timer) -> None:
        self._storage = storage
        self._clock = clock
        self._timer = timer
        self._last_ms, self._last_s = clock.now_ms(), timer()
        self._stepped_ms, self._stepped_at_s = 0.0, 0.0

    def look(self) -> None:
        """Let a storage at fault try again, and note whether the clock stepped since the last."""
        if self._storage is not None:
            self._storage.mend()
        now_ms, now_s = self._clock.now_ms(), self._timer()
        step_ms = now_ms - self._last_ms - 1_000 * (now_s - self._last_s)
        self._last_ms, self._last_s = now_ms, now_s
        if abs(step_ms) >= STEP_MS_MIN:
            self._stepped_ms += step_ms
            self._stepped_at_s = now_s

    def check(self) -> None:
        """Raise StoreUnavailable, with what to do, while nothing can be written."""
        fault = None if self._storage is None else self._storage.fault
        if fault is not None:
            raise StoreUnavailable(fault.message, fix=fault.fix)

    def reasons(self) -> list[str]:
        """Return what else its operator should know."""
        told = self._timer() - self._stepped_at_s < TOLD_S
        if abs(self._stepped_ms) < STEP_MS_MIN or not told:
            return []
        hours = abs(self._stepped_ms) / HOUR_MS
        way = "back" if self._stepped_ms < 0 else "forward"
        slept = ", or this machine slept" if self._stepped_ms > 0 else ""
        return [f"the clock went {way} by {hours:.1f} h{slept}: check the time service"]
