"""Heads on top of embeddings: kernel ridge regression on named rows of numbers.

The kernel is exp(-reach × d), d the mean over rows of their squared distances, each divided by
its mean in training. With it comes how far a picture is from all that the head was trained on,
which is where it says "unsure": the variance of the Gaussian process with the same kernel.
Training is in ``learning/picture_heads.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.stages.recognise.signals import Signals

__all__ = ["Head", "RowScale", "apply", "distances", "head_arrays", "head_of", "kernel", "scaled"]

Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class RowScale:
    """How a row of numbers is brought to scale: less its mean, over its deviation; then its
    squared distances over ``spread``, with ``weight``.
    """

    mean: Rows
    deviation: Rows
    spread: float
    weight: float


@dataclass(frozen=True, slots=True)
class Head:
    """A trained head. ``support`` are the pictures it knows, by row name, already scaled;
    ``names`` what its outputs are; ``calm`` are a and b of the sigmoids, or the factor of the
    softmax, that make likelihoods of its outputs; ``unfold`` solves for the variance.
    """

    kind: str
    names: tuple[str, ...]
    scales: Mapping[str, RowScale]
    support: Mapping[str, Rows]
    reach: float
    weights: Rows
    offset: Rows
    unfold: Rows
    calm: Rows
    variance_most: float
    model: str = ""

    def output(self, signals: Signals) -> tuple[NDArray[np.float64], float] | None:
        """Return the head's numbers and its variance, from 0 (knows this) to 1 (knows nothing
        like it); None where a row it needs is not there.
        """
        if any(
            name not in signals or signals[name].shape != scale.mean.shape
            for name, scale in self.scales.items()
        ):
            return None
        rows = {name: scaled(signals[name][None], scale) for name, scale in self.scales.items()}
        near = kernel(distances(rows, self.support, self.scales), self.reach)[0]
        variance = 1.0 - float(near @ self.unfold @ near)
        return near @ self.weights + self.offset, min(max(variance, 0.0), 1.0)


def apply(head: Head, signals: Signals) -> tuple[dict[str, float], float] | None:
    """Return the value of each name (a likelihood, unless it is a mood's place) and how sure
    the head is that it knows such pictures, from 0 to 1; None where it cannot tell.
    """
    found = head.output(signals)
    if found is None:
        return None
    value, variance = found
    if head.kind == "genre":
        value = 1 / (1 + np.exp(-(head.calm[0] * value + head.calm[1])))
    elif head.kind == "class":
        raised = np.exp(float(head.calm[0, 0]) * (value - value.max()))
        value = raised / raised.sum()
    # At the variance that nine in ten pictures of the training stay below, half as sure.
    known = 1.0 / (1.0 + (variance / max(head.variance_most, 1e-6)) ** 8)
    return dict(zip(head.names, map(float, value), strict=True)), known


def scaled(rows: NDArray[Any], scale: RowScale) -> Rows:
    """Return rows brought to scale."""
    found: Rows = ((rows - scale.mean) / scale.deviation).astype(np.float32)
    return found


def distances(
    one: Mapping[str, Rows], other: Mapping[str, Rows], scales: Mapping[str, RowScale]
) -> NDArray[np.float64]:
    """Return the mean squared distance of each of ``one`` to each of ``other``."""
    total = sum(scale.weight for scale in scales.values())
    summed: Any = 0.0
    for name, scale in scales.items():
        a, b = one[name].astype(np.float64), other[name].astype(np.float64)
        squares = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1) - 2 * a @ b.T
        summed = summed + np.maximum(squares, 0.0) * (scale.weight / total / scale.spread)
    found: NDArray[np.float64] = summed
    return found


def kernel(distance: NDArray[np.float64], reach: float) -> NDArray[np.float64]:
    """Return how alike two pictures are, from 0 to 1."""
    found: NDArray[np.float64] = np.exp(-reach * distance)
    return found


def head_arrays(head: Head) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return a head as arrays by name, and what is no array."""
    arrays = {
        "weights": head.weights, "offset": head.offset, "unfold": head.unfold, "calm": head.calm,
    }  # fmt: skip
    for name, scale in head.scales.items():
        arrays[f"{name}.mean"], arrays[f"{name}.deviation"] = scale.mean, scale.deviation
        arrays[f"{name}.support"] = head.support[name]
        arrays[f"{name}.scale"] = np.array((scale.spread, scale.weight))
    about = {
        "kind": head.kind, "names": list(head.names), "rows": list(head.scales),
        "reach": head.reach, "variance_most": head.variance_most, "model": head.model,
    }  # fmt: skip
    return arrays, about


def head_of(arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> Head:
    """Return the head behind ``head_arrays``."""
    scales = {
        name: RowScale(
            arrays[f"{name}.mean"],
            arrays[f"{name}.deviation"],
            *map(float, arrays[f"{name}.scale"]),
        )
        for name in about["rows"]
    }
    return Head(
        kind=str(about["kind"]),
        names=tuple(about["names"]),
        scales=scales,
        support={name: arrays[f"{name}.support"] for name in about["rows"]},
        reach=float(about["reach"]),
        weights=arrays["weights"],
        offset=arrays["offset"],
        unfold=arrays["unfold"],
        calm=arrays["calm"],
        variance_most=float(about["variance_most"]),
        model=str(about["model"]),
    )
