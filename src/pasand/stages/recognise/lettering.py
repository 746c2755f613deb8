"""Whether letters stand in a picture, without a model: rows of strokes that are dense and even."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.picture_facts import Lettering
from pasand.picture_ports import Picture, Resizer
from pasand.stages.recognise.look import luma

__all__ = ["ClassicalLettering", "Config", "stroke_cells"]


@dataclass(frozen=True, slots=True)
class Config:
    """``side``: of the square that is looked at; ``step``: an edge is at least this strong;
    ``share_full``: of such a share of the picture, letters are certain.
    """

    side: int = 256
    step: float = 0.16
    share_full: float = 0.06


class ClassicalLettering:
    """Tells the share of the picture that looks like lines of letters."""

    name = "statistics"

    def __init__(self, config: Config, resize: Resizer) -> None:
        self.config, self._resize = config, resize

    def lettering(self, picture: Picture) -> Lettering:
        """Return the share; the confidence is that of there being letters at all."""
        side = self.config.side
        share = float(
            stroke_cells(luma(self._resize(picture, side, side)), self.config.step).mean()
        )
        return Lettering(round(share, 4), round(min(share / self.config.share_full, 1.0), 3))


def stroke_cells(light: NDArray[np.float32], step: float) -> NDArray[np.bool_]:
    """Return which cells of 8 × 32 pixels hold strokes as letters have them.

    Letters are of two tones, so that edges go up as often as down, and many in a short row.
    """
    across = light[:, 2:] - light[:, :-2]
    rows, columns = light.shape[0] // 8, across.shape[1] // 32
    cut = across[: rows * 8, : columns * 32].reshape(rows, 8, columns, 32)
    up, down = (cut > step).mean(axis=(1, 3)), (cut < -step).mean(axis=(1, 3))
    even = np.minimum(up, down) > 0.6 * np.maximum(up, down)
    found: NDArray[np.bool_] = even & (up > 0.10) & (down > 0.10)
    return found
