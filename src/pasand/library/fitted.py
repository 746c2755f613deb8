"""Fitted: what a model knows after ``fit``, and the histories it is asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.ranking import Histories
from pasand.library.reading import EventRows, Given

__all__ = ["Asked", "Fitted", "asked_of"]

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Asked:
    """One list to make: for whom, what they did, oldest first, and the moment it is made for."""

    member_id: Any
    item: NDArray[np.int32]
    at_ms: NDArray[np.int64]
    moment_ms: int
    feature: Mapping[str, NDArray[np.int16]] = field(default_factory=dict)

    def histories(self) -> Histories:
        """Return the history up to the moment, as rankers take it."""
        count = int(np.searchsorted(self.at_ms, self.moment_ms, side="left"))
        return Histories(
            item=self.item[:count],
            at_ms=self.at_ms[:count],
            count=np.asarray([count], np.int64),
            target_at_ms=np.asarray([self.moment_ms], np.int64),
            feature={name: column[:count] for name, column in self.feature.items()},
        )


@dataclass(frozen=True)
class Fitted:
    """What was given, and the arrays that were trained on it."""

    given: Given
    arrays: Mapping[str, Any]

    @property
    def interactions(self) -> Interactions:
        """What was learned from, in order of time."""
        return self.given.interactions

    @cached_property
    def live(self) -> LiveCounts:
        """How often items were taken before a moment."""
        return LiveCounts(self.interactions)

    @property
    def end_ms(self) -> int:
        """The moment after the last event, for which lists are made unless another is named."""
        return int(self.interactions.at_ms[-1]) + 1

    @cached_property
    def popular_all(self) -> NDArray[np.float32]:
        """How much each item was taken over all time."""
        data = self.interactions
        count = np.bincount(data.item, data.weight, minlength=len(data.item_ids))
        return count.astype(np.float32)

    def preference(self, moment_ms: int) -> NDArray[np.int64]:
        """Return each item's place among equals: what was taken most in 30 days comes first."""
        recent = self.live.before(np.asarray([moment_ms]), 30 * DAY_MS)[0]
        order = np.lexsort((-self.popular_all, -recent))
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        return place

    @cached_property
    def _by_member(self) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        member = self.interactions.member
        order = np.argsort(member, kind="stable")
        codes = np.arange(len(self.given.member) + 1)
        return order, np.searchsorted(member[order], codes).astype(np.int64)

    def rows_of(self, code: int) -> NDArray[np.intp]:
        """Return the places of a member's interactions in order of time; none for code -1."""
        order, start = self._by_member
        return order[start[code] : start[code + 1]] if code >= 0 else order[:0]


def asked_of(
    fitted: Fitted,
    members: NDArray[Any],
    more: EventRows | None = None,
    moment_ms: int | None = None,
) -> Sequence[Asked]:
    """Return what is asked of a model: one list a member, in the order they are named.

    ``more`` are rows beside those that were fitted on; an event that is in both counts once.
    Without a moment a list is made for the end of what was fitted on, or for right after the
    member's last row of ``more``.
    """
    codes = fitted.given.member.codes(members, "member_id")
    extra = None if more is None else _Extra.of(fitted, more)
    asked = []
    for member_id, code in zip(members.tolist(), codes.tolist(), strict=True):
        one = _asked(fitted, member_id, code, moment_ms)
        asked.append(one if extra is None else extra.joined(one, moment_ms))
    return asked


def _asked(fitted: Fitted, member_id: Any, code: int, moment_ms: int | None) -> Asked:
    data, rows = fitted.interactions, fitted.rows_of(code)
    moment_ms = fitted.end_ms if moment_ms is None else moment_ms
    return Asked(
        member_id,
        data.item[rows],
        data.at_ms[rows],
        moment_ms,
        {name: column[rows] for name, column in data.feature.items()},
    )


@dataclass(frozen=True, slots=True)
class _Extra:
    """Rows given when lists are asked for, by member."""

    rows: EventRows
    item: NDArray[np.int64]
    place: Mapping[Any, Sequence[int]]

    @classmethod
    def of(cls, fitted: Fitted, rows: EventRows) -> _Extra:
        fitted.given.member.codes(rows.member, "member_id")  # refuses ids of another type
        place: dict[Any, list[int]] = {}
        for number, member_id in enumerate(rows.member.tolist()):
            place.setdefault(member_id, []).append(number)
        return cls(rows, fitted.given.item.codes(rows.item, "item_id"), place)

    def joined(self, asked: Asked, moment_ms: int | None) -> Asked:
        """Return what is known of a member with their extra rows in order of time."""
        place = np.asarray(self.place.get(asked.member_id, ()), np.intp)
        if not len(place):
            return asked
        if moment_ms is None:
            moment_ms = int(self.rows.at_ms[place[-1]]) + 1
        # An item that nobody took before the fit tells the model nothing.
        place = place[self.item[place] >= 0]
        item = np.concatenate([asked.item, self.item[place].astype(np.int32)])
        at_ms = np.concatenate([asked.at_ms, self.rows.at_ms[place]])
        known = set(zip(asked.item.tolist(), asked.at_ms.tolist(), strict=True))
        pairs = zip(item.tolist(), at_ms.tolist(), strict=True)
        fresh = [n < len(asked.item) or pair not in known for n, pair in enumerate(pairs)]
        order = np.flatnonzero(fresh)[np.argsort(at_ms[fresh], kind="stable")]
        feature = {
            name: np.concatenate([column, self._feature(name, place)])[order]
            for name, column in asked.feature.items()
        }
        return Asked(
            asked.member_id,
            item[order],
            at_ms[order],
            moment_ms,
            feature,
        )

    def _feature(self, name: str, place: NDArray[np.intp]) -> NDArray[np.int16]:
        column = self.rows.feature.get(name)
        return np.zeros(len(place), np.int16) if column is None else column[place]
