"""Progress: a bar on a terminal, silence in a pipe, or whatever the caller passes in."""

from __future__ import annotations

import sys
from collections.abc import Callable

__all__ = ["Progress", "progress_of"]

#: Told what is being done, how much of it is done, and of how much.
Progress = Callable[[str, int, int], None]

_WIDTH = 30


def progress_of(progress: Progress | None, verbose: bool) -> Progress:
    """Return the caller's own, a bar where one was asked for and can be seen, or silence."""
    if progress is not None:
        return progress
    return _bar if verbose and sys.stderr.isatty() else _silence


def _silence(what: str, done: int, total: int) -> None:
    pass


def _bar(what: str, done: int, total: int) -> None:
    filled = _WIDTH * done // total if total else 0
    bar = f"{'█' * filled}{'·' * (_WIDTH - filled)}"
    end = "\n" if done >= total else ""
    sys.stderr.write(f"\r\x1b[K{what:<24} {bar} {done:,} of {total:,}{end}")
    sys.stderr.flush()
