"""Checkpoints in a folder of the home, held by one run of learning at a time.

What a trainer ended with is kept as a snapshot is, with the same hashes and signature: a run
that was killed in the middle of writing leaves nothing that is taken for whole.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pasand.adapters.snapshot_folder import FolderModelStore
from pasand.errors import HomeBusy, SnapshotDamaged

__all__ = ["TrainingFolder"]


class TrainingFolder:
    """Checkpoints below ``home/training``, locked until ``release`` or the process's end.

    Raises:
        HomeBusy: another process is learning in this home.
    """

    def __init__(self, home: Path) -> None:
        self._root = home / "training"
        self._key = home / "snapshot.key"
        self._handle = os.open(home / "training.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._handle)
            raise HomeBusy(
                f"Another process is learning in {home}.", fix="Wait for it, or stop it."
            ) from error

    def folder(self, part: str, trainer: str) -> Path:
        """Return a folder of a trainer's own."""
        folder = self._root / part / trainer
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def finished(self, part: str, trainer: str, key: str) -> dict[str, Any] | None:
        """Return the arrays of a trainer that ended on the same input, None where none did."""
        store = self._store(part, trainer)
        for name in store.list():
            try:
                arrays, about = store.load(name)
            except SnapshotDamaged:
                continue
            if about["key"] == key:
                return arrays
        return None

    def finish(self, part: str, trainer: str, key: str, arrays: Mapping[str, Any]) -> None:
        """Keep the arrays of a trainer that ended, and no earlier ones."""
        store = self._store(part, trainer)
        for name in store.list():
            store.remove(name)
        store.sweep()
        store.save(arrays, {"key": key})

    def clear(self) -> None:
        """Let everything go: the run is over."""
        shutil.rmtree(self._root, ignore_errors=True)

    def release(self) -> None:
        """Let another process learn."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _store(self, part: str, trainer: str) -> FolderModelStore:
        return FolderModelStore(self._root / part / f"{trainer}.done", self._key)
