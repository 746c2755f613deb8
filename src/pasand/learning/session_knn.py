"""Session-kNN: past visits, indexed by what they hold.

There is nothing to train: visits are numbered by the time they ended, and each item keeps the
newest visits that hold it. What is done with them stands in ``stages/scoring/session_knn.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.domain.labels import begins_visit
from pasand.stages.scoring.session_knn import SessionKnnIndex

__all__ = ["SessionKnnTraining", "train_session_knn", "visits"]


@dataclass(frozen=True, slots=True)
class SessionKnnTraining:
    """``visit_count_max`` newest visits are kept for each item; of a visit its newest
    ``item_count_max`` items. A visit of one item says nothing of what goes together.
    """

    visit_count_max: int = 1_000
    item_count_max: int = 50


def train_session_knn(
    interactions: Interactions, training: SessionKnnTraining | None = None
) -> SessionKnnIndex:
    """Index the visits of all members."""
    training = training or SessionKnnTraining()
    order, visit = visits(interactions)
    visit, item = distinct(visit, interactions.item[order])
    kept = from_the_end(visit) < training.item_count_max
    visit, item = visit[kept], item[kept]
    kept = np.bincount(visit)[visit] > 1 if len(visit) else np.zeros(0, bool)
    _, visit = np.unique(visit[kept], return_inverse=True)
    item = item[kept]
    item_count = len(interactions.item_ids)
    visit_count = int(visit[-1]) + 1 if len(visit) else 0
    start = np.searchsorted(visit, np.arange(visit_count + 1))
    place = np.argsort(item, kind="stable")
    newest = place[from_the_end(item[place]) < training.visit_count_max]
    number = np.bincount(item, minlength=item_count)
    return SessionKnnIndex(
        session_start=start.astype(np.int64),
        session_item=item,
        place_session=visit.astype(np.int32),
        item_start=np.searchsorted(item[newest], np.arange(item_count + 1)).astype(np.int64),
        item_place=newest.astype(np.int32),
        idf=np.log((visit_count + 1.0) / (number + 1.0)).astype(np.float32),
    )


def visits(interactions: Interactions) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Return an order of the events, visit after visit by the time they ended, and the number
    of each event's visit. Where there are no times, a member's whole history is one.
    """
    member, at_ms = interactions.member, interactions.at_ms
    order = np.argsort(member, kind="stable")
    change = np.diff(member[order], prepend=-1) != 0
    if interactions.timed:
        change |= begins_visit(np.diff(at_ms[order], prepend=0))
    visit = np.cumsum(change) - 1
    # Interactions come in order of time, so the place of its last event dates a visit.
    last = np.zeros(int(visit[-1]) + 1 if len(visit) else 0, np.int64)
    last[visit] = order
    rank = np.empty(len(last), np.int64)
    rank[np.argsort(last, kind="stable")] = np.arange(len(last))
    by_end = np.argsort(rank[visit], kind="stable")
    return order[by_end], rank[visit][by_end]


def distinct(
    visit: NDArray[np.int64], item: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return each item of a visit once, where it stands last."""
    key = visit * (int(item.max(initial=0)) + 1) + item
    _, place = np.unique(key[::-1], return_index=True)
    kept = np.sort(len(key) - 1 - place)
    return visit[kept], item[kept]


def from_the_end(group: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return how many entries of the same group follow each; groups are together, ascending."""
    end = np.searchsorted(group, group, side="right")
    return end - np.arange(len(group)) - 1
