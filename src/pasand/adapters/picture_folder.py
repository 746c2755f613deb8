"""PictureShelf in folders: pictures named by their hash below ``artwork/uploads``, and a cache of
their preset sizes, which may be deleted at any time.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from pasand.adapters.durable_files import sync_folder, write_bytes
from pasand.domain.ids import short_hash
from pasand.errors import StoreUnavailable
from pasand.video_ports import PictureDecoder

__all__ = ["PictureFolder"]

_UPLOADS = "uploads"


class PictureFolder:
    """Pictures below ``artwork``, their sizes below ``cache``."""

    def __init__(self, artwork: Path, cache: Path, decoder: PictureDecoder) -> None:
        self._artwork = artwork
        self._cache = cache
        self._decoder = decoder

    def put(self, data: bytes) -> str:
        """Keep a picture durably; return its file's name below the artwork folder."""
        folder = self._artwork / _UPLOADS
        name = f"{_UPLOADS}/{short_hash(data, 16)}.webp"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not (self._artwork / name).exists():
                draft = folder / f".{os.getpid()}-{threading.get_ident()}"
                write_bytes(draft, data)
                draft.replace(self._artwork / name)
                sync_folder(folder)
        except OSError as error:
            raise StoreUnavailable(f"The picture cannot be written: {error.strerror}.") from error
        return name

    def sized(self, file: Path, width: int) -> Path:
        """Return the WebP file of a picture at a width, made once."""
        about = file.stat()
        key = short_hash(f"{file}\n{about.st_mtime_ns}\n{about.st_size}".encode(), 16)
        found = self._cache / f"{key}.{width}.webp"
        if not found.exists():
            made = self._decoder.webp(file.read_bytes(), width)
            try:
                self._cache.mkdir(parents=True, exist_ok=True)
                draft = self._cache / f".{key}.{width}.{os.getpid()}-{threading.get_ident()}"
                draft.write_bytes(made.data)
                draft.replace(found)
            except OSError as error:
                raise StoreUnavailable(f"No size can be kept: {error.strerror}.") from error
        return found

    def close(self) -> None:
        """Let what decodes go."""
        self._decoder.close()
