"""Requests of the past: for each target the query that its page would have been made from.

A log is walked once, in order. At the place of a target the query is what was known then: the
member's profile folded from the events before, and the counts of that moment. Nothing is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Catalog, ItemFacts
from pasand.domain.counters import Counters, CountersView
from pasand.domain.events import Event
from pasand.domain.fold import Folder
from pasand.domain.ids import stable_seed
from pasand.domain.labels import disliked, liked
from pasand.domain.member import Member
from pasand.domain.profile import Profile
from pasand.domain.query import Query
from pasand.domain.weights import Weights
from pasand.evaluation.page_metrics import AHEAD, WHOLE, Wanted, genre_mass
from pasand.evaluation.page_signals import silenced
from pasand.evaluation.splits import Targets, first_takes
from pasand.flows.page_past import Past, series_of
from pasand.settings import ServeSettings

__all__ = ["Asked", "Service", "asked_of", "requests"]

#: Rows of a page asked for: those that are measured, and the hero above them.
ROW_COUNT = WHOLE[0] + 1
#: Where an event does not say on which device it happened.
DEVICE = "tv"
#: Corrections that would have a profile folded anew; what they took away stays taken into account.
_NOT_FOLDED = frozenset(("history_removed", "member_merged"))


@dataclass(frozen=True)
class Service:
    """What answers the requests beside the models."""

    catalog: Catalog
    member_of: Callable[[str], Member | None]
    weights: Weights
    serve: ServeSettings

    @cached_property
    def facts(self) -> Callable[[str], ItemFacts | None]:
        """What a fold reads of an item, kept: a walk asks for each of them very often."""
        return cache(self.catalog.facts)


@dataclass(frozen=True, slots=True)
class Asked:
    """One target: its number among the targets, whose it is, at which event its page was made, the
    titles new to the member from it on, and what they said of it (1 liked, -1 not, 0 nothing).
    """

    number: int
    member_id: str
    place: int
    item_ids: tuple[str, ...]
    opinion: int


def asked_of(past: Past, targets: Targets) -> list[Asked]:
    """Return the targets as requests, in the order in which their pages were made."""
    data = past.interactions
    order = np.argsort(data.member, kind="stable")
    member, item = data.member[order], data.item[order]
    new = np.flatnonzero(first_takes(member, item))
    stars = data.feature.get("rating")
    found = []
    for number, (place, row) in enumerate(zip(targets.place, targets.row, strict=True)):
        low = int(np.searchsorted(new, place))
        coming = [at for at in new[low : low + AHEAD] if member[at] == member[place]]
        said = 0.0 if stars is None else float(stars[row]) / 2.0
        found.append(
            Asked(
                number,
                data.member_ids[member[place]],
                int(past.place[row]),
                tuple(data.item_ids[item[at]] for at in coming),
                0 if not said else int(liked(said)) - int(disliked(said)),
            )
        )
    return sorted(found, key=lambda one: (one.place, one.number))


def requests(
    past: Past, service: Service, asked: Sequence[Asked], signals: Sequence[str] = ()
) -> Iterator[tuple[Asked, Wanted, Mapping[str, Query]]]:
    """Yield each target with its query, under "", and the query without each of ``signals``, where
    the events said nothing of the signal.
    """
    due = iter(asked)
    one = next(due, None)
    members = {each.member_id: _Known.of(each.member_id, service, signals) for each in asked}
    counting = Counters(service.weights)
    for number, event in enumerate(past.events()):
        while one is not None and one.place == number:
            known = members[one.member_id]
            view = counting.view()
            position = [service.catalog.find(item_id) for item_id in one.item_ids]
            wanted = Wanted(position, one.opinion, known.history(service.catalog))
            yield one, wanted, known.queries(event, view, service)
            one = next(due, None)
        if one is None:
            return
        counting.add((event,))
        if (its := members.get(event.member_id)) is not None:
            its.add(event, service)


@dataclass(slots=True)
class _Known:
    """What is known of one member as the log goes on; a fold for each signal left out."""

    member: Member
    folders: dict[str, Folder]
    taken: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, member_id: str, service: Service, signals: Sequence[str]) -> _Known:
        member = service.member_of(member_id)
        empty = Profile(member_id=member_id)
        return cls(
            member or Member(member_id=member_id, maturity_ceiling=service.serve.default_ceiling),
            {s: Folder(empty, service.facts, service.weights) for s in ("", *signals)},
        )

    def add(self, event: Event, service: Service) -> None:
        """Take an event into account."""
        if event.kind in _NOT_FOLDED:
            return
        for signal, folder in self.folders.items():
            told = silenced(event, signal)
            if told is not None:
                folder.add((told,))
        if event.kind in service.weights.interaction:
            position = service.catalog.find(series_of(event.item_id, service.catalog))
            if position >= 0:
                self.taken.append(position)

    def history(self, catalog: Catalog) -> NDArray[np.float64]:
        """Return the shares of genres of what the member took."""
        taken = np.asarray(self.taken, np.int32)
        return genre_mass(catalog.genre, taken, np.ones(len(taken)))

    def queries(self, event: Event, view: CountersView, service: Service) -> dict[str, Query]:
        """Return the queries of a moment."""
        member, serve = self.member, service.serve
        found = {}
        for signal, folder in self.folders.items():
            profile = folder.profile()
            found[signal] = Query(
                member_id=member.member_id,
                profile=profile,
                catalog=service.catalog,
                counters=view,
                at_ms=event.occurred_ms,
                time_zone=member.time_zone,
                device=event.device or DEVICE,
                country=event.country or member.country or serve.default_country,
                locale=member.language or "en",
                maturity_ceiling=member.maturity_ceiling,
                row_count=ROW_COUNT,
                column_count=WHOLE[1],
                seed=stable_seed(member.member_id, profile.page_count, "home"),
                weights=service.weights,
            )
        return found
