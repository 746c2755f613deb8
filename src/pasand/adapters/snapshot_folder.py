"""ModelStore in a folder: a snapshot is a directory of .npy files with a manifest of hashes.

Files are written, fsynced, and the directory renamed into place, so a snapshot is there whole
or not at all. Arrays are memory-mapped; nothing is ever unpickled.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from pasand.domain.ids import short_hash
from pasand.errors import SnapshotDamaged

__all__ = ["FolderModelStore"]


class FolderModelStore:
    """Snapshots below one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def save(self, arrays: Mapping[str, Any], about: Mapping[str, Any]) -> str:
        """Write a snapshot durably and return its id.

        Lists of text are kept in the manifest, arrays in files.
        """
        self._root.mkdir(parents=True, exist_ok=True)
        draft = self._root / f".draft-{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        files, texts = {}, {}
        for name, value in arrays.items():
            if isinstance(value, (list, tuple)):
                texts[name] = list(value)
                continue
            path = draft / f"{name}.npy"
            with path.open("wb") as out:
                np.save(out, value, allow_pickle=False)
                out.flush()
                os.fsync(out.fileno())
            files[name] = {"bytes": path.stat().st_size, "sha256": _sha256(path)}
        manifest = {"format": 1, "about": dict(about), "files": files, "texts": texts}
        data = json.dumps(manifest, sort_keys=True, ensure_ascii=False).encode()
        with (draft / "manifest.json").open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        snapshot_id = short_hash(data)
        target = self._root / snapshot_id
        if target.exists():
            shutil.rmtree(draft)
        else:
            draft.rename(target)
        _sync_folder(self._root)
        return snapshot_id

    def load(self, snapshot_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return arrays and facts; every file is checked against the manifest first."""
        folder = self._root / snapshot_id
        try:
            data = (folder / "manifest.json").read_bytes()
            if short_hash(data) != snapshot_id:
                raise SnapshotDamaged(f"The manifest of snapshot {snapshot_id} was changed.")
            manifest = json.loads(data)
            arrays: dict[str, Any] = dict(manifest["texts"])
            for name, known in manifest["files"].items():
                path = folder / f"{name}.npy"
                if path.stat().st_size != known["bytes"] or _sha256(path) != known["sha256"]:
                    raise SnapshotDamaged(f"{name} of snapshot {snapshot_id} is damaged.")
                arrays[name] = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, KeyError) as error:
            raise SnapshotDamaged(
                f"Snapshot {snapshot_id} cannot be read: {error}.", fix="Run `pasand learn`."
            ) from error
        return arrays, manifest["about"]

    def list(self) -> list[str]:
        """Return the ids of complete snapshots, oldest first."""
        if not self._root.exists():
            return []
        found = [p for p in self._root.iterdir() if (p / "manifest.json").exists()]
        found = [p for p in found if not p.name.startswith(".")]
        return [p.name for p in sorted(found, key=lambda p: (p / "manifest.json").stat().st_mtime)]

    def folder(self, snapshot_id: str) -> Path:
        """Return where a snapshot lies."""
        return self._root / snapshot_id


def _sha256(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as source:
        while block := source.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
