"""When to say nothing: pictures that photograph models were never shown look sure, and are wrong.

A photograph raises a classifier's energy (the log of the summed exponents of its logits, Liu et
al. 2020), and more so for how strongly it excites the network; and it has fine grain. Drawings
and rendered film lack the one or the other; noise has nothing but grain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pasand.picture_ports import Belief
from pasand.stages.recognise.viewing import softmax

__all__ = ["Config", "Doubt", "energy", "entropy"]


@dataclass(frozen=True, slots=True)
class Config:
    """Mean and deviation over photographs of each sign, and the sum from which one is believed.

    ``texture_most``: what grain beyond the finest photograph's counts for. ``entropy_most``: a
    classifier this undecided has seen nothing it knows.
    """

    energy: tuple[float, float] = (9.2, 0.85)
    strain: tuple[float, float] = (0.38, 0.055)
    texture: tuple[float, float] = (-4.7, 1.1)
    texture_most: float = -2.0
    least: float = -1.0
    entropy_most: float = 5.6


class Doubt:
    """Says whether what photograph models see in a picture may be believed."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def __call__(self, belief: Belief | None, texture: float) -> str:
        """Return why nothing may be said, empty where all is well; no classifier, no doubt."""
        if belief is None:
            return ""
        if texture > self.config.texture_most:
            return "nothing but grain"
        if entropy(belief) > self.config.entropy_most:
            return "like nothing the classifier knows"
        return (
            ""
            if self.likeness(belief, texture) >= self.config.least
            else "unlike the photographs that the models know"
        )

    def likeness(self, belief: Belief, texture: float) -> float:
        """Return how like a photograph it is: 0 is a usual one, in sums of deviations."""
        signs = [(energy(belief), self.config.energy), (texture, self.config.texture)]
        if belief.features.size:
            strength = float(np.linalg.norm(belief.features, axis=1).mean())
            signs.append((energy(belief) / max(strength, 1e-6), self.config.strain))
        total = sum((value - mean) / deviation for value, (mean, deviation) in signs)
        # Where the network tells no features, two signs stand for three.
        return total * 3 / len(signs)


def energy(belief: Belief) -> float:
    """Return the mean energy of the views: high where some word stands out."""
    most = belief.logits.max(axis=1, keepdims=True)
    summed = np.log(np.exp(belief.logits - most).sum(axis=1)) + most[:, 0]
    return float(summed.mean())


def entropy(belief: Belief) -> float:
    """Return how undecided the views are together, in nats."""
    share = softmax(belief.logits).mean(axis=0)
    return float(-(share * np.log(np.maximum(share, 1e-12))).sum())
