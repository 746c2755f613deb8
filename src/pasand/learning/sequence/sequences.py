"""Histories as the sequence model reads them: one run of events per member, cut into windows.

What the columns mean, and what an event is, stands in ``stages/scoring/sequence.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.stages.scoring.sequence import DONE, SIZES, without_repeats

__all__ = ["Sequences", "Windows", "batches", "sequences_of", "windows_of"]


@dataclass(frozen=True, slots=True)
class Sequences:
    """All events, member by member, oldest first; member m's are ``first[m]`` to ``first[m+1]``."""

    item: NDArray[np.int32]
    at_ms: NDArray[np.int64]
    done: NDArray[np.int16]
    device: NDArray[np.int16]
    first: NDArray[np.int64]
    timed: bool


@dataclass(frozen=True, slots=True)
class Windows:
    """Spans of the sequences: events ``begin`` to ``end`` are read, each to tell the next one."""

    begin: NDArray[np.int64]
    end: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.begin)


def sequences_of(interactions: Interactions) -> Sequences:
    """Return the interactions member by member, without repeats of one item in a row."""
    order = np.argsort(interactions.member, kind="stable")
    member, item = interactions.member[order], interactions.item[order]
    kept = without_repeats(item) | np.r_[True, member[1:] != member[:-1]][: len(member)]
    order, member, item = order[kept], member[kept], item[kept]
    zero = np.zeros(len(order), np.int16)

    def column(name: str) -> NDArray[np.int16]:
        known = interactions.feature.get(name)
        return zero if known is None else np.clip(known[order], 0, SIZES[name] - 1)

    return Sequences(
        item=item,
        at_ms=interactions.at_ms[order],
        done=np.stack([column(name) for name in DONE], axis=1),
        device=column("device"),
        first=np.searchsorted(member, np.arange(len(interactions.member_ids) + 1)),
        timed=interactions.timed,
    )


def windows_of(
    sequences: Sequences, window: int, rng: np.random.Generator, held_out: int = 0
) -> Windows:
    """Cut every member's events into windows at chance places, so that each event is told once.

    The last ``held_out`` events of members who have more than two are told by nothing.
    """
    first, after = sequences.first[:-1], sequences.first[1:]
    readable = after - first - 1
    readable = readable - np.where(readable >= 2, held_out, 0)
    begins, ends = [], []
    for start, count in zip(first[readable > 0], readable[readable > 0], strict=True):
        phase = int(rng.integers(0, window)) if count > window else 0
        cuts = np.r_[0, np.arange(phase or window, count, window), count]
        begins.append(start + cuts[:-1])
        ends.append(start + cuts[1:])
    if not begins:
        return Windows(np.empty(0, np.int64), np.empty(0, np.int64))
    return Windows(np.concatenate(begins), np.concatenate(ends))


def batches(
    windows: Windows, batch_size: int, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Yield the places of windows of like lengths together, the batches in chance order."""
    length = windows.end - windows.begin
    # A little noise, so that the same members do not always meet.
    order = np.argsort(length * rng.uniform(0.9, 1.1, len(length)), kind="stable")
    groups = [order[at : at + batch_size] for at in range(0, len(order), batch_size)]
    for at in rng.permutation(len(groups)):
        yield groups[at]
