"""The doctor's judgement: facts of a home become findings, each with its cure.

It measures nothing; the facts are handed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Finding", "Health", "judge", "percentile"]

SYNC_WARN_MS, SYNC_BAD_MS, SYNC_UNREAL_MS = 25.0, 1000.0, 0.02
FREE_BAD_BYTES = 256 * 1024**2
AHEAD_MAX_MS = 5 * 60_000
_OTHERS_READ, _OTHERS_WRITE = 0o044, 0o022


@dataclass(frozen=True, slots=True)
class Finding:
    """``state``: ok, warn or bad."""

    name: str
    state: str
    what: str
    why: str
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Facts of a home. ``trouble`` holds what could not be measured: finding's name to reason.

    ``sync_ms`` is sorted; ``modes`` are permission bits by file, 0 where there is none.
    """

    path: str
    sync_ms: Sequence[float] = ()
    sqlite: tuple[str, bool] = ("", True)
    schema: tuple[int, int] = (0, 0)
    now_ms: int = 0
    newest_ms: int = 0
    free_bytes: int = 0
    store_bytes: int = 0
    modes: Mapping[str, int]
    writable: bool = True
    snapshot: str = ""
    rejected_count: int = 0
    segments: tuple[int, Sequence[str]] = (0, ())
    erasures_open: int = 0
    owner: Mapping[str, object]
    trouble: Mapping[str, str]


def judge(health: Health) -> list[Finding]:
    """Return one finding a subject, in the order an operator would look."""
    return [
        _settings(health),
        _permissions(health),
        _disk(health),
        _sync(health),
        _sqlite(health),
        _schema(health),
        _clock(health),
        _snapshot(health),
        _owner(health),
        _rejected(health),
        _segments(health),
        _erasures(health),
    ]


def _settings(health: Health) -> Finding:
    why = "No command runs with settings that cannot be read."
    if trouble := health.trouble.get("settings"):
        return Finding("settings", "bad", trouble, why, f"Correct {health.path}/pasand.toml.")
    return Finding("settings", "ok", "The settings are valid.", why)


def _permissions(health: Health) -> Finding:
    why = "The home holds what members watched; the lock file holds the server's own token."
    home = health.path
    if not health.writable:
        told = "This user may not write here."
        return Finding("permissions", "bad", told, why, f"chown -R $(id -un) {home}")
    for name, mode in health.modes.items():
        if mode & _OTHERS_WRITE:
            told = f"Other users may write {name} ({mode:o})."
            return Finding("permissions", "bad", told, why, f"chmod -R go-w {home}")
    if health.modes.get("lock", 0) & _OTHERS_READ:
        told = "Other users may read the lock file, and act as the server's owner."
        return Finding("permissions", "bad", told, why, f"chmod 600 {home}/lock")
    if health.modes.get("snapshot.key", 0) & _OTHERS_READ:
        told = "Other users may read snapshot.key, and sign models that are then served."
        return Finding("permissions", "bad", told, why, f"chmod 600 {home}/snapshot.key")
    mode = health.modes.get("home", 0)
    if mode & _OTHERS_READ:
        told = f"Other users of this machine may read the home ({mode:o})."
        return Finding("permissions", "warn", told, why, f"chmod 700 {home}")
    return Finding("permissions", "ok", "Only this user reads and writes the home.", why)


def _disk(health: Health) -> Finding:
    why = "On a full disk no event is accepted, and a backup needs room for a copy of the store."
    free, store = health.free_bytes, health.store_bytes
    told = f"{free / 1024**3:.1f} GiB are free; the store has {store / 1024**3:.2f} GiB."
    fix = "Free some space, or move the home to a larger disk."
    if free < FREE_BAD_BYTES:
        return Finding("disk", "bad", told, why, fix)
    return Finding("disk", "warn" if free < 2 * store else "ok", told, why, fix)


def _sync(health: Health) -> Finding:
    why = "An event is acknowledged once the disk has it; a slow fsync is a slow answer."
    if trouble := health.trouble.get("fsync"):
        return Finding("fsync", "bad", trouble, why, "Check the disk: dmesg | tail")
    p50, p99 = percentile(health.sync_ms, 0.50), percentile(health.sync_ms, 0.99)
    told = f"fdatasync takes {p50:.2f} ms (p50), {p99:.2f} ms (p99) over {len(health.sync_ms)}."
    if p50 < SYNC_UNREAL_MS:
        why = "So fast, it is likely memory or a cache: a power cut may lose what was acknowledged."
        return Finding("fsync", "warn", told, why, "Keep the home on a disk that honours fsync.")
    state = "bad" if p99 > SYNC_BAD_MS else "warn" if p99 > SYNC_WARN_MS else "ok"
    return Finding("fsync", state, told, why, "Use a local SSD; network disks sync slowly.")


def _sqlite(health: Health) -> Finding:
    version, good = health.sqlite
    why = "Before 3.51.3 SQLite can lose commits in WAL mode with two connections."
    fix = "Install a current apsw wheel: pip install --upgrade apsw"
    return Finding("sqlite", "ok" if good else "bad", f"SQLite {version} by APSW.", why, fix)


def _schema(health: Health) -> Finding:
    why = "A newer Pasand brings the store forward when it opens it; an older one cannot read it."
    if trouble := health.trouble.get("store"):
        return Finding("schema", "bad", trouble, why, "Restore the last backup: pasand restore")
    stored, own = health.schema
    told = f"The store has schema {stored}, this Pasand {own}."
    if stored > own:
        return Finding("schema", "bad", told, why, "Upgrade pasand.")
    if stored < own:
        fix = "Copy the home, then start its server: that brings the store forward."
        return Finding("schema", "warn", f"{told} A migration is pending.", why, fix)
    return Finding("schema", "ok", told, why)


def _clock(health: Health) -> Finding:
    why = "Events carry this clock's time; after a step back new ones sort before old ones."
    ahead_ms = health.newest_ms - health.now_ms
    fix = "Set the clock (timedatectl set-ntp true); events keep the time they have."
    if ahead_ms > AHEAD_MAX_MS:
        told = f"The newest event is {ahead_ms / 1000:,.0f} s ahead of the clock."
        return Finding("clock", "bad", told, why, fix)
    told = "The log is empty." if not health.newest_ms else "No event is ahead of the clock."
    return Finding("clock", "ok", told, why, fix)


def _snapshot(health: Health) -> Finding:
    why = "Pages are ranked by the live snapshot; without one they are merely popular."
    if trouble := health.trouble.get("snapshot"):
        return Finding("snapshot", "bad", trouble, why, f"pasand learn --home {health.path}")
    if not health.snapshot:
        fix = f"pasand learn --home {health.path}"
        return Finding("snapshot", "warn", "Nothing has been learned yet.", why, fix)
    told = f"Every file of the live snapshot {health.snapshot} matches its hash."
    return Finding("snapshot", "ok", told, why)


def _owner(health: Health) -> Finding:
    why = "One process owns a home; commands go through it while it serves."
    pid, url = health.owner.get("pid"), health.owner.get("url")
    if url:
        return Finding("owner", "ok", f"Process {pid} serves at {url}.", why)
    if health.owner:
        told = f"Process {pid} holds the home and serves nothing."
        return Finding("owner", "warn", told, why, "Wait until that command has ended.")
    return Finding("owner", "ok", "No process owns the home just now.", why)


def _rejected(health: Health) -> Finding:
    why = "What could not be used is kept, and counts for nothing until it is replayed."
    count = health.rejected_count
    fix = f"pasand deadletter list --home {health.path}"
    told = f"{count:,} dead letters." if count else "There are no dead letters."
    return Finding("deadletters", "warn" if count else "ok", told, why, fix if count else "")


def _segments(health: Health) -> Finding:
    why = "Segments are what is archived and analysed; events in the store stay the truth."
    count, damaged = health.segments
    if damaged:
        told = f"Missing or not as their hash says: {', '.join(damaged[:5])}."
        fix = f"pasand seal --verify --home {health.path}"
        return Finding("segments", "bad", told, why, fix)
    told = f"{count:,} segments match their hashes." if count else "Nothing is sealed yet."
    return Finding("segments", "ok", told, why)


def _erasures(health: Health) -> Finding:
    why = "Nothing is taken of who is being erased, but bytes of theirs may still be there."
    if not health.erasures_open:
        return Finding("erasures", "ok", "No erasure is open.", why)
    told = f"{health.erasures_open:,} erasures are not finished."
    return Finding("erasures", "warn", told, why, f"pasand seal --home {health.path}")


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` of sorted values lie, 0 where there are none."""
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0
