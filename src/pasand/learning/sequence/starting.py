"""Starting a training from an earlier model's arrays instead of from chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pasand.learning.sequence.fitting import Run
from pasand.stages.scoring.sequence import DONE, REQUEST

__all__ = ["start_from"]

_RIDGE = 1.0


def start_from(run: Run, arrays: Mapping[str, Any], rows: NDArray[np.int64]) -> None:
    """Fill a fresh run; ``rows`` says where each of its items stands in the arrays, -1 if new.

    Item vectors have their content mixed in, and content may be described otherwise by now: so
    the part of them that today's content tells is found by ridge regression, and the rest is the
    item's own. A new item begins with what its content tells.
    """
    network, state = run.network, dict(run.network.state_dict())

    def given(name: str) -> torch.Tensor:
        return torch.from_numpy(np.array(arrays[f"sequence.{name}"], np.float32))

    for name in ("decay", "place", "outcome", "outcome_state", "outcome_item", "outcome_offset"):
        state[name] = given(name)
    for name in DONE:
        state[f"done.{name}"] = given(f"done.{name}")
    for name in REQUEST:
        state[f"request.{name}"] = given(f"request.{name}")
    for name in ("attend", "attended", "widen", "narrow", "norm"):
        for at, weight in enumerate(given(f"block.{name}")):
            state[f"blocks.{at}.{name}"] = weight
    known = torch.from_numpy(np.flatnonzero(rows >= 0))
    vector = given("item")[torch.from_numpy(rows[rows >= 0])]
    if network.content is not None:
        content = network.content[known]
        gram = content.T @ content + _RIDGE * torch.eye(content.shape[1])
        state["of_content"] = torch.linalg.solve(gram, content.T @ vector)
        vector = vector - content @ state["of_content"]
    own = torch.zeros_like(network.item)
    own[known] = vector
    state["item"] = own
    network.load_state_dict(state)
    for kept in (run.average, run.best):
        kept.update({name: value.clone() for name, value in network.state_dict().items()})
