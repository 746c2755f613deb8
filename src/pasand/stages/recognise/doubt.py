"""When to say nothing: pictures that photograph models were never shown look sure, and are wrong.

Signs of a photograph: a classifier's energy (the log of the summed exponents of its logits, Liu
et al. 2020) is high for how strongly the picture excites it; its belief is decided; there is
texture, fine and coarse. Drawings and rendered film lack some of it; noise has nothing but grain.
The signs are added as deviations from what photographs have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pasand.picture_ports import Belief
from pasand.stages.recognise.viewing import softmax

__all__ = ["GRAIN", "UNLIKE", "Config", "Doubt", "Signs", "energy", "entropy"]

Scale = tuple[float, float]
UNLIKE = "unlike the photographs that the models know"
GRAIN = "nothing but grain"


@dataclass(frozen=True, slots=True)
class Signs:
    """What a doubt is read from: a classifier's belief, log variances of the Laplacian at 256 and
    128 pixels, and how sure the surest object is.
    """

    belief: Belief
    fine: float
    coarse: float
    surest: float = 0.0


@dataclass(frozen=True, slots=True)
class Config:
    """Mean and deviation of each sign over some 760 photographs, and the sums from which a
    picture, and the objects in it, are believed. Texture above its ``most`` counts no more;
    above ``grain`` it is noise. ``finer``: how much finer than coarse it is in photographs, from
    scaled up ones to crisp ones.
    """

    strain: Scale = (0.376, 0.068)
    entropy: Scale = (3.03, 1.51)
    fine: Scale = (-4.88, 0.97)
    coarse: Scale = (-4.33, 0.80)
    surest: Scale = (0.58, 0.30)
    fine_most: float = -3.5
    coarse_most: float = -3.0
    grain: float = -1.5
    finer: tuple[float, float] = (-1.8, 1.05)
    least: float = -1.75
    objects_least: float = -0.95


class Doubt:
    """Says whether what photograph models see in a picture may be believed."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def of_picture(self, signs: Signs) -> str:
        """Return why nothing may be said of the whole picture, empty where all is well."""
        if why := self.of_grain(signs.fine, signs.coarse):
            return why
        return "" if self.likeness(signs) >= self.config.least else UNLIKE

    def of_objects(self, signs: Signs) -> str:
        """Return why no object may be named, empty where all is well."""
        if why := self.of_grain(signs.fine, signs.coarse):
            return why
        return "" if self.solidity(signs) >= self.config.objects_least else UNLIKE

    def of_grain(self, fine: float, coarse: float) -> str:
        """Return why the grain of a picture is that of no photograph, whoever looks at it."""
        finer = fine - coarse
        if fine > self.config.grain or finer > self.config.finer[1]:
            return GRAIN
        return UNLIKE if finer < self.config.finer[0] else ""

    def likeness(self, signs: Signs) -> float:
        """Return how like a photograph the picture is; 0 is a usual one."""
        config = self.config
        coarse = _away(min(signs.coarse, config.coarse_most), config.coarse)
        return self._strain(signs) + coarse - _away(entropy(signs.belief), config.entropy)

    def solidity(self, signs: Signs) -> float:
        """Return how like a photograph of things the picture is; 0 is a usual one."""
        config = self.config
        fine = _away(min(signs.fine, config.fine_most), config.fine)
        coarse = _away(min(signs.coarse, config.coarse_most), config.coarse)
        return self._strain(signs) + fine + coarse + _away(signs.surest, config.surest)

    def _strain(self, signs: Signs) -> float:
        """Return how much energy there is for the excitement; nothing of a network that does
        not tell its features.
        """
        if not signs.belief.features.size:
            return 0.0
        strength = float(np.linalg.norm(signs.belief.features, axis=1).mean())
        return _away(energy(signs.belief) / max(strength, 1e-6), self.config.strain)


def _away(value: float, scale: Scale) -> float:
    return (value - scale[0]) / scale[1]


def energy(belief: Belief) -> float:
    """Return the mean energy of the views: high where some word stands out."""
    most = belief.logits.max(axis=1, keepdims=True)
    summed = np.log(np.exp(belief.logits - most).sum(axis=1)) + most[:, 0]
    return float(summed.mean())


def entropy(belief: Belief) -> float:
    """Return how undecided the views are together, in nats."""
    share = softmax(belief.logits).mean(axis=0)
    return float(-(share * np.log(np.maximum(share, 1e-12))).sum())
