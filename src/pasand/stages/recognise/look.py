"""What can be computed of any picture without a model: light, colours, sharpness, a hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.picture_facts import Look
from pasand.picture_ports import Picture, Resizer

__all__ = ["ClassicalLook", "Config", "difference_hash", "fine_texture", "luma", "palette"]

#: How light each channel looks (ITU-R BT.601).
LUMA = np.array((0.299, 0.587, 0.114), np.float32)
#: Log variance of the Laplacian: of a picture out of focus, and of a crisp one.
BLURRED, CRISP = -7.5, -3.0
#: What takes less of the picture is no colour of it.
PALETTE_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Config:
    """``side``: of the square that colours are counted in; ``palette_count``: colours told."""

    side: int = 64
    palette_count: int = 5


class ClassicalLook:
    """The provider that always answers."""

    name = "statistics"

    def __init__(self, config: Config, resize: Resizer) -> None:
        self.config, self._resize = config, resize

    def look(self, picture: Picture) -> Look:
        """Return light, colours and sharpness."""
        small = self._resize(picture, self.config.side, self.config.side) / 255
        light = small @ LUMA
        most, least = small.max(axis=2), small.min(axis=2)
        saturation = (most - least) / np.maximum(most, 1e-6)
        texture = fine_texture(self._resize(picture, 256, 256))
        return Look(
            brightness=round(float(light.mean()), 3),
            contrast=round(min(float(2 * light.std()), 1.0), 3),
            # Of dark spots the eye tells no colour: each counts as much as it is light.
            saturation=round(float((saturation * most).sum() / max(most.sum(), 1e-6)), 3),
            warmth=round(float((small[..., 0] - small[..., 2]).mean()), 3),
            sharpness=round(float(np.clip((texture - BLURRED) / (CRISP - BLURRED), 0, 1)), 3),
            palette=palette(small, self.config.palette_count),
        )

    def hash(self, picture: Picture) -> str:
        """Return 64 bits, near for near-duplicates."""
        return difference_hash(self._resize(picture, 9, 8))


def luma(picture: Picture) -> NDArray[np.float32]:
    """Return how light each pixel is, from 0 to 1."""
    return np.asarray(picture.astype(np.float32) @ LUMA / 255, np.float32)


def fine_texture(picture: Picture) -> float:
    """Return the log variance of the Laplacian: low where nothing fine is in the picture."""
    light = luma(picture)
    middle = 4 * light[1:-1, 1:-1] - light[:-2, 1:-1] - light[2:, 1:-1]
    return float(np.log((middle - light[1:-1, :-2] - light[1:-1, 2:]).var() + 1e-6))


def difference_hash(small: Picture) -> str:
    """Return whether each pixel of [8, 9] is lighter than the one to its right, as 16 digits."""
    light = luma(small)
    bits = (light[:, :-1] > light[:, 1:]).ravel()
    return f"{int.from_bytes(np.packbits(bits).tobytes(), 'big'):016x}"


def palette(small: NDArray[np.floating[Any]], count: int) -> tuple[str, ...]:
    """Return the commonest colours as #rrggbb, commonest first; near ones are told once."""
    pixels = small.reshape(-1, 3)
    cell = np.minimum((pixels * 6).astype(np.int64), 5) @ np.array((36, 6, 1))
    size = np.bincount(cell, minlength=216)
    sums = np.stack([np.bincount(cell, pixels[:, channel], minlength=216) for channel in range(3)])
    found: list[NDArray[Any]] = []
    for at in np.argsort(-size, kind="stable"):
        if size[at] < PALETTE_SHARE * len(pixels) or len(found) == count:
            break
        colour = sums[:, at] / size[at]
        if all(np.abs(colour - other).max() > 0.12 for other in found):
            found.append(colour)
    return tuple("#" + "".join(f"{round(255 * part):02x}" for part in c) for c in found)
