"""ModelStore in a folder: a snapshot is a directory of .npy files with a manifest of hashes.

Files are written, fsynced, and the directory renamed into place, so a snapshot is there whole
or not at all. Arrays are memory-mapped; nothing is ever unpickled. The manifest is signed with a
key that lies beside the folder and never in it: who can write snapshots alone cannot make one
that is served. A snapshot that is removed is renamed first; pages that read its mapped arrays
read them to their end, for a file stays until nobody holds it.
"""

from __future__ import annotations

import hmac
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from pasand.adapters.durable_files import map_array, sync_folder, write_array, write_bytes
from pasand.adapters.signing_key import SigningKey
from pasand.domain.ids import short_hash
from pasand.domain.names import PLAIN_COUNT_MAX, Names, named
from pasand.errors import SnapshotDamaged

__all__ = ["FolderModelStore"]

_MANIFEST = "manifest.json"
_SIGNATURE = "manifest.sig"
_VERDICT = "gate.json"
_FIX = "Run `pasand learn`."
#: How the name of a directory begins that is no snapshot yet, or no more.
_DRAFT, _GONE = ".draft-", ".gone-"


class FolderModelStore:
    """Snapshots below one folder; ``key`` is the file of the signing key, made when needed."""

    def __init__(self, root: Path, key: Path | None = None) -> None:
        self._root = root
        self._key = SigningKey(key or root.parent / "snapshot.key")

    def save(self, arrays: Mapping[str, Any], about: Mapping[str, Any]) -> str:
        """Write a snapshot durably and return its id.

        Lists of text are kept in the manifest, long ones packed (``domain/names.py``) and arrays in
        files.
        """
        self._root.mkdir(parents=True, exist_ok=True)
        draft = self._root / f"{_DRAFT}{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        texts = {name: value for name, value in arrays.items() if isinstance(value, Sequence)}
        packed = {name: Names.of(v) for name, v in texts.items() if len(v) > PLAIN_COUNT_MAX}
        written = {name: value for name, value in arrays.items() if name not in texts}
        for name, names in packed.items():
            written |= named(name, names.arrays)
        files = {}
        for name, value in written.items():
            path = draft / f"{name}.npy"
            size = write_array(path, value)
            files[name] = {"bytes": size, "sha256": _sha256(path)}
        manifest = {
            "format": 1,
            "about": dict(about),
            "files": files,
            "texts": {name: list(texts[name]) for name in texts if name not in packed},
            "packed": sorted(packed),
        }
        data = json.dumps(manifest, sort_keys=True, ensure_ascii=False).encode()
        write_bytes(draft / _MANIFEST, data)
        write_bytes(draft / _SIGNATURE, self._key.sign("snapshot", data).encode())
        snapshot_id = short_hash(data)
        target = self._root / snapshot_id
        if target.exists():
            shutil.rmtree(draft)
        else:
            draft.rename(target)
        sync_folder(self._root)
        return snapshot_id

    def load(self, snapshot_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return arrays and facts; every file is checked against the signed manifest first."""
        folder = self.folder(snapshot_id)
        try:
            manifest = self._manifest(snapshot_id)
            arrays: dict[str, Any] = dict(manifest["texts"])
            for name, known in manifest["files"].items():
                path = folder / f"{name}.npy"
                if path.stat().st_size != known["bytes"] or _sha256(path) != known["sha256"]:
                    raise SnapshotDamaged(f"{name} of snapshot {snapshot_id} is damaged.", fix=_FIX)
                arrays[name] = map_array(path)
            for name in manifest.get("packed", ()):
                parts = {part: arrays.pop(f"{name}.{part}") for part in Names.PARTS}
                arrays[name] = Names(parts)
        except (OSError, ValueError, KeyError) as error:
            raise _unreadable(snapshot_id, error) from error
        return arrays, manifest["about"]

    def about(self, snapshot_id: str) -> dict[str, Any]:
        """Return a snapshot's facts alone; its arrays are neither read nor checked."""
        try:
            found: dict[str, Any] = self._manifest(snapshot_id)["about"]
        except (OSError, ValueError, KeyError) as error:
            raise _unreadable(snapshot_id, error) from error
        return found

    def byte_count(self, snapshot_id: str) -> int:
        """Return how much room a snapshot takes."""
        paths = self.folder(snapshot_id).glob("*")
        return sum(path.stat().st_size for path in paths if path.is_file())

    def put_verdict(self, snapshot_id: str, verdict: Mapping[str, Any]) -> None:
        """Keep what the gate said of a snapshot, in place of what it said before."""
        data = json.dumps(verdict, sort_keys=True, ensure_ascii=False)
        signature = self._key.sign(f"gate {snapshot_id}", data.encode())
        folder = self.folder(snapshot_id)
        draft = folder / f"{_VERDICT}.part"
        write_bytes(draft, json.dumps({"verdict": data, "signature": signature}).encode())
        draft.replace(folder / _VERDICT)
        sync_folder(folder)

    def verdict(self, snapshot_id: str) -> dict[str, Any] | None:
        """Return what the gate said last, None where it said nothing that is signed."""
        try:
            said = json.loads((self.folder(snapshot_id) / _VERDICT).read_bytes())
            data, signature = str(said["verdict"]), str(said["signature"])
            expected = self._key.sign(f"gate {snapshot_id}", data.encode(), make=False)
            if not hmac.compare_digest(expected, signature):
                return None
            found: dict[str, Any] = json.loads(data)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return found

    def list(self) -> list[str]:
        """Return the ids of complete snapshots, oldest first."""
        found = []
        for path in self._root.glob("[!.]*"):
            # Another process may be removing it.
            with suppress(OSError):
                found.append(((path / _MANIFEST).stat().st_mtime_ns, path.name))
        return [name for _, name in sorted(found)]

    def remove(self, snapshot_id: str) -> None:
        """Remove a snapshot; who has it loaded goes on with it."""
        gone = self._root / f"{_GONE}{snapshot_id}"
        with suppress(FileNotFoundError):
            self.folder(snapshot_id).rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what killed processes left; only while no other process writes snapshots."""
        for path in [*self._root.glob(f"{_DRAFT}*"), *self._root.glob(f"{_GONE}*")]:
            shutil.rmtree(path, ignore_errors=True)

    def folder(self, snapshot_id: str) -> Path:
        """Return where a snapshot lies."""
        return self._root / snapshot_id

    def _manifest(self, snapshot_id: str) -> dict[str, Any]:
        folder = self.folder(snapshot_id)
        data = (folder / _MANIFEST).read_bytes()
        if short_hash(data) != snapshot_id:
            raise SnapshotDamaged(f"The manifest of snapshot {snapshot_id} was changed.", fix=_FIX)
        try:
            signature = (folder / _SIGNATURE).read_text("ascii")
            expected = self._key.sign("snapshot", data, make=False)
            signed = hmac.compare_digest(expected, signature)
        except (OSError, ValueError, TypeError):
            signed = False
        if not signed:
            raise SnapshotDamaged(
                f"Snapshot {snapshot_id} was not signed by this installation.", fix=_FIX
            )
        manifest: dict[str, Any] = json.loads(data)
        return manifest


def _unreadable(snapshot_id: str, error: Exception) -> SnapshotDamaged:
    return SnapshotDamaged(f"Snapshot {snapshot_id} cannot be read: {error}.", fix=_FIX)


def _sha256(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as source:
        while block := source.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
