"""Trained heads in a folder: the arrays of each in one file, what is no array in one beside it."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pasand.adapters.durable_files import sync_folder, write_bytes
from pasand.errors import InvalidInput

__all__ = ["HeadFolder"]

Kept = tuple[dict[str, Any], dict[str, Any]]


class HeadFolder:
    """Heads by kind (mood, genre, class); a new one takes the place of the old in one step."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, kind: str, arrays: Mapping[str, Any], about: Mapping[str, Any]) -> Path:
        """Write a head and return its file."""
        self._folder.mkdir(parents=True, exist_ok=True)
        held = io.BytesIO()
        told = np.frombuffer(json.dumps(dict(about)).encode(), np.uint8)
        np.savez(held, allow_pickle=False, **{"about": told, **arrays})
        path = self._folder / f"{kind}.npz"
        new = path.with_suffix(".new")
        write_bytes(new, held.getvalue())
        os.replace(new, path)
        sync_folder(self._folder)
        return path

    def load(self) -> dict[str, Kept]:
        """Return arrays and facts of every head there is."""
        return {path.stem: _read(path) for path in sorted(self._folder.glob("*.npz"))}


def _read(path: Path) -> Kept:
    try:
        with np.load(path, allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in kept.files}
        about = json.loads(arrays.pop("about").tobytes())
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        fix = "Train it again: pasand vision train."
        raise InvalidInput(f"{path} is damaged: {error}", field="file", fix=fix) from None
    return arrays, about
