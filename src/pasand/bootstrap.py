"""The wiring: settings become an engine. The only place where names meet things."""

from __future__ import annotations

import logging
import re
import time
import tomllib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from pasand.adapters.catalog_folder import CatalogFolder
from pasand.adapters.clocks import ShiftedClock, SystemClock
from pasand.adapters.home_lock import HomeLock, owner_of
from pasand.adapters.remote_owner import RemoteOwner
from pasand.adapters.snapshot_folder import FolderModelStore
from pasand.adapters.sqlite_database import Database
from pasand.adapters.sqlite_erasures import GuardedEventLog, SqliteErasures
from pasand.adapters.sqlite_search import SqliteSearchIndex
from pasand.adapters.sqlite_stores import SqliteCatalogStore, SqliteLedger, SqliteProfileStore
from pasand.domain.catalog import Catalog
from pasand.domain.events import Event
from pasand.domain.ids import short_hash
from pasand.errors import InvalidSettings, NotFound, SnapshotDamaged
from pasand.flows.catalog_keeper import CatalogKeeper
from pasand.flows.choosing import weights_in
from pasand.flows.engine import Engine, Live, Stores
from pasand.flows.following import Follower, ReadProfiles
from pasand.flows.housekeeping import Housekeeping
from pasand.flows.learning import counted
from pasand.flows.local_owner import LocalOwner
from pasand.flows.member_states import states_of
from pasand.flows.promoting import servable
from pasand.member_wiring import keeping_of
from pasand.pipeline import Plan
from pasand.ports import Clock, EventLog
from pasand.settings import Settings, convert, load_settings
from pasand.stages.models import Models, Vocabulary

__all__ = [
    "Beside",
    "Home",
    "Visit",
    "build_plan",
    "copy_home",
    "load_plan",
    "open_beside",
    "open_home",
    "read_home",
    "read_plan",
    "stage_names",
    "visit_home",
]

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
    keeping: Housekeeping

    def close(self) -> None:
        """Write behind what is pending and let the home go."""
        self.keeping.wait()
        self.engine.tick()
        self.engine.profiles.flush()
        if self.engine.stores.shelf is not None:
            self.engine.stores.shelf.close()
        self.database.close()
        self.lock.release()


def open_home(path: Path, *, create: bool = False, clock: Clock | None = None) -> Home:
    """Open a home as its only owner; ``clock`` replaces the one that the settings name.

    Raises:
        NotFound: there is no home at ``path``.
        HomeBusy: another process owns it.
    """
    if create:
        path.mkdir(parents=True, exist_ok=True)
    else:
        _must_exist(path)
    settings = load_settings(path / "pasand.toml")
    lock = HomeLock(path)
    try:
        database = Database(path / "store.db")
        stores = _stores(path, database, settings, clock)
        keeping = keeping_of(path, database, settings, stores.log, stores.erasures, stores.clock)
        keeping.finish()
        engine = Engine(
            settings,
            stores,
            go_live=lambda stores: go_live(stores, settings),
            counters=counted(stores.log, stores.models, weights_in(settings)),
            timer=time.perf_counter,
            new_id=lambda: uuid.uuid4().hex,
        )
    except BaseException:
        lock.release()
        raise
    keeping.eraser.forget, keeping.hold = engine.forget, engine.profiles.changing_items
    engine.keeping = keeping
    return Home(path, engine, lock, database, keeping)


@dataclass(slots=True)
class Beside:
    """An installation that another process owns, open for making pages.

    ``logged`` gathers what makes the blocks of the pages made; who asked for a page takes it away.
    """

    engine: Engine
    follower: Follower
    logged: list[Callable[[], Event]]


def open_beside(path: Path) -> Beside:
    """Open a home for making pages beside the process that owns it; nothing is ever written.

    Raises:
        NotFound: there is no home at ``path``.
    """
    _must_exist(path)
    settings = load_settings(path / "pasand.toml")
    stores = _stores(path, Database(path / "store.db", read_only=True), settings)
    shelf = CatalogFolder(path / "catalog", path / "store.db", settings.tenant, presses=False)
    stores = replace(stores, profiles=ReadProfiles(stores.profiles), shelf=shelf)
    offset = stores.log.last_offset()
    logged: list[Callable[[], Event]] = []
    engine = Engine(
        settings,
        stores,
        go_live=lambda stores: go_live(stores, settings),
        counters=counted(stores.log, stores.models, weights_in(settings), until=offset),
        timer=time.perf_counter,
        new_id=lambda: uuid.uuid4().hex,
        log_page=logged.append,
    )
    return Beside(engine, Follower(engine, offset), logged)


@dataclass(slots=True)
class Visit:
    """What a command sees of a home: its own, or one that a running server owns.

    ``stores`` may be read; ``owner`` takes events, keys and promotions; ``keeping`` may
    act where no server owns the home.
    """

    stores: Stores
    settings: Settings
    owner: LocalOwner | RemoteOwner
    close: Callable[[], None]
    keeping: Housekeeping

    @property
    def remote(self) -> RemoteOwner | None:
        """The server that owns the home, None where this process does."""
        return self.owner if isinstance(self.owner, RemoteOwner) else None

    def catalog(self) -> Catalog:
        """Return the items as they stand."""
        return CatalogKeeper(self.stores.catalog, self.stores.shelf).refresh(wait=True)


def visit_home(path: Path) -> Visit:
    """Open a home for a command; where a server owns it, read beside it and write through it."""
    _must_exist(path)
    owner, settings = owner_of(path), load_settings(path / "pasand.toml")
    if owner.get("url"):
        database = Database(path / "store.db", read_only=True)
        stores = _stores(path, database, settings)
        remote = RemoteOwner(str(owner["url"]), str(owner["token"]))
        keeping = keeping_of(path, database, settings, stores.log, stores.erasures, stores.clock)
        return Visit(stores, settings, remote, database.close, keeping)
    lock = HomeLock(path)
    database = Database(path / "store.db")

    def close() -> None:
        database.close()
        lock.release()

    stores = _stores(path, database, settings)
    keeping = keeping_of(path, database, settings, stores.log, stores.erasures, stores.clock)
    return Visit(stores, settings, LocalOwner(stores, weights_in(settings)), close, keeping)


def read_home(path: Path, settings: Settings) -> tuple[Stores, Database]:
    """Open a home for reading alone, whoever owns it; nothing is migrated or noted."""
    _must_exist(path)
    database = Database(path / "store.db", read_only=True)
    return _stores(path, database, settings, SystemClock()), database


def copy_home(path: Path, target: Path) -> None:
    """Copy a home's store and settings, even while a server owns it; snapshots are shared."""
    _must_exist(path)
    target.mkdir(parents=True)
    database = Database(path / "store.db", read_only=True)
    try:
        database.copy_to(target / "store.db")
    finally:
        database.close()
    (target / "pasand.toml").write_bytes((path / "pasand.toml").read_bytes())
    for shared in ("snapshots", "snapshot.key"):
        (target / shared).symlink_to((path / shared).resolve())


def _must_exist(path: Path) -> None:
    if not (path / "store.db").exists():
        raise NotFound(f"There is no Pasand home at {path}.", fix=f"pasand init --home {path}")


def _stores(
    path: Path, database: Database, settings: Settings, clock: Clock | None = None
) -> Stores:
    tenant = settings.tenant
    erasures = SqliteErasures(database, tenant)
    log = GuardedEventLog(database, erasures, tenant)
    ledger = SqliteLedger(database, tenant)
    return Stores(
        log=log,
        catalog=SqliteCatalogStore(database, tenant),
        profiles=SqliteProfileStore(database, tenant),
        ledger=ledger,
        models=FolderModelStore(path / "snapshots"),
        clock=clock or _clock(settings, log, ledger),
        erasures=erasures,
        storage=database,
        shelf=CatalogFolder(path / "catalog", path / "store.db", tenant),
        search=SqliteSearchIndex(database, tenant),
    )


def _clock(settings: Settings, log: EventLog, ledger: SqliteLedger) -> Clock:
    """Return the system's clock, or one on which old data ended a minute ago.

    The shift is noted once, so that time goes on over restarts.
    """
    if settings.clock == "system":
        return SystemClock()
    shift = ledger.note("clock_shift_ms")
    if not shift:
        last_ms = log.latest_ms()
        if not last_ms:
            return SystemClock()
        shift = str(last_ms + 60_000 - SystemClock().now_ms())
        ledger.put_note("clock_shift_ms", shift)
    return ShiftedClock(int(shift))


def go_live(stores: Stores, settings: Settings) -> Live:
    """Return what the promoted snapshot serves; a damaged one gives way to one before it."""
    reasons: list[str] = []
    models = Models()
    for snapshot_id in servable(stores.ledger, stores.models):
        try:
            arrays, _ = stores.models.load(snapshot_id)
        except SnapshotDamaged as error:
            _log.error("%s", error)
            reasons.append(f"the snapshot is stale: {error.message}")
            continue
        models = Models(snapshot_id, arrays, Vocabulary(arrays.get("item_ids", ())))
        break
    plans = tuple(load_plan(name, models, settings) for name in ("homepage", "popular", "kids"))
    states = states_of(models, weights_in(settings))
    return Live(models, plans[:2], tuple(reasons), plans[:0:-1], states)


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
    """Return a plan from data; ``patches`` sets single values of stages by their name: of all
    kinds of stage that have this name, those that know the value.

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
            patch = _patch_of(kind, name, patches.get(name, {}))
            stages[kind][name] = _stage(kind, name, {**values, **patch}, models)
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


@cache
def stage_names(kind: str) -> list[str]:
    """Return the names of all stages of a kind, as a plan writes them."""
    folder, suffix = KINDS[kind]
    own = re.compile(r"[^_].*[.]py").fullmatch
    names = []
    for entry in (e for e in files(f"pasand.stages.{folder}").iterdir() if own(e.name)):
        if re.search(rf"^class \w+{suffix}\b", entry.read_text("utf-8"), re.MULTILINE):
            names.append(entry.name.removesuffix(".py").replace("_", "-"))
    return sorted(names)


def _patch_of(kind: str, name: str, patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a patch is for the stage of this kind; what no stage of the name knows is an
    error by ``convert`` of the one that comes closest.
    """
    known = {
        other: {spec.name for spec in fields(_module(other, name).Config)}
        for other in KINDS
        if patch and name in stage_names(other)
    }
    own = known.get(kind, set())
    for value in patch:
        if not any(value in names for names in known.values()):
            near = get_close_matches(value, set().union(*known.values()), 1, 0.4)
            if not near or near[0] in own:
                own = own | {value}
    return {value: said for value, said in patch.items() if value in own}


def _module(kind: str, name: str) -> Any:
    return import_module(f"pasand.stages.{KINDS[kind][0]}.{name.replace('-', '_')}")


def _stage(kind: str, name: str, values: Mapping[str, Any], models: Models) -> Any:
    suffix = KINDS[kind][1]
    if name not in stage_names(kind):
        raise InvalidSettings(
            f"There is no {suffix.lower()} {name}.",
            field=kind,
            fix=f"Known are: {', '.join(stage_names(kind))}.",
        )
    module = _module(kind, name)
    class_name = "".join(part.capitalize() for part in name.split("-")) + suffix
    config = convert(values, module.Config, f"stages.{name}.")
    return getattr(module, class_name)(config, models)
