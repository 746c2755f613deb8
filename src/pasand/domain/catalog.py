"""Items, their artworks, and the immutable snapshot of all of them that stages read.

Stages never walk over Item objects: the snapshot offers columns (arrays over positions), so a
filter over 100,000 items is one NumPy expression. A catalogue is made of its items, or of arrays
that were made of them before (``packed_items.py``) and that processes share.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.member import UNRATED_AGE
from pasand.domain.names import PLAIN_COUNT_MAX, Names, codes_of, named, part_of, places

__all__ = [
    "COLUMNS",
    "FACETS",
    "ITEM_TYPES",
    "Artwork",
    "Catalog",
    "Groups",
    "Item",
    "ItemFacts",
    "Ragged",
    "Words",
    "facts_of",
    "pictured",
]

ITEM_TYPES = ("film", "series", "episode", "product", "article")
FAR_FUTURE_MS = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Artwork:
    """One picture of an item. ``file`` is a path below the home's artwork folder."""

    artwork_id: str
    file: str = ""
    palette: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What is offered: a film, a series, an episode of one, a product, or an article of news.

    ``maturity`` is an age. ``regions`` empty means everywhere. An item without
    ``available_from_ms`` has always been there; ``stock`` None means it cannot run out.
    """

    item_id: str
    title: str
    type: str = "film"
    genres: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    year: int | None = None
    maturity: int = UNRATED_AGE
    released_ms: int | None = None
    available_from_ms: int | None = None
    available_until_ms: int | None = None
    regions: tuple[str, ...] = ()
    runtime_minutes: float | None = None
    synopsis: str = ""
    language: str = ""
    series_id: str = ""
    season: int | None = None
    episode: int | None = None
    price: float | None = None
    currency: str = ""
    stock: int | None = None
    artworks: tuple[Artwork, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What the fold of a profile reads of an item; a change of these refolds its holders.

    ``pictures`` are the components of each artwork that has any, by its id. ``for_kids`` says
    that the item is meant for kids, by its age or its genre.
    """

    genres: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    series_id: str = ""
    runtime_minutes: float | None = None
    pictures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    for_kids: bool = False


#: Titles up to this age, or of one of these genres, are made for kids.
KIDS_TITLE_AGE = 7
KIDS_GENRES = frozenset(("Kids", "Children", "Children's", "Family"))


def facts_of(item: Item) -> ItemFacts:
    """Return what the fold reads of ``item``."""
    pictures = {
        artwork.artwork_id: tuple(map(str, components))
        for artwork in item.artworks
        if isinstance(components := artwork.facts.get("components"), (list, tuple)) and components
    }
    for_kids = item.maturity <= KIDS_TITLE_AGE or not KIDS_GENRES.isdisjoint(item.genres)
    return ItemFacts(
        item.genres,
        item.tags,
        item.people,
        item.series_id,
        item.runtime_minutes,
        pictures,
        for_kids,
    )


#: Components that are read of a picture at most.
COMPONENT_COUNT_MAX = 24


def pictured(item: Item) -> tuple[str, ...]:
    """Return what the pictures of ``item`` are made of, each word behind its picture's place and a
    bar; "!age:16" and "!withdrawn" say who may not be shown it.
    """
    told = []
    for place, artwork in enumerate(item.artworks):
        facts = artwork.facts
        age, words = facts.get("maturity"), facts.get("components")
        if facts.get("withdrawn"):
            told.append(f"{place}|!withdrawn")
        if isinstance(age, int) and age > 0:
            told.append(f"{place}|!age:{age}")
        if isinstance(words, (list, tuple)):
            some = dict.fromkeys(map(str, words[:COMPONENT_COUNT_MAX]))
            told += [f"{place}|{word}" for word in some]
    return tuple(told)


class Words:
    """Lists of names as they come: the code of each name, how many a list has, all their codes."""

    __slots__ = ("code", "count", "value")

    def __init__(self) -> None:
        self.code: dict[str, int] = {}
        self.count = array("q")
        self.value = array("i")

    def add(self, lists: Iterable[tuple[str, ...]]) -> None:
        """Take in the lists of more items."""
        code = self.code
        for names in lists:
            self.count.append(len(names))
            self.value.extend([code.setdefault(name, len(code)) for name in names])


_RAGGED = ("start", "value", "count", "root", "holder", "code_start", "size")


class Ragged:
    """Lists of different length as two arrays: list i is ``value[start[i]:start[i + 1]]``.

    ``names[code]`` is the word behind a code, ``code[name]`` the way back; ``size[code]`` says
    how many items have it, ``root[i]`` is the root of how many names item i has, at least 1.
    ``holder`` are the items that have code 0, then those that have 1, each from ``code_start`` on.
    """

    __slots__ = (
        "code",
        "code_start",
        "count",
        "holder",
        "names",
        "root",
        "size",
        "start",
        "value",
    )

    def __init__(self, lists: Iterable[tuple[str, ...]] = ()) -> None:
        words = Words()
        words.add(lists)
        self._fill(words)

    def _fill(self, words: Words) -> None:
        self.count: NDArray[np.int64] = np.array(words.count, np.int64)
        self.value: NDArray[np.int32] = np.array(words.value, np.int32)
        self.start: NDArray[np.int64] = np.zeros(len(self.count) + 1, np.int64)
        np.cumsum(self.count, out=self.start[1:])
        self.root: NDArray[np.float64] = np.sqrt(np.maximum(self.count, 1))
        self.names: Sequence[str] = tuple(words.code)
        self.code: Mapping[str, int] = words.code
        holder = np.repeat(np.arange(len(self.count), dtype=np.int32), self.count)
        order = np.argsort(self.value, kind="stable")
        self.holder: NDArray[np.int32] = holder[order]
        codes = np.arange(len(self.names) + 1)
        self.code_start: NDArray[np.int64] = np.searchsorted(self.value[order], codes)
        self.size: NDArray[np.int64] = np.diff(self.code_start)

    @classmethod
    def of_words(cls, words: Words) -> Ragged:
        """Return the lists that were gathered in ``words``."""
        self = cls.__new__(cls)
        self._fill(words)
        return self

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything as arrays by name."""
        arrays: dict[str, NDArray[Any]] = {name: getattr(self, name) for name in _RAGGED}
        return arrays | named("names", Names.of(self.names).arrays)

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Ragged:
        """Return the lists behind ``arrays``."""
        self = cls.__new__(cls)
        for name in _RAGGED:
            setattr(self, name, arrays[name])
        packed = Names(part_of(arrays, "names"))
        self.names = tuple(packed) if len(packed) <= PLAIN_COUNT_MAX else packed
        self.code = codes_of(self.names)
        return self

    def of(self, position: int) -> NDArray[np.int32]:
        """Return the codes of one item, in the order its owner gave them."""
        return self.value[self.start[position] : self.start[position + 1]]

    def having(self, code: int) -> NDArray[np.int32]:
        """Return the positions of all items that have ``code``, ascending."""
        return self.holder[self.code_start[code] : self.code_start[code + 1]]

    def weigh(self, weights: Mapping[str, float]) -> NDArray[np.float64]:
        """Return, for every item, the sum of the weights of its names; unknown names add 0."""
        known = [(self.code[name], weight) for name, weight in weights.items() if name in self.code]
        if not known:
            return np.zeros(len(self.count))
        holders = [self.having(code) for code, _ in known]
        each = np.repeat([weight for _, weight in known], [len(h) for h in holders])
        sums = np.bincount(np.concatenate(holders), each, minlength=len(self.count))
        return sums.astype(np.float64)

    def pairs(self, position: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """Return every name of these items: the index into ``position``, and the code."""
        count = self.count[position]
        owner = np.repeat(np.arange(len(position)), count)
        first = np.repeat(self.start[position] - (np.cumsum(count) - count), count)
        return owner, self.value[first + np.arange(len(owner))]

    def among(self, position: NDArray[np.int32]) -> Groups:
        """Return for every code the indices into ``position`` of the items that have it."""
        owner, codes = self.pairs(position)
        # Sorting whole numbers of two bytes takes a tenth of the time.
        short = codes.astype(np.uint16) if len(self.names) < 2**16 else codes
        order = np.argsort(short, kind="stable")
        bounds = np.searchsorted(codes[order], np.arange(len(self.names) + 1))
        return Groups(owner[order], bounds)


class Groups(Sequence[NDArray[np.intp]]):
    """Many short arrays in one, cut when they are asked for: few of thousands are."""

    __slots__ = ("_bounds", "_values")

    def __init__(self, values: NDArray[np.intp], bounds: NDArray[np.intp]) -> None:
        self._values = values
        self._bounds = bounds

    def __len__(self) -> int:
        return len(self._bounds) - 1

    def __getitem__(self, code: Any) -> Any:
        if code >= len(self):
            raise IndexError(code)
        return self._values[self._bounds[code] : self._bounds[code + 1]]


#: Columns by name: their type, and what stands in them of an item.
COLUMNS: Mapping[str, tuple[Any, Callable[[Item], Any]]] = {
    "maturity": (np.int16, lambda item: item.maturity),
    "available_from_ms": (np.int64, lambda item: item.available_from_ms or 0),
    "available_until_ms": (
        np.int64,
        lambda item: FAR_FUTURE_MS if item.available_until_ms is None else item.available_until_ms,
    ),
    "released_ms": (np.int64, lambda item: item.released_ms or item.available_from_ms or 0),
    "runtime_minutes": (np.float32, lambda item: item.runtime_minutes or np.nan),
    "year": (np.float32, lambda item: item.year or np.nan),
    "price": (np.float32, lambda item: np.nan if item.price is None else item.price),
    "stock": (np.int32, lambda item: -1 if item.stock is None else item.stock),
    "offerable": (np.bool_, lambda item: item.type != "episode"),
    "series": (np.bool_, lambda item: item.type == "series"),
    "artwork_count": (np.int16, lambda item: len(item.artworks)),
}
#: Facets by name: the words that an item has of it.
FACETS: Mapping[str, Callable[[Item], tuple[str, ...]]] = {
    "genre": lambda item: item.genres,
    "tag": lambda item: item.tags,
    "person": lambda item: item.people,
    "region": lambda item: item.regions,
    "language": lambda item: (item.language,) if item.language else (),
    "artwork": lambda item: tuple(artwork.artwork_id for artwork in item.artworks),
    "component": pictured,
}


class Catalog:
    """An immutable snapshot: items by position, and columns over those positions.

    ``version`` is the log offset of the newest item change it holds. Columns (all of length n):
    ``maturity`` age; ``available_from_ms``, ``available_until_ms``; ``released_ms`` (0 where
    unknown); ``runtime_minutes``, ``year`` and ``price`` (nan where unknown); ``stock`` (-1 where
    it cannot run out); ``offerable`` False for episodes, which are reached through their series;
    ``series``; ``artwork_count``. ``genre``, ``tag``, ``person``, ``region`` and ``language`` are
    Ragged; so is ``artwork``, every picture of the catalogue in one sequence: item p has
    ``artwork.of(p)``, and what those are made of is ``component.of(p)`` (see ``pictured``).
    """

    items: Sequence[Item]
    version: int
    item_ids: Sequence[str]
    position: Mapping[str, int]
    maturity: NDArray[np.int16]
    available_from_ms: NDArray[np.int64]
    available_until_ms: NDArray[np.int64]
    released_ms: NDArray[np.int64]
    runtime_minutes: NDArray[np.float32]
    year: NDArray[np.float32]
    price: NDArray[np.float32]
    stock: NDArray[np.int32]
    offerable: NDArray[np.bool_]
    series: NDArray[np.bool_]
    artwork_count: NDArray[np.int16]
    genre: Ragged
    tag: Ragged
    person: Ragged
    region: Ragged
    language: Ragged
    artwork: Ragged
    component: Ragged

    def __init__(self, items: Iterable[Item], version: int = 0) -> None:
        rows = tuple(items)
        self._hold(rows, version, tuple(item.item_id for item in rows))
        for name, (kind, of) in COLUMNS.items():
            setattr(self, name, np.array([of(item) for item in rows], kind))
        for name, words in FACETS.items():
            setattr(self, name, Ragged(map(words, rows)))

    @classmethod
    def of_arrays(
        cls,
        items: Sequence[Item],
        version: int,
        item_ids: Sequence[str],
        arrays: Mapping[str, NDArray[Any]],
    ) -> Catalog:
        """Return the catalogue of ``items`` whose columns and facets were made before."""
        self = cls.__new__(cls)
        self._hold(items, version, item_ids)
        for name in COLUMNS:
            setattr(self, name, arrays[name])
        for facet in FACETS:
            setattr(self, facet, Ragged.of_arrays(part_of(arrays, facet)))
        return self

    def _hold(self, items: Sequence[Item], version: int, item_ids: Sequence[str]) -> None:
        self.items, self.version, self.item_ids = items, version, item_ids
        self.position = codes_of(item_ids)
        self._memory: dict[str, dict[Any, Any]] = {}

    def __len__(self) -> int:
        return len(self.items)

    def memory(self, name: str) -> dict[Any, Any]:
        """Return a dictionary that lives as long as this snapshot, for what is made from it
        alone and asked for again and again.
        """
        return self._memory.setdefault(name, {})

    def find(self, item_id: str) -> int:
        """Return the position of an item, or -1 where it is unknown."""
        return self.position.get(item_id, -1)

    def positions(self, item_ids: Iterable[str]) -> NDArray[np.int32]:
        """Return positions, -1 where an item is unknown, in the order given."""
        return places(item_ids, self.position)

    def facts(self, item_id: str) -> ItemFacts | None:
        """Return what a fold reads of an item, None where it is unknown."""
        position = self.position.get(item_id)
        return None if position is None else facts_of(self.items[position])
