"""Where a text or a value names a member: what erasing has to find, and what it leaves behind.

An id is found as a whole word: not inside a longer one. Nothing is read or written here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

__all__ = ["ERASED", "names_any", "without", "words_of"]

#: What stands in another member's event where it named one who was erased.
ERASED = "erased"
#: A shorter id could be any word: it counts as a name only where it is the whole value.
_WORD_CHARS_MIN = 6
_escaped = re.compile(rb"\\u00([0-7][0-9a-fA-F])").sub
_words = re.compile(rb"[A-Za-z0-9_.:\-]+").findall


def words_of(data: bytes) -> set[str]:
    """Return every word of ``data`` that could be an id, JSON's escapes undone."""
    words = set(_words(_plain(data)))
    words |= {word.strip(b".:-") for word in words}
    return {word.decode() for word in words if word}


def names_any(data: bytes, names: Collection[str]) -> bool:
    """Return whether ``data`` has one of ``names`` as a word."""
    plain = _plain(data)
    return any(_whole(name.encode()).search(plain) for name in names)


def without(value: Any, names: Collection[str]) -> Any:
    """Return ``value`` (as JSON has it) with ERASED in place of each of ``names``."""
    if isinstance(value, str):
        if value in names:
            return ERASED
        for name in names:
            if len(name) >= _WORD_CHARS_MIN and name in value:
                value = _whole(name).sub(ERASED, value)
        return value
    if isinstance(value, Mapping):
        return {without(key, names): without(held, names) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [without(held, names) for held in value]
    return value


def _whole(name: Any) -> re.Pattern[Any]:
    if isinstance(name, bytes):
        return re.compile(rb"(?<![A-Za-z0-9_])" + re.escape(name) + rb"(?![A-Za-z0-9_])")
    return re.compile(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])")


def _plain(data: bytes) -> bytes:
    """Return ``data`` with JSON's escapes of ASCII undone, whether it is sound JSON or not."""
    return _escaped(lambda found: bytes.fromhex(found[1].decode()), data)
