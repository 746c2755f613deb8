"""What a still shows as far as arithmetic tells: where its subject is, whether letters stand in it.

This is the witness where no recogniser is: it names nothing and sees no faces. The subject is what
differs most from the picture's own edges in brightness and colour; letters are rows of short
strong changes from light to dark and back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.stages.film.cropping import Box

__all__ = ["Config", "PlainWitness", "Sight"]

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
_GRID = 16


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody who looked at a still says of it.

    A face is a box and how much it is turned to the camera. ``shot``, ``people`` and ``mood`` are
    words, empty where unsure; ``lettering`` the share of letters; ``unsafe`` how sure it is that
    it must not be shown; ``vector`` of unit length; ``facts`` go with the artwork.
    """

    faces: tuple[tuple[Box, float], ...] = ()
    subject: Box | None = None
    shot: str = ""
    people: str = ""
    mood: str = ""
    lettering: float = 0.0
    unsafe: float = 0.0
    vector: tuple[float, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Config:
    """``run``: so many letter-like blocks beside each other are a word."""

    run: int = 4
    strokes: float = 0.6
    warm: float = 10.0


class PlainWitness:
    """Looks with arithmetic alone."""

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or Config()

    def look(self, picture: Pixels) -> Sight:
        """Return what is to be said of a picture, height x width x 3."""
        grid = blocks(picture)
        warmth = float(grid[..., 0].mean() - grid[..., 2].mean())
        light = float(grid.mean()) / 255
        words = ["warm" if warmth > 0 else "cold"] if abs(warmth) > self.config.warm else []
        words += ["dark"] if light < 0.28 else ["bright"] if light > 0.62 else []
        flat = (grid - grid.mean()).reshape(-1)
        return Sight(
            subject=subject_of(grid),
            lettering=lettering(picture, self.config),
            vector=tuple((flat / max(float(np.linalg.norm(flat)), 1e-6)).tolist()),
            facts={"components": [f"colour:{word}" for word in words]},
        )


def blocks(picture: Pixels) -> Floats:
    """Return a picture as 16 x 16 mean colours."""
    rows = np.linspace(0, picture.shape[0], _GRID + 1).astype(int)[:-1]
    columns = np.linspace(0, picture.shape[1], _GRID + 1).astype(int)[:-1]
    sums = np.add.reduceat(np.add.reduceat(picture.astype(np.float32), rows, 0), columns, 1)
    counts = np.add.reduceat(
        np.add.reduceat(np.ones(picture.shape[:2], np.float32), rows, 0), columns, 1
    )
    return np.asarray(sums / counts[..., None], np.float32)


def subject_of(grid: Floats) -> Box | None:
    """Return the box of what differs from the picture's edges, None where nothing stands out."""
    edge = np.concatenate([grid[0], grid[:, 0], grid[:, -1]])
    away = np.abs(grid - np.median(edge, axis=0)).sum(2)
    # What stands in the middle is rather meant than what stands beside.
    middle = 1.0 - 0.5 * np.abs(np.linspace(-1, 1, _GRID))
    away *= middle[:, None] * middle[None, :]
    strong = away >= max(float(np.quantile(away, 0.8)), 1e-3)
    if away.max() < 12.0:
        return None
    rows, columns = np.flatnonzero(strong.sum(1) >= 2), np.flatnonzero(strong.sum(0) >= 2)
    if not len(rows) or not len(columns):
        return None
    left, top = columns[0] / _GRID, rows[0] / _GRID
    return left, top, (columns[-1] + 1) / _GRID - left, (rows[-1] + 1) / _GRID - top


def lettering(picture: Pixels, config: Config) -> float:
    """Return the share of a picture that looks like rows of letters."""
    grey = picture.mean(2, dtype=np.float32)
    step = max(picture.shape[1] // 80, 4)
    height, width = grey.shape[0] // step * step, grey.shape[1] // step * step
    across = np.diff(grey[:height, :width], axis=1, append=grey[:height, width - 1 : width])
    strong = np.abs(across) > 40.0
    shape = (height // step, step, width // step, step)
    strokes = strong.reshape(shape).sum(3)
    # Letters change in most of the lines of their block, and all of them are equally bright.
    full = ((strokes >= 1).mean(1) > 0.5) & (strokes.sum(1) >= config.strokes * step)
    bright = grey[:height, :width].reshape(shape)
    most = bright.max((1, 3))
    full &= (most > 205.0) & (most - bright.min((1, 3)) > 80.0)
    full[:, 1:] &= (np.abs(np.diff(most, axis=1)) < 24.0) | ~full[:, :-1]
    # A line of letters has calm above and below; windows and leaves go on.
    busy = np.pad(strokes.sum(1) >= config.strokes * step, ((2, 2), (0, 0)))
    full &= ~(busy[:-4] & busy[4:])
    padded = np.pad(full, ((0, 0), (config.run - 1, config.run - 1)))
    runs = np.lib.stride_tricks.sliding_window_view(padded, config.run, 1).all(2)
    return float(runs.mean())
