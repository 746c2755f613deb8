"""Items, their artworks, and the immutable snapshot of all of them that stages read.

Stages never walk over Item objects: the snapshot offers columns (arrays over positions), so a
filter over 100,000 items is one NumPy expression.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.member import UNRATED_AGE

__all__ = [
    "ITEM_TYPES", "Artwork", "Catalog", "Groups", "Item", "ItemFacts", "Ragged", "facts_of",
]  # fmt: skip

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


class Ragged:
    """Lists of different length as two arrays: list i is ``value[start[i]:start[i + 1]]``.

    ``names[code]`` is the word behind a code, ``code[name]`` the way back; ``size[code]`` says
    how many items have it, ``root[i]`` is the root of how many names item i has, at least 1.
    """

    __slots__ = (
        "_code_start",
        "_holder",
        "code",
        "count",
        "names",
        "root",
        "size",
        "start",
        "value",
    )

    def __init__(self, lists: Sequence[tuple[str, ...]]) -> None:
        code: dict[str, int] = {}
        value = [code.setdefault(name, len(code)) for names in lists for name in names]
        self.start: NDArray[np.int64] = np.zeros(len(lists) + 1, np.int64)
        np.cumsum([len(names) for names in lists], out=self.start[1:])
        self.value: NDArray[np.int32] = np.asarray(value, np.int32)
        self.count: NDArray[np.int64] = np.diff(self.start)
        self.root = np.sqrt(np.maximum(self.count, 1))
        self.names = tuple(code)
        self.code = code
        holder = np.repeat(np.arange(len(lists), dtype=np.int32), self.count)
        order = np.argsort(self.value, kind="stable")
        self._holder: NDArray[np.int32] = holder[order]
        self._code_start = np.searchsorted(self.value[order], np.arange(len(code) + 1))
        self.size: NDArray[np.int64] = np.diff(self._code_start)

    def of(self, position: int) -> NDArray[np.int32]:
        """Return the codes of one item, in the order its owner gave them."""
        return self.value[self.start[position] : self.start[position + 1]]

    def having(self, code: int) -> NDArray[np.int32]:
        """Return the positions of all items that have ``code``, ascending."""
        return self._holder[self._code_start[code] : self._code_start[code + 1]]

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


class Catalog:
    """An immutable snapshot: items by position, and columns over those positions.

    ``version`` is the log offset of the newest item change it holds. Columns (all of length n):
    ``maturity`` age; ``available_from_ms``, ``available_until_ms``; ``released_ms`` (0 where
    unknown); ``runtime_minutes``, ``year`` and ``price`` (nan where unknown); ``stock`` (-1 where
    it cannot run out);
    ``offerable`` False for episodes, which are reached through their series;
    ``artwork_count``. ``genre``, ``tag``, ``person``, ``region`` and ``language`` are Ragged.
    """

    def __init__(self, items: Iterable[Item], version: int = 0) -> None:
        self.items: tuple[Item, ...] = tuple(items)
        self.version = version
        self.item_ids: tuple[str, ...] = tuple(item.item_id for item in self.items)
        self.position: dict[str, int] = {item_id: p for p, item_id in enumerate(self.item_ids)}
        rows = self.items
        self.maturity = np.array([i.maturity for i in rows], np.int16)
        self.available_from_ms = np.array([i.available_from_ms or 0 for i in rows], np.int64)
        self.available_until_ms = np.array(
            [FAR_FUTURE_MS if i.available_until_ms is None else i.available_until_ms for i in rows],
            np.int64,
        )
        self.released_ms = np.array(
            [i.released_ms or i.available_from_ms or 0 for i in rows], np.int64
        )
        self.runtime_minutes = np.array([i.runtime_minutes or np.nan for i in rows], np.float32)
        self.year = np.array([i.year or np.nan for i in rows], np.float32)
        self.price = np.array([np.nan if i.price is None else i.price for i in rows], np.float32)
        self.stock = np.array([-1 if i.stock is None else i.stock for i in rows], np.int32)
        self.offerable = np.array([i.type != "episode" for i in rows], bool)
        self.artwork_count = np.array([len(i.artworks) for i in rows], np.int16)
        self.genre = Ragged([i.genres for i in rows])
        self.tag = Ragged([i.tags for i in rows])
        self.person = Ragged([i.people for i in rows])
        self.region = Ragged([i.regions for i in rows])
        self.language = Ragged([(i.language,) if i.language else () for i in rows])
        #: every artwork of the catalogue in one sequence: item p has codes artwork.of(p)
        self.artwork = Ragged([tuple(a.artwork_id for a in i.artworks) for i in rows])

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
        find = self.position.get
        return np.fromiter((find(item_id, -1) for item_id in item_ids), np.int32)

    def facts(self, item_id: str) -> ItemFacts | None:
        """Return what a fold reads of an item, None where it is unknown."""
        position = self.position.get(item_id)
        return None if position is None else facts_of(self.items[position])
