"""Files and folders that are on the disk when a call returns."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["map_array", "sync_folder", "write_array", "write_bytes"]


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole."""
    with path.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())


def write_array(path: Path, array: NDArray[Any]) -> int:
    """Write an array as .npy and return how many bytes the file has."""
    with path.open("wb") as out:
        np.save(out, array, allow_pickle=False)
        out.flush()
        os.fsync(out.fileno())
    return path.stat().st_size


def map_array(path: Path) -> NDArray[Any]:
    """Return the array of an .npy file, mapped for reading: processes share its memory. Where the
    system can, it begins to read the file, so that pages do not wait for its disk one by one.
    """
    if hasattr(os, "posix_fadvise"):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_WILLNEED)
        finally:
            os.close(handle)
    # As a plain array: each step with a mapped one costs microseconds more.
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def sync_folder(folder: Path) -> None:
    """Have what was renamed or made in ``folder`` on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
