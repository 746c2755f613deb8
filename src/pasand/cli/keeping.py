"""``pasand backup``, ``restore`` and ``rebuild``: keeping what an installation knows."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pasand.cli.options import (
    DEFAULT_HOME,
    HomeOption,
    JsonOption,
    bar,
    figure,
    print_figures,
    say,
)

if TYPE_CHECKING:
    from pasand.adapters.sqlite_database import Database
    from pasand.flows.engine import Stores
    from pasand.flows.rebuilding import Compared
    from pasand.settings import Settings

__all__ = ["backup", "rebuild", "restore"]

_REFOLD_COUNT = 200


def backup(
    target: Annotated[Path, typer.Argument(help="A new folder, or a new file that ends in .tar.")],
    home: HomeOption = DEFAULT_HOME,
    artwork: Annotated[bool, typer.Option("--artwork", help="Take the pictures along.")] = False,
    json: JsonOption = False,
) -> None:
    """Copy a home as of one moment, also while a server owns it.

    The store, the settings, the live snapshot and the segments are copied, with a hash of every
    file.

    Example: pasand backup /backups/shop-monday.tar --home ./shop
    """
    from pasand.adapters.backups import write_backup
    from pasand.bootstrap import read_home
    from pasand.member_wiring import store_facts
    from pasand.settings import load_settings

    started = time.perf_counter()
    settings = load_settings(home / "pasand.toml")
    stores, database = read_home(home, settings)
    try:
        files = _files(home, stores, database, settings.tenant, artwork)
        manifest = write_backup(
            target,
            database,
            files,
            lambda store: store_facts(store, settings.tenant),
            origin=str(home.resolve()),
        )
    finally:
        database.close()
    took_s = time.perf_counter() - started
    size = sum(known["bytes"] for known in manifest["files"].values())
    about = manifest["about"]
    say(
        f"{target}: {about['events']:,} events, {about['items']:,} items and"
        f" {about['members']:,} members in {len(manifest['files']):,} files,"
        f" {size / 1e6:.1f} MB ({took_s:.1f} s)."
    )
    if json:
        figures = [
            figure("backup_seconds", round(took_s, 3), "s", "lower", bytes=size),
            figure("backup_bytes", size, "bytes", "lower", events=about["events"]),
        ]
        print_figures("backup", figures, more={"backup": str(target), "about": about})


def restore(
    source: Annotated[Path, typer.Argument(help="A backup: its folder or its .tar file.")],
    home: Annotated[Path, typer.Option("--home", help="The new home; missing or empty.")],
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Check the store's pages, profiles and segments as well."),
    ] = False,
    erasures: Annotated[
        Path | None,
        typer.Option(
            "--erasures",
            help="Who was erased: a ledger's file, or a home. The home backed up, if left out.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make a home from a backup; a damaged one is refused, and its damaged file named.

    Who was erased since the backup was made is erased again before anything is served.

    Example: pasand restore /backups/shop-monday.tar --home ./shop-again --verify
    """
    from pasand.adapters.backups import read_manifest, restore_backup
    from pasand.bootstrap import open_home
    from pasand.member_wiring import apply_erasures

    started = time.perf_counter()
    manifest = read_manifest(source)
    about = manifest["about"]
    ledger = _ledger(str(manifest.get("origin", "")), erasures)
    restore_backup(source, home)
    _check_counts(home, about)
    # Nothing is served of who was erased since the backup was made.
    erased = apply_erasures(home, ledger)
    opened = open_home(home)
    try:
        found = _compare(opened.engine.stores, opened.engine.settings) if verify else None
        if verify:
            _check_pages(opened.database)
            _check_segments(opened.keeping.segments.damaged())
    finally:
        opened.close()
    took_s = time.perf_counter() - started
    say(f"{home} was restored: {about['events']:,} events in the backup ({took_s:.1f} s).")
    if erased:
        say(f"{erased:,} members who were erased since were erased again.")
    if found is not None:
        _tell(found)
    if json:
        figures = [
            figure("restore_seconds", round(took_s, 3), "s", "lower"),
            figure("members_erased_again", erased, "members"),
        ]
        print_figures("restore", figures, more={"home": str(home), "about": about})
    if found is not None and found.differing:
        raise typer.Exit(3)


def rebuild(
    home: HomeOption = DEFAULT_HOME,
    check: Annotated[
        bool, typer.Option("--check", help="First compare every profile with the log.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Throw all stored profiles away and fold them again from the log alone.

    With --check, it ends with code 3 when a stored profile did not follow from the log.

    Example: pasand rebuild --check --home ./shop
    """
    from pasand.bootstrap import visit_home

    started = time.perf_counter()
    visit = visit_home(home)
    try:
        found = _compare(visit.stores, visit.settings) if check else None
        member_ids = visit.stores.profiles.member_ids()
        show = bar("Folding")
        for start in range(0, len(member_ids), _REFOLD_COUNT):
            visit.owner.refold(member_ids[start : start + _REFOLD_COUNT])
            show(min(start + _REFOLD_COUNT, len(member_ids)), len(member_ids))
    finally:
        visit.close()
    took_s = time.perf_counter() - started
    if found is not None:
        _tell(found)
    say(f"{len(member_ids):,} profiles folded from the log in {took_s:.1f} s.")
    if json:
        count = len(member_ids)
        figures = [
            figure("rebuild_profiles", count, "profiles"),
            figure("rebuild_seconds", round(took_s, 3), "s", "lower", profiles=count),
        ]
        more: dict[str, Any] = {}
        if found is not None:
            figures.append(figure("profiles_differing", len(found.differing), "", "lower"))
            more["check"] = {"equal": found.equal, "differing": found.differing}
            more["check"]["unreadable"] = found.unreadable
        print_figures("rebuild", figures, more=more)
    if found is not None and found.differing:
        raise typer.Exit(3)


def _files(
    home: Path, stores: Stores, database: Database, tenant: str, artwork: bool
) -> Mapping[str, Path]:
    """Return the files beside the store that belong into a backup, by their name in it."""
    from pasand.adapters.segments import FolderSegments
    from pasand.member_wiring import SEGMENT_FOLDER

    folders = [home / "artwork"] if artwork else []
    if snapshot := stores.ledger.live_snapshot():
        folders.append(stores.models.folder(snapshot))
    paths = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    paths += FolderSegments(home / SEGMENT_FOLDER, database, tenant).files()
    paths += [home / name for name in ("pasand.toml", "snapshot.key") if (home / name).exists()]
    return {path.relative_to(home).as_posix(): path for path in paths}


def _ledger(origin: str, erasures: Path | None) -> bytes:
    """Return the ledger to apply: the one that was named, else that of the home backed up."""
    from pasand.errors import PasandError
    from pasand.member_wiring import ledger_at

    if erasures is not None:
        return ledger_at(erasures)
    try:
        if origin:
            return ledger_at(Path(origin))
        trouble = "the backup does not say of which home it is"
    except (PasandError, OSError) as error:
        # A home is often restored because this one is lost or damaged.
        trouble = str(error)
    say(f"Who was erased since the backup was made is not known here: {trouble}")
    say("Restore with --erasures FILE where its ledger was kept elsewhere.")
    return b""


def _check_counts(home: Path, about: Mapping[str, Any]) -> None:
    """Compare the restored store with what the backup's manifest says of it."""
    from pasand.adapters.sqlite_database import Database
    from pasand.errors import StoreUnavailable
    from pasand.member_wiring import store_facts
    from pasand.settings import load_settings

    Database(home / "store.db").close()  # brings the store of an older version forward
    facts = store_facts(home / "store.db", load_settings(home / "pasand.toml").tenant)
    wrong = sorted(name for name in facts if name in about and facts[name] != about[name])
    if wrong:
        raise StoreUnavailable(f"The restored home differs from the backup: {', '.join(wrong)}.")


def _check_pages(database: Database) -> None:
    from pasand.errors import StoreUnavailable

    ((told,), *_) = database.rows("PRAGMA integrity_check")
    if told != "ok":
        raise StoreUnavailable(f"The store is damaged: {told}.", fix="Restore another backup.")


def _check_segments(damaged: Collection[str]) -> None:
    from pasand.errors import StoreUnavailable

    if damaged:
        raise StoreUnavailable(
            f"Segments are damaged: {', '.join(sorted(damaged)[:5])}.",
            fix="Restore another backup.",
        )


def _compare(stores: Stores, settings: Settings) -> Compared:
    from pasand.flows.choosing import weights_in
    from pasand.flows.keepers import CatalogKeeper
    from pasand.flows.rebuilding import compare_profiles

    facts = CatalogKeeper(stores.catalog, stores.shelf).facts
    weights = weights_in(settings)
    return compare_profiles(stores.profiles, stores.log, facts, bar("Comparing"), weights)


def _tell(found: Compared) -> None:
    say(
        f"{found.equal:,} profiles follow from the log byte by byte,"
        f" {len(found.differing):,} do not; {found.unreadable:,} are of another version."
    )
    for member_id in found.differing[:20]:
        say(f"  {member_id} differs")
