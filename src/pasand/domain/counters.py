"""Counters: popularity by country and device class, and how each artwork fares; folds of the log.

Popularity is a sum of weights that halve every day ("trending") or every week ("popular").
Each sum is kept at a fixed base time, so events may arrive in any order and nothing needs to be
touched as time passes; a reader scales it to its own moment. ``Counters`` is fed by the owner of
the log; ``view`` gives what one request may read, frozen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Catalog
from pasand.domain.events import Event
from pasand.domain.labels import counts_for_learning
from pasand.domain.names import places
from pasand.domain.weights import STREAMING, Weights

__all__ = ["HALF_LIFE_HOURS", "Counters", "CountersView"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: The two speeds of popularity, in hours.
HALF_LIFE_HOURS = {"trending": 24.0, "popular": 168.0}

#: What one view remembers at most.
_REMEMBERED_COUNT_MAX = 200

_HOUR_MS = 3_600_000
#: Sums are rebased before 2 ** exponent can overflow a float64.
_EXPONENT_MAX = 600.0


class _Places:
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
    "country:IN" and "device:tv".
    """

    item_code: Mapping[str, int]
    total: Mapping[tuple[str, str], Floats]
    base_ms: Mapping[str, int]
    artwork_code: Mapping[str, int]
    artwork_seen: Floats
    artwork_played: Floats
    #: up to which offset of the log this is counted
    offset: int = 0
    _places: _Places = field(default_factory=_Places)
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
        hours = (at_ms - self.base_ms.get(speed, at_ms)) / _HOUR_MS
        # Long before the first event everything is future: the order stays, the numbers finite.
        return float(2.0 ** min(-hours / HALF_LIFE_HOURS[speed], _EXPONENT_MAX / 2))

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

    def _over(self, catalog: Catalog, speed: str, scope: str) -> Floats:
        found = np.zeros(len(catalog))
        total = self.total.get((speed, scope))
        if total is not None:
            at = self._places.of("items", catalog, self.item_code)[: len(total)]
            known = at >= 0
            found[at[known]] = total[known]
        return found


class Counters:
    """The growing counts behind the views. Not thread-safe: one owner feeds it.

    ``weights`` says how much an event adds to the popularity of its item.
    """

    def __init__(self, weights: Weights = STREAMING) -> None:
        self.weights = weights
        self._item_code: dict[str, int] = {}
        self._artwork_code: dict[str, int] = {}
        self._total: dict[tuple[str, str], Floats] = {}
        self._base_ms: dict[str, int] = {}
        self._pending: list[tuple[int, int, float, str, str]] = []
        self._artworks: list[tuple[int, bool]] = []
        self._seen = np.zeros(0)
        self._played = np.zeros(0)
        self._places = _Places()
        self._view: CountersView | None = None
        #: Up to which offset of the log all is counted, where the feeder says so.
        self.offset = 0

    def add(self, events: Iterable[Event]) -> None:
        """Count events; the next view shows them."""
        popular = self.weights.popular
        for event in events:
            weight = popular.get(event.kind)
            if (weight is None and not event.artwork_id) or not counts_for_learning(event):
                continue
            if weight is not None and event.item_id:
                self.count(event.item_id, event.occurred_ms, weight, event.country, event.device)
            if event.artwork_id and event.kind in ("impression", "play_start"):
                code = self._artwork_code.setdefault(event.artwork_id, len(self._artwork_code))
                self._artworks.append((code, event.kind == "play_start"))

    def count(
        self, item_id: str, at_ms: int, weight: float, country: str = "", device: str = ""
    ) -> None:
        """Add ``weight`` to an item's popularity."""
        code = self._item_code.setdefault(item_id, len(self._item_code))
        self._pending.append((code, at_ms, weight, country, device))

    def arrays(self) -> dict[str, Any]:
        """Return everything counted as arrays by name, to be stored beside a log offset."""
        self._settle()
        found: dict[str, Any] = {
            "counters.items": list(self._item_code),
            "counters.artworks": list(self._artwork_code),
            "counters.seen": self._seen,
            "counters.played": self._played,
            "counters.speeds": [f"{speed}={base}" for speed, base in self._base_ms.items()],
            "counters.scopes": ["|".join(key) for key in self._total],
        }
        for number, total in enumerate(self._total.values()):
            found[f"counters.total.{number}"] = total
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any], weights: Weights = STREAMING) -> Counters:
        """Return the counters behind arrays stored under ``weights``; empty ones where there are
        none.
        """
        self = cls(weights)
        if "counters.items" not in arrays:
            return self
        self._item_code = {name: code for code, name in enumerate(arrays["counters.items"])}
        self._artwork_code = {name: code for code, name in enumerate(arrays["counters.artworks"])}
        self._seen = np.array(arrays["counters.seen"], np.float64)
        self._played = np.array(arrays["counters.played"], np.float64)
        for text in arrays["counters.speeds"]:
            speed, _, base = text.partition("=")
            self._base_ms[speed] = int(base)
        for number, text in enumerate(arrays["counters.scopes"]):
            speed, _, scope = text.partition("|")
            total = np.array(arrays[f"counters.total.{number}"], np.float64)
            self._total[(speed, scope)] = total
        return self

    def view(self) -> CountersView:
        """Return a frozen view of everything counted so far; cheap when nothing changed."""
        if self._view is None or self._pending or self._artworks:
            self._settle()
            self._view = CountersView(
                dict(self._item_code),
                dict(self._total),
                dict(self._base_ms),
                dict(self._artwork_code),
                self._seen,
                self._played,
                self.offset,
                self._places,
            )
        return self._view

    def _settle(self) -> None:
        """Move what is pending into the sums; arrays are replaced, never changed."""
        if self._pending:
            pending, self._pending = self._pending, []
            code, at_ms, weight, country, device = zip(*pending, strict=True)
            codes = np.asarray(code, np.int64)
            for speed in HALF_LIFE_HOURS:
                grown = self._weights(speed, np.asarray(at_ms, np.int64)) * np.asarray(weight)
                self._raise(speed, "", codes, grown)
                for prefix, names in (("country", country), ("device", device)):
                    names_array = np.asarray(names)
                    for name in filter(None, set(names)):
                        mask = names_array == name
                        self._raise(speed, f"{prefix}:{name}", codes[mask], grown[mask])
        if self._artworks:
            artworks, self._artworks = np.asarray(self._artworks, np.int64), []
            size = len(self._artwork_code)
            played = artworks[:, 1] > 0
            self._seen = _grown(self._seen, size) + np.bincount(
                artworks[~played, 0], minlength=size
            )
            self._played = _grown(self._played, size) + np.bincount(
                artworks[played, 0], minlength=size
            )

    def _weights(self, speed: str, at_ms: NDArray[np.int64]) -> Floats:
        half_life_ms = HALF_LIFE_HOURS[speed] * _HOUR_MS
        base = self._base_ms.setdefault(speed, int(at_ms.max()))
        if (at_ms.max() - base) / half_life_ms > _EXPONENT_MAX:
            new_base = int(at_ms.max())
            shrink = 2.0 ** (-(new_base - base) / half_life_ms)
            for key, total in self._total.items():
                if key[0] == speed:
                    self._total[key] = total * shrink
            self._base_ms[speed] = base = new_base
        return np.asarray(2.0 ** ((at_ms - base) / half_life_ms))

    def _raise(self, speed: str, scope: str, code: NDArray[np.int64], weight: Floats) -> None:
        size = len(self._item_code)
        total = _grown(self._total.get((speed, scope), np.zeros(0)), size)
        self._total[(speed, scope)] = total + np.bincount(code, weight, minlength=size)


def _scopes(country: str, device: str) -> list[tuple[str, float]]:
    """Return the scopes that make up popularity, and how much each counts."""
    own = [f"country:{country}"] if country else []
    own += [f"device:{device}"] if device else []
    return [("", 1.0), *((name, 2.0) for name in own)]


def _grown(array: Floats, size: int) -> Floats:
    return np.concatenate([array, np.zeros(size - len(array))]) if len(array) < size else array
