"""What a search text names: genres, tags, people and titles of a catalogue, by their beginnings.

A text names a word of the catalogue that begins with it ("roman": Romance) or, for people, whose
last name does. A text of fewer than three letters names only what it spells out. This finds what
a member meant in order to make a row of it; it is no search engine.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Catalog

__all__ = ["Named", "named_by"]

LENGTH_MIN = 3
#: A text that begins so many names of a kind names none of them.
NAME_COUNT_MAX = 3
#: Texts of one catalogue whose answer is kept.
_KEPT_COUNT_MAX = 10_000
_FACETS = ("genre", "tag", "person")


@dataclass(frozen=True, slots=True)
class Named:
    """One kind of what a text names: ``position`` are the items that have it, or that it calls by
    their title; ``names`` are the words it stands for.
    """

    kind: str
    names: tuple[str, ...]
    position: NDArray[np.int32]


def named_by(catalog: Catalog, text: str) -> Named | None:
    """Return what ``text`` names: what it spells out before what it begins, genres before tags
    before people before titles; None where it names nothing.
    """
    kept = catalog.memory("searched")
    if text not in kept:
        if len(kept) >= _KEPT_COUNT_MAX:
            kept.clear()
        kept[text] = _find(catalog, " ".join(text.lower().split()))
    found: Named | None = kept[text]
    return found


def _find(catalog: Catalog, text: str) -> Named | None:
    if not text:
        return None
    index = _index(catalog)
    for whole in (True, False):
        if not whole and len(text) < LENGTH_MIN:
            break
        for kind in (*_FACETS, "title"):
            codes = _matching(index[kind], text, whole=whole)
            if codes:
                return _named(catalog, kind, codes)
    return None


def _named(catalog: Catalog, kind: str, codes: list[int]) -> Named:
    if kind == "title":
        titles = tuple(catalog.items[code].title for code in codes)
        return Named(kind, titles, np.array(codes, np.int32))
    facet = getattr(catalog, kind)
    position = np.unique(np.concatenate([facet.having(code) for code in codes]))
    return Named(kind, tuple(facet.names[code] for code in codes), position.astype(np.int32))


def _matching(index: list[tuple[str, int]], text: str, *, whole: bool) -> list[int]:
    """Return the codes of the names that are ``text``, or begin with it where they are few."""
    found: set[int] = set()
    for name, code in index[bisect_left(index, (text, -1)) :]:
        if name != text if whole else not name.startswith(text):
            break
        found.add(code)
        if len(found) > NAME_COUNT_MAX:
            return []
    return sorted(found)


def _index(catalog: Catalog) -> dict[str, list[tuple[str, int]]]:
    """Return every name in small letters with its code, sorted; made once for each catalogue."""
    kept = catalog.memory("search-names")
    if not kept:
        for kind in _FACETS:
            names = enumerate(getattr(catalog, kind).names)
            kept[kind] = sorted((name.lower(), code) for code, name in names)
        kept["person"] = sorted(
            {*kept["person"], *((name.split()[-1], code) for name, code in kept["person"] if name)}
        )
        kept["title"] = sorted(
            (item.title.lower().removeprefix("the "), at)
            for at, item in enumerate(catalog.items)
            if catalog.offerable[at]
        )
    return kept
