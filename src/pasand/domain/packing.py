"""Packing: columns of a profile as few bytes, each with a bound that can be added up beforehand.

Ids are one text in base 64 read backwards: an id uses 64 letters at most, so four of them take
three bytes. Tastes keep 16 significant bits, which is the upper part of a 32-bit float. Recent
entries take one byte each that says what happened and how long the gap before it is, then the
gap. See ``docs/decisions/0013-profile-encoding.md``.
"""

from __future__ import annotations

import re
import struct
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from pasand.domain.profile_parts import NO_RECENTS, Recents

__all__ = [
    "SECOND_MAX",
    "gap_length",
    "id_cost",
    "name_cost",
    "pack_ids",
    "pack_numbers",
    "pack_recents",
    "pack_tastes",
    "rounded",
    "table_cost",
    "unpack_ids",
    "unpack_numbers",
    "unpack_recents",
    "unpack_tastes",
]

#: Seconds are kept in 32 bits: up to the year 2106.
SECOND_MAX = 2**32 - 1
_TASTE_BITS = 16
_TASTE_MAX = 2**120

#: The 64 letters: 62 of an id, "_" ends an id, "-" begins one of the other four that ids have.
_ESCAPES = {"-": "--", "_": "-u", ".": "-d", ":": "-c"}
_LETTERS = {escape: letter for letter, escape in _ESCAPES.items()}
_special = re.compile(r"[-_.:]")
_escaped = re.compile(r"-[-udc]")
_is_plain = re.compile(r"[A-Za-z0-9]+").fullmatch
_is_id = re.compile(r"[A-Za-z0-9_.:\-]+").fullmatch
_TO_BASE64 = str.maketrans("-_", "+/")
_FROM_BASE64 = str.maketrans("+/", "-_")

_NEW, _VALUED, _GAP_SHIFT = 16, 32, 6


# Ids


@lru_cache(maxsize=65_536)
def id_cost(item_id: str) -> tuple[int, int, int]:
    """Return what an id adds to a table: letters, bytes as plain text, and 1 if it is odd.

    An odd id has letters that ids do not have; a table that holds one is kept as plain text.
    """
    if _is_plain(item_id):
        return len(item_id) + 1, len(item_id) + 3, 0
    odd = not _is_id(item_id)
    letters = len(item_id) + len(_special.findall(item_id)) + 1
    return letters, len(item_id.encode()) + 3, int(odd)


def table_cost(letters: int, plain: int, odd: int) -> int:
    """Return the bytes a table takes at most, by the sums of ``id_cost``."""
    return plain if odd else (letters * 3) // 4 + 3


def pack_ids(ids: Sequence[str]) -> bytes | list[str]:
    """Return a table of ids: bytes, or the plain list where one of them is odd."""
    text = "_".join(ids)
    if ids and not _is_plain("".join(ids)):
        if not all(map(_is_id, ids)):
            return list(ids)
        text = "_".join([_special.sub(lambda found: _ESCAPES[found[0]], one) for one in ids])
    text += "_" * (-len(text) % 4)
    return a2b_base64(text.translate(_TO_BASE64))


def unpack_ids(packed: bytes | list[str]) -> list[str]:
    """Return the ids of a table."""
    if isinstance(packed, list):
        return packed
    text = b2a_base64(packed, newline=False).decode().translate(_FROM_BASE64).rstrip("_")
    if not text:
        return []
    ids = text.split("_")
    if "-" in text:
        return [_escaped.sub(lambda found: _LETTERS[found[0]], one) for one in ids]
    return ids


@lru_cache(maxsize=65_536)
def name_cost(name: str) -> int:
    """Return the bytes a word takes at most in a list of words."""
    size = len(name.encode())
    return size + (1 if size < 32 else 3)


# Numbers


def pack_numbers(letter: str, numbers: Iterable[int]) -> bytes:
    """Return numbers as bytes; ``letter`` is B, H or I for one, two or four bytes each."""
    values = tuple(numbers)
    return struct.pack(f"<{len(values)}{letter}", *values)


def unpack_numbers(letter: str, data: bytes) -> tuple[int, ...]:
    """Return the numbers behind bytes."""
    return struct.unpack(f"<{len(data) // struct.calcsize(letter)}{letter}", data)


def rounded(taste: int) -> int:
    """Return a taste with 16 significant bits, as it is kept."""
    extra = taste.bit_length() - _TASTE_BITS
    if extra <= 0:
        return taste
    size = min(abs(taste) >> extra << extra, _TASTE_MAX)
    return size if taste > 0 else -size


def pack_tastes(tastes: Mapping[str, int]) -> bytes:
    """Return rounded tastes as three bytes each."""
    floats = np.fromiter(tastes.values(), "<f4", len(tastes))
    return floats.view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()


def unpack_tastes(names: Sequence[str], data: bytes) -> dict[str, int]:
    """Return tastes by name."""
    cells = np.zeros((len(names), 4), np.uint8)
    cells[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
    return dict(zip(names, map(int, cells.view("<f4").ravel().tolist()), strict=True))


# Recent entries


def gap_length(gap_s: int) -> int:
    """Return the bytes that a gap takes."""
    return 1 if gap_s < 256 else 2 if gap_s < 65_536 else 3 if gap_s < 16_777_216 else 4


def pack_recents(recents: Recents, index: dict[str, int]) -> tuple[int, bytes, bytes, bytes, bytes]:
    """Return the newest second and the columns; ``index`` takes the ids in their first order."""
    count = len(recents)
    if not count:
        return 0, b"", b"", b"", b""
    setdefault = index.setdefault
    at = np.fromiter([setdefault(name, len(index)) for name in recents.item_id], np.int64, count)
    # An id seen for the first time is the next of the table, so only its repeats name a place.
    newest = np.maximum.accumulate(at)
    new = np.ones(count, bool)
    new[1:] = newest[1:] > newest[:-1]
    seconds = np.fromiter(recents.at_s, np.int64, count)
    gaps = np.diff(seconds, prepend=seconds[0]).astype("<u4")
    wide = gaps[:, None] >= np.array([256, 65_536, 16_777_216], np.uint32)
    length = wide.sum(1)
    values = np.fromiter(recents.value, np.int8, count)
    control = np.fromiter(recents.code, np.uint8, count)
    control |= (new * _NEW | (values != 0) * _VALUED | length << _GAP_SHIFT).astype(np.uint8)
    used = np.arange(4) <= length[:, None]
    return (
        int(seconds[-1]),
        control.tobytes(),
        gaps.view(np.uint8).reshape(-1, 4)[used].tobytes(),
        at[~new].astype("<u2").tobytes(),
        values[values != 0].tobytes(),
    )


def unpack_recents(
    newest_s: int, control: bytes, gap: bytes, place: bytes, value: bytes, ids: Sequence[str]
) -> Recents:
    """Return the entries behind the columns; ``ids`` is the whole table."""
    count = len(control)
    if not count:
        return NO_RECENTS
    flags = np.frombuffer(control, np.uint8)
    new = flags & _NEW != 0
    at = np.empty(count, np.int64)
    at[new] = np.arange(int(new.sum()))
    at[~new] = np.frombuffer(place, "<u2")
    cells = np.zeros((count, 4), np.uint8)
    cells[np.arange(4) <= (flags >> _GAP_SHIFT)[:, None]] = np.frombuffer(gap, np.uint8)
    gaps = cells.view("<u4").ravel().astype(np.int64)
    seconds = (newest_s - (gaps.sum() - np.cumsum(gaps))) % (SECOND_MAX + 1)
    values = np.zeros(count, np.int64)
    values[flags & _VALUED != 0] = np.frombuffer(value, np.int8)
    return Recents(
        tuple([ids[place] for place in at.tolist()]),
        (flags & 15).tobytes(),
        tuple(seconds.tolist()),
        tuple(values.tolist()),
    )
