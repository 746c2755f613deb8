"""The gallery: every picture that some cells may show, as columns, with what it is made of.

A cell's pictures stand side by side: column c of cell i is the item's picture c. Withdrawn ones,
and those above the member's age, are not open, on any path.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Catalog
from pasand.domain.picture_looks import kind_of
from pasand.domain.query import Query

__all__ = ["Cover", "Gallery", "Parts", "cover_of", "first_open", "gallery_of", "parts_of"]

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the codes of ``Catalog.component`` mean: the place of the picture, the word's own code
    (``words``), its place in LOOKS, and the age it sets (-1: none, a withdrawn one's is beyond
    all). A word that only closes a picture has the kind -1. ``word_spread`` is the mean square of
    how far pictures are apart from their title's others in a word.
    """

    place: Ints
    word: Ints
    kind: Ints
    age: Ints
    words: tuple[str, ...]
    word_code: dict[str, int]
    word_kind: Ints
    word_spread: NDArray[np.float64]

    @property
    def closes(self) -> bool:
        """Whether any picture is not for everybody."""
        return bool((self.age >= 0).any())


@dataclass(frozen=True, slots=True)
class Cover:
    """By picture code the position of its ``title``; one entry for each word of each picture:
    ``picture`` and ``word``.
    """

    title: NDArray[np.int32]
    picture: NDArray[np.int32]
    word: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures of cells: ``code`` (cells x columns) numbers the catalogue's pictures, -1 where the
    item has no more; ``open`` says which may be shown. One entry for each component of an open
    picture: ``cell``, ``column``, ``word``, and its ``part`` in the catalogue.
    """

    code: Ints
    open: NDArray[np.bool_]
    cell: Ints
    column: Ints
    word: Ints
    part: NDArray[np.int32]


def parts_of(catalog: Catalog) -> Parts:
    """Return what the component codes of a catalogue mean; worked out once for a snapshot."""
    kept = catalog.memory("pictures")
    found = kept.get("parts")
    if isinstance(found, Parts):
        return found
    word_code: dict[str, int] = {}
    rows = []
    for name in catalog.component.names:
        place, _, word = name.partition("|")
        age = -1
        if word == "!withdrawn":
            age = 2**31
        elif word.startswith("!age:"):
            age = int(word.removeprefix("!age:"))
        rows.append((int(place), word_code.setdefault(word, len(word_code)), age))
    table = np.array(rows, np.int64).reshape(-1, 3)
    words = tuple(word_code)
    kinds = np.array([-1 if word.startswith("!") else kind_of(word) for word in words], np.int64)
    kind = kinds[table[:, 1]] if len(table) else np.zeros(0, np.int64)
    spread = _spread(catalog, table, len(words))
    found = kept["parts"] = Parts(
        table[:, 0], table[:, 1], kind, table[:, 2], words, word_code, kinds, spread
    )
    return found


def _spread(catalog: Catalog, table: Ints, words: int) -> NDArray[np.float64]:
    """Return the mean square, over pictures that have components, of a word within its title."""
    owner, part = catalog.component.pairs(np.arange(len(catalog), dtype=np.int32))
    word = table[part, 1]
    key, count = np.unique(owner * max(words, 1) + word, return_counts=True)
    whole = np.maximum(catalog.artwork.count, 1)[key // max(words, 1)]
    share = count / whole
    total = max(len(np.unique(owner * 64 + table[part, 0])), 1)
    return np.bincount(key % max(words, 1), whole * share * (1.0 - share), words) / total


def gallery_of(query: Query, position: NDArray[np.int32]) -> Gallery:
    """Return the pictures of the items at ``position``, one cell each."""
    catalog = query.catalog
    parts, facet = parts_of(catalog), catalog.artwork
    count = facet.count[position]
    width = int(count.max(initial=0))
    column = np.arange(width)
    there = column < count[:, None]
    at = np.where(there, facet.start[position][:, None] + column, 0)
    code = np.where(there, facet.value[at], -1) if len(facet.value) else np.full(at.shape, -1)
    opened = there.copy()
    cell, part = catalog.component.pairs(position)
    if parts.closes:
        place, age = parts.place[part], parts.age[part]
        closes = age > query.maturity_ceiling
        opened[cell[closes], place[closes]] = False
        tells = (age < 0) & opened[cell, place]
        cell, part = cell[tells], part[tells]
    place, word = parts.place[part], parts.word[part]
    return Gallery(code.astype(np.int64), opened, cell, place, word, part)


def cover_of(catalog: Catalog) -> Cover:
    """Return what all pictures of a catalogue show; worked out once for a snapshot."""
    kept = catalog.memory("pictures")
    found = kept.get("cover")
    if isinstance(found, Cover):
        return found
    facet, parts = catalog.artwork, parts_of(catalog)
    title = np.zeros(len(facet.names), np.int32)
    title[facet.value] = np.repeat(np.arange(len(catalog), dtype=np.int32), facet.count)
    item, part = catalog.component.pairs(np.arange(len(catalog), dtype=np.int32))
    tells = parts.kind[part] >= 0
    item, part = item[tells], part[tells]
    picture = facet.value[facet.start[item] + parts.place[part]]
    found = kept["cover"] = Cover(title, picture, parts.word[part].astype(np.int32))
    return found


def first_open(query: Query, position: NDArray[np.int32]) -> NDArray[np.int16]:
    """Return the first picture of each item that may be shown to the member, -1 where none may."""
    opened = gallery_of(query, position).open
    if not opened.shape[1]:
        return np.full(len(position), -1, np.int16)
    return np.where(opened.any(axis=1), opened.argmax(axis=1), -1).astype(np.int16)
