"""Counts as they stand at a moment: how popular each item is, where, on what and by when.

A view never changes; what is worked out from it is remembered with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Catalog
from pasand.domain.names import places
from pasand.domain.picture_counts import PictureSums

__all__ = ["EXPONENT_MAX", "HALF_LIFE_HOURS", "HOUR_MS", "CountersView", "Places"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: The speeds of popularity, in hours.
HALF_LIFE_HOURS = {
    "hour": 1.0, "trending": 24.0, "popular": 168.0, "month": 720.0, "year": 8_760.0
}  # fmt: skip
#: What one view remembers at most.
_REMEMBERED_COUNT_MAX = 200

HOUR_MS = 3_600_000
#: Sums are rebased before 2 ** exponent can overflow a float64.
EXPONENT_MAX = 600.0


class Places:
    """Where counted names stand in a catalogue. Codes only grow, so what was found for one view
    holds for the views after it, and only what came since is looked up.
    """

    def __init__(self) -> None:
        self._found: dict[str, WeakKeyDictionary[Catalog, Ints]] = {
            "items": WeakKeyDictionary(),
            "artworks": WeakKeyDictionary(),
        }
        self._codes: dict[str, WeakKeyDictionary[Catalog, tuple[int, Ints]]] = {
            "items": WeakKeyDictionary(),
            "artworks": WeakKeyDictionary(),
        }

    def codes(self, catalog: Catalog, names: Mapping[str, int], what: str = "items") -> Ints:
        """Return the code of the item at each position, or of each artwork of the catalogue, a
        code beyond all where none has been counted.
        """
        done, codes = self._codes[what].get(catalog, (-1, np.zeros(0, np.int64)))
        if done != len(names):
            place = self.of(what, catalog, names)
            whole = len(catalog) if what == "items" else len(catalog.artwork.names)
            codes = np.full(whole, 2**62)
            codes[place[place >= 0]] = np.flatnonzero(place >= 0)
            self._codes[what][catalog] = (len(names), codes)
        return codes

    def of(self, what: str, catalog: Catalog, names: Mapping[str, int]) -> Ints:
        """Return the place of each name, -1 where the catalogue does not have it."""
        found = self._found[what].get(catalog, np.zeros(0, np.int64))
        if len(found) < len(names):
            codes = catalog.position if what == "items" else catalog.artwork.code
            more = places(islice(names, len(found), None), codes)
            found = np.concatenate([found, more])
            self._found[what][catalog] = found
        return found[: len(names)]


@dataclass(frozen=True, slots=True)
class CountersView:
    """Counts as they stood when the view was made; arrays over the counters' own codes.

    ``total[(speed, scope)]`` is a sum at ``base_ms[speed]``; scopes are "" (everybody),
    "country:IN", "device:tv", "daypart:5" and "return".
    """

    item_code: Mapping[str, int]
    total: Mapping[tuple[str, str], Floats]
    base_ms: Mapping[str, int]
    artwork_code: Mapping[str, int]
    artwork_seen: Floats
    artwork_played: Floats
    pictures: PictureSums = field(default_factory=PictureSums.blank)
    #: up to which offset of the log this is counted
    offset: int = 0
    _places: Places = field(default_factory=Places)
    _cache: dict[tuple[object, ...], Floats] = field(default_factory=dict)

    def popularity(
        self, catalog: Catalog, speed: str, at_ms: int, country: str = "", device: str = ""
    ) -> Floats:
        """Return decayed counts over catalogue positions at ``at_ms``.

        A country or device class adds its own counts to the world's, so that a small country
        starts from what everybody likes.
        """
        total = sum(
            (self._over(catalog, speed, name) * n for name, n in _scopes(country, device)),
            np.zeros(len(catalog)),
        )
        return np.asarray(total * self._faded(speed, at_ms))

    def counts(
        self, catalog: Catalog, position: NDArray[np.integer], speed: str, scope: str, at_ms: int
    ) -> Floats:
        """Return the decayed counts of one scope alone, of the items at ``position``."""
        total = self.total.get((speed, scope))
        if total is None or not len(total):
            return np.zeros(len(position))
        code = self._places.codes(catalog, self.item_code)[position]
        known = code < len(total)
        return np.where(known, total[np.where(known, code, 0)], 0.0) * self._faded(speed, at_ms)

    def popularity_of(
        self,
        catalog: Catalog,
        position: NDArray[np.integer],
        speed: str,
        at_ms: int,
        country: str = "",
        device: str = "",
    ) -> Floats:
        """Return what ``popularity`` says of the items at ``position`` alone."""
        scopes = _scopes(country, device)
        parts = (self.counts(catalog, position, speed, name, at_ms) * n for name, n in scopes)
        return np.asarray(sum(parts, np.zeros(len(position))))

    def best(
        self, catalog: Catalog, speed: str, count: int, country: str = "", device: str = ""
    ) -> NDArray[np.int32]:
        """Return the positions of greatest ``popularity``, ascending; they are the same at all
        times. What nobody took is left out.
        """

        def choose() -> Floats:
            place = self._places.of("items", catalog, self.item_code)
            total = np.zeros(len(place))
            for name, weight in _scopes(country, device):
                part = self.total.get((speed, name), np.zeros(0))
                total[: len(part)] += weight * part
            taken = np.flatnonzero((total > 0) & (place >= 0))
            if len(taken) > count:
                taken = taken[np.argpartition(total[taken], -count)[-count:]]
            return np.sort(place[taken]).astype(np.float64)

        key = ("best", speed, country, device, count, catalog)
        return self.remember(key, choose).astype(np.int32)

    def _faded(self, speed: str, at_ms: int) -> float:
        """Return what is left at ``at_ms`` of a sum of this speed."""
        hours = (at_ms - self.base_ms.get(speed, at_ms)) / HOUR_MS
        # Long before the first event everything is future: the order stays, the numbers finite.
        return float(2.0 ** min(-hours / HALF_LIFE_HOURS[speed], EXPONENT_MAX / 2))

    def ranking(self, catalog: Catalog, speed: str, scope: str, count: int) -> NDArray[np.int32]:
        """Return the positions with the greatest counts of one scope, best first.

        Ties go to the item that stands first in the catalogue; what nobody took is left out.
        """

        def rank() -> Floats:
            total = self.total.get((speed, scope), np.zeros(0))
            place = self._places.of("items", catalog, self.item_code)[: len(total)]
            taken = np.flatnonzero((total > 0) & (place >= 0))
            if len(taken) > count:
                taken = taken[np.argpartition(total[taken], -count)[-count:]]
            taken = taken[np.lexsort((place[taken], -total[taken]))]
            return np.asarray(place[taken], np.float64)

        return self.remember(("rank", speed, scope, count, catalog), rank).astype(np.int32)

    def remember(self, key: tuple[object, ...], make: Callable[[], Floats]) -> Floats:
        """Return what ``make`` gave for ``key`` the first time: a view never changes.

        ``make`` must depend on the key and this view alone.
        """
        found = self._cache.get(key)
        if found is None:
            found = make()
            # A view that nothing replaces is asked for ever new minutes.
            if len(self._cache) >= _REMEMBERED_COUNT_MAX:
                self._cache.clear()
            self._cache[key] = found
        return found

    def artwork_rate(self, catalog: Catalog, artwork: NDArray[np.int32] | None = None) -> Floats:
        """Return plays per impression of the artworks of these codes, of all without, shrunk to
        the mean.
        """
        codes = self._places.codes(catalog, self.artwork_code, "artworks")

        def mean_of_all() -> Floats:
            known = codes[codes < len(self.artwork_seen)]
            played, seen = self.artwork_played[known].sum(), self.artwork_seen[known].sum()
            return np.asarray((played + 1.0) / (seen + 20.0))

        mean = float(self.remember(("artworks' mean", catalog), mean_of_all))
        wanted = codes if artwork is None else codes[artwork]
        known = wanted < len(self.artwork_seen)
        seen, played = np.zeros((2, len(wanted)))
        seen[known] = self.artwork_seen[wanted[known]]
        played[known] = self.artwork_played[wanted[known]]
        return np.asarray((played + 20.0 * mean) / (seen + 20.0))

    def artwork_codes(self, catalog: Catalog) -> Ints:
        """Return for each picture of the catalogue its place in ``pictures``, beyond all where it
        has never been counted.
        """
        return self._places.codes(catalog, self.artwork_code, "artworks")

    def _over(self, catalog: Catalog, speed: str, scope: str) -> Floats:
        found = np.zeros(len(catalog))
        total = self.total.get((speed, scope))
        if total is not None:
            at = self._places.of("items", catalog, self.item_code)[: len(total)]
            known = at >= 0
            found[at[known]] = total[known]
        return found


def _scopes(country: str, device: str) -> list[tuple[str, float]]:
    """Return the scopes that make up popularity, and how much each counts."""
    own = [f"country:{country}"] if country else []
    own += [f"device:{device}"] if device else []
    return [("", 1.0), *((name, 2.0) for name in own)]
