"""Goal: a disk that failed is tried again, and a clock that stepped is told."""

from __future__ import annotations

import pytest

from pasand.adapters.clocks import HandClock
from pasand.errors import StoreUnavailable
from pasand.flows.watching import Watch
from pasand.testing import samples


class Disk:
    """A storage that is well again after some tries."""

    def __init__(self, tries: int) -> None:
        self.tries = tries
        self.fault: StoreUnavailable | None = None
        if tries:
            self.fault = StoreUnavailable("The disk is full.", fix="Free some space.")

    def mend(self) -> None:
        self.tries -= 1
        if self.tries <= 0:
            self.fault = None


class Time:
    """A clock and a timer that go on together, unless the clock is moved."""

    def __init__(self) -> None:
        self.clock = HandClock(samples.NOW_MS)
        self.s = 0.0

    def pass_by(self, seconds: float) -> None:
        self.s += seconds
        self.clock.at_ms += round(1_000 * seconds)

    def timer(self) -> float:
        return self.s


def test_a_fault_is_told_until_a_look_finds_it_gone() -> None:
    time = Time()
    watch = Watch(Disk(2), time.clock, time.timer)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="full") as told:
            watch.check()
        assert told.value.fix == "Free some space."
        watch.look()
    watch.check()
    Watch(None, time.clock, time.timer).check()


@pytest.mark.parametrize(("hours", "way"), ((-24, "back by 24.0 h"), (24, "forward by 24.0 h")))
def test_a_step_of_the_clock_is_told_for_a_day_or_until_it_is_taken_back(
    hours: int, way: str
) -> None:
    time = Time()
    watch = Watch(None, time.clock, time.timer)
    for _ in range(5):
        time.pass_by(1.0)
        watch.look()
    assert watch.reasons() == []
    time.clock.at_ms += hours * 3_600_000
    watch.look()
    (reason,) = watch.reasons()
    assert way in reason and "time service" in reason
    time.pass_by(3_600.0)
    watch.look()
    assert watch.reasons() == [reason]
    time.clock.at_ms -= hours * 3_600_000
    watch.look()
    assert watch.reasons() == []
    time.clock.at_ms += hours * 3_600_000
    watch.look()
    assert watch.reasons() == [reason]
    time.pass_by(86_400.0)
    watch.look()
    assert watch.reasons() == []


def test_a_busy_or_slowly_drifting_machine_is_no_step() -> None:
    time = Time()
    watch = Watch(None, time.clock, time.timer)
    for _ in range(100):
        time.pass_by(40.0)
        time.clock.at_ms += 59_000
        watch.look()
    assert watch.reasons() == []
