"""Identifiers and short stable hashes.

Ids come from callers (item, member, event) or from us (page, artwork). They are never used as
file names; files are named by hashes of their content.
"""

from __future__ import annotations

import re
from hashlib import blake2b

from pasand.errors import InvalidInput

__all__ = ["ID_PATTERN", "check_id", "short_hash", "stable_seed"]

ID_PATTERN = r"^[A-Za-z0-9_.:\-]{1,128}$"
_is_id = re.compile(r"[A-Za-z0-9_.:\-]{1,128}").fullmatch


def check_id(value: object, field: str) -> str:
    """Return ``value`` if it is a well-formed id, else raise InvalidInput naming ``field``."""
    if isinstance(value, str) and _is_id(value):
        return value
    raise InvalidInput(
        f"{field} is not a well-formed id: {str(value)[:60]!r}.",
        field=field,
        fix="Use 1 to 128 letters, digits or _ . : -",
    )


def short_hash(data: bytes, size: int = 8) -> str:
    """Return a hexadecimal content hash of ``2 * size`` characters."""
    return blake2b(data, digest_size=size).hexdigest()


def stable_seed(*parts: object) -> int:
    """Return a 63-bit seed that depends on ``parts`` alone, the same on every machine."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1
