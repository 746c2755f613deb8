"""The past as a row of events, with what was taken in it: what requests of the past are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Catalog
from pasand.domain.events import DEVICES, Event
from pasand.domain.interaction_features import rating_code
from pasand.domain.interactions import ACTIONS, Interactions
from pasand.domain.weights import Weights

__all__ = ["Past", "past_of_interactions", "past_of_log", "series_of"]

_SAID = ("action", "rating", "device")
_KIND_OF_ACTION = {"play": "play_start", "rating": "rating", "purchase": "purchase"}


@dataclass(frozen=True, slots=True)
class Past:
    """What happened: ``interactions`` in order of time, and all ``events`` in order of their key.

    ``at`` is the number of an interaction's own event, ``place`` that of the event before which its
    page was made: where the log knows the page, when it was served, else the interaction itself.
    """

    interactions: Interactions
    events: Callable[[], Iterable[Event]]
    at: NDArray[np.int64]
    place: NDArray[np.int64]

    def before(self, moment: int) -> Iterator[Event]:
        """Yield the events before the one of an interaction, which is given by its row."""
        return islice(iter(self.events()), int(self.at[moment]))


def past_of_interactions(data: Interactions) -> Past:
    """Return interactions alone as a log: one event each, which says what they say."""
    order = np.arange(len(data))

    def events() -> Iterator[Event]:
        none = np.zeros(len(data), np.int16)
        columns: list[NDArray[Any]] = [data.member, data.item, data.at_ms]
        columns += [data.feature.get(name, none) for name in _SAID]
        rows = zip(*(column.tolist() for column in columns), strict=True)
        for number, (member, item, at_ms, action, rating, device) in enumerate(rows):
            kind = _KIND_OF_ACTION.get(ACTIONS[action], "view")
            yield Event(
                # Numbered, so that events of one moment keep the order of the file.
                event_id=f"{number:010d}",
                kind=kind,
                occurred_ms=at_ms,
                member_id=data.member_ids[member],
                item_id=data.item_ids[item],
                device=DEVICES[device - 1] if device else "",
                payload={"value": rating / 2.0} if rating else {},
            )

    return Past(data, events, order, order)


def past_of_log(events: Sequence[Event], catalog: Catalog, weights: Weights) -> Past:
    """Return a log, in order of its keys, with what was taken in it; an episode is its series."""
    served: dict[str, int] = {}
    rows: list[tuple[int, int, int, int, int]] = []
    members: dict[str, int] = {}
    items: dict[str, int] = {}
    for number, event in enumerate(events):
        if event.kind == "page_served":
            served[event.event_id] = served[event.page_id] = number
        if event.kind not in weights.interaction or not event.item_id:
            continue
        item_id = series_of(event.item_id, catalog)
        place = served.get(event.page_id, number) if event.page_id else number
        member = members.setdefault(event.member_id, len(members))
        stars = rating_code(event.number("value")) if event.kind == "rating" else 0
        rows.append((number, place, member, items.setdefault(item_id, len(items)), stars))
    table = np.array(rows, np.int64).reshape(-1, 5)
    at_ms = np.array([events[number].occurred_ms for number in table[:, 0]], np.int64)
    data = Interactions(
        member=table[:, 2].astype(np.int32),
        item=table[:, 3].astype(np.int32),
        at_ms=at_ms,
        weight=np.ones(len(table), np.float32),
        member_ids=tuple(members),
        item_ids=tuple(items),
        feature={"rating": table[:, 4].astype(np.int16)},
    )
    return Past(data, lambda: events, table[:, 0], table[:, 1])


def series_of(item_id: str, catalog: Catalog) -> str:
    """Return the series that an episode is of, any other item itself."""
    facts = catalog.facts(item_id)
    return facts.series_id if facts is not None and facts.series_id else item_id
