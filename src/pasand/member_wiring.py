"""The wiring of what keeps members' data in hand: places, erasures, segments, retention."""

from __future__ import annotations

import tempfile
import uuid
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pasand.adapters.backups import BackupFiles
from pasand.adapters.clocks import SystemClock
from pasand.adapters.segments import FolderSegments, SegmentFiles
from pasand.adapters.sqlite_database import Database
from pasand.adapters.sqlite_erasing import held_ids, scrub, store_places
from pasand.adapters.sqlite_erasures import GuardedEventLog, SqliteErasures
from pasand.adapters.sqlite_log import SqliteEventLog
from pasand.adapters.sqlite_retention import SqliteRetention
from pasand.adapters.sqlite_stores import SqliteCatalogStore, SqliteLedger, SqliteProfileStore
from pasand.errors import NotFound
from pasand.flows.erasing import Eraser
from pasand.flows.housekeeping import Housekeeping
from pasand.flows.sealing import renew
from pasand.member_ports import ErasureLedger, MemberPlace
from pasand.ports import Clock, EventLog
from pasand.settings import Settings, load_settings

__all__ = [
    "SEGMENT_FOLDER",
    "MemberStores",
    "apply_erasures",
    "housekeeping",
    "keeping_of",
    "ledger_at",
    "member_stores",
    "store_facts",
]

SEGMENT_FOLDER = "segments"


@dataclass(frozen=True, slots=True)
class MemberStores:
    """The stores of one home that concern members' data, over one database."""

    path: Path
    database: Database
    tenant: str
    log: GuardedEventLog
    erasures: SqliteErasures
    segments: FolderSegments

    def places(self) -> tuple[MemberPlace, ...]:
        """Return every place where this home holds what is known of members, in order."""
        return (
            *store_places(self.database, self.log, self.tenant),
            SegmentFiles(self.segments, lambda tell: renew(self.log, self.segments, tell)),
            BackupFiles(
                self.path,
                lambda home: apply_erasures(home, self.erasures.written()),
                lambda store: store_facts(store, self.tenant),
            ),
        )


def member_stores(path: Path, database: Database, tenant: str) -> MemberStores:
    """Return the stores of the home at ``path``."""
    erasures = SqliteErasures(database, tenant)
    log = GuardedEventLog(database, erasures, tenant)
    segments = FolderSegments(path / SEGMENT_FOLDER, database, tenant)
    return MemberStores(path, database, tenant, log, erasures, segments)


def keeping_of(
    path: Path,
    database: Database,
    settings: Settings,
    log: EventLog,
    erasures: ErasureLedger | None,
    clock: Clock,
) -> Housekeeping:
    """Return the housekeeping of an open home, over its own log and ledger of erasures."""
    assert isinstance(log, GuardedEventLog) and isinstance(erasures, SqliteErasures)
    segments = FolderSegments(path / SEGMENT_FOLDER, database, settings.tenant)
    stores = MemberStores(path, database, settings.tenant, log, erasures, segments)
    return housekeeping(stores, settings, clock)


def housekeeping(stores: MemberStores, settings: Settings, clock: Clock) -> Housekeeping:
    """Return what erases and seals in a home that this process owns."""
    eraser = Eraser(
        stores.erasures,
        stores.places(),
        partial(scrub, stores.database),
        stores.log,
        clock,
        lambda: uuid.uuid4().hex[:16],
    )
    return Housekeeping(
        eraser,
        stores.segments,
        SqliteRetention(stores.database, stores.log, stores.tenant),
        settings.retention.days,
        stores.log,
        SqliteLedger(stores.database, stores.tenant),
        clock,
    )


def apply_erasures(home: Path, ledger: bytes) -> int:
    """Take another ledger into a home that nobody owns yet, and erase who is in it again.

    Returns how many members' data were found and taken out.
    """
    settings = load_settings(home / "pasand.toml")
    database = Database(home / "store.db")
    try:
        stores = member_stores(home, database, settings.tenant)
        if ledger:
            stores.erasures.take_in(ledger)
        held = held_ids(database, settings.tenant)
        found = [member_id for member_id in held if stores.erasures.is_erased(member_id)]
        for member_id in found:
            entry = stores.erasures.find(member_id)
            assert entry is not None
            stores.erasures.suppress([member_id], entry.erasure_id, entry.asked_ms)
        keeping = housekeeping(stores, settings, SystemClock())
        if keeping.eraser.pending():
            keeping.finish()
    finally:
        database.close()
    return len(found)


def store_facts(store: Path, tenant: str) -> dict[str, Any]:
    """Return the counts by which a copy of a store is known to be whole."""
    database = Database(store, read_only=True)
    try:
        log = SqliteEventLog(database, tenant)
        catalog = SqliteCatalogStore(database, tenant)
        ledger = SqliteLedger(database, tenant)
        return {
            "tenant": tenant,
            "events": log.count(),
            "log_offset": log.last_offset(),
            "items": catalog.item_count(),
            "members": catalog.member_count(),
            "profiles": len(SqliteProfileStore(database, tenant).member_ids()),
            "deadletters": log.rejected_count(),
            "keys": len(ledger.keys()),
            "snapshot": ledger.live_snapshot(),
            "segments": len(FolderSegments(store.parent, database, tenant).segments()),
            "erasures": len(SqliteErasures(database, tenant).entries()),
        }
    finally:
        database.close()


def ledger_at(source: Path) -> bytes:
    """Return the ledger that a file holds, or the home at a folder.

    Raises:
        NotFound: there is neither.
    """
    if source.is_file():
        return source.read_bytes()
    if not (source / "store.db").exists():
        raise NotFound(f"There is no ledger and no home at {source}.", field="erasures")
    settings = load_settings(source / "pasand.toml")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "store.db"
        beside = Database(source / "store.db", read_only=True)
        try:
            beside.copy_to(copy)
        finally:
            beside.close()
        # Opened for writing: the store of an older version is brought forward first.
        database = Database(copy)
        try:
            return SqliteErasures(database, settings.tenant).written()
        finally:
            database.close()
