"""Maturity as an age: from a number, or from the rating word of a film. No ceiling is applied."""

from __future__ import annotations

from typing import Any

from pasand.domain.coerce import Reader, refuse, whole
from pasand.domain.member import UNRATED_AGE

__all__ = ["AGE_MAX", "MATURITY_AGES", "age", "maturity_age"]

AGE_MAX = 21

#: The age from which a title with this rating may be shown.
MATURITY_AGES = {
    "G": 0,
    "PG": 8,
    "PG-13": 13,
    "R": 17,
    "NC-17": 18,
    "UNRATED": UNRATED_AGE,
    "NOT RATED": UNRATED_AGE,
    "NR": UNRATED_AGE,
    "N/A": UNRATED_AGE,
    "": UNRATED_AGE,
}

_age = whole(0, AGE_MAX)
_FIX = f"Give an age from 0 to {AGE_MAX}, or one of G, PG, PG-13, R, NC-17, unrated."


def maturity_age(value: Any, field: str) -> int:
    """Return the age behind a number or a rating word."""
    if isinstance(value, str):
        word = value.strip().upper()
        if word in MATURITY_AGES:
            return MATURITY_AGES[word]
        if not word.isdigit():
            refuse(field, value, "not a known rating", _FIX)
    found: int = _age(value, field)
    return found


#: An age, or the rating word that stands for one.
age = Reader(
    maturity_age, {"anyOf": [_age.schema, {"enum": [word for word in MATURITY_AGES if word]}]}
)
