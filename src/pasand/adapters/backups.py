"""Backups: a folder or a .tar of a home's files with a manifest of their hashes.

A backup is written beside its place, fsynced, and renamed: it is there whole or not at all. It
is checked file by file before anything of it is put into a new home. What the files mean is not
known here, but for the store, which is copied as of one moment while others write.
"""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO, Any

from pasand.adapters.sqlite_database import Database
from pasand.errors import InvalidInput, NotFound, StoreUnavailable

__all__ = ["BackupFiles", "read_manifest", "restore_backup", "write_backup"]

_FORMAT = 1
_MANIFEST = "manifest.json"
_BLOCK_BYTES = 1 << 20
Open = Callable[[str], IO[bytes]]


def write_backup(
    target: Path,
    database: Database,
    files: Mapping[str, Path],
    about: Callable[[Path], Mapping[str, Any]],
    origin: str = "",
) -> dict[str, Any]:
    """Write a backup and return its manifest; ``about`` tells facts of the store's copy.

    ``origin`` is where the home lies: it knows who was erased after the backup was made.

    Raises:
        InvalidInput: there is something at ``target`` already.
        StoreUnavailable: the disk did not take it; nothing is left behind.
    """
    if target.exists():
        raise InvalidInput(f"{target} exists.", field="target", fix="Name a new file or folder.")
    draft = target.with_name(f".{target.name}.draft-{os.getpid()}")
    packed = target.with_name(f".{target.name}.part-{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.mkdir(mode=0o700)
        database.copy_to(draft / "store.db")
        facts = dict(about(draft / "store.db"))
        known = {"store.db": _synced(draft / "store.db")}
        for name, path in files.items():
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            with path.open("rb") as source:
                known[name] = _copy(source, draft / name)
        said = {"format": _FORMAT, "origin": origin, "about": facts, "files": known}
        manifest = _sealed(said)
        _write(draft / _MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False).encode())
        for folder in [draft, *(path for path in draft.rglob("*") if path.is_dir())]:
            _sync_folder(folder)
        if target.suffix == ".tar":
            _pack(draft, packed)
            packed.rename(target)
        else:
            draft.rename(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise StoreUnavailable(f"The backup was not written: {error}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        packed.unlink(missing_ok=True)
    return manifest


def read_manifest(source: Path) -> dict[str, Any]:
    """Return the manifest of a backup after checking every file against it.

    Raises:
        NotFound: there is no backup at ``source``.
        StoreUnavailable: a file is damaged or missing; it is named.
    """
    with _opened(source) as read:
        manifest = _manifest(source, read)
        for name, known in manifest["files"].items():
            try:
                with read(name) as data:
                    found = _digest(data)
            except (OSError, KeyError, tarfile.TarError) as error:
                raise _damaged(source, name, "is missing or cannot be read") from error
            if found != known:
                raise _damaged(source, name, "does not match its hash")
    return manifest


def restore_backup(source: Path, home: Path) -> None:
    """Put the files of a checked backup into a new home, whole or not at all."""
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise InvalidInput(
            f"{home} is not empty.", field="home", fix="Name a new folder, then switch to it."
        )
    draft = home.with_name(f".{home.name}.restore-{os.getpid()}")
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        draft.mkdir(mode=0o700)
        with _opened(source) as read:
            for name, known in _manifest(source, read)["files"].items():
                (draft / name).parent.mkdir(parents=True, exist_ok=True)
                with read(name) as data:
                    if _copy(data, draft / name) != known:
                        raise _damaged(source, name, "changed while it was read")
        for folder in [draft, *(path for path in draft.rglob("*") if path.is_dir())]:
            _sync_folder(folder)
        draft.rename(home)
        _sync_folder(home.parent)
    except OSError as error:
        raise StoreUnavailable(f"The home was not restored: {error}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _opened(source: Path) -> Iterator[Open]:
    """Give what opens a file of the backup by its name."""
    if source.is_dir():
        yield lambda name: (source / name).open("rb")
        return
    if not source.exists():
        raise NotFound(f"There is no backup at {source}.", field="source")
    try:
        archive = tarfile.open(source, "r:")  # noqa: SIM115
    except (OSError, tarfile.TarError) as error:
        raise StoreUnavailable(f"{source} is not a backup: {error}.") from error
    with archive:

        def read(name: str) -> IO[bytes]:
            member = archive.extractfile(name)
            if member is None:
                raise OSError(f"{name} is not a file")
            return member

        yield read


def _manifest(source: Path, read: Open) -> dict[str, Any]:
    try:
        with read(_MANIFEST) as data:
            manifest: dict[str, Any] = json.loads(data.read())
        sealed = _sealed({k: v for k, v in manifest.items() if k != "sha256"})
        names = [PurePosixPath(name) for name in manifest["files"]]
    except (OSError, KeyError, ValueError, AttributeError, tarfile.TarError) as error:
        raise _damaged(source, _MANIFEST, "cannot be read") from error
    if sealed != manifest or any(name.is_absolute() or ".." in name.parts for name in names):
        raise _damaged(source, _MANIFEST, "was changed")
    if manifest.get("format") != _FORMAT:
        raise StoreUnavailable(f"{source} was made by a newer Pasand.", fix="Upgrade pasand.")
    return manifest


def _sealed(manifest: dict[str, Any]) -> dict[str, Any]:
    data = json.dumps(manifest, sort_keys=True).encode()
    return {**manifest, "sha256": sha256(data).hexdigest()}


def _damaged(source: Path, name: str, how: str) -> StoreUnavailable:
    return StoreUnavailable(
        f"{name} of the backup {source} {how}.", field=name, fix="Restore another backup."
    )


def _digest(source: IO[bytes]) -> dict[str, Any]:
    digest, size = sha256(), 0
    while block := source.read(_BLOCK_BYTES):
        digest.update(block)
        size += len(block)
    return {"bytes": size, "sha256": digest.hexdigest()}


def _copy(source: IO[bytes], target: Path) -> dict[str, Any]:
    """Copy durably and return size and hash of what was written."""
    with target.open("wb") as out:
        shutil.copyfileobj(source, out, _BLOCK_BYTES)
    return _synced(target)


def _synced(path: Path) -> dict[str, Any]:
    path.chmod(0o600)
    with path.open("rb") as written:
        os.fsync(written.fileno())
        return _digest(written)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    _synced(path)


def _pack(folder: Path, target: Path) -> None:
    with open(target, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
        with tarfile.open(fileobj=out, mode="w") as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    archive.add(path, path.relative_to(folder).as_posix())
        out.flush()
        os.fsync(out.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class BackupFiles:
    """The place of members' data in backups that lie inside the home; each is written again.

    ``apply`` erases in a home that was restored from a backup, ``count`` tells facts of a store.
    Backups elsewhere are out of reach: ``pasand restore`` erases in what it restores from them.
    """

    name = "backups"
    tables: tuple[str, ...] = ()

    def __init__(
        self,
        home: Path,
        apply: Callable[[Path], object],
        count: Callable[[Path], Mapping[str, Any]],
    ) -> None:
        self._home = home
        self._apply = apply
        self._count = count

    def held(self, member_id: str) -> Iterator[Mapping[str, Any]]:
        """Yield nothing: a backup holds what the home held once."""
        return iter(())

    def erase(
        self, erasure_id: str, member_ids: Sequence[str], progress: Callable[[int, int], None]
    ) -> int:
        """Write every backup below the home again, without who is in the home's ledger."""
        self._clear_away()
        backups = sorted(self._backups())
        for done, path in enumerate(backups, 1):
            self._rewrite(path)
            progress(done, len(backups))
        return len(backups)

    def _backups(self) -> Iterator[Path]:
        for path in self._home.rglob("*"):
            if path.name == _MANIFEST and (path.parent / "store.db").is_file():
                yield path.parent
            elif path.suffix == ".tar" and path.is_file():
                with suppress(StoreUnavailable, NotFound), _opened(path) as read:
                    _manifest(path, read)
                    yield path

    def _rewrite(self, path: Path) -> None:
        draft = self._home / f".erasing-{os.getpid()}"
        made = path.with_name(f".erasing-{os.getpid()}-{path.name}")
        try:
            origin = str(read_manifest(path).get("origin", ""))
            restore_backup(path, draft)
            self._apply(draft)
            names = [one for one in sorted(draft.rglob("*")) if one.is_file()]
            files = {
                one.relative_to(draft).as_posix(): one
                for one in names
                if not one.name.startswith("store.db")
            }
            database = Database(draft / "store.db", read_only=True)
            try:
                write_backup(made, database, files, self._count, origin)
            finally:
                database.close()
            # Cut off between the two renames, the old one is found under this name next time.
            old = path.with_name(f"{path.name}.old")
            if path.is_dir():
                path.rename(old)
            made.rename(path)
            _sync_folder(path.parent)
            shutil.rmtree(old, ignore_errors=True)
        finally:
            self._clear_away()

    def _clear_away(self) -> None:
        """Remove what a rewriting that was cut short left behind."""
        for path in list(self._home.rglob(".erasing-*")):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
