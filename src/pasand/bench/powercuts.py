"""Power cuts at any moment: what was acknowledged is there afterwards, once and whole.

The power fails in the middle of a drawn operation of the disk: a write, an fsync, a truncation,
while the store opens, commits, merges its index, checkpoints or closes. The control is the same
with ``synchronous=NORMAL``, which must lose events: a proof that cannot fail proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from pasand.bench.figures import Measured
from pasand.bench.store_lives import Lives, Tally

__all__ = ["cut_power", "measure_powercuts"]

CUTS_A_DISK = 10
STEPS_MAX = 4


def measure_powercuts(
    cuts: int,
    seed: int = 1,
    control_cuts: int = 200,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[Measured], list[str]]:
    """Cut the power ``cuts`` times; return figures, and findings in words where there are any."""
    tally = cut_power(cuts, seed, "FULL", progress)
    control = cut_power(control_cuts, seed, "NORMAL")
    at = {"cuts": tally.cuts, "seed": seed}
    control_at = {"cuts": control.cuts, "seed": seed, "acked": control.acked}
    found = [
        Measured("powercut_acked", tally.acked, "events", "higher", at),
        Measured("powercut_lost", tally.lost, "events", at=at),
        Measured("powercut_duplicated", tally.duplicated, "events", at=at),
        Measured("powercut_corrupt", tally.corrupt, "findings", at=at),
        Measured("powercut_control_lost", control.lost, "events", "higher", control_at),
    ]
    return found, tally.reported


def cut_power(
    cuts: int,
    seed: int,
    synchronous: str,
    progress: Callable[[int, int], None] | None = None,
) -> Tally:
    """Cut the power, ten times a disk; return what was found."""
    tally = Tally()
    disk = 0
    while tally.cuts < cuts:
        # A seed for each disk, so that a finding can be had again alone.
        lives = Lives(seed * 1_000_000 + disk, tally, synchronous)
        for _ in range(min(CUTS_A_DISK, cuts - tally.cuts)):
            _live(lives)
        if store := lives.open():
            store.database.close()
        disk += 1
        if progress is not None:
            progress(tally.cuts, cuts)
    return tally


def _live(lives: Lives) -> None:
    """Live until the power fails: while opening, in some operation, or when all is quiet."""
    draw = lives.draw
    if draw.random() < 0.2:
        lives.disk.cut_after(draw.randint(1, 12))
    store = lives.open()
    if store is not None:
        steps = draw.randint(0, STEPS_MAX)
        for step in range(STEPS_MAX):
            if step == steps:
                lives.disk.cut_after(draw.choice((draw.randint(1, 30), draw.randint(1, 300))))
            lives.step(store)
            if not lives.disk.powered:
                break
        store.database.close()
    lives.disk.power_on()
    lives.tally.cuts += 1
