"""Counters: popularity by country, device class and hour, and how each artwork fares; folds of
the log.

Popularity is a sum of weights that halve every hour, day ("trending"), week ("popular"), month
or year. What members take first who come back is counted by itself.
Each sum is kept at a fixed base time, so events may arrive in any order and nothing needs to be
touched as time passes; a reader scales it to its own moment. ``Counters`` is fed by the owner of
the log; ``view`` gives what one request may read, frozen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.counters_view import EXPONENT_MAX, HALF_LIFE_HOURS, HOUR_MS, CountersView, Places
from pasand.domain.events import Event
from pasand.domain.labels import RULES, begins_visit, counts_for_learning
from pasand.domain.picture_counts import PICTURE_KINDS, PictureCounts, PictureSums
from pasand.domain.profile import DAYPART_HOURS
from pasand.domain.weights import STREAMING, Weights
from pasand.domain.zones import local_hour

__all__ = ["Counters"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: What is counted apart at each speed, beside what everybody takes: by country and device class,
#: by part of the day in the member's own time, and what is taken first in a visit ("return").
_APART = {"hour": ("country",), "trending": ("country", "device"),
          "popular": ("country", "device"), "month": ("daypart", "return"), "year": ()}  # fmt: skip
#: So many members are remembered at least before those who went away are forgotten.
_ACTIVE_COUNT_MIN = 10_000


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
        self._pending: list[tuple[int, int, float, tuple[str, ...]]] = []
        #: When members were last active, for as long as their visit may go on.
        self._active: dict[str, int] = {}
        self._artworks: list[tuple[int, bool]] = []
        self._seen = np.zeros(0)
        self._played = np.zeros(0)
        self._pictures = PictureCounts()
        self._places = Places()
        self._view: CountersView | None = None
        #: Up to which offset of the log all is counted, where the feeder says so.
        self.offset = 0

    def add(self, events: Iterable[Event]) -> None:
        """Count events; the next view shows them."""
        popular = self.weights.popular
        for event in events:
            weight = popular.get(event.kind)
            pictured = event.kind in PICTURE_KINDS
            if (weight is None and not pictured) or not counts_for_learning(event):
                continue
            if weight is not None and event.item_id:
                self.count(
                    event.item_id, event.occurred_ms, weight, event.country, event.device,
                    event.time_zone, begins=self._begins(event),
                )  # fmt: skip
            if pictured:
                code = self._count_picture(event)
                self._pictures.add(event, code)

    def _count_picture(self, event: Event) -> int:
        """Return the code of the event's picture, -1 where it names none."""
        if not event.artwork_id:
            return -1
        code = self._artwork_code.setdefault(event.artwork_id, len(self._artwork_code))
        if event.kind in ("impression", "play_start"):
            self._artworks.append((code, event.kind == "play_start"))
        return code

    def count(
        self,
        item_id: str,
        at_ms: int,
        weight: float,
        country: str = "",
        device: str = "",
        time_zone: str = "",
        *,
        begins: bool = False,
    ) -> None:
        """Add ``weight`` to an item's popularity; ``begins``: it was taken first in a visit."""
        code = self._item_code.setdefault(item_id, len(self._item_code))
        scopes = [f"daypart:{local_hour(time_zone, at_ms)[0] // DAYPART_HOURS}"]
        scopes += [f"country:{country}"] if country else []
        scopes += [f"device:{device}"] if device else []
        scopes += ["return"] if begins else []
        self._pending.append((code, at_ms, weight, tuple(scopes)))

    def count_rows(
        self,
        item_ids: Sequence[str],
        at_ms: Ints,
        weight: Floats,
        apart: Mapping[str, Ints],
    ) -> None:
        """Add many at once; ``apart`` says which rows count in a scope ("device:tv") as well."""
        if len(item_ids):
            codes = self._item_code
            found = (codes.setdefault(item_id, len(codes)) for item_id in item_ids)
            self._grow(np.fromiter(found, np.int64), at_ms, weight, apart)
            self._view = None

    def _begins(self, event: Event) -> bool:
        """Whether its member took nothing for an hour; what arrives late begins nothing.

        Nobody is remembered for longer than that, nor across a restart.
        """
        last_ms, at_ms = self._active.get(event.member_id), event.occurred_ms
        self._active[event.member_id] = max(at_ms, last_ms or at_ms)
        if len(self._active) > 2 * _ACTIVE_COUNT_MIN:
            newest_ms = max(self._active.values())
            gone_ms = newest_ms - RULES.visit_gap_ms
            self._active = {name: ms for name, ms in self._active.items() if ms >= gone_ms}
        return last_ms is None or bool(begins_visit(at_ms - last_ms))

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
        return found | self._pictures.sums(len(self._artwork_code)).arrays()

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
        self._pictures = PictureCounts(PictureSums.from_arrays(arrays))
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
        if self._view is None or self._pending or self._artworks or self._pictures.pending:
            self._settle()
            self._view = CountersView(
                dict(self._item_code),
                dict(self._total),
                dict(self._base_ms),
                dict(self._artwork_code),
                self._seen,
                self._played,
                self._pictures.sums(len(self._artwork_code)),
                self.offset,
                self._places,
            )
        return self._view

    def _settle(self) -> None:
        """Move what is pending into the sums; arrays are replaced, never changed."""
        if self._pending:
            pending, self._pending = self._pending, []
            code, at_ms, weight, scopes = zip(*pending, strict=True)
            rows: dict[str, list[int]] = {}
            for row, names in enumerate(scopes):
                for name in names:
                    rows.setdefault(name, []).append(row)
            self._grow(
                np.asarray(code, np.int64),
                np.asarray(at_ms, np.int64),
                np.asarray(weight, np.float64),
                {name: np.asarray(those) for name, those in rows.items()},
            )
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

    def _grow(self, code: Ints, at_ms: Ints, weight: Floats, apart: Mapping[str, Ints]) -> None:
        for speed in HALF_LIFE_HOURS:
            grown = self._weights(speed, at_ms) * weight
            self._raise(speed, "", code, grown)
            for name, those in apart.items():
                if name.partition(":")[0] in _APART[speed]:
                    self._raise(speed, name, code[those], grown[those])

    def _weights(self, speed: str, at_ms: NDArray[np.int64]) -> Floats:
        half_life_ms = HALF_LIFE_HOURS[speed] * HOUR_MS
        base = self._base_ms.setdefault(speed, int(at_ms.max()))
        if (at_ms.max() - base) / half_life_ms > EXPONENT_MAX:
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


def _grown(array: Floats, size: int) -> Floats:
    return np.concatenate([array, np.zeros(size - len(array))]) if len(array) < size else array
