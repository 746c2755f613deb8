"""Slices: parts of the targets that every table shows, for one mean hides what differs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.domain.labels import begins_visit
from pasand.evaluation.splits import Split

__all__ = ["EVENT_BINS", "slices"]

EVENT_BINS = (0, 1, 3, 10, 30, 100)


def slices(split: Split) -> dict[str, NDArray[np.bool_]]:
    """Return which targets belong to each slice that has any; slices overlap.

    ``all``: members with an event that trains (everyone in ``day`` and ``session``). Of these
    ``visit``, more than an hour after the member's previous event, where there are times;
    ``known-item`` and ``new-item``, an item with and without an event that trains, unless it is
    the protocol that says which. ``cold``:
    members without an event that trains. ``events-N``: by the number of events so far, cold
    members included: 0, 1-2, 3-9, 10-29, 30-99, 100 and more.
    """
    targets = split.targets
    everyone = np.ones(len(targets), bool) if split.cold_in_all else ~targets.cold
    masks = {"all": everyone}
    if split.timed:
        masks["visit"] = everyone & begins_visit(targets.gap_ms)
    if split.among is None:
        masks |= {"known-item": everyone & ~targets.is_new, "new-item": everyone & targets.is_new}
    masks["cold"] = targets.cold
    so_far = targets.history_count
    for low, high in zip(EVENT_BINS, (*EVENT_BINS[1:], np.inf), strict=True):
        masks[f"events-{low}"] = (so_far >= low) & (so_far < high)
    return {name: mask for name, mask in masks.items() if mask.any()}
