"""The network: gated attention over events, with a bias that decays with time, and a cosine head.

Each block is a gated unit of attention (after HSTU, Zhai et al., ICML 2024: pointwise SiLU weights
over the real length instead of a softmax, a gate from the input, no growth of the residual, which
keeps eight blocks trainable) and a gated feed-forward unit (SwiGLU; FuXi-alpha, Ye et al., WWW
2025). How much an event counts by age and by place is a sum of hyperbolas of the time since it,
each bent at another age, and a table of places, made once a batch and shared by all blocks. Fixed
bends instead of learned powers (FuXi-beta, 2025) leave nothing to take a logarithm of.

The moment of the request is the last key: position i predicts event i + 1, so ages are counted from
the time of event i + 1, and the codes of that request are added to event i. Where it is not known,
the time of event i stands in and the codes say "not known".
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pasand.learning.sequence.settings import SequenceShape
from pasand.stages.scoring.sequence import DONE, REQUEST, SIZES

__all__ = ["HIDDEN", "OUTCOMES", "PLACE_COUNT", "SequenceNetwork", "unit_length"]

#: What may come of an interaction, told by the heads beside the next item.
OUTCOMES = ("finish", "like", "dislike")
PLACE_COUNT = 64
HIDDEN = -1e4


class SequenceNetwork(nn.Module):
    """Events in, for each position a vector whose cosine with an item's says how likely it is."""

    def __init__(
        self, shape: SequenceShape, item_count: int, content: NDArray[np.float32] | None
    ) -> None:
        super().__init__()
        self.shape = shape
        width = shape.width
        self.item = nn.Parameter(torch.randn(item_count, width) * 0.02)
        self.content: Tensor | None
        self.register_buffer("content", None if content is None else torch.from_numpy(content))
        rows = 0 if content is None else content.shape[1]
        self.of_content = nn.Parameter(torch.randn(rows, width) * 0.02)
        self.done = nn.ParameterDict(_table(name, width) for name in DONE)
        self.request = nn.ParameterDict(_table(name, width) for name in REQUEST)
        self.blocks = nn.ModuleList(
            Block(width, shape.head_count) for _ in range(shape.block_count)
        )
        self.decay = nn.Parameter(torch.zeros(shape.head_count, len(shape.bend_s)))
        self.place = nn.Parameter(torch.zeros(shape.head_count, PLACE_COUNT))
        self.outcome = nn.Parameter(torch.zeros(len(OUTCOMES), width, width))
        self.outcome_state = nn.Parameter(torch.zeros(len(OUTCOMES), width))
        self.outcome_item = nn.Parameter(torch.zeros(len(OUTCOMES), width))
        self.outcome_offset = nn.Parameter(torch.zeros(len(OUTCOMES)))

    def items(self, dropped: Tensor | None = None) -> Tensor:
        """Return the vector of every item: its own, unless ``dropped``, and its content's."""
        own = self.item if dropped is None else self.item * (~dropped)[:, None]
        return own if self.content is None else own + self.content @ self.of_content

    def forward(
        self, vector: Tensor, done: Tensor, request: Tensor, age_s: Tensor, dropout: float = 0.0
    ) -> Tensor:
        """Return a state [batch, events, width] for each position.

        ``vector`` [batch, events, width] of the items taken, ``done`` and ``request`` codes
        [batch, events, columns], ``age_s`` [batch, events, events] seconds from event j to the
        request after event i. What stands behind a row's last event is seen by nothing before it.
        """
        state = vector * math.sqrt(self.shape.width)
        for at, name in enumerate(DONE):
            state = state + self.done[name][done[:, :, at]]
        for at, name in enumerate(REQUEST):
            state = state + self.request[name][request[:, :, at]]
        state = nn.functional.dropout(state, dropout, self.training)
        bias = self.bias(age_s)
        for block in self.blocks:
            state = block(state, bias, dropout)
        return scaled(state)

    def bias(self, age_s: Tensor) -> Tensor:
        """Return what is added to every weight: [heads, batch, events, events]."""
        batch, count, _ = age_s.shape
        aged = torch.stack([bend / (bend + age_s) for bend in self.shape.bend_s])
        decayed = (self.decay @ aged.flatten(1)).view(-1, batch, count, count)
        back = torch.arange(count)[:, None] - torch.arange(count)[None, :]
        place = self.place[:, back.clamp(0, PLACE_COUNT - 1)]
        # A weight's SiLU is nothing here: the future is not seen.
        place = place.masked_fill(back < 0, HIDDEN)
        return decayed + place[:, None].to(decayed.dtype)

    def outcomes(self, state: Tensor, item: Tensor) -> Tensor:
        """Return the logits of ``OUTCOMES`` for items taken from states, both of unit length."""
        met = torch.einsum("pa,oab,pb->po", state, self.outcome, item)
        alone = state @ self.outcome_state.T + item @ self.outcome_item.T
        return met + alone + self.outcome_offset


class Block(nn.Module):
    """One unit of gated attention and one of gated feed-forward, each added to its input."""

    def __init__(self, width: int, head_count: int) -> None:
        super().__init__()
        self.head_count = head_count
        self.attend = nn.Parameter(torch.randn(width, 4 * width) * 0.02)
        self.attended = nn.Parameter(torch.randn(width, width) * 0.02)
        self.widen = nn.Parameter(torch.randn(width, 4 * width) * 0.02)
        self.narrow = nn.Parameter(torch.randn(2 * width, width) * 0.02)
        self.norm = nn.Parameter(torch.ones(3, width))

    def forward(self, state: Tensor, bias: Tensor, dropout: float) -> Tensor:
        """Return the state after this block."""
        batch, count, width = state.shape
        mixed = nn.functional.silu((scaled(state) * self.norm[0]) @ self.attend)
        gate, value, query, key = mixed.chunk(4, dim=-1)
        parts = (batch, count, self.head_count, width // self.head_count)
        query, key, value = (x.reshape(parts).permute(2, 0, 1, 3) for x in (query, key, value))
        weight = (query / math.sqrt(parts[-1])) @ key.transpose(-1, -2) + bias
        found = nn.functional.silu(weight) @ value
        found = found.permute(1, 2, 0, 3).reshape(batch, count, width)
        found = found / torch.arange(1, count + 1)[:, None]
        found = scaled(found) * self.norm[1] * gate
        state = state + nn.functional.dropout(found @ self.attended, dropout, self.training)
        up, across = ((scaled(state) * self.norm[2]) @ self.widen).chunk(2, dim=-1)
        fed = (nn.functional.silu(up) * across) @ self.narrow
        return state + nn.functional.dropout(fed, dropout, self.training)


def scaled(x: Tensor) -> Tensor:
    """Return vectors scaled to a root mean square of 1."""
    return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + 1e-6)


def unit_length(x: Tensor) -> Tensor:
    """Return vectors of length 1."""
    return x * torch.rsqrt(x.square().sum(dim=-1, keepdim=True) + 1e-6)


def _table(name: str, width: int) -> tuple[str, nn.Parameter]:
    return name, nn.Parameter(torch.randn(SIZES[name], width) * 0.02)
