"""SQLite's errors as ours: what went wrong with the store, and what its operator can do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import apsw

from pasand.errors import StoreUnavailable

__all__ = ["DISK_ERRORS", "translated", "unavailable"]

T = TypeVar("T")

#: After these a connection is not trusted. A full disk is none of them: SQLite knows what it
#: could not write, and takes it back.
DISK_ERRORS = (
    apsw.IOError,
    apsw.ReadOnlyError,
    apsw.CantOpenError,
    apsw.CorruptError,
    apsw.NotADBError,
)


def translated(act: Callable[[], T]) -> T:
    """Run ``act``; SQLite's errors become StoreUnavailable, which says what to do."""
    try:
        return act()
    except apsw.Error as error:
        raise unavailable(error) from error


def unavailable(error: Exception) -> Exception:
    """Return what the caller should be told; an error that is not SQLite's as it is."""
    if isinstance(error, apsw.FullError):
        return StoreUnavailable("The disk is full.", fix="Free some space, then try again.")
    if isinstance(error, (apsw.ReadOnlyError, apsw.CantOpenError, apsw.PermissionsError)):
        return StoreUnavailable(
            f"The store cannot be written: {error}.", fix="Check the folder's permissions."
        )
    if isinstance(error, (apsw.CorruptError, apsw.NotADBError)):
        return StoreUnavailable(
            f"The store's file is damaged: {error}.", fix="Restore the last backup."
        )
    if isinstance(error, (apsw.BusyError, apsw.LockedError)):
        return StoreUnavailable(
            "Another process has been reading the store for long, or writes into it.",
            fix="Wait until the backup or export has ended.",
        )
    if isinstance(error, apsw.IOError):
        name = apsw.mapping_extended_result_codes.get(getattr(error, "extendedresult", 0))
        return StoreUnavailable(
            f"The disk did not answer as it should: {error}{f' ({name})' if name else ''}.",
            fix="Look for the disk's errors in the system's log.",
        )
    return error
