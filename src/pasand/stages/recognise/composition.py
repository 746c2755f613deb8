"""How a picture is built: where its weight lies, how like its mirror it is, where a title fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.picture_facts import Box, Composition
from pasand.picture_ports import Picture, Resizer
from pasand.stages.recognise.look import luma

__all__ = ["ClassicalComposition", "Config", "emptiest", "symmetry", "thirds", "weight"]


@dataclass(frozen=True, slots=True)
class Config:
    """``side``: of the map that is looked at; ``title``: width and height a title needs."""

    side: int = 48
    title: tuple[float, float] = (0.5, 0.25)


class ClassicalComposition:
    """Edges and outstanding colours carry weight; so do faces and the subject, if any is known."""

    name = "statistics"

    def __init__(self, config: Config, resize: Resizer) -> None:
        self.config, self._resize = config, resize

    def composition(
        self, picture: Picture, taken: Sequence[Box] = (), subject: Box | None = None
    ) -> Composition:
        """Return it; a title's place avoids the boxes that are ``taken`` where it can."""
        small = self._resize(picture, self.config.side, self.config.side)
        heavy = weight(small)
        blocked = heavy + 4 * (heavy.max(initial=0) + 0.01) * _cover(
            [*taken, *([subject] if subject else [])], self.config.side
        )
        space = emptiest(blocked, self.config.title)
        fullness = float(heavy[_cover([space], self.config.side) > 0].mean())
        mean = float(heavy.mean())
        return Composition(
            thirds=round(thirds(heavy), 3),
            symmetry=round(symmetry(luma(small)), 3),
            space=space,
            emptiness=round(float(np.clip(1 - fullness / (mean + 1e-6), 0, 1)), 3),
            # A plain field has no build to speak of.
            confidence=round(float(np.clip(mean / 0.04, 0, 1)), 3),
            subject=subject,
        )


def weight(small: Picture) -> NDArray[np.float64]:
    """Return how much the eye is drawn to each pixel: by edges, and by colours that stand out."""
    colour = small.astype(np.float64) / 255
    light = luma(small).astype(np.float64)
    down, across = np.gradient(light)
    apart = np.linalg.norm(colour - colour.mean(axis=(0, 1)), axis=2)
    found: NDArray[np.float64] = np.hypot(down, across) + 0.1 * apart
    return found


def thirds(heavy: NDArray[np.float64]) -> float:
    """Return the share of the weight that lies near the four crossings of the thirds.

    A sixth of the sides around each is near: 1/9 of the picture in all has 4/9 when all is even.
    """
    size = heavy.shape[0]
    place = (np.arange(size) + 0.5) / size
    near = np.minimum(np.abs(place - 1 / 3), np.abs(place - 2 / 3)) < 1 / 6
    total = float(heavy.sum())
    return float(heavy[np.ix_(near, near)].sum() / total) if total > 0 else 0.0


def symmetry(light: NDArray[np.floating]) -> float:
    """Return how like its mirror image a picture is, from 0 to 1; a plain field is all alike."""
    centred = light - light.mean()
    strength = float((centred * centred).sum())
    if strength < 1e-9 * light.size:
        return 1.0
    return float(np.clip((centred * centred[:, ::-1]).sum() / strength, 0, 1))


def emptiest(heavy: NDArray[np.float64], title: tuple[float, float]) -> Box:
    """Return the place of a title's size with the least weight."""
    size = heavy.shape[0]
    width, height = (max(round(share * size), 1) for share in title)
    sums = np.zeros((size + 1, size + 1))
    sums[1:, 1:] = heavy.cumsum(axis=0).cumsum(axis=1)
    inside = (
        sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width]
        + sums[:-height, :-width]
    )  # fmt: skip
    top, left = np.unravel_index(int(np.round(inside, 9).argmin()), inside.shape)
    return Box(*(round(float(v) / size, 4) for v in (left, top, width, height)))


def _cover(boxes: Sequence[Box], size: int) -> NDArray[np.float64]:
    cover = np.zeros((size, size))
    for box in boxes:
        rows = slice(int(box.top * size), int(np.ceil((box.top + box.height) * size)))
        cover[rows, int(box.left * size) : int(np.ceil((box.left + box.width) * size))] = 1.0
    return cover
