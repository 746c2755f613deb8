"""One process owns a home. The lock file tells others who does, and how to reach it."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from pasand.errors import HomeBusy

__all__ = ["HomeLock", "owner_of"]


class HomeLock:
    """An exclusive lock on ``home/lock``, held until ``release`` or the end of the process."""

    def __init__(self, home: Path) -> None:
        self._path = home / "lock"
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._handle)
            owner = owner_of(home)
            who = f" by process {owner['pid']}" if owner.get("pid") else ""
            raise HomeBusy(
                f"{home} is in use{who}.",
                fix=f"Stop that process, or talk to it at {owner.get('url') or 'its address'}.",
            ) from error
        self.tell({})

    def tell(self, facts: dict[str, Any]) -> None:
        """Write what others need to reach this process: its address and a token for its owner."""
        data = json.dumps({"pid": os.getpid(), **facts}).encode()
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, data, 0)

    def release(self) -> None:
        """Let the home go."""
        if self._handle >= 0:
            os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = -1


def owner_of(home: Path) -> dict[str, Any]:
    """Return what the owner of a home told, empty where nobody owns it."""
    path = home / "lock"
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return {}
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        text = path.read_text("utf-8") or "{}"
        try:
            facts: dict[str, Any] = json.loads(text)
        except json.JSONDecodeError:
            return {"pid": 0}
        return facts
    else:
        return {}
    finally:
        os.close(handle)
