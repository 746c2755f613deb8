"""The things that name a genre: boat, car, kite, balloon, lantern, ship, horse.

Each is drawn whole, lights included, at a place that ``draw`` gives; none knows the scene.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pasand.world.draw_canvas import Canvas, Point, blend, smooth
from pasand.world.draw_colours import Colours, Rgb

__all__ = ["LAMP", "Stage", "draw_object"]

LAMP: Rgb = (255.0, 214.0, 140.0)
_HORSE = (
    "0 66|6 78|14 84|24 92|31 97|33 102|36 97|43 92|49 84|52 79|49 75|44 76|38 77|33 72|30 62|29 52"
    "|31 40|34 28|33 14|37 2|30 2|28 15|26 28|22 38|12 40|-8 41|-16 40|-18 30|-14 20|-17 10|-14 1"
    "|-21 1|-23 12|-22 20|-27 30|-30 42|-31 52|-29 60|-22 66|-10 67"
)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where things stand: the light, the ground line, the horizon and the way light falls."""

    light: Point
    ground: float
    horizon: float
    rim: tuple[Rgb, float, int, int]


def draw_object(
    canvas: Canvas, name: str, colours: Colours, stage: Stage, x: float, rng: np.random.Generator
) -> None:
    """Draw the thing called ``name`` near ``x``; "none" draws nothing."""
    draw = {
        "boat": _boat,
        "car": _car,
        "kite": _kite,
        "balloon": _balloon,
        "lantern": _lanterns,
        "ship": _ship,
        "horse": _horse,
    }.get(name)
    if draw is not None:
        draw(canvas, colours, stage, x, rng)


def _boat(c: Canvas, col: Colours, stage: Stage, x: float, rng: np.random.Generator) -> None:
    y = stage.horizon + 0.07
    size = float(rng.uniform(0.30, 0.40))
    lean = float(rng.choice((-1.0, 1.0)))

    def at(dx: float, dy: float) -> Point:
        return x + dx * size * lean, y - dy * size

    sail = c.mask()
    sail.polygon([at(0.03, 0.14), at(0.02, 1.0), at(0.2, 0.62), at(0.44, 0.17), at(0.2, 0.13)])
    c.fill(sail, blend(col.accent, (255, 250, 240), 0.35), 1.0, stage.rim)
    jib = c.mask()
    jib.polygon([at(-0.03, 0.14), at(-0.01, 0.86), at(-0.36, 0.15)])
    c.fill(jib, blend(col.accent, col.near, 0.25), 1.0, stage.rim)
    hull = c.mask()
    hull.line([at(0, 0.05), at(0, 1.04)], 0.008)
    hull.polygon([at(-0.45, 0.10), at(0.5, 0.12), at(0.36, -0.03), at(-0.34, -0.03)])
    hull.polygon([at(0, 1.04), at(0.12, 1.0), at(0, 0.97)])
    c.fill(hull, col.near, 1.0, stage.rim)
    wake = c.mask()
    for k in range(7):
        half = size * (0.42 - 0.045 * k)
        wake.box(x - half + (k % 2) * 0.03, y + 0.012 + 0.014 * k, 2 * half, 0.005, 190)
    c.fill(wake, col.near, 0.75)


def _ship(c: Canvas, col: Colours, stage: Stage, x: float, rng: np.random.Generator) -> None:
    y = stage.horizon + 0.045
    size = float(rng.uniform(0.58, 0.72))
    way = float(rng.choice((-1.0, 1.0)))

    def at(dx: float, dy: float) -> Point:
        return x + dx * size * way, y - dy * size

    hull, lamps = c.mask(), c.mask()
    hull.polygon([at(-0.5, 0.14), at(-0.47, -0.03), at(0.44, -0.03), at(0.56, 0.17), at(0.3, 0.13)])
    for level, (start, end) in enumerate(((-0.42, 0.3), (-0.36, 0.22), (-0.28, 0.14))):
        low = 0.13 + 0.065 * level
        hull.polygon(
            [at(start, low), at(start, low + 0.06), at(end, low + 0.06), at(end + 0.03, low)]
        )
        for k in range(14 - 3 * level):
            px, py = at(start + 0.03 + 0.047 * k, low + 0.035)
            lamps.oval(px, py, 0.0055, 0.0065)
    for dx in (-0.2, -0.06, 0.08):
        hull.polygon(
            [at(dx - 0.04, 0.3), at(dx - 0.05, 0.47), at(dx + 0.03, 0.47), at(dx + 0.04, 0.3)]
        )
    hull.line([at(0.28, 0.12), at(0.28, 0.5)], 0.006)
    c.fill(hull, col.near, 1.0, stage.rim)
    c.fill(lamps, LAMP)
    c.glow(x, y - 0.1, 0.07, LAMP, 0.22)
    smoke = c.mask()
    for k in range(14):
        px, py = at(-0.2 - 0.05 * k, 0.5 + 0.016 * k)
        smoke.oval(px, py, 0.012 + 0.0035 * k, 0.010 + 0.0025 * k, 150 - 9 * k)
    c.fill(smoke, blend(col.far, col.near, 0.4), 0.8)
    wake = c.mask()
    for k in range(6):
        wake.box(
            x - size * (0.46 - 0.06 * k), y + 0.02 + 0.014 * k, size * (0.92 - 0.12 * k), 0.005
        )
    c.fill(wake, col.near, 0.5)


def _car(c: Canvas, col: Colours, stage: Stage, x: float, rng: np.random.Generator) -> None:
    y, size = stage.ground + 0.012, float(rng.uniform(0.5, 0.6))
    way = 1.0 if x < c.aspect / 2 else -1.0

    def at(dx: float, dy: float) -> Point:
        return x + dx * size * way, y - dy * size

    for reach in (0.7, 0.9, 1.1, 1.35):
        beam = c.mask()
        spread = (reach - 0.49) * 0.16
        tip = [at(reach, 0.15 + spread), at(reach + 0.04, 0.15), at(reach, 0.12 - spread)]
        beam.polygon([at(0.49, 0.155), *tip, at(0.49, 0.13)])
        c.fill(beam, LAMP, 0.09)
    body = c.mask()
    outline = [
        (-0.5, 0.07),
        (-0.51, 0.19),
        (-0.42, 0.235),
        (-0.33, 0.25),
        (-0.2, 0.38),
        (0.07, 0.385),
        (0.22, 0.25),
        (0.42, 0.22),
        (0.505, 0.17),
        (0.51, 0.07),
        (0.3, 0.05),
        (-0.3, 0.05),
    ]
    body.polygon(smooth([at(*p) for p in outline]))
    for dx in (-0.29, 0.29):
        px, py = at(dx, 0.065)
        body.oval(px, py, 0.082 * size, 0.082 * size)
    c.fill(body, blend(col.near, col.accent, 0.22), 1.0, stage.rim)
    glass, wheel = c.mask(), c.mask()
    glass.polygon([at(-0.27, 0.26), at(-0.18, 0.355), at(-0.075, 0.36), at(-0.075, 0.26)])
    glass.polygon([at(-0.05, 0.26), at(-0.05, 0.36), at(0.055, 0.355), at(0.16, 0.26)])
    c.fill(glass, blend(col.sky[2], LAMP, 0.4), 0.8)
    for dx in (-0.29, 0.29):
        px, py = at(dx, 0.065)
        wheel.oval(px, py, 0.078 * size, 0.078 * size)
        wheel.oval(px, py, 0.036 * size, 0.036 * size, 90)
    c.fill(wheel, blend(col.near, (0, 0, 0), 0.6))
    lamp, tail = at(0.485, 0.15), at(-0.495, 0.165)
    lights = c.mask()
    lights.oval(*lamp, 0.013, 0.012)
    c.fill(lights, (255.0, 248.0, 220.0))
    c.glow(*lamp, 0.05, LAMP, 0.95)
    c.glow(*tail, 0.02, (255.0, 50.0, 40.0), 0.9)


def _kite(c: Canvas, col: Colours, stage: Stage, x: float, rng: np.random.Generator) -> None:
    y, size = float(rng.uniform(0.2, 0.27)), float(rng.uniform(0.13, 0.16))
    tilt = float(rng.uniform(0.25, 0.55)) * (1 if x < c.aspect / 2 else -1)
    cos, sin = np.cos(tilt), np.sin(tilt)

    def at(dx: float, dy: float) -> Point:
        return float(x + (dx * cos - dy * sin) * size), float(y + (dx * sin + dy * cos) * size)

    string = c.mask()
    end = (c.aspect / 2 + (x - c.aspect / 2) * 0.15, stage.ground - 0.16)
    t = np.linspace(0, 1, 24)
    sag = 0.09 * np.sin(np.pi * t)
    curve = [
        (float(x + (end[0] - x) * k), float(y + (end[1] - y) * k + s))
        for k, s in zip(t, sag, strict=True)
    ]
    string.line(curve, 0.0042)
    tail_at = [(float(0.16 * np.sin(k * 1.1)), 1.1 + 0.26 * k) for k in range(8)]
    string.line([at(*p) for p in tail_at], 0.005)
    for dx, dy in tail_at[1::2]:
        string.polygon(
            [
                at(dx - 0.16, dy - 0.1),
                at(dx + 0.16, dy + 0.1),
                at(dx + 0.16, dy - 0.1),
                at(dx - 0.16, dy + 0.1),
            ]
        )
    c.fill(string, blend(col.near, col.accent, 0.3), 0.9)
    quarters = ((0, -1), (0.72, -0.15), (0, 1.1), (-0.72, -0.15))
    tones = (
        col.accent,
        blend(col.accent, col.near, 0.35),
        blend(col.accent, (255, 255, 255), 0.5),
        blend(col.accent, col.near, 0.15),
    )
    for k, tone in enumerate(tones):
        part = c.mask()
        part.polygon([at(0, -0.15), at(*quarters[k]), at(*quarters[(k + 1) % 4])])
        c.fill(part, tone)


def _balloon(c: Canvas, col: Colours, stage: Stage, x: float, rng: np.random.Generator) -> None:
    spots = [(x, float(rng.uniform(0.27, 0.32)), float(rng.uniform(0.17, 0.21)))]
    far_x = x + float(rng.choice((-1.0, 1.0))) * float(rng.uniform(0.42, 0.55))
    spots.insert(0, (far_x, float(rng.uniform(0.14, 0.4)), float(rng.uniform(0.045, 0.07))))
    for k, (bx, by, r) in enumerate(spots):
        _one_balloon(c, col, stage, (bx, by), r, 0.45 if k == 0 else 0.0)


def _one_balloon(c: Canvas, col: Colours, stage: Stage, at: Point, r: float, fade: float) -> None:
    x, y = at
    t = np.linspace(0, 1, 22)
    width = r * np.where(
        t < 0.5,
        np.sqrt(1 - (1 - 2 * t.clip(0, 0.5)) ** 2),
        1 - 0.80 * ((t.clip(0.5, 1) - 0.5) * 2) ** 1.7,
    )
    high = y - r + t * 2.35 * r
    edges = np.cos(np.linspace(0, np.pi, 8))
    tones = (col.accent, blend(col.accent, (255, 250, 240), 0.72))
    for k in range(7):
        left = [(float(x + w * edges[k]), float(h)) for w, h in zip(width, high, strict=True)]
        right = [(float(x + w * edges[k + 1]), float(h)) for w, h in zip(width, high, strict=True)]
        part = c.mask()
        part.polygon(left + right[::-1])
        side = edges[k] + edges[k + 1]
        shade = 0.32 * max(0.0, float(side * (-1 if stage.light[0] > x else 1)) / 2)
        c.fill(part, blend(blend(tones[k % 2], col.near, shade), col.sky[1], fade))
    basket = c.mask()
    for dx in (-0.19, 0.19):
        basket.line([(x + dx * r, y + 1.33 * r), (x + dx * 0.7 * r, y + 1.75 * r)], 0.004)
    basket.polygon(
        [
            (x - 0.15 * r, y + 1.7 * r),
            (x + 0.15 * r, y + 1.7 * r),
            (x + 0.12 * r, y + 1.95 * r),
            (x - 0.12 * r, y + 1.95 * r),
        ]
    )
    c.fill(basket, blend(col.near, col.sky[1], fade * 0.6))
    c.glow(x, y + 1.4 * r, r * 0.25, LAMP, 0.6)


def _lanterns(c: Canvas, col: Colours, stage: Stage, x: float, rng: np.random.Generator) -> None:
    """Draw one great paper lantern on a bent post, and small ones that have flown."""
    warm = blend(LAMP, col.accent, 0.35)
    for _ in range(int(rng.integers(5, 10))):
        sx, sy = float(rng.uniform(0.05, c.aspect)), float(rng.uniform(0.06, 0.46))
        r = float(rng.uniform(0.011, 0.022))
        small = c.mask()
        small.polygon(
            [
                (sx - r, sy - r),
                (sx + r, sy - r),
                (sx + 0.7 * r, sy + 1.3 * r),
                (sx - 0.7 * r, sy + 1.3 * r),
            ]
        )
        c.glow(sx, sy, 2.2 * r, warm, 0.55)
        c.fill(small, blend(warm, (255, 250, 225), 0.4), 0.95)
    way = 1.0 if x < c.aspect / 2 else -1.0
    top = stage.ground - 0.52
    post = c.mask()
    post.limb((x - 0.1 * way, stage.ground + 0.05), (x - 0.1 * way, top), 0.011, 0.008)
    post.line(
        [(x - 0.1 * way, top), (x - 0.06 * way, top - 0.03), (x + 0.01 * way, top - 0.02)], 0.012
    )
    post.line([(x, top - 0.02), (x, top + 0.06)], 0.004)
    c.fill(post, col.near, 1.0, stage.rim)
    y = top + 0.14
    c.glow(x, y, 0.13, warm, 0.85)
    paper, bands = c.mask(), c.mask()
    paper.oval(x, y, 0.078, 0.085)
    c.fill(paper, c.column(blend(warm, (255, 252, 230), 0.75), warm, y - 0.05, y + 0.09))
    for dy in (-0.085, 0.075):
        bands.box(x - 0.034, y + dy, 0.068, 0.014)
    for dy in (-0.042, 0.0, 0.042):
        half = float(0.078 * np.sqrt(1 - (dy / 0.086) ** 2))
        bands.box(x - half, y + dy - 0.0015, 2 * half, 0.003, 110)
    bands.line([(x, y + 0.08), (x, y + 0.15)], 0.007)
    c.fill(bands, blend(col.near, warm, 0.2))


def _horse(c: Canvas, col: Colours, stage: Stage, x: float, rng: np.random.Generator) -> None:
    size = float(rng.uniform(0.0042, 0.0050))
    way = 1.0 if x < c.aspect / 2 else -1.0
    y = stage.ground + 0.015
    flat = [tuple(float(v) for v in pair.split()) for pair in _HORSE.split("|")]

    def at(dx: float, dy: float) -> Point:
        return x + dx * size * way, y - dy * size

    mask = c.mask()
    mask.polygon(smooth([at(px, py) for px, py in flat]))
    far_leg = 5.0
    for hip, bend in ((22.0, 3.0), (-24.0, -4.0)):
        mask.limb(at(hip, 42), at(hip + bend + far_leg, 24), 6 * size, 3.4 * size)
        mask.limb(at(hip + bend + far_leg, 24), at(hip + far_leg - 2, 2), 3.4 * size, 2.8 * size)
    tail = [
        at(-29, 63),
        at(-37, 60),
        at(-42, 45),
        at(-42, 22),
        at(-38, 16),
        at(-36, 40),
        at(-30, 54),
    ]
    mask.polygon(smooth(tail))
    for k in range(7):
        start = at(30 - 4.2 * k, 97 - 4.6 * k)
        mask.limb(start, at(22 - 4.4 * k, 90 - 5.4 * k), 3.6 * size, 1.6 * size)
    mask.polygon([at(30, 95), at(33, 107), at(37, 96)])
    c.fill(mask, blend(col.near, col.accent, 0.05), 1.0, stage.rim)
