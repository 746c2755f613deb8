"""Where a still is cut for each place it is shown in: whole faces, the subject, room for a title.

A billboard has its title at the left, so its subject is to stand at the right; a poster has it at
the bottom; a card is cut close about the subject. Black bars are cut off first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

__all__ = ["SHAPES", "Box", "Config", "Cropper", "bars_of"]

#: left, top, width and height in shares of the picture.
Box = tuple[float, float, float, float]
#: Shapes by name: width over height.
SHAPES = {"billboard": 16 / 9, "card": 16 / 9, "poster": 2 / 3}
#: Where the subject's middle is best, across and down the crop, by shape.
_PLACES = {"billboard": (0.64, 0.48), "card": (0.5, 0.45), "poster": (0.5, 0.4)}
_SCALES = {"billboard": (1.0, 0.9), "card": (1.0, 0.85, 0.7, 0.6), "poster": (1.0, 0.9)}
_WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Config:
    """``steps`` places are tried along each side; ``margin`` is kept about faces, of their size."""

    steps: int = 13
    margin: float = 0.25
    dark: float = 24.0


class Cropper:
    """Cuts one still for one shape."""

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or Config()

    def __call__(
        self,
        shape: str,
        ratio: float,
        subject: Box | None = None,
        faces: Sequence[Box] = (),
        inside: Box = _WHOLE,
    ) -> Box:
        """Return the best crop of a picture with width over height ``ratio``, within ``inside``."""
        held = [_grown(face, self.config.margin) for face in faces]
        wanted = _around(held) or subject or inside
        width = min(inside[2], inside[3] * SHAPES[shape] / ratio)
        height = width * ratio / SHAPES[shape]
        best, most = inside, -np.inf
        for scale in _SCALES[shape]:
            w, h = width * scale, height * scale
            for across, down in product(np.linspace(0, 1, self.config.steps), repeat=2):
                left = inside[0] + across * (inside[2] - w)
                top = inside[1] + down * (inside[3] - h)
                crop = (float(left), float(top), w, h)
                worth = _worth(shape, crop, wanted, held, scale)
                if worth > most:
                    best, most = crop, worth
        return best


def bars_of(brightest: NDArray[np.uint8], config: Config | None = None) -> Box:
    """Return the part of a film that is not black bars; ``brightest`` is the most that each place
    of the picture is ever lit, of 255.
    """
    dark = (config or Config()).dark
    rows = np.flatnonzero(np.median(brightest, 1) >= dark)
    columns = np.flatnonzero(np.median(brightest, 0) >= dark)
    if len(rows) < brightest.shape[0] // 3 or len(columns) < brightest.shape[1] // 3:
        return _WHOLE
    height, width = brightest.shape
    left, top = columns[0] / width, rows[0] / height
    return (
        float(left),
        float(top),
        float((columns[-1] + 1) / width - left),
        float((rows[-1] + 1) / height - top),
    )


def _worth(shape: str, crop: Box, wanted: Box, faces: Sequence[Box], scale: float) -> float:
    """Return how good a crop is."""
    worth = 2.0 * _held(wanted, crop) + sum(4.0 * (_held(face, crop) - 1.0) for face in faces)
    across = (wanted[0] + wanted[2] / 2 - crop[0]) / crop[2]
    down = (wanted[1] + wanted[3] / 2 - crop[1]) / crop[3]
    place = _PLACES[shape]
    worth -= abs(across - place[0]) + abs(down - place[1])
    # A card is small: what is in it should be large. Elsewhere all of the picture is wanted.
    return worth + (0.35 * (1.0 - scale) if shape == "card" else 0.5 * (scale - 1.0))


def _held(one: Box, crop: Box) -> float:
    """Return the share of a box that lies inside a crop."""
    across = min(one[0] + one[2], crop[0] + crop[2]) - max(one[0], crop[0])
    down = min(one[1] + one[3], crop[1] + crop[3]) - max(one[1], crop[1])
    return max(across, 0.0) * max(down, 0.0) / max(one[2] * one[3], 1e-9)


def _grown(box: Box, margin: float) -> Box:
    left, top = max(box[0] - margin * box[2], 0.0), max(box[1] - margin * box[3], 0.0)
    right = min(box[0] + (1 + margin) * box[2], 1.0)
    bottom = min(box[1] + (1 + margin) * box[3], 1.0)
    return left, top, right - left, bottom - top


def _around(boxes: Sequence[Box]) -> Box | None:
    """Return the box around all of them."""
    if not boxes:
        return None
    left, top = min(b[0] for b in boxes), min(b[1] for b in boxes)
    right, bottom = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
    return left, top, right - left, bottom - top
