"""Context by protocol ``day``: the choices of a day and of the days it is learned from.

One pass over the events, minute by minute. At each minute the items that lead by counts of an
hour, four hours and a day, and in each region, are the candidates for every model, everything else
ranks behind them; columns are made of what was counted before that minute. Without context there
are popularity at four speeds, an item's age, what is read after the member's last three items and
what a visit begins with. Context adds how much more an item is read in this region, on this device
and at this time of day, and next at this point of a visit there (``context_lift``); and it lets
popularity's speeds weigh otherwise by hour, by device and at weekends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pasand.evaluation.choices import Choices
from pasand.evaluation.data import EvaluationData
from pasand.evaluation.live_contexts import FadingCounts, Following
from pasand.stages.scoring.context_lift import alike_contexts, context_lift

__all__ = ["SIGNALS", "DayContext", "Request", "day_choices"]

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000

_SPEED_HOURS = (0.25, 1.0, 4.0, 24.0)
_SPEEDS = tuple(f"popular-{hours:g}h" for hours in _SPEED_HOURS)
#: Half-lives of what is read in a context, by field.
_LIFT_HOURS = {"region": (1.5, 6.0, 24.0), "device": (0.5, 3.0, 24.0), "daypart": (1.5, 24.0)}
#: Takes an item needs before its lift by a field counts as much as none, and codes of a field.
_PRIOR = {"region": 60.0, "device": 20.0, "daypart": 60.0}
_CODES = {"region": 32, "device": 8, "daypart": 5}
_FOLLOWED = 3
_FOLLOW_PRIOR = 5.0
#: Fields by which it is told what comes next at a point of a visit.
_NEXT_BY = ("region", "device")
_NEXT_PRIOR = 15.0
#: Candidates by each speed of popularity but the fastest, and by what each region reads.
_LEADING_COUNT = 150
_LOCAL_COUNT = 12
#: A member who did nothing for so long begins anew.
_VISIT_GAP_MS = HOUR_MS

_BY_HOUR = tuple(f"{speed}:{wave}" for wave in ("cos", "sin") for speed in _SPEEDS)
_BY_DEVICE = tuple(f"{name}:desktop" for name in (*_SPEEDS, "age", "follow-1"))
_BY_DATE = tuple(f"{speed}:weekend" for speed in _SPEEDS)
_PLAIN = (
    *_SPEEDS, "age", *(f"follow-{n}" for n in range(1, _FOLLOWED + 1)), "followers", "next",
)  # fmt: skip


def _lifts(name: str) -> tuple[str, ...]:
    return tuple(f"{name}-{hours:g}h" for hours in _LIFT_HOURS[name])


#: What columns each signal brings.
SIGNALS: Mapping[str, tuple[str, ...]] = {
    "hour": (*_lifts("daypart"), *_BY_HOUR),
    "date": _BY_DATE,
    "device": (*_lifts("device"), *_BY_DEVICE, "next-device"),
    "region": (*_lifts("region"), "next-region"),
}
COLUMNS = (*_PLAIN, *(name for names in SIGNALS.values() for name in names))


@dataclass(frozen=True, slots=True)
class Request:
    """The rows of one minute that are ranked: places in the data."""

    now_ms: int
    row: NDArray[np.int64]


@dataclass
class DayContext:
    """What has been counted so far of ``data``, whose first ``past`` rows taught which regions
    read alike.
    """

    data: EvaluationData
    past: NDArray[np.bool_]
    before: NDArray[np.int32] = field(init=False)
    led: NDArray[np.int32] = field(init=False)

    def __post_init__(self) -> None:
        taken, context = self.data.interactions, self.data.context
        self.item_count = len(taken.item_ids)
        zero = np.zeros(len(taken), np.int16)
        hour = context.get("hour", zero)
        self.code = {
            "region": np.minimum(context.get("region", zero), _CODES["region"] - 1),
            "device": np.minimum(context.get("device", zero), _CODES["device"] - 1),
            "daypart": np.where(hour > 0, 1 + (hour - 1) // 6, 0),
        }
        self.hour, self.weekday = hour, context.get("weekday", zero)
        self.before = _before(taken.member, taken.item)
        self.led = _led(self.before[0], taken.member, taken.at_ms)
        self.popular = [FadingCounts(1, self.item_count, h * HOUR_MS) for h in _SPEED_HOURS]
        self.by = {
            name: [FadingCounts(codes, self.item_count, h * HOUR_MS) for h in _LIFT_HOURS[name]]
            for name, codes in _CODES.items()
        }
        self.following = {name: Following() for name in ("", *_NEXT_BY)}
        self.first_ms = np.full(self.item_count, -1, np.int64)
        counted = np.zeros((_CODES["region"], self.item_count), np.float32)
        np.add.at(counted, (self.code["region"][self.past], taken.item[self.past]), 1.0)
        self.alike = alike_contexts(counted)

    def add(self, rows: slice) -> None:
        """Count the events of a minute that is over."""
        taken = self.data.interactions
        item, at_ms = taken.item[rows], taken.at_ms[rows]
        for counts in self.popular:
            counts.add(np.zeros(len(item), np.int64), item, at_ms)
        for name, tables in self.by.items():
            for counts in tables:
                counts.add(self.code[name][rows], item, at_ms)
        for name, following in self.following.items():
            following.add(self.led[rows], self._told(name)[rows], item)
        new = self.first_ms[item] < 0
        self.first_ms[item[new][::-1]] = at_ms[new][::-1]

    def _told(self, name: str) -> NDArray[np.integer]:
        """Return the codes of a field, 0 everywhere of none."""
        return self.code[name] if name else np.zeros(len(self.led), np.int64)

    def candidates(self) -> NDArray[np.int64]:
        """Return what may be ranked now, by code."""
        leading = [counts.leading(_LEADING_COUNT) for counts in self.popular[1:]]
        return np.unique(
            np.concatenate([*leading, self.by["region"][1].leading_each(_LOCAL_COUNT)])
        )

    def columns(self, request: Request, items: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return every column of ``items`` for each row, [rows, items, columns]."""
        row, now = request.row, request.now_ms
        found = np.empty((len(row), len(items), len(COLUMNS)), np.float32)
        at = {name: number for number, name in enumerate(COLUMNS)}
        counted = [counts.at(now, items)[0] for counts in self.popular]
        for name, count in zip(_SPEEDS, counted, strict=True):
            found[..., at[name]] = np.log1p(count)
        age = np.maximum(now - self.first_ms[items], 0) / HOUR_MS
        found[..., at["age"]] = np.log1p(age)
        self._follow(found, at, row, items, counted[-1])
        for name, tables in self.by.items():
            for column, counts in zip(_lifts(name), tables, strict=True):
                found[..., at[column]] = self._lift(name, counts, now, items)[self.code[name][row]]
        self._mixed(found, at, row)
        return found

    def _lift(
        self, name: str, counts: FadingCounts, now: int, items: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        both, whole = counts.at(now, items), counts.whole(now)
        item, total = both.sum(axis=0), max(float(whole.sum()), 1e-9)
        if name == "region":
            both, whole = self.alike @ both, self.alike @ whole
        return context_lift(both, item, (whole / total)[:, None], _PRIOR[name])

    def _follow(
        self,
        found: NDArray[np.float32],
        at: Mapping[str, int],
        row: NDArray[np.int64],
        items: NDArray[np.int64],
        popular: NDArray[np.float64],
    ) -> None:
        place = np.full(self.item_count, -1)
        place[items] = np.arange(len(items))
        share = (popular + 1e-3) / (popular + 1e-3).sum()
        none = np.zeros(len(row), np.int64)
        for number in range(_FOLLOWED):
            count = self.following[""].counts(self.before[number, row], none, place, len(items))
            found[..., at[f"follow-{number + 1}"]] = np.log(_chances(count, share) / share)
            if not number:
                found[..., at["followers"]] = np.log1p(count[:, :-1])
        count = self.following[""].counts(self.led[row], none, place, len(items))
        usual = _chances(count, share)
        found[..., at["next"]] = np.log(usual / share)
        for name in _NEXT_BY:
            count = self.following[name].counts(
                self.led[row], self.code[name][row], place, len(items)
            )
            there = _chances(count, usual, _NEXT_PRIOR)
            found[..., at[f"next-{name}"]] = np.log(there / usual)

    def _mixed(
        self, found: NDArray[np.float32], at: Mapping[str, int], row: NDArray[np.int64]
    ) -> None:
        angle = np.where(self.hour[row] > 0, 2 * np.pi * (self.hour[row] - 1) / 24, np.nan)
        sign = {
            "cos": np.nan_to_num(np.cos(angle)),
            "sin": np.nan_to_num(np.sin(angle)),
            "desktop": 1.0 * (self.code["device"][row] == _DESKTOP),
            "weekend": 1.0 * (self.weekday[row] > 5),
        }
        for name in (*_BY_HOUR, *_BY_DEVICE, *_BY_DATE):
            column, _, kind = name.partition(":")
            found[..., at[name]] = found[..., at[column]] * sign[kind][:, None]


def day_choices(
    data: EvaluationData, wanted: NDArray[np.bool_], past: NDArray[np.bool_], first: int
) -> Iterator[tuple[Request, Choices]]:
    """Yield the choices of the ``wanted`` rows minute by minute; counting begins at row ``first``.

    Raises no error for a minute without candidates: its rows are lists without what was taken.
    """
    state = DayContext(data, past)
    taken = data.interactions
    minute = taken.at_ms // MINUTE_MS
    edges = np.flatnonzero(np.diff(minute[first:], prepend=-1, append=-1)) + first
    history = _Histories(taken.member, taken.item)
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        row = low + np.flatnonzero(wanted[low:high])
        if len(row):
            request = Request(int(minute[low]) * MINUTE_MS, row)
            items = state.candidates()
            if not len(items):
                items = np.zeros(1, np.int64)
            had = np.stack([np.isin(items, history.of(int(one))) for one in row])
            place = np.searchsorted(items, taken.item[row])
            there = items[np.minimum(place, len(items) - 1)] == taken.item[row]
            yield (
                request,
                Choices(
                    COLUMNS,
                    state.columns(request, items),
                    np.where(had, -np.inf, 0.0).astype(np.float32),
                    np.where(there, place, -1).astype(np.int64),
                    taken.member[row].astype(np.int64),
                ),
            )
        state.add(slice(low, high))


def _chances(
    count: NDArray[np.float64], share: NDArray[np.float64], prior: float = _FOLLOW_PRIOR
) -> NDArray[np.float64]:
    """Return the chance of each item by counts, the last column those of no item here; ``share``
    is what is thought of it before.
    """
    told = count.sum(axis=1, keepdims=True)
    return np.asarray((count[:, :-1] + prior * share) / (told + prior))


class _Histories:
    """What each member had before each row."""

    def __init__(self, member: NDArray[np.int32], item: NDArray[np.int32]) -> None:
        order = np.argsort(member, kind="stable")
        self._item = item[order]
        self._place = np.empty(len(order), np.int64)
        self._place[order] = np.arange(len(order))
        self._first = np.searchsorted(member[order], member)

    def of(self, row: int) -> NDArray[np.int32]:
        """Return the items of the row's member before it."""
        return self._item[self._first[row] : self._place[row]]


def _before(member: NDArray[np.int32], item: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the member's last items before each row, newest first, -1 where there is none."""
    order = np.argsort(member, kind="stable")
    found = np.full((_FOLLOWED, len(order)), -1, np.int32)
    for back in range(1, _FOLLOWED + 1):
        same = member[order][back:] == member[order][:-back]
        found[back - 1, order[back:][same]] = item[order][:-back][same]
    return found


def _led(
    before: NDArray[np.int32], member: NDArray[np.int32], at_ms: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Return the last item before each row within the same visit, -1 where the row begins one."""
    order = np.argsort(member, kind="stable")
    begins = np.ones(len(order), bool)
    begins[order[1:]] = np.diff(at_ms[order]) > _VISIT_GAP_MS
    return np.where(begins, -1, before).astype(np.int32)


#: The code of a desktop among the device classes.
_DESKTOP = 3
