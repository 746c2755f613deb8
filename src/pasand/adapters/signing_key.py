"""The key that an installation signs its snapshots with: 32 bytes that only its owner may read."""

from __future__ import annotations

import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

__all__ = ["SigningKey"]

_KEY_BYTES = 32


class SigningKey:
    """HMAC-SHA256 with the key in a file, which is made when something is first signed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def sign(self, purpose: str, data: bytes, *, make: bool = True) -> str:
        """Return the signature of ``data`` for one purpose; another purpose has another.

        Raises:
            FileNotFoundError: there is no key, and ``make`` is False.
        """
        if make and not self._path.exists():
            self._make()
        message = purpose.encode() + b"\n" + data
        return hmac.new(self._read(), message, "sha256").hexdigest()

    def _read(self) -> bytes:
        key = self._path.read_bytes()
        if len(key) < _KEY_BYTES:
            raise ValueError(f"{self._path} is no signing key")
        return key

    def _make(self) -> None:
        """Write a key whole, or take the one that another process has just written."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(secrets.token_bytes(_KEY_BYTES))
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(draft, self._path)
        draft.unlink()
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
