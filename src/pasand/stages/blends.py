"""Blends: genre x tag x era, and genre x genre, as rows that a catalogue has enough titles for.

There are thousands of combinations; those are kept that belong together, that is, stand on more
titles than chance would have it (count x log of observed over expected), a few hundred in all.
Which items have which of them is written down once for each catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Catalog, Ragged

__all__ = ["Blend", "Blends", "blends_of", "decade_of"]

Ints = NDArray[np.integer]

#: A blend needs so many titles; what has more than this share of the catalogue says little, where
#: that is more than so many titles.
COUNT_MIN = 6
SHARE_MAX, COUNT_FREE = 0.08, 40
#: How many blends of each form are kept.
TAG_COUNT, TAG_ERA_COUNT, ERA_COUNT, PAIR_COUNT = 260, 160, 120, 60
#: Names that are looked at: the most frequent, and of an item its first ones.
GENRES_MAX, TAGS_MAX = 64, 512
GENRES_EACH, TAGS_EACH = 3, 6
_DECADES = 256


@dataclass(frozen=True, slots=True)
class Blend:
    """What the titles of a blend share; ``era`` is the first year of a decade, 0 for any."""

    genre: str
    tag: str = ""
    second: str = ""
    era: int = 0


@dataclass(frozen=True, slots=True)
class Blends:
    """The blends of a catalogue; item p has those at ``code[start[p]:start[p + 1]]``."""

    names: tuple[Blend, ...]
    start: NDArray[np.int64]
    code: NDArray[np.uint16]

    def pairs(self, position: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.uint16]]:
        """Return every blend of these items: the index into ``position``, and the code."""
        count = self.start[position + 1] - self.start[position]
        owner = np.repeat(np.arange(len(position)), count)
        first = np.repeat(self.start[position] - (np.cumsum(count) - count), count)
        return owner, self.code[first + np.arange(len(owner))]


def blends_of(catalog: Catalog) -> Blends:
    """Return the blends of a catalogue, made when they are first asked for."""
    kept = catalog.memory("blends")
    if "all" not in kept:
        kept["all"] = _make(catalog)
    found: Blends = kept["all"]
    return found


def decade_of(catalog: Catalog) -> NDArray[np.int32]:
    """Return the first year of every item's decade, 0 where its year is unknown."""
    kept = catalog.memory("blends")
    if "decade" not in kept:
        years = (item.year or 0 for item in catalog.items)
        year = np.fromiter(years, np.int32, len(catalog))
        kept["decade"] = np.where((year >= 10) & (year < 10 * _DECADES), year // 10 * 10, 0)
    found: NDArray[np.int32] = kept["decade"]
    return found


def _make(catalog: Catalog) -> Blends:
    owner_g, genre = _first(catalog.genre, GENRES_MAX, GENRES_EACH, catalog.offerable)
    owner_t, tag = _first(catalog.tag, TAGS_MAX, TAGS_EACH, catalog.offerable)
    decade = decade_of(catalog) // 10
    genres, tags = catalog.genre.names, catalog.tag.names
    names: list[Blend] = []
    owners: list[Ints] = []
    codes: list[Ints] = []

    def keep(owner: Ints, key: Ints, wanted: list[int], made: list[Blend]) -> None:
        """Note the wanted combinations as blends, and which items have them."""
        table = np.full(int(key.max(initial=-1)) + 2, -1, np.int32)
        table[wanted] = len(names) + np.arange(len(wanted))
        code = table[key]
        owners.append(owner[code >= 0])
        codes.append(code[code >= 0])
        names.extend(made)

    at, left, right = _joined(owner_g, genre, owner_t, tag, len(catalog))
    key = left * len(tags) + right
    together = _best(key, genre, tag, len(tags), len(catalog), TAG_COUNT)
    keep(at, key, together, [Blend(genres[k // len(tags)], tags[k % len(tags)]) for k in together])
    # An era is added to the combinations that are kept without one.
    rank = np.full(int(key.max(initial=-1)) + 2, -1, np.int64)
    rank[together] = np.arange(len(together))
    old = (rank[key] >= 0) & (decade[at] > 0)
    key, at = rank[key[old]] * _DECADES + decade[at[old]], at[old]
    wanted = _largest(key, len(catalog), TAG_ERA_COUNT)
    pairs = [(together[k // _DECADES], 10 * (k % _DECADES)) for k in wanted]
    made = [Blend(genres[k // len(tags)], tags[k % len(tags)], era=era) for k, era in pairs]
    keep(at, key, wanted, made)

    dated = decade[owner_g] > 0
    key = genre[dated] * _DECADES + decade[owner_g[dated]]
    wanted = _largest(key, len(catalog), ERA_COUNT)
    made = [Blend(genres[k // _DECADES], era=10 * (k % _DECADES)) for k in wanted]
    keep(owner_g[dated], key, wanted, made)

    at, left, right = _joined(owner_g, genre, owner_g, genre, len(catalog))
    at, left, right = (each[left < right] for each in (at, left, right))
    key = left * len(genres) + right
    wanted = _best(key, genre, genre, len(genres), len(catalog), PAIR_COUNT)
    made = [Blend(genres[k // len(genres)], second=genres[k % len(genres)]) for k in wanted]
    keep(at, key, wanted, made)
    return _sorted(tuple(names), np.concatenate(owners), np.concatenate(codes), len(catalog))


def _sorted(names: tuple[Blend, ...], owner: Ints, code: Ints, item_count: int) -> Blends:
    order = np.argsort(owner, kind="stable")
    start = np.zeros(item_count + 1, np.int64)
    np.cumsum(np.bincount(owner, minlength=item_count), out=start[1:])
    return Blends(names, start, code[order].astype(np.uint16))


def _first(facet: Ragged, most: int, each: int, offerable: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Return item and code of the first names of every item, of the most frequent alone."""
    owner, code = facet.pairs(np.arange(len(facet.count), dtype=np.int32))
    within = np.arange(len(owner)) - facet.start[owner]
    known = np.zeros(len(facet.names) + 1, bool)
    known[np.argsort(-facet.size, kind="stable")[:most]] = True
    kept = (within < each) & known[code] & offerable[owner]
    return owner[kept], code[kept].astype(np.int64)


def _joined(
    owner: Ints, left: Ints, other: Ints, right: Ints, item_count: int
) -> tuple[Ints, Ints, Ints]:
    """Return every pair of a left and a right name of one item: item, left, right."""
    each = np.bincount(other, minlength=item_count)
    start = np.cumsum(each) - each
    count = each[owner]
    first = np.repeat(start[owner] - (np.cumsum(count) - count), count)
    return np.repeat(owner, count), np.repeat(left, count), right[first + np.arange(count.sum())]


def _best(key: Ints, left: Ints, right: Ints, width: int, item_count: int, most: int) -> list[int]:
    """Return the combinations that belong together most, the largest where none do."""
    count = np.bincount(key) if len(key) else np.zeros(0, np.int64)
    found = _sizable(count, item_count)
    of_left, of_right = np.bincount(left), np.bincount(right)
    expected = of_left[found // max(width, 1)] * of_right[found % max(width, 1)] / item_count
    worth = count[found] * np.log(count[found] / expected)
    order = np.lexsort((found, -count[found], -np.maximum(worth, 0.0)))
    best: list[int] = found[order[:most]].tolist()
    return best


def _largest(key: Ints, item_count: int, most: int) -> list[int]:
    count = np.bincount(key) if len(key) else np.zeros(0, np.int64)
    found = _sizable(count, item_count)
    order = np.lexsort((found, -count[found]))
    best: list[int] = found[order[:most]].tolist()
    return best


def _sizable(count: Ints, item_count: int) -> Ints:
    most = max(SHARE_MAX * item_count, COUNT_FREE)
    return np.flatnonzero((count >= COUNT_MIN) & (count <= most))
