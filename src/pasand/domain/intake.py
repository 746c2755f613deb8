"""What a reader of files hands to an import: rows as they were read, and rows set aside.

A bad row never stops an import: it is kept with its place, its original text and the reason.
Nothing is read or parsed here.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["RawRow", "SetAside"]


class SetAside(NamedTuple):
    """A row that could not be used. ``number`` is its line, or its row in a Parquet file."""

    number: int
    text: str
    reason: str
    file: str = ""


class RawRow(NamedTuple):
    """A row as it stands in a file: ``values`` by column, or None with the ``problem``."""

    number: int
    text: str
    values: dict[str, Any] | None
    problem: str = ""
