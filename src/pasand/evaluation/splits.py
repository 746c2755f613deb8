"""Splits: which events train and which are targets.

A protocol says which rows of the data train and which may be targets; the rest is alike for all
of them and stands here. Order is stable throughout, so that events of one moment keep the order
of the log or file, for tie order moves figures more than models do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.errors import InvalidInput
from pasand.evaluation.live_counts import LiveCounts

__all__ = ["Rules", "Split", "Targets", "choose_targets", "first_takes", "need_times"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be set about a split; anything but the defaults is another row of a table.

    ``quantile`` of the events (``time``) or of the sessions (``session``) train. ``time`` takes
    the first ``target_count_max`` targets of a member. ``day`` takes the last day of at least
    ``day_event_count_min`` events. ``hidden-items`` hides ``hidden_share`` of the items, drawn
    with ``seed``.
    """

    quantile: float = 0.9
    target_count_max: int = 50
    day_event_count_min: int = 20_000
    hidden_share: float = 0.1
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Targets:
    """Events to predict, member by member, each member's in order of time.

    ``item_sequence`` and ``at_ms_sequence`` are all events member by member, and so are the
    columns of ``feature_sequence``. Target i is entry ``place[i]`` of them, its member's entries
    begin at ``first[i]``: its history is what lies between. ``cold`` members have no event that
    trains, ``is_new`` items none either. ``row`` is the target's row in the data.
    """

    item_sequence: NDArray[np.int32]
    at_ms_sequence: NDArray[np.int64]
    place: NDArray[np.int64]
    first: NDArray[np.int64]
    member: NDArray[np.int32]
    cold: NDArray[np.bool_]
    is_new: NDArray[np.bool_]
    row: NDArray[np.int64]
    feature_sequence: Mapping[str, NDArray[np.int16]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.place)

    def where(self, chosen: NDArray[np.bool_]) -> Targets:
        """Return the targets of a mask, with the same histories."""
        return replace(
            self,
            place=self.place[chosen],
            first=self.first[chosen],
            member=self.member[chosen],
            cold=self.cold[chosen],
            is_new=self.is_new[chosen],
            row=self.row[chosen],
        )

    @property
    def item(self) -> NDArray[np.int32]:
        """Return the item of each target."""
        return self.item_sequence[self.place]

    @property
    def at_ms(self) -> NDArray[np.int64]:
        """Return the time of each target."""
        return self.at_ms_sequence[self.place]

    @property
    def history_count(self) -> NDArray[np.int64]:
        """Return how many events the member had before each target."""
        return self.place - self.first

    @property
    def gap_ms(self) -> NDArray[np.int64]:
        """Return the time since the member's previous event, -1 where there is none."""
        before = np.maximum(self.place - 1, 0)
        gap = self.at_ms_sequence[self.place] - self.at_ms_sequence[before]
        return np.where(self.history_count > 0, gap, -1)


@dataclass(frozen=True, slots=True)
class Split:
    """What a protocol makes of the data.

    ``training`` is all that may train weights, ``live`` are counts that run on beside it, and
    ``rule`` says in a few words where the cut is. ``cold_in_all``: the slice ``all`` holds members
    without an event that trains too; elsewhere they are a slice of their own alone. ``among``
    marks the items that are ranked, where it is not all of them.
    """

    training: Interactions
    targets: Targets
    live: LiveCounts
    rule: str
    timed: bool = True
    cold_in_all: bool = False
    among: NDArray[np.bool_] | None = None

    @property
    def ranked_count(self) -> int:
        """Return how many items are ranked, before those that a member had are removed."""
        if self.among is None:
            return len(self.training.item_ids)
        return int(np.count_nonzero(self.among))

    @property
    def last_training_ms(self) -> int:
        """Return when the last event was that trains, 0 where none does."""
        return int(self.training.at_ms.max()) if len(self.training) else 0


def choose_targets(
    data: Interactions,
    training: NDArray[np.bool_],
    later: NDArray[np.bool_],
    target_count_max: int | None = None,
) -> Targets:
    """Return as targets the rows of ``later``, at most so many of a member, first ones first.

    An item that the member had before is no target, for it is removed from the ranking; it
    still counts as history of what follows.
    """
    order = np.argsort(data.member, kind="stable")
    member, item = data.member[order], data.item[order]
    begin = np.searchsorted(member, member)
    wanted = later[order] & first_takes(member, item)
    place = np.flatnonzero(wanted)
    if target_count_max is not None:
        # The n-th target of a member: running count of targets less that at the member's begin.
        running = np.concatenate(([0], np.cumsum(wanted)))
        place = place[running[place] - running[begin[place]] < target_count_max]
    trained_item = np.zeros(len(data.item_ids), bool)
    trained_item[data.item[training]] = True
    trained_member = np.zeros(len(data.member_ids), bool)
    trained_member[data.member[training]] = True
    return Targets(
        item_sequence=item,
        at_ms_sequence=data.at_ms[order],
        place=place,
        first=begin[place],
        member=member[place],
        cold=~trained_member[member[place]],
        is_new=~trained_item[item[place]],
        row=order[place],
        feature_sequence={name: column[order] for name, column in data.feature.items()},
    )


def first_takes(member: NDArray[np.int32], item: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return true where a member takes an item for the first time; rows are in order of time."""
    order = np.lexsort((item, member))
    again = (member[order][1:] == member[order][:-1]) & (item[order][1:] == item[order][:-1])
    first = np.ones(len(member), bool)
    first[order[1:][again]] = False
    return first


def need_times(data: Interactions, protocol: str) -> None:
    """Refuse data without times.

    Raises:
        InvalidInput: the data have an order, but no times.
    """
    if not data.timed:
        raise InvalidInput(
            f"Protocol {protocol} cuts at a moment of the world; these data have none.",
            field="protocol",
            fix="Use leave-one-out, which needs the order alone.",
        )
