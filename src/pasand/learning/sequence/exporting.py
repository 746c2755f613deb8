"""A trained network as named arrays: what a snapshot keeps and ``Inference`` reads.

Item vectors are written out, their content mixed in, so that serving needs neither words nor
projection; rows of items that a catalogue has gained since are made from content alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from pasand.learning.sequence.network import SequenceNetwork
from pasand.stages.scoring.sequence import DONE, REQUEST

__all__ = ["arrays_of"]


def arrays_of(network: SequenceNetwork, timed: bool) -> dict[str, Any]:
    """Return the arrays of a network, by the names that serving knows.

    ``size`` holds width, blocks, heads, window, whether times are known, and the temperature in
    thousandths. Weights of all blocks stand in one array each, block by block.
    """
    shape = network.shape

    def plain(value: torch.Tensor) -> Any:
        return np.ascontiguousarray(value.detach().float().numpy())

    blocks = list(network.blocks)
    size = (shape.width, shape.block_count, shape.head_count, shape.window, int(timed),
            round(1000 * shape.temperature))  # fmt: skip
    arrays = {
        "size": np.array(size, np.int64),
        "bend_s": np.array(shape.bend_s, np.float32),
        "item": plain(network.items()),
        "of_content": plain(network.of_content),
        "decay": plain(network.decay),
        "place": plain(network.place),
        "outcome": plain(network.outcome),
        "outcome_state": plain(network.outcome_state),
        "outcome_item": plain(network.outcome_item),
        "outcome_offset": plain(network.outcome_offset),
    }
    arrays |= {f"done.{name}": plain(network.done[name]) for name in DONE}
    arrays |= {f"request.{name}": plain(network.request[name]) for name in REQUEST}
    for name in ("attend", "attended", "widen", "narrow", "norm"):
        arrays[f"block.{name}"] = np.stack([plain(getattr(block, name)) for block in blocks])
    return {f"sequence.{name}": value for name, value in arrays.items()}
