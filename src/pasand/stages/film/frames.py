"""How good a frame of a shot is as a still, from its brightness alone: sharp, well lit, at rest.

Sharpness is compared within a shot, where the same things are seen: a frame that is softer than
others of its shot was moved or out of focus. Light and contrast count by themselves, as a shot
that fades in is dark at first. Nothing here knows what is seen; who does judges the best few
again (``sights.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Config", "FrameJudge", "Marks", "marks_of", "sharpness"]

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Config:
    """Weights of what makes a frame good; ``edge``: frames beside a cut that are left if possible.

    ``light_low`` to ``light_high`` is a mean brightness, of 1, that costs nothing.
    """

    sharp: float = 1.0
    light: float = 2.0
    contrast: float = 1.0
    clipped: float = 1.0
    motion: float = 0.5
    light_low: float = 0.25
    light_high: float = 0.68
    edge: int = 4


class Marks(NamedTuple):
    """What is seen of frames without knowing what they show; columns over frames.

    ``sharp`` is a logarithm; ``light``, ``contrast`` and ``clipped`` are shares of what there can
    be; ``motion`` is the change from the frame before to the one after, in shares too.
    """

    sharp: Floats
    light: Floats
    contrast: Floats
    clipped: Floats
    motion: Floats


class FrameJudge:
    """Gives frames of one shot scores that may be compared with each other."""

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or Config()

    def __call__(self, marks: Marks, first: int, end: int, at: NDArray[np.int64]) -> Floats:
        """Return the score of each frame of a shot from ``first`` to before ``end``; ``at`` are
        the numbers of the frames that ``marks`` are of.
        """
        c = self.config
        typical = np.median(marks.sharp) if len(marks.sharp) else 0.0
        score = c.sharp * np.clip(marks.sharp - typical, -3.0, 1.0)
        low, high = c.light_low - marks.light, marks.light - c.light_high
        score -= 4.0 * c.light * np.maximum(np.maximum(low, high), 0.0)
        score += c.contrast * np.minimum(marks.contrast, 0.25) * 4.0
        score -= c.clipped * marks.clipped
        score -= c.motion * np.minimum(marks.motion * 10.0, 2.0)
        near = np.minimum(at - first, end - 1 - at)
        return np.asarray(score - 0.5 * (near < min(c.edge, (end - first) // 4)), np.float32)


def marks_of(frames: Bytes, motion: Floats) -> Marks:
    """Return the marks of frames, n x height x width of brightness; ``motion`` as in Marks."""
    grey = frames.astype(np.float32) / 255.0
    flat = grey.reshape(len(grey), -1)
    clipped = ((flat < 0.02) | (flat > 0.98)).mean(1)
    return Marks(
        sharpness(grey),
        np.asarray(flat.mean(1), np.float32),
        np.asarray(flat.std(1), np.float32),
        np.asarray(clipped, np.float32),
        motion,
    )


def sharpness(grey: Floats) -> Floats:
    """Return how much fine detail frames have, as a logarithm: the energy of the second
    differences, which a moved or unfocused frame lacks.
    """
    across = grey[:, 1:-1, 2:] + grey[:, 1:-1, :-2]
    down = grey[:, 2:, 1:-1] + grey[:, :-2, 1:-1]
    fine = across + down - 4.0 * grey[:, 1:-1, 1:-1]
    return np.asarray(np.log(np.square(fine).mean((1, 2)) + 1e-6), np.float32)
