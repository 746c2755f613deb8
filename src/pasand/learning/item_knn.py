"""Item-kNN: for each item those taken by the same members, by cosine with shrinkage.

The similarity of two items is the number of members who took both over the root of the product
of their own numbers plus ``shrinkage``, so that two items that met once by chance are not called
twins. Only the strongest neighbours are kept. Sarwar, Karypis, Konstan and Riedl, WWW 2001;
shrinkage after Bell and Koren, 2007.

A small catalogue is counted as one product of matrices, a large one pair by pair: the first
costs the square of the items, the second the square of each member's history.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.learning.covisit import put_strongest, summed
from pasand.learning.taken import Rows, by_row, taken_once

__all__ = ["ItemKnnModel", "ItemKnnTraining", "train_item_knn"]


@dataclass(frozen=True, slots=True)
class ItemKnnTraining:
    """``neighbour_count_max`` strongest neighbours are kept: on a validation tail of MovieLens-1M
    fewer are better (NDCG@10 .050 with 200, .074 with 50, .087 with 20), on Amazon Beauty it
    makes little difference (.054 with 200, .053 with 20). Other powers of the popularities than
    cosine's rank worse.

    ``history_count_max`` is how much of a long history is counted, its newest part.

    Up to ``dense_item_count_max`` items the counts are one dense matrix; ``pair_count_max``
    bounds what is sorted at once where they are more.
    """

    neighbour_count_max: int = 30
    shrinkage: float = 10.0
    history_count_max: int = 1_000
    dense_item_count_max: int = 8_000
    member_block: int = 1_024
    pair_count_max: int = 2_000_000


@dataclass(frozen=True, slots=True)
class ItemKnnModel:
    """For each item code its neighbours, strongest first, and their similarities.

    Rows are padded with -1 and strength 0.
    """

    neighbour: NDArray[np.int32]
    strength: NDArray[np.float32]


def train_item_knn(
    interactions: Interactions, training: ItemKnnTraining | None = None
) -> ItemKnnModel:
    """Count who took both of two items and keep the most similar ones of every item."""
    training = training or ItemKnnTraining()
    count = len(interactions.item_ids)
    width = max(1, min(training.neighbour_count_max, count - 1))
    neighbour = np.full((count, width), -1, np.int32)
    strength = np.zeros((count, width), np.float32)
    rows = newest_rows(interactions, training.history_count_max)
    number = np.bincount(rows.column, minlength=count).astype(np.float64)
    counted = dense_pairs if count <= training.dense_item_count_max else sparse_pairs
    for lead, follow, both in counted(rows, count, training):
        similarity = both / (np.sqrt(number[lead] * number[follow]) + training.shrinkage)
        put_strongest(neighbour, strength, lead, follow, similarity)
    return ItemKnnModel(neighbour, strength)


def newest_rows(interactions: Interactions, history_count_max: int) -> Rows:
    """Return the items of each member, each once, the newest ``history_count_max``."""
    place = taken_once(interactions)
    rows = by_row(
        interactions.member[place],
        interactions.item[place],
        interactions.weight[place],
        len(interactions.member_ids),
    )
    if not len(place) or np.diff(rows.start).max() <= history_count_max:
        return rows
    row = np.repeat(np.arange(len(rows)), np.diff(rows.start))
    kept = rows.start[row + 1] - np.arange(len(row)) <= history_count_max
    return by_row(row[kept], rows.column[kept], rows.weight[kept], len(rows))


Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def dense_pairs(rows: Rows, count: int, training: ItemKnnTraining) -> Iterator[Pairs]:
    """Yield (lead, follow, members who took both), from one product over blocks of members."""
    both = np.zeros((count, count), np.float32)
    for low in range(0, len(rows), training.member_block):
        start = rows.start[low : low + training.member_block + 1]
        taken = np.zeros((len(start) - 1, count), np.float32)
        row = np.repeat(np.arange(len(taken)), np.diff(start))
        taken[row, rows.column[start[0] : start[-1]]] = 1.0
        both += taken.T @ taken
    np.fill_diagonal(both, 0.0)
    step = max(1, training.pair_count_max // max(count, 1))
    for low in range(0, count, step):
        lead, follow = np.nonzero(both[low : low + step])
        yield lead + low, follow, both[lead + low, follow].astype(np.float64)


def sparse_pairs(rows: Rows, count: int, training: ItemKnnTraining) -> Iterator[Pairs]:
    """Yield the same from the pairs of each history, a block of whole leading items at a time."""
    member = np.repeat(np.arange(len(rows)), np.diff(rows.start))
    entry = np.argsort(rows.column, kind="stable")
    pair_count = np.diff(rows.start)[member[entry]]
    item_end = np.cumsum(np.bincount(rows.column, minlength=count))
    made = np.concatenate(([0], np.cumsum(pair_count)))
    last = 0
    while last < len(entry):
        first = last
        # Whole items, one at least, and no more than may be sorted at once.
        limit = np.searchsorted(made, made[first] + training.pair_count_max, side="right") - 1
        fit = np.searchsorted(item_end, limit, side="right")
        last = int(item_end[fit - 1]) if fit else 0
        if last <= first:
            last = int(item_end[rows.column[entry[first]]])
        block = entry[first:last]
        length = pair_count[first:last]
        lead = np.repeat(rows.column[block], length)
        begin = np.repeat(rows.start[member[block]], length)
        within = np.arange(len(lead)) - np.repeat(np.cumsum(length) - length, length)
        follow = rows.column[begin + within]
        other = lead != follow
        yield summed(lead[other], follow[other], np.ones(int(other.sum()), np.float32), count)
