"""iALS: matrix factorisation of who took what, by alternating least squares.

Rendle, Krichene, Zhang and Koren, "Revisiting the Performance of iALS on Item Recommendation
Benchmarks", RecSys 2022, with the loss of Hu, Koren and Volinsky (2008): what was taken should
score 1, everything else pulls to 0 with a small weight, and the ridge of a row grows with how much
it holds. Rows are solved in batches of like length, the products and systems by BLAS and LAPACK.
They are small: a second thread of BLAS takes another core's time and saves next to none.

Members' vectors are not kept: serving solves them from the history of the moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.learning.taken import Rows, by_row, taken_once
from pasand.stages.scoring.decay import half_life_weight
from pasand.stages.scoring.ials import regularised, solve_rows

__all__ = ["IalsModel", "IalsTraining", "train_ials"]

DAY_MS = 86_400_000

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class IalsTraining:
    """``unobserved_ratio`` is what all that was not taken weighs together, against all that was:
    the unobserved weight of the paper follows from it and from how sparse the data are, so that
    one value suits small catalogues and large ones. ``ridge`` and ``exponent`` make the
    regularisation ridge · (observed + unobserved)^exponent of each row.

    ``half_life_days`` makes an old event count less (None: all count alike). ``entry_count_max``
    bounds what one batch holds.

    Chosen on a validation tail of MovieLens-1M's training span and on the last but one events of
    Amazon Beauty. On Beauty ratios from 7 to 40 with ridges from .001 to .01 give an NDCG@10
    within 4 % of each other, and dimensions of 64, 128 and 256 give .037, .049 and .053; on
    MovieLens 64 and 128 rank alike (.113), and a half-life of 90 days changes .112 to .111 over
    all targets and .065 to .071 where a visit begins.
    """

    dimension: int = 128
    epoch_count: int = 8
    unobserved_ratio: float = 15.0
    ridge: float = 0.003
    exponent: float = 1.0
    half_life_days: float | None = None
    entry_count_max: int = 32_768
    seed: int = 1


@dataclass(frozen=True, slots=True)
class IalsModel:
    """``item`` holds the item codes covered, ascending; row i of ``factor`` is the vector of its
    i-th. ``common`` is the diagonal that all members share, ``damping`` the regularisation of
    one member (``stages/scoring/ials.py``).
    """

    item: NDArray[np.int32]
    factor: Floats
    common: Floats
    damping: Floats


def train_ials(interactions: Interactions, training: IalsTraining | None = None) -> IalsModel:
    """Solve for members and items in turn; items come last."""
    training = training or IalsTraining()
    item, by_member, by_item = matrix(interactions, training.half_life_days)
    unobserved = unobserved_weight(by_member, by_item, training.unobserved_ratio)
    factor = first_guess([interactions.item_ids[code] for code in item.tolist()], training)
    for _ in range(training.epoch_count):
        member = half_step(by_member, factor, unobserved, training)
        factor = half_step(by_item, member, unobserved, training)
    factor, common = turned(factor, unobserved)
    damping = [training.ridge, unobserved * len(item), training.exponent]
    return IalsModel(item, factor, common, np.asarray(damping, np.float32))


def matrix(
    interactions: Interactions, half_life_days: float | None
) -> tuple[NDArray[np.int32], Rows, Rows]:
    """Return the items taken by anybody, and the matrix over them by member and by item."""
    place = taken_once(interactions)
    item, column = np.unique(interactions.item[place], return_inverse=True)
    member, row = np.unique(interactions.member[place], return_inverse=True)
    weight = interactions.weight[place]
    if half_life_days is not None and len(place):
        at_ms = interactions.at_ms[place]
        weight = weight * half_life_weight(at_ms.max() - at_ms, half_life_days * DAY_MS)
    return (
        item.astype(np.int32),
        by_row(row, column, weight, len(member)),
        by_row(column, row, weight, len(item)),
    )


def first_guess(item_ids: Sequence[str], training: IalsTraining) -> Floats:
    """Return small vectors that look drawn, each from its item's id and the seed alone.

    So what is learned does not depend on which code an item happens to have.
    """
    name = np.fromiter((crc32(item_id.encode()) for item_id in item_ids), np.uint64)
    axis = np.arange(training.dimension, dtype=np.uint64)
    mixed = (name[:, None] << np.uint64(32)) + (axis << np.uint64(16)) + np.uint64(training.seed)
    # The steps of SplitMix64, which make neighbouring numbers unlike.
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    unit = (mixed >> np.uint64(40)).astype(np.float32) / np.float32(1 << 23) - np.float32(1.0)
    return unit * np.float32(0.1 / np.sqrt(training.dimension))


def unobserved_weight(by_member: Rows, by_item: Rows, ratio: float) -> float:
    """Return what one item not taken weighs."""
    cells = max(len(by_member) * len(by_item), 1)
    return ratio * float(by_member.weight.sum()) / cells


def half_step(rows: Rows, factor: Floats, unobserved: float, training: IalsTraining) -> Floats:
    """Return the best vectors of ``rows`` while the vectors of their columns stand still."""
    factor, common = turned(factor, unobserved)
    # One entry of no weight past the end, for the padding.
    weight = np.append(rows.weight, np.float32(0.0))
    column = np.append(rows.column, np.int32(0))
    rest = unobserved * len(factor)
    solved = np.zeros((len(rows), factor.shape[1]), np.float32)
    for batch, place in batches(rows, training.entry_count_max):
        part = weight[place]
        ridge = regularised(part.sum(axis=1), training.ridge, rest, training.exponent)
        solved[batch] = solve_rows(factor[column[place]], part, common + ridge[:, None])
    return solved


def turned(factor: Floats, unobserved: float) -> tuple[Floats, Floats]:
    """Return the vectors turned so that their Gram matrix is diagonal, and that diagonal
    weighted.
    """
    gram = (factor.T @ factor).astype(np.float64)
    value, axes = np.linalg.eigh(gram)
    common = unobserved * np.maximum(value, 0.0)
    return factor @ axes.astype(np.float32), common.astype(np.float32)


def batches(
    rows: Rows, entry_count_max: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.int64]]]:
    """Yield rows of like length, and the places of their entries, one past the end as padding."""
    length = np.diff(rows.start)
    order = np.argsort(length, kind="stable")
    order = order[length[order] > 0]
    end, pad = len(order), len(rows.column)
    while end > 0:
        longest = int(length[order[end - 1]])
        batch = order[max(0, end - max(1, entry_count_max // longest)) : end]
        step = np.arange(longest)
        place = rows.start[batch][:, None] + step
        yield batch, np.where(step < length[batch][:, None], place, pad)
        end -= len(batch)
