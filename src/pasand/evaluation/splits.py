"""Splits: which events train and which are targets.

``split_by_time`` cuts all events at one moment of the world, as deployment does: nothing that
happens after the cut may train. Order is stable throughout, so that events of one moment keep
the order of the log or file, for tie order moves figures more than models do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions

__all__ = ["Targets", "TimeSplit", "choose_targets", "split_by_time"]


@dataclass(frozen=True, slots=True)
class TimeSplit:
    """``interactions`` in stable time order; the first ``cut`` of them train."""

    interactions: Interactions
    cut: int

    @property
    def training(self) -> Interactions:
        """Return the interactions before the cut."""
        return self.interactions.where(np.arange(len(self.interactions)) < self.cut)


@dataclass(frozen=True, slots=True)
class Targets:
    """Later events to predict, member by member, each member's in order of time.

    ``item_sequence`` and ``at_ms_sequence`` are all events member by member. Target i is entry
    ``place[i]`` of them, its member's entries begin at ``first[i]``: its history is what lies
    between. ``cold`` members have no event before the cut; ``is_new`` items have none either.
    """

    item_sequence: NDArray[np.int32]
    at_ms_sequence: NDArray[np.int64]
    place: NDArray[np.int64]
    first: NDArray[np.int64]
    member: NDArray[np.int32]
    cold: NDArray[np.bool_]
    is_new: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.place)

    @property
    def item(self) -> NDArray[np.int32]:
        """Return the item of each target."""
        return self.item_sequence[self.place]

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


def split_by_time(interactions: Interactions, quantile: float = 0.9) -> TimeSplit:
    """Cut after the first ``quantile`` of events in stable time order; ties keep their order."""
    assert 0.0 < quantile < 1.0
    order = np.argsort(interactions.at_ms, kind="stable")
    ordered = Interactions(
        interactions.member[order],
        interactions.item[order],
        interactions.at_ms[order],
        interactions.weight[order],
        interactions.member_ids,
        interactions.item_ids,
    )
    return TimeSplit(ordered, int(quantile * len(order)))


def choose_targets(split: TimeSplit, target_count_max: int = 50) -> Targets:
    """Return the first ``target_count_max`` later events of each member.

    An item that the member had before is no target: the protocols remove it from the ranking.
    It still counts as history of what follows.
    """
    data = split.interactions
    order = np.argsort(data.member, kind="stable")
    member, item = data.member[order], data.item[order]
    later = order >= split.cut
    begin = np.searchsorted(member, member)
    place = np.flatnonzero(later & first_takes(member, item))
    # The n-th target of a member: running count of targets less that at the member's begin.
    running = np.concatenate(([0], np.cumsum(np.isin(np.arange(len(order)), place))))
    nth = running[place] - running[begin[place]]
    place = place[nth < target_count_max]
    trained_item = np.zeros(len(data.item_ids), bool)
    trained_item[data.item[: split.cut]] = True
    trained_member = np.zeros(len(data.member_ids), bool)
    trained_member[data.member[: split.cut]] = True
    return Targets(
        item_sequence=item,
        at_ms_sequence=data.at_ms[order],
        place=place,
        first=begin[place],
        member=member[place],
        cold=~trained_member[member[place]],
        is_new=~trained_item[item[place]],
    )


def first_takes(member: NDArray[np.int32], item: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return true where a member takes an item for the first time; rows are in order of time."""
    order = np.lexsort((item, member))
    again = (member[order][1:] == member[order][:-1]) & (item[order][1:] == item[order][:-1])
    first = np.ones(len(member), bool)
    first[order[1:][again]] = False
    return first
