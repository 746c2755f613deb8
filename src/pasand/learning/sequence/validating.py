"""How well a training stands: the validation items ranked among all that the member never had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from pasand.learning.sequence.batch import batch_of
from pasand.learning.sequence.network import unit_length
from pasand.learning.sequence.sequences import Sequences
from pasand.learning.sequence.settings import SequenceTraining

if TYPE_CHECKING:
    from pasand.learning.sequence.fitting import Run

__all__ = ["validation_ndcg"]


def validation_ndcg(run: Run, sequences: Sequences, training: SequenceTraining) -> float:
    """Return NDCG@10 of the averaged weights on the last event of (some of) the members.

    An event of an item that its member had before is no target, here as in every protocol.
    """
    first, after = sequences.first[:-1], sequences.first[1:]
    members = np.flatnonzero(after - first > 2)
    rng = np.random.default_rng(training.seed)
    if len(members) > training.validation_count:
        members = np.sort(rng.choice(members, training.validation_count, replace=False))
    if not len(members):
        return 0.0
    network = run.network
    own = {name: value.clone() for name, value in network.state_dict().items()}
    network.load_state_dict(run.average)
    network.eval()
    total, count = 0.0, 0
    order = members[np.argsort(after[members] - first[members], kind="stable")]
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=training.half_precision):
        items = network.items()
        unit = unit_length(items)
        for low in range(0, len(order), training.batch_size):
            rows = order[low : low + training.batch_size]
            end = after[rows] - 1
            begin = np.maximum(first[rows], end - network.shape.window)
            batch = batch_of(sequences, begin, end, np.zeros(len(rows), bool))
            state = network(items[batch.item], batch.done, batch.request, batch.age_s)
            last = state[torch.arange(len(rows)), batch.length - 1]
            score = (unit_length(last.float()) @ unit.T).float().numpy()
            target = sequences.item[end]
            for row, (low_at, high_at) in enumerate(zip(first[rows], end, strict=True)):
                had = sequences.item[low_at:high_at]
                if target[row] in had:
                    continue
                mark = score[row, target[row]]
                score[row, had] = -np.inf
                rank = 1 + int((score[row] > mark).sum())
                total += 1.0 / np.log2(1.0 + rank) if rank <= 10 else 0.0
                count += 1
    network.load_state_dict(own)
    return total / max(count, 1)
