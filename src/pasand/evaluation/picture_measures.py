"""How well pictures are recognised: precision of boxes, correlations, areas under curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pasand.domain.picture_facts import Box, Seen

__all__ = ["area_under_curve", "average_precision", "correlation", "recall_at", "shared_of"]

Truth = Sequence[tuple[str, Box]]


def average_precision(
    seen: Sequence[Sequence[Seen]], truth: Sequence[Truth], overlap: float = 0.5
) -> float:
    """Return AP at one overlap: precision at 101 recalls, as COCO counts, mean over the kinds
    that occur.
    """
    kinds = sorted({kind for boxes in truth for kind, _ in boxes})
    return float(np.mean([_of_kind(kind, seen, truth, overlap) for kind in kinds]))


def _of_kind(
    kind: str, seen: Sequence[Sequence[Seen]], truth: Sequence[Truth], overlap: float
) -> float:
    score: list[float] = []
    right: list[bool] = []
    there = 0
    for found, boxes in zip(seen, truth, strict=True):
        open_boxes = [box for name, box in boxes if name == kind]
        there += len(open_boxes)
        mine = sorted((one for one in found if one.name == kind), key=lambda s: -s.confidence)
        for one in mine:
            shared = [shared_of(one.box, box) for box in open_boxes]
            hit = bool(shared) and max(shared) >= overlap
            if hit:
                open_boxes.pop(int(np.argmax(shared)))
            score.append(one.confidence)
            right.append(hit)
    if not right:
        return 0.0
    order = np.argsort(-np.array(score), kind="stable")
    hits = np.array(right)[order].cumsum()
    recall, precision = hits / there, hits / np.arange(1, len(hits) + 1)
    best_after = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
    return float(np.append(best_after, 0.0)[at].mean())


def recall_at(
    seen: Sequence[Sequence[Seen]], truth: Sequence[Truth], overlap: float = 0.5
) -> float:
    """Return the share of true boxes that were told, each by a box of its own."""
    hit, there = 0, 0
    for found, boxes in zip(seen, truth, strict=True):
        left = list(boxes)
        there += len(left)
        for one in sorted(found, key=lambda s: -s.confidence):
            shared = [shared_of(one.box, box) if kind == one.name else 0.0 for kind, box in left]
            if shared and max(shared) >= overlap:
                left.pop(int(np.argmax(shared)))
                hit += 1
    return hit / max(there, 1)


def shared_of(one: Box, other: Box) -> float:
    """Return what two boxes share of what they cover together."""
    across = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    down = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    shared = max(across, 0.0) * max(down, 0.0)
    return shared / max(one.area + other.area - shared, 1e-12)


def correlation(said: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    """Return Pearson's r."""
    return float(np.corrcoef(said, truth)[0, 1])


def area_under_curve(said: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Return how often a true one is said surer than one that is not; ties count half."""
    order = np.argsort(said, kind="stable")
    rank = np.empty(len(said))
    rank[order] = np.arange(1, len(said) + 1)
    values, place = np.unique(said, return_inverse=True)
    mean_rank = np.bincount(place, rank, len(values)) / np.bincount(place, minlength=len(values))
    true, false = int(truth.sum()), int((~truth).sum())
    return float((mean_rank[place][truth].sum() - true * (true + 1) / 2) / max(true * false, 1))
