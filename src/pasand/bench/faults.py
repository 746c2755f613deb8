"""Disks that fail: writes and fsyncs with errors, a full disk, a read-only one, then a kill.

A store whose disk fails refuses writes and says why; once the disk is well again it takes them
without a restart. Whatever happened in between: what was acknowledged is there, also after the
process is killed in the middle of it and the power fails later, when what the system showed and
what the disk holds are no longer the same.
"""

from __future__ import annotations

from collections.abc import Callable

from pasand.adapters.sqlite_database import Database
from pasand.bench.figures import Measured
from pasand.bench.store_lives import Lives, Store, Tally
from pasand.testing.simulated_disk import OPERATIONS, Breakdown

__all__ = ["fail_disks", "measure_faults"]

LIVES_A_DISK = 6
TROUBLES_MAX = 3
FAULTS = ("sync", "sync", "write", "any", "full", "read-only")


def measure_faults(
    faults: int, seed: int = 1, progress: Callable[[int, int], None] | None = None
) -> tuple[list[Measured], list[str]]:
    """Let disks fail ``faults`` times; return figures, and findings in words where any are."""
    tally = fail_disks(faults, seed, progress=progress)
    at = {"faults": tally.faults, "power_cuts": tally.cuts, "seed": seed}
    found = [
        Measured("diskfault_acked", tally.acked, "events", "higher", at),
        Measured("diskfault_lost", tally.lost, "events", at=at),
        Measured("diskfault_duplicated", tally.duplicated, "events", at=at),
        Measured("diskfault_corrupt", tally.corrupt, "findings", at=at),
    ]
    return found, tally.reported


def fail_disks(
    faults: int,
    seed: int,
    kind: type[Database] = Database,
    progress: Callable[[int, int], None] | None = None,
) -> Tally:
    """Let disks fail, a few lives each; return what was found."""
    tally = Tally()
    disk = 0
    while tally.faults < faults:
        lives = Lives(seed * 1_000_000 + disk, tally, kind=kind)
        for _ in range(LIVES_A_DISK):
            _live(lives)
        if store := lives.open():
            store.database.close()
        disk += 1
        if progress is not None:
            progress(min(tally.faults, faults), faults)
    return tally


def _live(lives: Lives) -> None:
    """Live through troubles, or none; end by a kill, a close or a power cut, perhaps in one."""
    draw, disk = lives.draw, lives.disk
    store = lives.open()
    if store is not None:
        for _ in range(draw.randint(0, TROUBLES_MAX)):
            lives.step(store)
            if not _trouble(lives, store):
                break
        else:
            lives.step(store)
            if draw.random() < 0.5:
                disk.kill()
        store.database.close()
    _heal(lives)
    if draw.random() < 0.5:
        disk.power_on()
        lives.tally.cuts += 1


def _trouble(lives: Lives, store: Store) -> bool:
    """Let the disk fail while the store writes; whether the process survives that."""
    draw, disk = lives.draw, lives.disk
    before = disk.failed
    _break(lives)
    for _ in range(draw.randint(1, 3)):
        lives.step(store)
    lives.tally.faults += disk.failed > before
    if not disk.in_use:
        return False
    _heal(lives)
    store.database.mend()
    if store.database.fault:
        lives.wrong(f"the store stays at fault on a disk that is well: {store.database.fault}")
    else:
        lives.check(store)
    return True


def _break(lives: Lives) -> None:
    draw, disk = lives.draw, lives.disk
    what = draw.choice(FAULTS)
    if what == "full":
        disk.capacity_bytes = disk.used_bytes() + draw.choice((0, 5_000, 60_000))
    elif what == "read-only":
        disk.read_only = True
    else:
        operations = OPERATIONS if what == "any" else (what,)
        times, deadly = draw.choice((1, 1, 2, 5)), draw.random() < 0.5
        disk.breakdown = Breakdown(draw.randint(0, 3), times, operations, deadly)


def _heal(lives: Lives) -> None:
    disk = lives.disk
    disk.capacity_bytes, disk.read_only, disk.breakdown = 1 << 40, False, Breakdown(0, 0)
