"""Esteem: how many members took each item, and how many of them finished or liked it.

A share of likes says little where few took an item, so both numbers are kept and the reader
judges (``stages/rows/gems.py``). Who disliked an item in the end is not counted among those who
liked it, however far they watched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions

__all__ = ["EsteemModel", "train_esteem"]


@dataclass(frozen=True, slots=True)
class EsteemModel:
    """Counts of members by item code."""

    takers: NDArray[np.int32]
    liked: NDArray[np.int32]


def train_esteem(
    interactions: Interactions, opinions: Iterable[tuple[str, str, bool]]
) -> EsteemModel:
    """Return the counts from what was taken, and from opinions (member, item, whether it is a
    good one) in the order in which they were given: the last one of a member counts.
    """
    count = len(interactions.item_ids)
    pair = interactions.member.astype(np.int64) * max(count, 1) + interactions.item
    taken = np.unique(pair)
    takers = np.bincount(taken % max(count, 1), minlength=count)
    said = {(member, item): good for member, item, good in opinions}
    member_code = {name: code for code, name in enumerate(interactions.member_ids)}
    item_code = {name: code for code, name in enumerate(interactions.item_ids)}
    known = [
        member_code[member] * count + item_code[item]
        for (member, item), good in said.items()
        if good and member in member_code and item in item_code
    ]
    good = np.intersect1d(np.array(known, np.int64), taken, assume_unique=True)
    liked = np.bincount(good % max(count, 1), minlength=count)
    return EsteemModel(takers.astype(np.int32), liked.astype(np.int32))
