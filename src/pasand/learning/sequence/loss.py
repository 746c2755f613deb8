"""The cost of the next item: cross-entropy over every item, or over shared draws of a large set.

Logits of all positions and items at once would take most of the time and memory of a training, so
they are made a slab at a time, and the slab's gradients with it: nothing is kept for later. Where
items are drawn, each logit loses the logarithm of how likely its item was to be among them, which
makes the sum over the draws an unbiased one over all items (Horvitz and Thompson 1952; called
log-Q correction by Yi et al., RecSys 2019).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["NextItemCost", "draw_items"]

SLAB_ELEMENTS = 6_000_000


class NextItemCost(torch.autograd.Function):
    """Mean cross-entropy of ``state @ items.T / temperature`` against ``target``.

    ``state`` [positions, width], ``items`` [items, width], ``offset`` [items] is added to
    every logit but the target's; ``target`` [positions] are rows of ``items``.
    """

    @staticmethod
    def forward(
        ctx: Any,
        state: Tensor,
        items: Tensor,
        offset: Tensor | None,
        target: Tensor,
        temperature: float,
    ) -> Tensor:
        """Return the mean cost, and keep only its gradients."""
        to_state = torch.empty_like(state)
        to_items = torch.zeros_like(items, dtype=torch.float32)
        total = torch.zeros((), dtype=torch.float64)
        rows = max(1, SLAB_ELEMENTS // len(items))
        scale = 1.0 / (temperature * len(state))
        for low in range(0, len(state), rows):
            part, wanted = state[low : low + rows], target[low : low + rows]
            place = torch.arange(len(part))
            logit = torch.mm(part / temperature, items.T)
            if offset is not None:
                logit += offset.to(logit.dtype)
                logit[place, wanted] -= offset[wanted].to(logit.dtype)
            share = torch.softmax(logit, dim=1)
            total -= share[place, wanted].float().clamp_(min=1e-30).log_().sum().double()
            share[place, wanted] -= 1.0
            to_state[low : low + rows] = torch.mm(share, items)
            to_items += torch.mm(share.T, part).float()
        ctx.save_for_backward(to_state.mul_(scale), to_items.mul_(scale))
        ctx.items_type = items.dtype
        return (total / len(state)).float()

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Tensor, Tensor, None, None, None]:
        """Return the kept gradients times what follows."""
        to_state, to_items = ctx.saved_tensors
        return to_state * grads[0], (to_items * grads[0]).to(ctx.items_type), None, None, None


def draw_items(
    target: NDArray[np.int64], share: NDArray[np.float64], count: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Return the items to normalise over, where each target stands among them, and offsets.

    The items are the targets of the batch and ``count`` uniform draws, each once. ``share`` is how
    often each item is a target at all; from it follows how likely an item is to be here.
    """
    drawn = rng.integers(0, len(share), count)
    items, place = np.unique(np.concatenate([target, drawn]), return_inverse=True)
    absent = len(target) * np.log1p(-np.minimum(share[items], 1 - 1e-9))
    absent += count * np.log1p(-1.0 / max(len(share), 2))
    likely = -np.expm1(absent)
    return items, place[: len(target)], (-np.log(likely)).astype(np.float32)
