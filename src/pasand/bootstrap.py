"""The wiring: settings become an engine. The only place where names meet things."""

from __future__ import annotations

import logging
import re
import time
import tomllib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from pasand.adapters.clocks import ShiftedClock, SystemClock
from pasand.adapters.home_lock import HomeLock
from pasand.adapters.snapshot_folder import FolderModelStore
from pasand.adapters.sqlite_database import Database
from pasand.adapters.sqlite_log import SqliteEventLog
from pasand.adapters.sqlite_stores import SqliteCatalogStore, SqliteLedger, SqliteProfileStore
from pasand.domain.counters import POPULAR_WEIGHTS, Counters
from pasand.domain.ids import short_hash
from pasand.errors import InvalidSettings, NotFound, SnapshotDamaged
from pasand.flows.engine import Engine, Live, Stores
from pasand.pipeline import Plan
from pasand.ports import Clock, EventLog
from pasand.settings import Settings, convert, load_settings
from pasand.stages.models import Models, Vocabulary

__all__ = ["Home", "build_plan", "load_plan", "open_home", "read_plan", "stage_names"]

_log = logging.getLogger(__name__)

#: Kind of stage in a plan -> its folder and the ending of its class name.
KINDS = {
    "sources": ("sources", "Source"),
    "filters": ("filters", "Filter"),
    "hydrators": ("hydrators", "Hydrator"),
    "scorers": ("scorers", "Scorer"),
    "row_makers": ("rows", "Row"),
    "arranger": ("arrangers", "Arranger"),
    "artist": ("artists", "Artist"),
}


@dataclass(slots=True)
class Home:
    """An open installation: its folder, its engine, and what must be closed."""

    path: Path
    engine: Engine
    lock: HomeLock
    database: Database

    def close(self) -> None:
        """Write behind what is pending and let the home go."""
        self.engine.tick()
        self.database.close()
        self.lock.release()


def open_home(path: Path, *, create: bool = False, settings: Settings | None = None) -> Home:
    """Open a home as its only owner.

    Raises:
        NotFound: there is no home at ``path``.
        HomeBusy: another process owns it.
    """
    if create:
        path.mkdir(parents=True, exist_ok=True)
    elif not (path / "store.db").exists():
        raise NotFound(f"There is no Pasand home at {path}.", fix=f"pasand init --home {path}")
    settings = settings or load_settings(path / "pasand.toml")
    lock = HomeLock(path)
    try:
        database = Database(path / "store.db")
        stores = _stores(path, database, settings)
        engine = Engine(
            settings,
            stores,
            go_live=lambda stores: go_live(stores, settings),
            counters=_counted(stores.log),
            timer=time.perf_counter,
            new_id=lambda: uuid.uuid4().hex,
        )
    except BaseException:
        lock.release()
        raise
    return Home(path, engine, lock, database)


def _stores(path: Path, database: Database, settings: Settings) -> Stores:
    tenant = settings.tenant
    log = SqliteEventLog(database, tenant)
    ledger = SqliteLedger(database, tenant)
    return Stores(
        log=log,
        catalog=SqliteCatalogStore(database, tenant),
        profiles=SqliteProfileStore(database, tenant),
        ledger=ledger,
        models=FolderModelStore(path / "snapshots"),
        clock=_clock(settings, log, ledger),
    )


def _clock(settings: Settings, log: EventLog, ledger: SqliteLedger) -> Clock:
    """Return the system's clock, or one on which old data ended a minute ago.

    The shift is noted once, so that time goes on over restarts.
    """
    if settings.clock == "system":
        return SystemClock()
    shift = ledger.note("clock_shift_ms")
    if not shift:
        _, last_ms = log.last()
        if not last_ms:
            return SystemClock()
        shift = str(last_ms + 60_000 - SystemClock().now_ms())
        ledger.put_note("clock_shift_ms", shift)
    return ShiftedClock(int(shift))


def _counted(log: EventLog) -> Counters:
    counters = Counters()
    kinds = (*POPULAR_WEIGHTS, "impression")
    counters.add(stored.event for stored in log.read(kinds=kinds))
    return counters


def go_live(stores: Stores, settings: Settings) -> Live:
    """Return what the promoted snapshot serves; a damaged one gives way to one before it."""
    promoted = stores.ledger.live_snapshot()
    reasons: list[str] = []
    models = Models()
    others = [name for name in reversed(stores.models.list()) if name != promoted]
    for snapshot_id in [promoted, *others] if promoted else []:
        try:
            arrays, _ = stores.models.load(snapshot_id)
        except SnapshotDamaged as error:
            _log.error("%s", error)
            reasons.append(f"the snapshot is stale: {error.message}")
            continue
        models = Models(snapshot_id, arrays, Vocabulary(arrays.get("item_ids", ())))
        break
    plans = tuple(load_plan(name, models, settings) for name in ("homepage", "popular"))
    return Live(models, plans, tuple(reasons))


def read_plan(name: str) -> dict[str, Any]:
    """Return a shipped plan as data."""
    text = files("pasand.plans").joinpath(f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


def load_plan(name: str, models: Models, settings: Settings) -> Plan:
    """Return a shipped plan built over ``models``, patched by the settings' ``stages``."""
    return build_plan(read_plan(name), models, settings.stages)


def build_plan(
    data: Mapping[str, Any], models: Models, patches: Mapping[str, Mapping[str, Any]]
) -> Plan:
    """Return a plan from data; ``patches`` sets single values of stages by their name.

    Raises:
        InvalidSettings: the plan names an unknown stage, or sets what a stage does not know.
    """
    unknown = set(patches) - {name for kind in KINDS for name in stage_names(kind)}
    if unknown:
        raise InvalidSettings(f"There is no stage {min(unknown)}.", field=f"stages.{min(unknown)}")
    stages: dict[str, dict[str, Any]] = {}
    for kind in KINDS:
        lines = data.get(kind, [])
        lines = [lines] if isinstance(lines, (str, dict)) else lines
        stages[kind] = {}
        for line in lines:
            values = {} if isinstance(line, str) else dict(line)
            name = line if isinstance(line, str) else values.pop("name")
            stages[kind][name] = _stage(kind, name, {**values, **patches.get(name, {})}, models)
    version = short_hash(msgspec.json.encode([data, patches], order="sorted"))
    return Plan(
        name=data["name"],
        version=version,
        snapshot=models.snapshot_id,
        sources=stages["sources"],
        filters=stages["filters"],
        hydrators=stages["hydrators"],
        scorers=stages["scorers"],
        row_makers=stages["row_makers"],
        arranger=next(iter(stages["arranger"].values())),
        artist=next(iter(stages["artist"].values())),
    )


def stage_names(kind: str) -> list[str]:
    """Return the names of all stages of a kind, as a plan writes them."""
    folder, suffix = KINDS[kind]
    names = []
    for entry in files(f"pasand.stages.{folder}").iterdir():
        if not entry.name.endswith(".py") or entry.name.startswith("_"):
            continue
        if re.search(rf"^class \w+{suffix}\b", entry.read_text("utf-8"), re.MULTILINE):
            names.append(entry.name.removesuffix(".py").replace("_", "-"))
    return sorted(names)


def _stage(kind: str, name: str, values: Mapping[str, Any], models: Models) -> Any:
    folder, suffix = KINDS[kind]
    if name not in stage_names(kind):
        raise InvalidSettings(
            f"There is no {suffix.lower()} {name}.",
            field=kind,
            fix=f"Known are: {', '.join(stage_names(kind))}.",
        )
    module = import_module(f"pasand.stages.{folder}.{name.replace('-', '_')}")
    class_name = "".join(part.capitalize() for part in name.split("-")) + suffix
    config = convert(values, module.Config, f"stages.{name}.")
    return getattr(module, class_name)(config, models)
