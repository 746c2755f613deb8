"""Moments: queries as they were asked, or would have been, at moments of the past.

The whole flow runs on them as it does for a request: profiles are folded from the log up to the
moment, counts are those of before it. What trains a ranker and what judges a snapshot come from
here, so neither knows more than a page did.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Catalog
from pasand.domain.counters import Counters
from pasand.domain.counters_view import CountersView
from pasand.domain.events import DEVICES, Event
from pasand.domain.fold import Folder
from pasand.domain.ids import stable_seed
from pasand.domain.interactions import Interactions
from pasand.domain.labels import begins_visit
from pasand.domain.member import Member
from pasand.domain.profile import DAYPART_HOURS, Profile
from pasand.domain.query import DEVICE_SHAPES, Query
from pasand.domain.weights import Weights
from pasand.domain.zones import local_hour
from pasand.flows.merging import whole_history
from pasand.ports import EventLog
from pasand.settings import ServeSettings

__all__ = ["Moment", "Moments"]

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Moment:
    """Who asked for a page, when and with what; ``country`` and ``ceiling`` of the member's own
    where they are not said. ``item_id`` is what the member took then, where that is known: of what
    else happened at the same time, the history holds what came before it.
    """

    member_id: str
    at_ms: int
    device: str = "desktop"
    country: str = ""
    ceiling: int | None = None
    surface: str = "home"
    item_id: str = ""


@dataclass(frozen=True)
class Moments:
    """The past of one log; ``data`` are its interactions, which are what is counted."""

    log: EventLog
    catalog: Catalog
    data: Interactions
    member_of: Callable[[str], Member | None]
    weights: Weights
    serve: ServeSettings

    def queries(self, moments: Sequence[Moment], step_ms: int = 60_000) -> Iterator[Query]:
        """Yield the query of each moment, which must be in order of time.

        Counts go on where they are older than ``step_ms``.
        """
        return (query for query, _, _ in self.with_events(moments, step_ms))

    def with_events(
        self, moments: Sequence[Moment], step_ms: int = 60_000
    ) -> Iterator[tuple[Query, Sequence[Event], int]]:
        """Yield each query with all events of its member, and how many of them are its history.

        A member's events are read and folded once, however many moments there are.
        """
        counting = _Counting(self)
        folds: dict[str, _Fold] = {}
        last = {moment.member_id: number for number, moment in enumerate(moments)}
        for number, moment in enumerate(moments):
            name = moment.member_id
            if name not in folds:
                folds[name] = _Fold(self, name, whole_history(self.log, name))
            view = counting.before(moment.at_ms, step_ms)
            fold = folds[name]
            query = self.query(moment, fold.before(moment.at_ms, moment.item_id), view)
            yield query, fold.events, fold.done
            if last[name] == number:
                del folds[name]

    def query(self, moment: Moment, profile: Profile, counters: CountersView) -> Query:
        """Return the query of a moment."""
        member = self.member(moment.member_id)
        rows, columns = DEVICE_SHAPES.get(moment.device, DEVICE_SHAPES["other"])
        ceiling = member.maturity_ceiling if moment.ceiling is None else moment.ceiling
        return Query(
            member_id=moment.member_id,
            profile=profile,
            catalog=self.catalog,
            counters=counters,
            at_ms=moment.at_ms,
            time_zone=member.time_zone,
            device=moment.device,
            surface=moment.surface,
            country=moment.country or member.country or self.serve.default_country,
            maturity_ceiling=ceiling,
            row_count=rows,
            column_count=columns,
            seed=stable_seed(moment.member_id, profile.page_count, moment.surface),
            weights=self.weights,
        )

    def member(self, member_id: str) -> Member:
        """Return a member, as they are today; who is unknown has the default ceiling."""
        return self.member_of(member_id) or Member(
            member_id=member_id, maturity_ceiling=self.serve.default_ceiling
        )

    def counters_before(self, at_ms: int) -> CountersView:
        """Return the counts of what happened before a moment."""
        return _Counting(self).before(at_ms)

    @cached_property
    def begins(self) -> NDArray[np.bool_]:
        """Which interactions are the first of a visit."""
        data = self.data
        order = np.argsort(data.member, kind="stable")
        gap_ms = np.diff(data.at_ms[order], prepend=0)
        other = np.diff(data.member[order], prepend=-1) != 0
        begins = np.zeros(len(data), bool)
        begins[order] = other | begins_visit(gap_ms)
        return begins

    @cached_property
    def scopes(self) -> dict[str, NDArray[np.bool_]]:
        """Which interactions count apart, by the scopes of ``Counters``."""
        data = self.data
        masks = {"return": self.begins}
        device = data.feature.get("device", np.zeros(len(data), np.int16))
        masks |= {f"device:{name}": device == code for code, name in enumerate(DEVICES, 1)}
        members = [self.member_of(name) for name in data.member_ids]
        country = np.array([one.country if one else "" for one in members], object)[data.member]
        for name in filter(None, {one.country for one in members if one}):
            masks[f"country:{name}"] = country == name
        daypart = np.zeros(len(data), np.int8)
        zones = [one.time_zone if one else "" for one in members]
        for row, (member, at_ms) in enumerate(
            zip(data.member.tolist(), data.at_ms.tolist(), strict=True)
        ):
            daypart[row] = local_hour(zones[member], at_ms)[0] // DAYPART_HOURS
        masks |= {f"daypart:{part}": daypart == part for part in range(24 // DAYPART_HOURS)}
        return {name: mask for name, mask in masks.items() if mask.any()}


@dataclass(slots=True)
class _Fold:
    """One member's events, folded as far as was asked."""

    past: Moments
    member_id: str
    events: list[Event]
    done: int = 0
    folder: Folder | None = None

    def before(self, at_ms: int, item_id: str = "") -> Profile:
        """Return the profile of all that happened before a moment, or before what was taken then.

        Moments come in order of time; a step back among those of one time folds anew.
        """
        upto = bisect_left(self.events, at_ms, key=lambda event: event.occurred_ms)
        if item_id:
            same = bisect_right(self.events, at_ms, key=lambda event: event.occurred_ms)
            names = [event.item_id for event in self.events[upto:same]]
            upto += names.index(item_id) if item_id in names else 0
        if upto < self.done:
            self.folder, self.done = None, 0
        more = self.events[self.done : upto]
        if self.folder is None or any(event.kind == "history_removed" for event in more):
            # What is removed from the history is removed from all of it: that is folded anew.
            empty = Profile(member_id=self.member_id)
            self.folder = Folder(empty, self.past.catalog.facts, self.past.weights)
            self.done = 0
        self.folder.add(self.events[self.done : upto])
        self.done = upto
        return self.folder.profile()


@dataclass(slots=True)
class _Counting:
    """Popularity of what was taken, going on through the log."""

    past: Moments
    counters: Counters = field(init=False)
    done: int = 0
    at_ms: int | None = None

    def __post_init__(self) -> None:
        self.counters = Counters(self.past.weights)

    def before(self, at_ms: int, step_ms: int = 0) -> CountersView:
        """Return the counts of what happened before a moment, not earlier than the last."""
        if self.at_ms is None or at_ms - self.at_ms >= step_ms:
            data, low = self.past.data, self.done
            self.at_ms = at_ms
            self.done = high = max(low, int(np.searchsorted(data.at_ms, at_ms)))
            item_ids = [data.item_ids[code] for code in data.item[low:high].tolist()]
            apart = {name: np.flatnonzero(m[low:high]) for name, m in self.past.scopes.items()}
            apart = {name: rows for name, rows in apart.items() if len(rows)}
            weight = data.weight[low:high].astype(np.float64)
            self.counters.count_rows(item_ids, data.at_ms[low:high], weight, apart)
        return self.counters.view()
