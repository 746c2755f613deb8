"""Pictures brought to the size and the numbers that a network takes, and boxes brought back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.domain.picture_facts import Box
from pasand.picture_ports import Picture, Resizer

__all__ = ["fitted", "planes", "share_box", "squashed"]


def fitted(
    picture: Picture, resize: Resizer, width: int, height: int, fill: int
) -> tuple[Picture, float, float]:
    """Return the picture in the top left of a frame of this size, its shape kept.

    The two numbers are the width and the height it has there.
    """
    tall, wide = picture.shape[:2]
    scale = min(width / wide, height / tall)
    inner_width = min(max(round(wide * scale), 1), width)
    inner_height = min(max(round(tall * scale), 1), height)
    frame = np.full((height, width, 3), fill, np.uint8)
    frame[:inner_height, :inner_width] = resize(picture, inner_width, inner_height)
    return frame, float(inner_width), float(inner_height)


def squashed(picture: Picture, resize: Resizer, side: int) -> Picture:
    """Return the picture as a square, whatever its shape was."""
    return resize(picture, side, side)


def planes(picture: Picture, blue_first: bool = False) -> NDArray[np.float32]:
    """Return [1, 3, height, width] of numbers from 0 to 255."""
    channels = picture[:, :, ::-1] if blue_first else picture
    return np.ascontiguousarray(channels.transpose(2, 0, 1)[None], np.float32)


def share_box(left: float, top: float, right: float, bottom: float) -> Box:
    """Return the box with these edges, cut at the picture's own."""
    left, right = (min(max(float(edge), 0.0), 1.0) for edge in (left, right))
    top, bottom = (min(max(float(edge), 0.0), 1.0) for edge in (top, bottom))
    return Box(
        round(left, 4),
        round(top, 4),
        round(max(right - left, 0.0), 4),
        round(max(bottom - top, 0.0), 4),
    )
