"""``pasand doctor``: what is wrong with a home, why it matters, and how to fix it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pasand.cli.options import DEFAULT_HOME, HomeOption, JsonOption, figure, print_figures, say

if TYPE_CHECKING:
    from pasand.flows.doctoring import Health

__all__ = ["doctor"]

_FILES = ("store.db", "pasand.toml", "lock", "snapshot.key")
#: How many of the newest events the clock is held against.
_NEWEST_COUNT = 500


def doctor(home: HomeOption = DEFAULT_HOME, json: JsonOption = False) -> None:
    """Examine a home, also while a server owns it; ends with code 3 when something is bad.

    Example: pasand doctor --home ./shop
    """
    from dataclasses import asdict

    from pasand.flows.doctoring import judge, percentile

    health = _examine(home)
    findings = judge(health)
    for finding in findings:
        say(f"{finding.state:<5} {finding.name:<12} {finding.what}")
        if finding.state != "ok":
            say(f"{'':18} {finding.why}")
            say(f"{'':18} Fix: {finding.fix}")
    if json:
        sync = [
            figure(f"fsync_{name}_ms", round(percentile(health.sync_ms, share), 3), "ms", "lower")
            for name, share in (("p50", 0.50), ("p99", 0.99))
        ]
        more = {"findings": [asdict(finding) for finding in findings]}
        print_figures("doctor", sync, more=more)
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(3)


def _examine(home: Path) -> Health:
    """Return the facts; what fails is a fact too."""
    import os

    from pasand.adapters import home_facts
    from pasand.adapters.home_lock import owner_of
    from pasand.errors import InvalidSettings, NotFound
    from pasand.flows.doctoring import Health
    from pasand.settings import Settings, load_settings

    if not (home / "store.db").exists():
        raise NotFound(f"There is no Pasand home at {home}.", fix=f"pasand init --home {home}")
    trouble: dict[str, str] = {}
    settings = Settings()
    try:
        settings = load_settings(home / "pasand.toml")
    except (InvalidSettings, OSError) as error:
        trouble["settings"] = str(error)
    sync_ms: list[float] = []
    try:
        sync_ms = home_facts.sync_ms(home)
    except OSError as error:
        trouble["fsync"] = f"A small write failed: {error.strerror}."
    return Health(
        path=str(home),
        sync_ms=sync_ms,
        sqlite=home_facts.sqlite_version(),
        free_bytes=home_facts.free_bytes(home),
        store_bytes=home_facts.store_bytes(home),
        modes={
            "home": home_facts.file_mode(home),
            **{name: home_facts.file_mode(home / name) for name in _FILES},
        },
        writable=os.access(home, os.W_OK) and os.access(home / "store.db", os.W_OK),
        owner=owner_of(home),
        **_read_store(home, settings, trouble),
        trouble=trouble,
    )


def _read_store(home: Path, settings: Any, trouble: dict[str, str]) -> dict[str, Any]:
    """Return what the store tells of itself."""
    from pasand.adapters.clocks import SystemClock
    from pasand.adapters.home_facts import schema_versions
    from pasand.adapters.sqlite_database import Database
    from pasand.bootstrap import read_home
    from pasand.errors import SnapshotDamaged, StoreUnavailable

    facts: dict[str, Any] = {}
    database = None
    try:
        database = Database(home / "store.db", read_only=True)
        facts["schema"] = stored, own = schema_versions(database)
        if stored < own:
            return facts  # read by this code once it was brought forward
        database.close()
        stores, database = read_home(home, settings)
        facts["rejected_count"] = stores.log.rejected_count()
        newest = stores.log.read(after=max(0, stores.log.last_offset() - _NEWEST_COUNT))
        facts["newest_ms"] = max((stored.event.occurred_ms for stored in newest), default=0)
        shift = stores.ledger.note("clock_shift_ms") if settings.clock == "data" else ""
        facts["now_ms"] = SystemClock().now_ms() + int(shift or 0)
        facts["segments"], facts["erasures_open"] = _member_data(home, settings, database)
        facts["snapshot"] = stores.ledger.live_snapshot()
        if facts["snapshot"]:
            stores.models.load(facts["snapshot"])
    except StoreUnavailable as error:
        trouble["store"] = str(error)
    except SnapshotDamaged as error:
        trouble["snapshot"] = str(error)
    finally:
        if database is not None:
            database.close()
    return facts


def _member_data(home: Path, settings: Any, database: Any) -> tuple[tuple[int, list[str]], int]:
    """Return how many segments there are with what is damaged, and how many erasures are open."""
    from pasand.member_wiring import member_stores

    stores = member_stores(home, database, settings.tenant)
    opened = sum(entry.state != "done" for entry in stores.erasures.entries())
    return (len(stores.segments.segments()), sorted(stores.segments.damaged())), opened
