"""Ordered co-visitation: what members take within a few steps after an item.

Every pair of one member's events up to ``step_max`` apart counts, less with each step and with
the time between; the way back counts too, but less, for order carries meaning (a second season
follows the first). Strengths are counts divided by powers of both items' popularity, so that
a neighbour is more than merely popular. The newest part of a history is weighted at request
time, in ``stages/scoring/covisit.py``.

The defaults were chosen on the last tenth of MovieLens-1M's training span.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.stages.scoring.decay import half_life_weight

__all__ = ["CovisitModel", "CovisitTraining", "put_strongest", "summed", "train_covisit"]

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class CovisitTraining:
    """``step_decay`` is lost per step, ``backward`` is what the reverse direction counts.

    ``source_power`` and ``target_power`` discount the popularity of the item that leads and the
    item that follows; ``smoothing`` events are added to both, against chance pairs of rare items.
    """

    step_max: int = 10
    step_decay: float = 0.8
    gap_half_life_ms: int = DAY_MS
    backward: float = 0.3
    source_power: float = 0.9
    target_power: float = 0.2
    smoothing: float = 10.0
    neighbour_count_max: int = 200
    pair_count_max: int = 2_000_000


@dataclass(frozen=True, slots=True)
class CovisitModel:
    """For each item code its neighbours, strongest first, and their strengths.

    Rows are padded with -1 and strength 0.
    """

    neighbour: NDArray[np.int32]
    strength: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sequences:
    """All events, member by member, each in order of time."""

    member: NDArray[np.int32]
    item: NDArray[np.int32]
    at_ms: NDArray[np.int64]
    weight: NDArray[np.float32]


def train_covisit(
    interactions: Interactions, training: CovisitTraining | None = None
) -> CovisitModel:
    """Count ordered pairs and keep the strongest neighbours of every item."""
    training = training or CovisitTraining()
    count = len(interactions.item_ids)
    width = max(1, min(training.neighbour_count_max, count - 1))
    neighbour = np.full((count, width), -1, np.int32)
    strength = np.zeros((count, width), np.float32)
    sequences = in_member_order(interactions)
    popularity = np.bincount(sequences.item, minlength=count) + training.smoothing
    for rows in blocks_of_sources(sequences.item, count, training):
        source, target, pair_weight = pairs(sequences, rows, training)
        lead, follow, total = summed(source, target, pair_weight, count)
        total /= popularity[lead] ** training.source_power
        total /= popularity[follow] ** training.target_power
        put_strongest(neighbour, strength, lead, follow, total)
    return CovisitModel(neighbour, strength)


def in_member_order(interactions: Interactions) -> Sequences:
    """Sort by member, then time; events of one moment keep their order."""
    order = np.lexsort((interactions.at_ms, interactions.member))
    return Sequences(
        interactions.member[order],
        interactions.item[order],
        interactions.at_ms[order],
        interactions.weight[order],
    )


def blocks_of_sources(
    item: NDArray[np.int32], count: int, training: CovisitTraining
) -> list[NDArray[np.intp]]:
    """Return rows of the sequences in blocks of whole items, each small enough to sort at once."""
    order = np.argsort(item, kind="stable")
    end = np.cumsum(np.bincount(item, minlength=count))
    block_rows = max(1, training.pair_count_max // (2 * training.step_max))
    cuts = np.unique(end[np.searchsorted(end, np.arange(block_rows, len(item), block_rows))])
    return [rows for rows in np.split(order, cuts) if len(rows)]


def pairs(
    sequences: Sequences, rows: NDArray[np.intp], training: CovisitTraining
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Return source, target and weight of every pair that starts at ``rows``, both ways."""
    found: list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]] = []
    steps = range(1, training.step_max + 1)
    ways = [(step, 1.0) for step in steps]
    ways += [(-step, training.backward) for step in steps if training.backward > 0]
    last = len(sequences.item) - 1
    for step, share in ways:
        other = np.clip(rows + step, 0, last)
        same = (sequences.member[other] == sequences.member[rows]) & (other == rows + step)
        same &= sequences.item[other] != sequences.item[rows]
        here, there = rows[same], other[same]
        gap_ms = np.abs(sequences.at_ms[there] - sequences.at_ms[here])
        weight = half_life_weight(gap_ms, training.gap_half_life_ms)
        weight *= np.float32(share * training.step_decay ** (abs(step) - 1))
        weight *= sequences.weight[here] * sequences.weight[there]
        found.append((sequences.item[here], sequences.item[there], weight))
    source, target, weight_of = zip(*found, strict=True)
    return np.concatenate(source), np.concatenate(target), np.concatenate(weight_of)


def summed(
    source: NDArray[np.int32],
    target: NDArray[np.int32],
    weight: NDArray[np.float32],
    count: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Add up equal pairs; return them ordered by source, then target."""
    code = source.astype(np.int64) * count + target
    order = np.argsort(code, kind="stable")
    code = code[order]
    start = np.flatnonzero(np.r_[True, code[1:] != code[:-1]][: len(code)])
    total = np.add.reduceat(weight[order].astype(np.float64), start) if len(start) else np.empty(0)
    return code[start] // count, code[start] % count, total


def put_strongest(
    neighbour: NDArray[np.int32],
    strength: NDArray[np.float32],
    lead: NDArray[np.int64],
    follow: NDArray[np.int64],
    total: NDArray[np.float64],
) -> None:
    """Write each lead's strongest followers into its row, ties by item code."""
    order = np.lexsort((follow, -total, lead))
    lead, follow, total = lead[order], follow[order], total[order]
    place = np.arange(len(lead)) - np.searchsorted(lead, lead)
    kept = place < neighbour.shape[1]
    neighbour[lead[kept], place[kept]] = follow[kept]
    strength[lead[kept], place[kept]] = total[kept]
