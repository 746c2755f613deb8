"""Where a film's shots begin: hard cuts, dissolves and fades, found in small copies of its frames.

A hard cut is a change that its neighbours do not come near and that lasts, so that neither
running nor a flash is one. A dissolve is a stretch whose frames are mixtures of its two ends: the
share of the second end rises steadily, and nothing else happens. Light that goes on is no
dissolve, for its ends show the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["Config", "Shot", "ShotFinder", "Transition"]

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
#: Rows and columns of what is kept of a frame.
_GRID = (9, 16)


@dataclass(frozen=True, slots=True)
class Config:
    """``change_min``: least mean change of brightness in a cut, of 255; ``ratio``: by how much it
    exceeds its neighbours; ``lengths``: of dissolves that are looked for, in frames; ``residual``:
    how much of a dissolve may be no mixture; ``alike``: the ends of a dissolve that correlate so
    are one scene, ``same``: so are the frames beside a cut; ``spread``: the least share of a
    picture that a dissolve changes, ``faster``: by how much it changes more than what is about it.
    """

    change_min: float = 9.0
    ratio: float = 1.8
    around: int = 5
    lengths: tuple[int, ...] = (8, 12, 18, 26, 38, 54)
    dissolve_min: float = 10.0
    residual: float = 0.24
    alike: float = 0.8
    same: float = 0.75
    spread: float = 0.5
    faster: float = 1.4
    shot_min: int = 5


@dataclass(frozen=True, slots=True)
class Transition:
    """``first`` is the first frame that is no longer of the shot before, ``last`` the last one
    that is not yet of the shot after alone; for a cut both are the new shot's first frame.
    """

    kind: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Shot:
    """Frames from ``first`` to before ``end`` that show one shot alone."""

    first: int
    end: int


class ShotFinder:
    """Takes a film's frames as they come, keeps little of each, and tells its shots at the end."""

    def __init__(self, config: Config | None = None) -> None:
        self._config = config or Config()
        self._last: Bytes | None = None
        self._change: list[Floats] = []
        self._grid: list[Floats] = []
        self.count = 0

    def add(self, frames: Bytes) -> None:
        """Take the next frames: n x 3 x 36 x 64, brightness and two colours."""
        before = frames[:1] if self._last is None else self._last[None]
        joined = np.concatenate([before, frames])
        self._change.append(changes(joined))
        self._grid.append(grids(frames[:, 0]))
        self._last = frames[-1]
        self.count += len(frames)

    def __call__(self) -> tuple[list[Shot], list[Transition]]:
        """Return the shots and what lies between them, in order."""
        if not self.count:
            return [], []
        change, grid = np.concatenate(self._change), np.concatenate(self._grid)
        cuts = hard_cuts(change, grid, self._config)
        slow = dissolves(grid, cuts, self._config)
        found = [Transition("cut", at, at) for at in cuts if not _inside(at, slow)]
        found = sorted([*found, *slow], key=lambda one: one.first)
        firsts = [0, *(one.first if one.kind == "cut" else one.last + 1 for one in found)]
        ends = [*(one.first for one in found), self.count]
        shots = [Shot(a, b) for a, b in zip(firsts, ends, strict=True) if b > a]
        return shots, found


def changes(frames: Bytes) -> Floats:
    """Return by how much each frame differs from the one before it, colours by half."""
    grown = frames.astype(np.int16)
    step = np.abs(np.diff(grown, axis=0))
    flat = step.reshape(len(step), 3, -1).mean(2, dtype=np.float32)
    return np.asarray(flat[:, 0] + 0.5 * (flat[:, 1] + flat[:, 2]), np.float32)


def grids(brightness: Bytes) -> Floats:
    """Return each frame as 9 x 16 means of its brightness, in one line."""
    rows, columns = _GRID
    n, height, width = brightness.shape
    cut = brightness.reshape(n, rows, height // rows, columns, width // columns)
    return np.asarray(cut.mean((2, 4), dtype=np.float32).reshape(n, -1), np.float32)


def hard_cuts(change: Floats, grid: Floats, config: Config) -> list[int]:
    """Return the first frames of new shots."""
    n = len(change)
    found: list[int] = []
    alike = np.append(np.float32(1.0), _likeness(grid[:-1], grid[1:]))
    places = (change >= config.change_min) & (alike < config.same)
    for at in np.flatnonzero(places).tolist():
        low, high = max(at - config.around, 1), min(at + config.around + 1, n)
        near = np.delete(change[low:high], at - low)
        if len(near) and change[at] < config.ratio * near.max():
            continue
        after = grid[at + 1 : at + 4]
        # What comes back within three frames was a flash.
        if (
            len(after)
            and np.abs(after - grid[at - 1]).mean(1).min()
            < 0.4 * np.abs(grid[at] - grid[at - 1]).mean()
        ):
            continue
        if not found or at - found[-1] >= config.shot_min:
            found.append(at)
    return found


def dissolves(grid: Floats, cuts: list[int], config: Config) -> list[Transition]:
    """Return dissolves and fades, none of which overlap."""
    found: list[tuple[float, Transition]] = []
    bounds = [0, *cuts, len(grid)]
    for low, high in pairwise(bounds):
        stretch = grid[low:high]
        for length in config.lengths:
            for at, worth in _candidates(stretch, length, config):
                refined = _refined(stretch, at, length, config)
                if refined is not None:
                    kind, first, last = refined
                    found.append((worth, Transition(kind, low + first, low + last)))
    kept: list[Transition] = []
    for _, one in sorted(found, key=lambda pair: -pair[0]):
        if all(one.last < other.first or other.last < one.first for other in kept):
            kept.append(one)
    return kept


def _candidates(grid: Floats, length: int, config: Config) -> list[tuple[int, float]]:
    """Return where the middle of a stretch is the mean of its ends, the best of each place."""
    if len(grid) <= length:
        return []
    first, middle, last = grid[:-length], grid[length // 2 : -(length - length // 2)], grid[length:]
    size = np.abs(last - first).mean(1)
    off = np.abs(middle - (first + last) / 2).mean(1) / np.maximum(size, 1e-3)
    good = (size >= config.dissolve_min) & (off < config.residual)
    good &= _likeness(first, last) < config.alike
    places = np.flatnonzero(good)
    groups = np.split(places, np.flatnonzero(np.diff(places) > 2) + 1)
    # A part of a dissolve is one too, but changes less: the whole is wanted.
    worth = size * (1 - off)
    best = [group[np.argmax(worth[group])] for group in groups if len(group)]
    return [(int(at), float(worth[at])) for at in best]


def _refined(grid: Floats, at: int, length: int, config: Config) -> tuple[str, int, int] | None:
    """Return kind, first and last frame of the dissolve about a stretch, None where it is none."""
    low, high = max(at - length // 2, 0), min(at + length + length // 2, len(grid) - 1)
    start, end = grid[at], grid[at + length]
    way = end - start
    inside = grid[at : at + length + 1]
    share = (inside - start) @ way / (way @ way)
    rest = np.abs(inside - start - share[:, None] * way).mean(1) / np.abs(way).mean()
    steps = np.diff(share)
    if rest.mean() > config.residual or steps.min() < -0.15 or steps.max() > 0.5:
        return None
    # The ends may lie inside the dissolve still: from before it to after it, where that fits.
    wide = grid[low : high + 1]
    share = (wide - wide[0]) @ (wide[-1] - wide[0]) / max(_square(wide[-1] - wide[0]), 1e-3)
    if (np.abs(way) > np.abs(way).mean() / 3).mean() < config.spread:
        return None
    half = int(np.argmax(share > 0.5))
    before, after = np.flatnonzero(share[:half] < 0.06), np.flatnonzero(share[half:] > 0.94)
    first = low + (int(before[-1]) + 1 if len(before) else 0)
    last = low + (half + int(after[0]) - 1 if len(after) else len(share) - 1)
    about = (_pace(grid, first - 6, first - 1) + _pace(grid, last + 2, last + 8)) / 2
    if _pace(grid, first, last + 1) < config.faster * about:
        return None
    flat = min(start.std(), end.std()) < 4.0
    return "fade" if flat else "dissolve", first, last


def _pace(grid: Floats, low: int, high: int) -> float:
    """Return by how much a frame differs from the one before it, on the mean of a stretch."""
    part = grid[max(low, 0) : max(high, 0) + 1]
    return float(np.abs(np.diff(part, axis=0)).mean()) if len(part) > 1 else 0.0


def _square(line: Floats) -> float:
    return float(line @ line)


def _likeness(one: Floats, other: Floats) -> Floats:
    """Return how much frames show the same, whatever their light: correlations, 0 of a flat one."""
    a, b = one - one.mean(1, keepdims=True), other - other.mean(1, keepdims=True)
    size = np.sqrt((a * a).sum(1) * (b * b).sum(1))
    return np.asarray(np.where(size > 1.0, (a * b).sum(1) / np.maximum(size, 1.0), 0.0), np.float32)


def _inside(at: int, slow: list[Transition]) -> bool:
    return any(one.first <= at <= one.last for one in slow)
