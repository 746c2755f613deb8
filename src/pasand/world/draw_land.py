"""Sky and land of a scene: light, clouds, stars, and the silhouette layers of each setting."""

from __future__ import annotations

import itertools

import numpy as np

from pasand.world.draw_canvas import Canvas, Mask, Point, blend, noise_line
from pasand.world.draw_colours import Colours, Rgb
from pasand.world.draw_objects import LAMP, Stage

__all__ = ["draw_foreground", "draw_land", "draw_sky", "draw_weather"]

_POINTS = 160


def draw_sky(c: Canvas, col: Colours, stage: Stage, mood: str, rng: np.random.Generator) -> None:
    """Paint gradient, stars, clouds, and the sun or moon with its glow."""
    half = stage.horizon * 0.55
    upper, lower = (
        c.column(col.sky[0], col.sky[1], 0, half),
        c.column(col.sky[1], col.sky[2], half, stage.horizon),
    )
    c.pixels[:] = np.where((c.y < half)[None], upper, lower)
    x, y = stage.light
    if col.is_night:
        stars = c.mask()
        for sx, sy, r in rng.random((110, 3)):
            stars.oval(
                sx * c.aspect,
                sy * 0.55,
                0.0012 + 0.0016 * r * r,
                0.0012 + 0.0016 * r * r,
                int(90 + 160 * r),
            )
        c.fill(stars, (255.0, 255.0, 255.0), 0.85)
    strength = 0.5 if col.is_night else 0.75
    c.glow(x, y, float(rng.uniform(0.2, 0.28)), col.glow, strength)
    if mood == "epic" or (mood == "joyful" and rng.random() < 0.5):
        _rays(c, col, stage.light, rng)
    disc = c.mask()
    size = float(rng.uniform(0.055, 0.085) if col.is_night else rng.uniform(0.085, 0.15))
    disc.oval(x, y, size, size)
    if col.is_night and rng.random() < 0.45:
        disc.oval(x + size * 0.42, y - size * 0.16, size * 0.86, size * 0.86, 0)
    c.fill(disc, col.light, 0.96)
    c.glow(x, y, size * 0.8, col.light, 0.32)
    _clouds(c, col, stage, rng)


def _rays(c: Canvas, col: Colours, light: Point, rng: np.random.Generator) -> None:
    mask = c.mask()
    for angle in np.linspace(0, 2 * np.pi, 17)[:-1] + float(rng.uniform(0, 0.4)):
        wide = float(rng.uniform(0.04, 0.1))
        mask.polygon(
            [
                light,
                *(
                    (light[0] + 2 * np.cos(a), light[1] + 2 * np.sin(a))
                    for a in (angle - wide, angle + wide)
                ),
            ]
        )
    c.fill(mask, blend(col.glow, col.light, 0.4), 0.10)


def _clouds(c: Canvas, col: Colours, stage: Stage, rng: np.random.Generator) -> None:
    bright, shaded = c.mask(), c.mask()
    for _ in range(int(rng.integers(2, 6))):
        x, y = float(rng.uniform(0, c.aspect)), float(rng.uniform(0.08, stage.horizon - 0.14))
        length = float(rng.uniform(0.15, 0.42))
        for mask, drop in ((bright, 0.0), (shaded, 0.012)):
            for k in range(7):
                dx = (k - 3) / 3 * length
                thick = (0.022 if k in (0, 6) else 0.034) * (1 - abs(k - 3) / 4.5)
                mask.oval(x + dx, y + drop + 0.006 * ((k * 5) % 3), length * 0.3, thick)
    c.fill(shaded, blend(col.sky[0], col.sky[1], 0.6), 0.22)
    c.fill(bright, blend(col.glow, col.light, 0.5), 0.26 if not col.is_night else 0.12)


def draw_land(
    c: Canvas, col: Colours, stage: Stage, setting: str, rng: np.random.Generator
) -> None:
    """Draw the layers between sky and foreground, the far ones pale, the near ones dark."""
    if setting == "sea":
        _sea(c, col, stage, rng)
        return
    kind = {
        "mountains": _ridge,
        "skyline": _town,
        "forest": _trees if rng.random() < 0.65 else _trunks,
        "road": _hills,
    }[setting]
    if setting != "mountains":
        _layer(c, col, stage, 0, _hills if setting != "skyline" else _town, rng)
        c.haze(stage.horizon, 0.06, blend(col.glow, col.sky[2], 0.5), 0.3)
    for depth in range(1, 4):
        _layer(c, col, stage, depth, kind, rng)
        c.haze(stage.horizon + 0.08 * depth, 0.07, blend(col.glow, col.sky[2], 0.6), 0.24)


def _layer(
    c: Canvas, col: Colours, stage: Stage, depth: int, kind: object, rng: np.random.Generator
) -> None:
    near = (0.0, 0.22, 0.5, 0.78)[depth]
    top = blend(blend(col.sky[2], col.far, 0.55 + 0.15 * depth), col.near, near)
    mask, lamps = c.mask(), c.mask()
    base = stage.horizon + (-0.02, 0.0, 0.07, 0.14)[depth]
    assert callable(kind)
    kind(c, mask, lamps, base, depth, rng)
    colour = c.column(top, blend(top, col.sky[2], 0.25), base - 0.2, base + 0.2)
    light, strength, dx, dy = stage.rim
    c.fill(mask, colour, 1.0, (light, strength * 0.35, dx, dy))
    c.fill(lamps, LAMP, 0.9 if col.is_night else 0.55)


def _close(c: Canvas, heights: np.ndarray, mask: Mask) -> None:
    xs = np.linspace(-0.05, c.aspect + 0.05, len(heights))
    points = [(float(x), float(y)) for x, y in zip(xs, heights, strict=True)]
    mask.polygon([*points, (c.aspect + 0.05, 1.1), (-0.05, 1.1)])


def _ridge(
    c: Canvas, mask: Mask, lamps: Mask, base: float, depth: int, rng: np.random.Generator
) -> None:
    line = noise_line(rng, _POINTS, (4 + depth, 9, 21, 43), is_sharp=True)
    _close(c, base - 0.06 - line * (0.24, 0.24, 0.15, 0.09)[depth], mask)


def _hills(
    c: Canvas, mask: Mask, lamps: Mask, base: float, depth: int, rng: np.random.Generator
) -> None:
    line = noise_line(rng, _POINTS, (3, 6, 11))
    _close(c, base - 0.01 - line * (0.11, 0.08, 0.05, 0.03)[depth], mask)


def _town(
    c: Canvas, mask: Mask, lamps: Mask, base: float, depth: int, rng: np.random.Generator
) -> None:
    mask.box(0, base + 0.02, c.aspect, 1.0)
    x, kinds = -0.03, rng.random()
    while x < c.aspect:
        width = float(rng.uniform(0.05, 0.13))
        height = float(rng.uniform(0.06, 0.34) * (1.15, 1.0, 0.85, 0.6)[depth])
        top = base + 0.03 - height
        mask.box(x, top, width, height + 0.1)
        crown = rng.random()
        middle = x + width / 2
        if crown < 0.14:
            mask.line([(middle, top), (middle, top - 0.08)], 0.004)
        elif crown < 0.26:
            mask.box(x + width * 0.2, top - 0.03, width * 0.6, 0.04)
            mask.line([(middle, top), (middle, top - 0.06)], 0.006)
        elif crown < 0.36:
            mask.polygon([(x, top), (middle, top - 0.06), (x + width, top)])
        elif crown < 0.5 and kinds < 0.45:
            mask.oval(middle, top, width * 0.42, width * 0.5)
            mask.line([(middle, top - 0.02), (middle, top - width * 0.8)], 0.004)
        elif crown < 0.44:
            mask.box(x + width * 0.55, top - 0.032, 0.03, 0.026)
            mask.line(
                [(x + width * 0.55 + 0.015, top), (x + width * 0.55 + 0.015, top - 0.02)], 0.016
            )
        if depth > 0:
            _windows(lamps, (x, top), width, height, rng)
        x += width + float(rng.uniform(-0.01, 0.02))


def _windows(lamps: Mask, at: Point, width: float, height: float, rng: np.random.Generator) -> None:
    columns, lines = int(width / 0.019), int(height / 0.026)
    lit = rng.random((max(columns, 0), max(lines, 0))) < rng.uniform(0.08, 0.42)
    for i, j in np.argwhere(lit):
        lamps.box(
            at[0] + 0.008 + 0.019 * i,
            at[1] + 0.012 + 0.026 * j,
            0.008,
            0.012,
            int(rng.integers(120, 256)),
        )


def _trees(
    c: Canvas, mask: Mask, lamps: Mask, base: float, depth: int, rng: np.random.Generator
) -> None:
    _hills(c, mask, lamps, base + 0.05, depth, rng)
    x = -0.05
    while x < c.aspect + 0.05:
        tall = float(rng.uniform(0.16, 0.34)) * (0.6, 0.75, 1.0, 0.85)[depth]
        foot = base + 0.1
        for k in range(5):
            low = foot - tall * (0.1 + 0.17 * k)
            half = tall * 0.19 * (1 - 0.17 * k)
            mask.polygon([(x - half, low), (x, low - tall * 0.3), (x + half, low + 0.006)])
        mask.box(x - 0.006, foot - tall * 0.2, 0.012, tall * 0.4)
        x += float(rng.uniform(0.035, 0.085)) * (1 + 0.45 * (depth == 3))


def _trunks(
    c: Canvas, mask: Mask, lamps: Mask, base: float, depth: int, rng: np.random.Generator
) -> None:
    """Tall bare trunks that leave the picture at the top, and crowns above."""
    _hills(c, mask, lamps, base + 0.06, depth, rng)
    x = float(rng.uniform(-0.05, 0.1))
    while x < c.aspect + 0.1:
        if depth < 3 or not 0.35 < x / c.aspect < 0.75:
            r, lean = (
                float(rng.uniform(0.006, 0.011)) * (depth + 0.8),
                float(rng.uniform(-0.04, 0.04)),
            )
            mask.limb((x, base + 0.2), (x + lean, -0.05), r * 1.35, r)
            for _ in range(3):
                at, way = float(rng.uniform(0.05, 0.45)), float(rng.choice((-1, 1)))
                length = float(rng.uniform(0.06, 0.14))
                bx = x + lean * (1 - at)
                mask.limb((bx, at), (bx + way * length, at - length * 0.8), r * 0.45, 0.0015)
        x += float(rng.uniform(0.09, 0.2)) * (1, 0.7, 1.0, 1.4)[depth]
    for ox, oy, size in rng.random((8 + 4 * depth, 3)):
        mask.oval(ox * c.aspect, oy * 0.05 - 0.03, 0.08 + 0.1 * size, 0.03 + 0.05 * size)


def _sea(c: Canvas, col: Colours, stage: Stage, rng: np.random.Generator) -> None:
    if rng.random() < 0.75:
        _layer(c, col, stage, 0, _ridge if rng.random() < 0.5 else _hills, rng)
    horizon, x = stage.horizon, stage.light[0]
    water = c.mask()
    water.box(0, horizon, c.aspect, 1.0)
    deep = blend(col.sky[1], col.near, 0.55)
    c.fill(water, c.column(blend(col.sky[2], col.far, 0.45), deep, horizon, 0.92))
    glints, shade = c.mask(), c.mask()
    for _ in range(90):
        share = float(rng.random()) ** 1.4
        y = horizon + 0.004 + share * 0.34
        spread = 0.05 + 0.2 * share
        half = float(rng.uniform(0.01, 0.035)) * (0.5 + 2.2 * share)
        gx = x + float(rng.normal(0, spread * 0.45))
        glints.oval(gx, y, half, 0.0018 + 0.0045 * share, int(255 - 110 * share))
        sx = float(rng.uniform(0, c.aspect))
        shade.oval(sx, y, half * 2.2, 0.0015 + 0.004 * share, 130)
    c.fill(shade, col.near, 0.28)
    c.fill(glints, col.light, 0.85)
    c.glow(x, horizon, 0.12, col.glow, 0.4)


def draw_foreground(
    c: Canvas, col: Colours, stage: Stage, setting: str, rng: np.random.Generator
) -> None:
    """Draw the ground people stand on: hill with grass, roof, pier or rocks, roadside."""
    mask, y = c.mask(), stage.ground
    if setting == "sea" and rng.random() < 0.5:
        mask.box(0, y, c.aspect, 0.03)
        for k in range(9):
            mask.box(0.06 + 0.22 * k, y - 0.035 * (k % 2), 0.022, 0.4)
    elif setting == "skyline":
        mask.box(0, y, c.aspect, 1.0)
        mask.box(0, y - 0.008, c.aspect, 0.012)
        for x in rng.uniform(0, c.aspect, 3):
            mask.line([(x, y), (x, y - float(rng.uniform(0.05, 0.12)))], 0.006)
    else:
        line = noise_line(rng, _POINTS, (3, 8, 40))
        _close(c, y + 0.004 - line * 0.012, mask)
        if setting != "road":
            for x, tall, lean in rng.random((150, 3)):
                gx = x * c.aspect
                mask.line(
                    [(gx, y + 0.02), (gx + 0.014 * (lean - 0.5), y - 0.006 - 0.02 * tall)], 0.003
                )
    c.fill(
        mask,
        c.column(blend(col.near, col.far, 0.16), blend(col.near, (0, 0, 0), 0.55), y, 1.0),
        1.0,
        stage.rim,
    )
    if setting == "road":
        _road(c, col, stage)


def _road(c: Canvas, col: Colours, stage: Stage) -> None:
    """Draw the road across the front, its dashes, and poles that shrink towards the light."""
    y = stage.ground
    strip, marks, poles = c.mask(), c.mask(), c.mask()
    strip.box(0, y + 0.028, c.aspect, 0.2)
    for k in range(9):
        marks.polygon(
            [
                (0.24 * k, y + 0.095),
                (0.24 * k + 0.11, y + 0.095),
                (0.24 * k + 0.10, y + 0.108),
                (0.24 * k - 0.015, y + 0.108),
            ]
        )
    tops = []
    for k in range(6):
        scale = 0.72**k
        side = 1 if stage.light[0] > c.aspect / 2 else -1
        x = stage.light[0] - side * (1.25 * scale)
        foot = stage.horizon + 0.05 + 0.17 * scale
        top = foot - 0.52 * scale
        poles.line([(x, foot), (x, top)], 0.012 * scale)
        poles.line(
            [(x - 0.06 * scale, top + 0.04 * scale), (x + 0.06 * scale, top + 0.04 * scale)],
            0.008 * scale,
        )
        tops.append((x, top + 0.04 * scale))
    for (x0, y0), (x1, y1) in itertools.pairwise(tops):
        poles.line([(x0, y0), ((x0 + x1) / 2, max(y0, y1) + 0.01), (x1, y1)], 0.003)
    c.fill(poles, blend(col.near, col.far, 0.2))
    c.fill(strip, blend(col.near, col.far, 0.28), 0.9)
    c.fill(marks, blend(col.light, col.far, 0.35), 0.7)


def draw_weather(
    c: Canvas, col: Colours, setting: str, mood: str, rng: np.random.Generator
) -> None:
    """Add what is in the air: birds, rain, snow, fireflies or sparks, as the mood suits."""
    mask, chance = c.mask(), rng.random()
    colour: Rgb = (235.0, 240.0, 248.0)
    alpha = 0.7
    if mood in ("noir", "dark") and chance < 0.4:
        for x, y, z in rng.random((150, 3)):
            px, length = x * (c.aspect + 0.1), 0.02 + 0.045 * z
            mask.line([(px, y), (px - length * 0.22, y + length)], 0.0016, int(50 + 110 * z))
        alpha = 0.5
    elif (
        mood in ("calm", "eerie", "dark", "tender")
        and setting in ("mountains", "forest")
        and (chance < 0.6)
    ):
        for x, y, z in rng.random((130, 3)):
            r = 0.0015 + 0.004 * z**3
            mask.oval(x * c.aspect, y, r, r, int(110 + 140 * z))
    elif mood in ("wild", "epic", "eerie") or setting == "forest":
        for x, y, z in rng.random((46, 3)):
            r = 0.0014 + 0.0035 * z**2
            mask.oval(x * c.aspect, 0.25 + 0.6 * y, r, r, int(120 + 130 * z))
        colour, alpha = blend(col.accent, col.light, 0.4), 0.9
    elif not col.is_night:
        fx, fy = float(rng.uniform(0.2, 0.8)) * c.aspect, float(rng.uniform(0.12, 0.3))
        for x, y, z in rng.normal(0, 1, (9, 3)):
            bx, by, span = fx + 0.1 * x, fy + 0.045 * y, 0.011 + 0.004 * abs(z)
            mask.line(
                [
                    (bx - span, by - span * 0.55),
                    (bx - span * 0.4, by - span * 0.6),
                    (bx, by),
                    (bx + span * 0.4, by - span * 0.6),
                    (bx + span, by - span * 0.5),
                ],
                0.0028,
            )
        colour, alpha = col.near, 0.8
    c.fill(mask, colour, alpha)
