"""Names of what a member can correct: "genre:Horror", "tag:heist", "person:Name", "occasion:new".

An occasion is a reason to be shown or told something. Muting one takes its rows off the member's
page, on every rung; what writes to members asks the same question.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "FACETS",
    "MUTED_BYTES_MAX",
    "OCCASIONS",
    "is_taste_name",
    "muted_bytes",
    "muted_row_kinds",
]

FACETS = ("genre", "tag", "person")

#: The kinds of row that an occasion stands for. No row is made for seasons yet; it may be muted.
OCCASIONS = {
    "because": ("because", "searched"),
    "trending": ("trending",),
    "top_ten": ("top-10",),
    "new": ("new",),
    "seasonal": ("seasonal",),
}

NAME_LENGTH_MAX = 110
#: How much muting a profile surely holds; past it the oldest would be forgotten unasked.
MUTED_BYTES_MAX = 400


def muted_bytes(names: Iterable[str]) -> int:
    """Return the room that muted names take in a profile."""
    return sum(len(name.encode()) + 6 for name in names)


def is_taste_name(name: str, *, facets: Iterable[str]) -> bool:
    """Return whether ``name`` is a well-formed name of one of ``facets``."""
    facet, _, word = name.partition(":")
    if facet not in facets or not word or len(name) > NAME_LENGTH_MAX:
        return False
    return facet != "occasion" or word in OCCASIONS


def muted_row_kinds(muted: Iterable[str]) -> frozenset[str]:
    """Return the kinds of row that a member wants no more of."""
    kinds: set[str] = set()
    for name in muted:
        facet, _, word = name.partition(":")
        if facet == "occasion":
            kinds.update(OCCASIONS.get(word, ()))
    return frozenset(kinds)
