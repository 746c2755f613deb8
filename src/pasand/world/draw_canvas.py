"""The canvas pictures are drawn on: silhouettes at twice the size, colour at the picture's own.

Lengths are in heights of the picture: x runs from 0 to ``aspect``, y from 0 (top) to 1. A mask
is drawn at double size, reduced, and used as the share of a colour; so edges are smooth and the
costly floating-point work stays small.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pasand.world.draw_colours import Rgb

__all__ = ["Canvas", "Mask", "Point", "blend", "noise_line", "smooth"]

Point = tuple[float, float]
Floats = NDArray[np.float32]
FAINTEST = math.exp(-5.0)


class Mask:
    """A silhouette in the making, at twice the picture's size."""

    def __init__(self, width: int, height: int) -> None:
        from PIL import Image, ImageDraw

        self.image = Image.new("L", (2 * width, 2 * height), 0)
        self._draw = ImageDraw.Draw(self.image)
        self._scale = 2.0 * height

    def _at(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self._scale, y * self._scale) for x, y in points]

    def polygon(self, points: Sequence[Point], value: int = 255) -> None:
        """Draw a filled polygon."""
        self._draw.polygon(self._at(points), fill=value)

    def oval(self, x: float, y: float, rx: float, ry: float, value: int = 255) -> None:
        """Draw a filled ellipse by centre and radii."""
        box = self._at([(x - rx, y - ry), (x + rx, y + ry)])
        self._draw.ellipse([*box[0], *box[1]], fill=value)

    def box(self, x: float, y: float, width: float, height: float, value: int = 255) -> None:
        """Draw a filled rectangle by its upper left corner."""
        (left, top), (right, bottom) = self._at([(x, y), (x + width, y + height)])
        self._draw.rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), fill=value)

    def line(self, points: Sequence[Point], width: float, value: int = 255) -> None:
        """Draw a stroke through ``points``."""
        thick = max(1, round(width * self._scale))
        self._draw.line(self._at(points), fill=value, width=thick, joint="curve")

    def limb(self, p: Point, q: Point, start: float, end: float, value: int = 255) -> None:
        """Draw a tapered stroke with round ends, ``start`` and ``end`` being radii."""
        dx, dy = q[0] - p[0], q[1] - p[1]
        length = float(np.hypot(dx, dy)) or 1e-6
        nx, ny = -dy / length, dx / length
        self.oval(p[0], p[1], start, start, value)
        self.oval(q[0], q[1], end, end, value)
        corners = [
            (p[0] + nx * start, p[1] + ny * start),
            (q[0] + nx * end, q[1] + ny * end),
            (q[0] - nx * end, q[1] - ny * end),
            (p[0] - nx * start, p[1] - ny * start),
        ]
        self.polygon(corners, value)


class Canvas:
    """A picture in floating point, colour by colour (3, height, width); drawn on in place."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.aspect = width / height
        self.pixels: Floats = np.zeros((3, height, width), np.float32)
        self.x: Floats = np.asarray(np.arange(width) / height, np.float32)[None, :]
        self.y: Floats = np.asarray(np.arange(height) / height, np.float32)[:, None]

    def mask(self) -> Mask:
        """Return an empty mask of this canvas's size."""
        return Mask(self.width, self.height)

    def bytes(self) -> NDArray[np.uint8]:
        """Return the picture as (height, width, 3) bytes."""
        planes = self.pixels.clip(0, 255).astype(np.uint8)
        return np.ascontiguousarray(planes.transpose(1, 2, 0))

    def column(self, top: Rgb, bottom: Rgb, start: float, end: float) -> Floats:
        """Return a colour per line that goes from ``top`` at ``start`` to ``bottom`` at ``end``."""
        share = np.clip((self.y - start) / max(end - start, 1e-6), 0, 1)[None]
        mixed = _planes(top) * (1 - share) + _planes(bottom) * share
        return np.asarray(mixed, np.float32)

    def fill(
        self,
        mask: Mask,
        colour: Rgb | Floats,
        alpha: float = 1.0,
        rim: tuple[Rgb, float, int, int] | None = None,
    ) -> None:
        """Lay ``colour`` through ``mask``; ``rim`` lights the edge that (dx, dy) points to."""
        box = mask.image.getbbox()
        if box is None:
            return
        pad = 6
        left, right = max(0, box[0] // 2 - pad), min(self.width, box[2] // 2 + pad)
        top, bottom = max(0, box[1] // 2 - pad), min(self.height, box[3] // 2 + pad)
        cut = mask.image.crop((2 * left, 2 * top, 2 * right, 2 * bottom)).reduce(2)
        share = np.asarray(cut, np.float32) * (alpha / 255)
        region = self.pixels[:, top:bottom, left:right]
        paint = colour[:, top:bottom] if isinstance(colour, np.ndarray) else _planes(colour)
        region += (paint - region) * share
        if rim is not None:
            light, strength, dx, dy = rim
            edge = np.clip(share - np.roll(share, (-dy, -dx), (0, 1)), 0, 1) * strength
            region += (_planes(light) - region) * edge

    def glow(self, x: float, y: float, radius: float, colour: Rgb, strength: float) -> None:
        """Add light that falls off exponentially from (x, y)."""
        reach = radius * 5
        x0, x1 = self._span(x - reach, x + reach, self.width)
        y0, y1 = self._span(y - reach, y + reach, self.height)
        if x0 >= x1 or y0 >= y1:
            return
        # A wide glow is smooth: every other pixel is enough, and the grain hides the rest.
        step = 2 if radius * self.height > 24 else 1
        across, down = self.x[:, x0:x1:step] - x, self.y[y0:y1:step] - y
        distance = np.sqrt(across**2 + down**2)
        share = strength * (np.exp(distance * (-1 / radius)) - FAINTEST).clip(0)
        if step == 2:
            share = share.repeat(2, 0).repeat(2, 1)[: y1 - y0, : x1 - x0]
        region = self.pixels[:, y0:y1, x0:x1]
        region += (_planes(colour) - region * np.float32(0.75)) * share.astype(np.float32)

    def haze(self, y: float, depth: float, colour: Rgb, strength: float) -> None:
        """Lay a soft horizontal bank of mist around ``y``."""
        y0, y1 = self._span(y - 2.5 * depth, y + 2.5 * depth, self.height)
        share = strength * np.exp(-(((self.y[y0:y1] - y) / depth) ** 2))
        region = self.pixels[:, y0:y1]
        region += (_planes(colour) - region) * share.astype(np.float32)

    def _span(self, low: float, high: float, limit: int) -> tuple[int, int]:
        return max(0, int(low * self.height)), min(limit, int(high * self.height) + 1)


def _planes(colour: Rgb) -> Floats:
    return np.asarray(colour, np.float32).reshape(3, 1, 1)


def blend(a: Rgb, b: Rgb, share: float) -> Rgb:
    """Return the colour ``share`` of the way from ``a`` to ``b``."""
    return (
        a[0] + (b[0] - a[0]) * share,
        a[1] + (b[1] - a[1]) * share,
        a[2] + (b[2] - a[2]) * share,
    )


def noise_line(
    rng: np.random.Generator, count: int, octaves: tuple[int, ...], is_sharp: bool = False
) -> NDArray[np.float64]:
    """Return ``count`` heights in about -1..1; ``is_sharp`` turns waves into ridges."""
    place = np.linspace(0, 1, count)
    total = np.zeros(count)
    for weight, octave in zip((1.0, 0.5, 0.27, 0.14, 0.08), octaves, strict=False):
        knots = rng.uniform(-1, 1, octave + 2)
        at = place * octave
        low = at.astype(int)
        part = at - low
        ease = part if is_sharp else part * part * (3 - 2 * part)
        total += weight * (knots[low] * (1 - ease) + knots[low + 1] * ease)
    return total / 1.5


def smooth(points: Sequence[Point], steps: int = 6) -> list[Point]:
    """Return a closed curve through ``points`` (Catmull-Rom)."""
    knots = np.asarray(points)
    t = (np.arange(steps) / steps)[:, None, None]
    p0, p1, p2, p3 = (np.roll(knots, k, 0)[None] for k in (1, 0, -1, -2))
    curve = 0.5 * (
        2 * p1
        + (p2 - p0) * t
        + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
        + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    )
    flat = curve.transpose(1, 0, 2).reshape(-1, 2)
    return [(float(x), float(y)) for x, y in flat]
