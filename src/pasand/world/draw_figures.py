"""People as silhouettes: poses, clothes, hair, hats, bags and children, alone or together.

Lengths are shares of a grown person's height; y points up from the feet. Outlines only: the
caller chooses colour and light.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from pasand.world.draw_canvas import Mask, Point

__all__ = ["draw_group"]

_HAIR = ("short", "long", "bun", "hat", "cap", "hood", "ponytail", "curls", "turban")
_CLOTHES = ("trousers", "coat", "dress", "sari", "shorts", "trousers", "coat")
_EXTRAS = ("none", "backpack", "bag", "scarf", "stick", "none", "case")


@dataclass(frozen=True, slots=True)
class _Look:
    pose: str
    hair: str
    clothes: str
    extra: str
    facing: float
    left_hand: Point | None = None
    right_hand: Point | None = None


class _Body:
    """Turns shares of a person's height into points of the picture."""

    def __init__(self, mask: Mask, x: float, y: float, size: float, facing: float) -> None:
        self.mask, self._x, self._y, self._size, self._facing = mask, x, y, size, facing

    def at(self, x: float, y: float) -> Point:
        return self._x + x * self._size * self._facing, self._y - y * self._size

    def limb(self, *joints: tuple[float, float, float]) -> None:
        for (x, y, r), (x2, y2, r2) in itertools.pairwise(joints):
            self.mask.limb(self.at(x, y), self.at(x2, y2), r * self._size, r2 * self._size)

    def shape(self, *points: Point) -> None:
        self.mask.polygon([self.at(x, y) for x, y in points])

    def oval(self, x: float, y: float, rx: float, ry: float) -> None:
        cx, cy = self.at(x, y)
        self.mask.oval(cx, cy, rx * self._size, ry * self._size)


def draw_group(
    mask: Mask, rng: np.random.Generator, count: int, x: float, y: float, size: float
) -> float:
    """Draw ``count`` people around ``x`` with their feet at ``y``; return half their width."""
    kinds = {
        1: ("stand", "walk", "sit", "reach", "stand"),
        2: ("hands", "bench", "child", "walk", "apart", "sit"),
        3: ("family", "walk", "mixed", "trio"),
    }[count]
    kind = kinds[int(rng.integers(len(kinds)))]
    hair = [_HAIR[i] for i in rng.permutation(len(_HAIR))]
    clothes = [_CLOTHES[i] for i in rng.permutation(len(_CLOTHES))]
    extra = [_EXTRAS[i] for i in rng.permutation(len(_EXTRAS))]
    facing = 1.0 if rng.random() < 0.5 else -1.0
    for k, (dx, scale, pose, turn, left, right) in enumerate(_places(kind, count)):
        tall = size * scale * float(rng.uniform(0.95, 1.05))
        look = _Look(pose, hair[k], clothes[k], extra[k], facing * turn, left, right)
        _draw_person(_Body(mask, x + dx * size * facing, y, tall, facing * turn), look, scale < 0.8)
    return size * (0.2 + 0.17 * count)


_Place = tuple[float, float, str, float, Point | None, Point | None]


def _places(kind: str, count: int) -> list[_Place]:
    """Return offset, scale, pose, turn and hands of each person in a group."""
    if kind == "hands":
        return [
            (-0.19, 1.0, "stand", 1, None, (0.19, 0.47)),
            (0.19, 0.94, "stand", -1, None, (0.19, 0.49)),
        ]
    if kind == "bench":
        return [(-0.15, 1.0, "sit", 1, None, None), (0.22, 0.95, "sit", 1, None, None)]
    if kind == "child":
        return [
            (-0.13, 1.0, "stand", 1, None, (0.17, 0.44)),
            (0.18, 0.6, "stand", -1, None, (0.23, 0.72)),
        ]
    if kind == "apart":
        return [(-0.3, 1.0, "stand", 1, None, None), (0.3, 0.97, "walk", -1, None, None)]
    if kind == "family":
        return [
            (-0.34, 1.0, "stand", 1, None, (0.20, 0.46)),
            (0.0, 0.58, "stand", 1, (-0.25, 0.75), (0.25, 0.75)),
            (0.34, 0.95, "stand", -1, None, (0.20, 0.48)),
        ]
    if kind == "mixed":
        return [
            (-0.36, 1.0, "stand", 1, None, None),
            (-0.02, 0.98, "sit", 1, None, None),
            (0.42, 0.66, "stand", -1, None, None),
        ]
    if kind == "trio":
        return [
            (-0.34, 0.95, "stand", 1, None, None),
            (0.0, 1.06, "stand", 1, None, None),
            (0.34, 0.97, "stand", -1, None, None),
        ]
    if kind == "reach":
        return [(0.0, 1.0, "stand", 1, None, (0.24, 1.02))]
    step = 0.36
    start = -step * (count - 1) / 2
    return [(start + step * k, 1 - 0.05 * (k % 2), kind, 1, None, None) for k in range(count)]


def _draw_person(body: _Body, look: _Look, is_child: bool) -> None:
    if look.pose == "sit":
        _draw_sitting(body)
        _draw_head(body, look.hair, 0.0, 0.565, 1.0)
        return
    _draw_legs(body, look)
    _draw_torso(body, look)
    _draw_arms(body, look)
    _draw_head(body, look.hair, 0.0, 0.905, 1.3 if is_child else 1.0)
    if not is_child:
        _draw_extra(body, look.extra)


def _draw_sitting(body: _Body) -> None:
    """Draw someone on the ground, seen from the side, arms around the knees."""
    body.limb((0.0, 0.09, 0.085), (0.21, 0.25, 0.055), (0.33, 0.03, 0.036), (0.41, 0.02, 0.026))
    body.limb((-0.01, 0.10, 0.095), (-0.03, 0.28, 0.088), (0.0, 0.43, 0.085))
    body.limb((0.0, 0.43, 0.05), (0.0, 0.53, 0.035))
    body.limb((0.02, 0.42, 0.04), (0.12, 0.29, 0.034), (0.25, 0.24, 0.026))


def _draw_legs(body: _Body, look: _Look) -> None:
    if look.pose == "walk":
        body.limb((0.01, 0.5, 0.064), (0.09, 0.27, 0.046), (0.15, 0.03, 0.029), (0.21, 0.02, 0.02))
        body.limb((-0.01, 0.5, 0.064), (-0.06, 0.27, 0.046), (-0.17, 0.07, 0.028))
        body.limb((-0.17, 0.07, 0.024), (-0.14, 0.02, 0.02))
        return
    for side in (-1, 1):
        body.limb((0.042 * side, 0.5, 0.06), (0.05 * side, 0.27, 0.045), (0.056 * side, 0.03, 0.03))
        body.limb((0.056 * side, 0.025, 0.025), (0.056 * side + 0.04, 0.018, 0.019))


def _draw_torso(body: _Body, look: _Look) -> None:
    width = 0.095 if look.clothes in ("dress", "sari") else 0.112
    body.limb((-width + 0.03, 0.785, 0.04), (width - 0.03, 0.785, 0.04))
    body.shape(
        (-width, 0.80), (width, 0.80), (0.078, 0.62), (0.092, 0.48), (-0.092, 0.48), (-0.078, 0.62)
    )
    body.limb((0.0, 0.80, 0.036), (0.0, 0.88, 0.032))
    if look.clothes == "coat":
        body.shape((-0.1, 0.62), (0.1, 0.62), (0.145, 0.24), (-0.155, 0.26))
    elif look.clothes == "dress":
        body.shape((-0.07, 0.6), (0.07, 0.6), (0.17, 0.27), (-0.17, 0.25))
    elif look.clothes == "sari":
        body.shape((-0.085, 0.6), (0.085, 0.6), (0.125, 0.03), (-0.135, 0.03))
        body.shape((-0.10, 0.82), (-0.02, 0.82), (-0.13, 0.34), (-0.21, 0.30))
    elif look.clothes == "shorts":
        body.shape((-0.09, 0.52), (0.09, 0.52), (0.125, 0.32), (-0.125, 0.32))


def _draw_arms(body: _Body, look: _Look) -> None:
    swing = 0.09 if look.pose == "walk" else 0.0
    for side, hand in ((-1, look.left_hand), (1, look.right_hand)):
        shoulder = (0.095 * side, 0.785)
        if hand is None:
            hand = (0.135 * side + swing * side, 0.45 + abs(swing) * 0.5)
            elbow = (0.155 * side + swing * side * 0.4, 0.62)
        else:
            bend = -0.03 if hand[1] < shoulder[1] else 0.02
            elbow = ((shoulder[0] + hand[0]) / 2 + 0.02 * side, (shoulder[1] + hand[1]) / 2 + bend)
        body.limb((*shoulder, 0.04), (*elbow, 0.031), (*hand, 0.023))


def _draw_head(body: _Body, hair: str, x: float, y: float, scale: float) -> None:
    r = 0.064 * scale
    y += 0.012 * scale
    body.oval(x, y, r * 0.93, r * 1.2)
    body.oval(x + r * 0.92, y - r * 0.1, r * 0.2, r * 0.22)
    if hair in ("hat", "turban", "cap"):
        _draw_hat(body, hair, x, y, r)
    elif hair == "long":
        body.oval(x - r * 0.25, y + r * 0.25, r * 1.12, r * 1.12)
        body.shape(
            (x - r * 1.3, y + r * 0.4),
            (x + r * 0.4, y + r * 0.4),
            (x - r * 0.1, y - r * 2.6),
            (x - r * 1.7, y - r * 2.9),
        )
    elif hair == "bun":
        body.oval(x - r * 0.95, y + r * 0.95, r * 0.55, r * 0.55)
    elif hair == "ponytail":
        body.limb(
            (x - r * 0.8, y + r * 0.7, r * 0.4),
            (x - r * 1.7, y + r * 0.1, r * 0.35),
            (x - r * 1.9, y - r * 1.5, r * 0.12),
        )
    elif hair == "curls":
        for dx, dy in ((-0.8, 0.1), (-0.6, 0.8), (0.0, 1.1), (0.6, 0.8), (-0.9, -0.5), (0.8, 0.3)):
            body.oval(x + r * dx, y + r * dy, r * 0.62, r * 0.62)
    elif hair == "hood":
        body.shape(
            (x - r * 1.5, y - r * 1.7),
            (x - r * 1.25, y + r * 0.7),
            (x - r * 0.1, y + r * 1.6),
            (x + r * 0.9, y + r * 0.9),
            (x + r * 0.8, y - r * 1.7),
        )
    else:
        body.oval(x - r * 0.2, y + r * 0.4, r * 0.98, r * 0.95)


def _draw_hat(body: _Body, kind: str, x: float, y: float, r: float) -> None:
    if kind == "turban":
        body.oval(x, y + r * 0.8, r * 1.3, r * 0.8)
        body.oval(x - r * 0.2, y + r * 1.2, r * 0.9, r * 0.55)
        return
    body.shape(
        (x - r, y + r * 0.3),
        (x + r, y + r * 0.3),
        (x + r * 0.8, y + r * 1.65),
        (x - r * 0.8, y + r * 1.75),
    )
    brim = (-0.9, 1.75) if kind == "cap" else (-1.75, 1.75)
    body.limb((x + r * brim[0], y + r * 0.42, r * 0.17), (x + r * brim[1], y + r * 0.36, r * 0.15))


def _draw_extra(body: _Body, extra: str) -> None:
    if extra == "backpack":
        body.limb((-0.14, 0.76, 0.055), (-0.15, 0.58, 0.07))
    elif extra == "bag":
        body.limb((-0.1, 0.8, 0.012), (0.13, 0.5, 0.012))
        body.shape((0.07, 0.51), (0.2, 0.5), (0.21, 0.38), (0.08, 0.38))
    elif extra == "case":
        body.shape((-0.23, 0.42), (-0.06, 0.42), (-0.06, 0.27), (-0.23, 0.27))
        body.limb((-0.14, 0.46, 0.014), (-0.14, 0.41, 0.014))
    elif extra == "scarf":
        body.limb(
            (0.04, 0.85, 0.04), (-0.06, 0.84, 0.045), (-0.14, 0.72, 0.028), (-0.17, 0.58, 0.02)
        )
    elif extra == "stick":
        body.limb((0.2, 0.95, 0.012), (0.17, 0.0, 0.01))
