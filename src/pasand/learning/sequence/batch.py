"""One batch of windows as tensors: what is read, what is to be told, and how old everything is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pasand.domain.labels import disliked, finished, liked
from pasand.learning.sequence.network import OUTCOMES
from pasand.learning.sequence.sequences import Sequences
from pasand.stages.scoring.sequence import DONE, request_codes

__all__ = ["Batch", "batch_of"]


@dataclass(frozen=True, slots=True)
class Batch:
    """``item`` [batch, events] read and ``target`` [positions] told, ``real`` [batch, events] the
    positions that are, in their order; ``outcome`` [positions, outcomes] is 1, 0 or NaN.
    """

    item: Tensor
    done: Tensor
    request: Tensor
    age_s: Tensor
    length: Tensor
    real: Tensor
    target: NDArray[np.int64]
    outcome: Tensor


def batch_of(
    sequences: Sequences,
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    untimed: NDArray[np.bool_],
    placed: NDArray[np.bool_] | None = None,
) -> Batch:
    """Gather windows; the rows that are ``untimed`` are not told when the next request is, and
    those not ``placed`` not on which device.
    """
    length = end - begin
    count = int(length.max())
    place = begin[:, None] + np.arange(count)[None, :]
    real = np.arange(count)[None, :] < length[:, None]
    place = np.where(real, place, begin[:, None])
    after = np.where(real, place + 1, place)
    at_ms, next_ms = sequences.at_ms[place], sequences.at_ms[after]
    known = np.full(untimed.shape, sequences.timed) & ~untimed
    codes = request_codes(next_ms, next_ms - at_ms, sequences.device[after], sequences.timed)
    codes[~known, :, :-1] = 0
    if placed is not None:
        codes[~placed, :, -1] = 0
    asked_ms = np.where(known[:, None], next_ms, at_ms)
    # Seconds since the window's first event: whole numbers of 32 bits, of which many are made.
    origin_ms = at_ms[:, :1]
    read_s = torch.from_numpy(((at_ms - origin_ms) // 1000 * sequences.timed).astype(np.int32))
    asked_s = torch.from_numpy(((asked_ms - origin_ms) // 1000 * sequences.timed).astype(np.int32))
    age_s = (asked_s[:, :, None] - read_s[:, None, :]).clamp_(min=0)
    told = after[real]
    return Batch(
        item=torch.from_numpy(sequences.item[place].astype(np.int64)),
        done=torch.from_numpy(sequences.done[place].astype(np.int64)),
        request=torch.from_numpy(codes.astype(np.int64)),
        age_s=age_s,
        length=torch.from_numpy(length),
        real=torch.from_numpy(real),
        target=sequences.item[told].astype(np.int64),
        outcome=torch.from_numpy(outcomes_of(sequences.done[told])),
    )


def outcomes_of(done: NDArray[np.int16]) -> NDArray[np.float32]:
    """Return what came of events (finish, like, dislike) as 1 or 0, NaN where nobody knows."""
    share = done[:, DONE.index("share")].astype(np.float32)
    stars = done[:, DONE.index("rating")] / np.float32(2)
    known = np.full((len(done), len(OUTCOMES)), np.nan, np.float32)
    known[:, 0] = np.where(share > 0, finished(share, np.float32(10)), np.nan)
    known[:, 1] = np.where(stars > 0, liked(stars), np.nan)
    known[:, 2] = np.where(stars > 0, disliked(stars), np.nan)
    return known
