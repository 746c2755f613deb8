"""CatalogShelf in a folder: the catalogue's arrays as .npy files that processes map.

A snapshot is a folder named by its version; files are written, fsynced, and the folder renamed
into place, so it is there whole or not at all. It is made by a process of its own
(``catalog_press.py``), so that those who serve neither wait for it nor hold its memory. Everything
here follows from the store and may be deleted at any time.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pasand.adapters.durable_files import map_array, sync_folder, write_array, write_bytes
from pasand.domain.catalog import Catalog
from pasand.domain.packed_items import PACKING, catalog_of

__all__ = ["CatalogFolder", "save_catalog"]

_log = logging.getLogger(__name__)

#: From how many items on a catalogue lies here: 9 KB each is what an item takes otherwise.
COUNT_MIN = 20_000
#: After a snapshot was made, none is begun for this many times as long as it took.
REST = 4.0
#: Snapshots that stay: who serves from one before keeps its files open.
KEPT_COUNT = 2
_MANIFEST = "manifest.json"


class CatalogFolder:
    """Snapshots of the catalogue of ``tenant`` in ``store``, below ``root``.

    Only who ``presses`` has new ones made; others take what they find.
    """

    def __init__(
        self,
        root: Path,
        store: Path,
        tenant: str,
        *,
        presses: bool = True,
        count_min: int = COUNT_MIN,
    ) -> None:
        self.count_min = count_min
        self._root = root
        self._store = store
        self._tenant = tenant
        self._presses = presses
        self._lock = threading.Lock()
        self._press: subprocess.Popen[bytes] | None = None
        self._begun_s = self._rest_until_s = 0.0

    def newest(self, after: int = -1) -> Catalog | None:
        """Return the newest snapshot if its version is above ``after``, None if none is."""
        for version in reversed(_versions(self._root)):
            if version <= after:
                return None
            with suppress(OSError, ValueError, KeyError):
                return self._load(version)
            _log.warning("the catalogue's snapshot %d cannot be read", version)
        return None

    def renew(self, *, wait: bool = False) -> None:
        """Have a newer one made, not too soon after the last; with ``wait``, now and to the end."""
        if not self._presses:
            return
        with self._lock:
            if self._press is not None and (wait or self._press.poll() is not None):
                self._end(self._press)
            if self._press is None and (wait or time.monotonic() >= self._rest_until_s):
                self._begun_s = time.monotonic()
                # Who waits for it wants it soon; else it takes what time others leave.
                nice = "0" if wait else "19"
                arguments = (str(self._store), str(self._root), self._tenant, nice)
                command = [sys.executable, "-m", "pasand.adapters.catalog_press", *arguments]
                self._press = subprocess.Popen(command, stdin=subprocess.DEVNULL)
            if self._press is not None and wait:
                self._end(self._press)

    def close(self) -> None:
        """Leave off what is being made."""
        with self._lock:
            if self._press is not None:
                self._press.kill()
                self._press.wait()
                self._press = None

    def _end(self, press: subprocess.Popen[bytes]) -> None:
        if press.wait():
            _log.error("no snapshot of the catalogue could be made")
        self._press = None
        now_s = time.monotonic()
        self._rest_until_s = now_s + REST * (now_s - self._begun_s)

    def _load(self, version: int) -> Catalog:
        folder = self._root / str(version)
        manifest = json.loads((folder / _MANIFEST).read_bytes())
        if manifest["packing"] != _packing(self._tenant):
            raise ValueError("it is of another packing")
        arrays = {}
        for name, size in manifest["files"].items():
            path = folder / f"{name}.npy"
            if path.stat().st_size != size:
                raise ValueError(f"{name} is not whole")
            arrays[name] = map_array(path)
        return catalog_of(arrays, version)


def save_catalog(root: Path, tenant: str, version: int, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a snapshot durably; those before the last few go, as do those of a later version:
    the store was put back to a backup.
    """
    root.mkdir(parents=True, exist_ok=True)
    draft = root / f".draft-{os.getpid()}"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    files = {name: write_array(draft / f"{name}.npy", array) for name, array in arrays.items()}
    manifest = {"packing": _packing(tenant), "files": files}
    write_bytes(draft / _MANIFEST, json.dumps(manifest).encode())
    target = root / str(version)
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)
    sync_folder(root)
    versions = _versions(root)
    kept = [one for one in versions if one <= version][-KEPT_COUNT:]
    gone = [root / str(one) for one in versions if one not in kept]
    for left in [*root.glob(".draft-*"), *gone]:
        shutil.rmtree(left, ignore_errors=True)


def _versions(root: Path) -> list[int]:
    """Return the versions of what is there, oldest first."""
    with suppress(OSError):
        return sorted(int(name) for name in os.listdir(root) if name.isdecimal())
    return []


def _packing(tenant: str) -> str:
    return f"{PACKING} {tenant}"
