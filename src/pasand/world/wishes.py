"""What members would take next if they saw every title: the truth that pages are judged by.

The world's log holds what was taken of what its own pages had shown, so it praises pages that look
like those. A wish does not depend on any page.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pasand.domain.ids import stable_seed
from pasand.world.behaviour import Cells, Memory, play_logit
from pasand.world.truth import World

__all__ = ["wishes"]


def wishes(
    world: World,
    member: int,
    had: Iterable[str],
    device: str,
    hour: int,
    at_ms: int,
    count: int,
    seed: int,
) -> list[str]:
    """Return the ids of ``count`` titles that a member, by number, would take one after the other:
    drawn by the true wish to play, of those that they may see and have not had.
    """
    truth, one = world.truth, world.members[member]
    open_to = truth.may_see(one.member.maturity_ceiling, one.member.country, at_ms, at_ms)
    open_to[[truth.position[item_id] for item_id in had if item_id in truth.position]] = False
    item: NDArray[np.int64] = np.flatnonzero(open_to)
    none = np.zeros(len(item), np.int64)
    cells = Cells(none, none, item, none - 1)
    memory = Memory.blank(len(truth.item_ids))
    wish = play_logit(truth, one, memory, cells, np.arange(len(item)), device, hour)
    rng = np.random.default_rng(stable_seed("wishes", world.seed, seed, member, at_ms))
    # The largest of so disturbed wishes are a draw without replacement by their softmax.
    order = np.argsort(-(wish + rng.gumbel(size=len(wish))), kind="stable")
    return [truth.item_ids[at] for at in item[order[:count]].tolist()]
