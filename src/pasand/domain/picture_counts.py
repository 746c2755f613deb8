"""What pictures earn: a fold of the log, in whole numbers, so that any order gives the same sums.

A picture is seen with an impression, and earns when what was begun from it becomes a quality play
(``labels.quality_play``) or, of goods, is put into the cart or bought. Beside both lie the sums
that a logistic regression over looks (``picture_looks``) needs for a Newton step: looks, their
products, and looks where it earned. What is half watched while the process restarts is not
credited any more: nobody's watching is stored.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.events import Event
from pasand.domain.labels import RULES, quality_play
from pasand.domain.picture_looks import LOOKS, looks_of

__all__ = ["PICTURE_KINDS", "PictureCounts", "PictureSums"]

Floats = NDArray[np.float64]

_BEGINS = frozenset(("play_start", "rewatch", "detail_open", "view"))
_WATCHES = frozenset(("play_start", "rewatch", "progress", "play_stop", "complete"))
_BUYS = frozenset(("cart_add", "purchase"))
#: Kinds of event that say something about a picture.
PICTURE_KINDS = _BEGINS | _WATCHES | _BUYS | {"impression"}
_OPEN_COUNT_MAX = 20_000
_SIZE = len(LOOKS)


@dataclass(frozen=True, slots=True)
class PictureSums:
    """Sums as of one moment. By picture code: ``seen``, ``good`` (quality plays) and ``looks``
    (their sum over impressions); over all impressions that had looks: how many (``count``), how
    many of them earned (``earned``), and sums of ``look``, of ``look`` where it earned, and of
    products of looks.
    """

    seen: Floats
    good: Floats
    looks: Floats
    count: float
    earned: float
    look: Floats
    look_good: Floats
    product: Floats

    @staticmethod
    def blank() -> PictureSums:
        """Return the sums of nothing."""
        empty, zero = np.zeros(0), np.zeros(_SIZE)
        return PictureSums(
            empty, empty, np.zeros((0, _SIZE)), 0.0, 0.0, zero, zero, np.zeros((_SIZE, _SIZE))
        )

    def arrays(self) -> dict[str, Any]:
        """Return the sums as arrays by name."""
        return {
            "counters.good": self.good,
            "counters.looked": self.seen,
            "counters.looks": self.looks,
            "counters.look": np.vstack(
                [np.full(_SIZE, self.count), np.full(_SIZE, self.earned), self.look,
                 self.look_good, self.product]
            ),
        }  # fmt: skip

    @staticmethod
    def from_arrays(arrays: Mapping[str, Any]) -> PictureSums:
        """Return the sums behind arrays, those of nothing where there are none."""
        if "counters.look" not in arrays:
            return PictureSums.blank()
        table = np.array(arrays["counters.look"], np.float64)
        return PictureSums(
            np.array(arrays["counters.looked"], np.float64),
            np.array(arrays["counters.good"], np.float64),
            np.array(arrays["counters.looks"], np.float64).reshape(-1, _SIZE),
            float(table[0, 0]),
            float(table[1, 0]),
            table[2],
            table[3],
            table[4:],
        )


class _Open:
    """Something begun from a picture that may still earn."""

    __slots__ = ("about", "at_ms", "duration_s", "from_s", "furthest_s")

    def __init__(self, about: tuple[int, Sequence[int] | None], event: Event) -> None:
        self.about: tuple[int, Sequence[int] | None] | None = about
        self.at_ms = event.occurred_ms
        self.from_s = self.furthest_s = event.number("position_s")
        self.duration_s = event.number("duration_s")


class PictureCounts:
    """The growing sums. Not thread-safe: one owner feeds it."""

    def __init__(self, sums: PictureSums | None = None) -> None:
        self._sums = sums or PictureSums.blank()
        self._open: OrderedDict[tuple[str, str], _Open] = OrderedDict()
        self._seen: list[int] = []
        self._good: list[int] = []
        self._looked: list[tuple[int, Sequence[int]]] = []
        self._look_good: list[Sequence[int]] = []

    @property
    def pending(self) -> bool:
        """Whether something came since the sums were last asked for."""
        return bool(self._seen or self._good)

    def add(self, event: Event, code: int) -> None:
        """Count an event; ``code`` is its picture's, -1 where it names none."""
        kind = event.kind
        if kind == "impression":
            if code >= 0:
                self._seen.append(code)
                looks = _looks(event)
                if looks is not None:
                    self._looked.append((code, looks))
            return
        key = (event.member_id, event.item_id)
        if code >= 0 and kind in _BEGINS:
            self._begin(key, code, event)
        begun = self._open.get(key)
        if begun is None or begun.about is None:
            return
        if event.occurred_ms - begun.at_ms > RULES.credit_ms:
            del self._open[key]
        elif kind in _BUYS or (kind in _WATCHES and _watched(begun, event)):
            earned, looks = begun.about
            self._good.append(earned)
            if looks is not None:
                self._look_good.append(looks)
            # It stays known, so that the same viewing does not earn twice.
            begun.about = None

    def _begin(self, key: tuple[str, str], code: int, event: Event) -> None:
        before = self._open.get(key)
        if before is not None and event.occurred_ms - before.at_ms <= RULES.credit_ms:
            if event.kind == "play_start" and before.about is not None:
                before.from_s = before.furthest_s = event.number("position_s")
            return
        looks = _looks(event)
        self._open[key] = _Open((code, looks), event)
        self._open.move_to_end(key)
        while len(self._open) > _OPEN_COUNT_MAX:
            self._open.popitem(last=False)

    def sums(self, size: int) -> PictureSums:
        """Return the sums over ``size`` picture codes; arrays are replaced, never changed."""
        old = self._sums
        if not self.pending and len(old.seen) == size:
            return old
        looks = _grown(old.looks, size)
        look, look_good, product = old.look, old.look_good, old.product
        if self._looked:
            code = np.array([code for code, _ in self._looked])
            looked = np.array([looks for _, looks in self._looked], np.float64)
            looks = looks.copy()
            np.add.at(looks, code, looked)
            look, product = look + looked.sum(axis=0), product + looked.T @ looked
        if self._look_good:
            look_good = look_good + np.array(self._look_good, np.float64).sum(axis=0)
        self._sums = PictureSums(
            _grown(old.seen, size) + np.bincount(self._seen, minlength=size),
            _grown(old.good, size) + np.bincount(self._good, minlength=size),
            looks,
            old.count + len(self._looked),
            old.earned + len(self._look_good),
            look,
            look_good,
            product,
        )
        self._seen, self._good, self._looked, self._look_good = [], [], [], []
        return self._sums


def _looks(event: Event) -> Sequence[int] | None:
    """Return the looks of the cell that an event names; who names none cannot have any."""
    if not event.extra or not event.page_id or event.row is None:
        return None
    return looks_of(event.extra.get("looks"))


def _watched(begun: _Open, event: Event) -> bool:
    begun.furthest_s = max(begun.furthest_s, event.number("position_s"))
    begun.duration_s = max(begun.duration_s, event.number("duration_s"))
    if event.kind == "complete":
        return True
    return bool(quality_play(begun.furthest_s - begun.from_s, begun.duration_s))


def _grown(array: Floats, size: int) -> Floats:
    more = (size - len(array), *array.shape[1:])
    return np.concatenate([array, np.zeros(more)]) if len(array) < size else array
