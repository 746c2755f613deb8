"""The colours of a scene: three schemes for each mood, chosen by the scene's seed.

Colours only, as plain tuples; this module draws nothing and needs no picture library.
"""

from __future__ import annotations

from dataclasses import dataclass

from pasand.domain.ids import stable_seed
from pasand.world.scenes import Scene

__all__ = ["Colours", "Rgb", "colours_of", "palette"]

Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Colours:
    """One scheme: sky from top to horizon, the light and its glow, far and near silhouettes.

    ``is_night`` says whether the light is a moon: then there are stars and lit windows.
    """

    sky: tuple[Rgb, Rgb, Rgb]
    light: Rgb
    glow: Rgb
    far: Rgb
    near: Rgb
    accent: Rgb
    is_night: bool = False


# mood: schemes of "top middle horizon light glow far near accent", "*" marks a night.
_SCHEMES = {
    "tender": (
        "2b1839 a8476b ffb199 fff0d0 ff9f8a c4627a 1d0e22 ffd28a",
        "3a2a5e c9719a ffd3b0 fff4dc ffa98f b0688f 21142f ff8f8f",
        "1f2148 7d4f8c f6a5a0 ffe6c4 ff8c8c 8a5a8c 140f26 ffc46b",
    ),
    "dark": (
        "05070d 10192a 2a3d55 dfe8f2 6f8fb3 2c4058 030509 e0a24a *",
        "0b0607 2a0f12 6a2320 ffb08a d0482e 4a1d1c 070304 ff6a3c",
        "04080a 0c1f22 1f4a4a d4efe6 4f9b92 20454a 020607 f0b35a *",
    ),
    "joyful": (
        "1f7fc4 69c2e6 ffeeb5 fffbe0 fff0a0 5fa7b8 0e3347 ff5f4c",
        "ff7a3d ffae4f ffe28a fff8d8 ffe07a e87a45 5a1f26 2fb7b0",
        "2aa7a0 8fdcb8 fff2b8 fffce8 fff3a8 55ae9c 0c3b40 ff7458",
    ),
    "epic": (
        "1a1030 7a2a3a ff8a3a ffe9b0 ff7a2e 7c3038 12080f ffd06a",
        "0f1b3d 3a4f8a f2b56b fff0c8 ffb15a 4b568a 0a0f22 ff9a4a",
        "2a0f14 a83a22 ffb648 fff2c0 ff9430 93402a 180708 ffe08a",
    ),
    "eerie": (
        "04140f 0d3b33 4fae8e e4fff0 6fe0b4 2a6d60 020b0a c8ff7a *",
        "120a24 3a2266 8f6fc0 efe6ff a98aff 4b3a80 080414 8affd4 *",
        "0a1413 2a4440 93ad8f fbffe0 c8dc9a 4d6b62 060d0d ffd36a",
    ),
    "wild": (
        "180a3a 6a1b86 ff4f8b ffe0ea ff5aa8 7a2a86 0e0522 3cf0e0",
        "0a2a4a 1486a0 7af0c0 f4fff0 5affcf 1d7a92 04141f ff6a3c",
        "3a0a2a b01e4a ff8a2a fff0b0 ff6a2a 96274f 1a0415 6af0ff",
    ),
    "noir": (
        "0a0a0c 24252a 6d6f75 f4f2ec b9bbc0 45474d 050506 d8322f *",
        "0d0c0a 302b25 8c7f6b fff4dc cdb68c 574e41 070605 e8b23c",
        "07090e 1d2733 5e7184 eef4fa a5bace 3a4856 040507 e0483c *",
    ),
    "calm": (
        "22456e 6d9fc4 dcebe6 fffbe8 f4f2d0 7fa6bb 0f2336 f2a45c",
        "0c1e42 2c4f86 9cb8d8 f4f8ff a8c8f2 4a6c9c 07101f ffcf7a *",
        "3c5f5c 92b7a4 f0ead0 fffaea f8ecc4 86a898 16292b e27d5a",
    ),
}


def _rgb(text: str) -> Rgb:
    red, green, blue = bytes.fromhex(text)
    return float(red), float(green), float(blue)


def _scheme(text: str) -> Colours:
    part = text.split()
    top, middle, horizon, light, glow, far, near, accent = (_rgb(word) for word in part[:8])
    return Colours((top, middle, horizon), light, glow, far, near, accent, "*" in part)


_COLOURS = {mood: tuple(_scheme(text) for text in texts) for mood, texts in _SCHEMES.items()}


def colours_of(scene: Scene) -> Colours:
    """Return the scheme a scene is drawn in."""
    choices = _COLOURS[scene.mood]
    return choices[stable_seed("scheme", scene.seed) % len(choices)]


def palette(scene: Scene) -> tuple[str, str]:
    """Return two colours of the sky, as #rrggbb: upper and lower end of a placeholder."""
    sky = colours_of(scene).sky
    return _hex(sky[1]), _hex(sky[0])


def _hex(colour: Rgb) -> str:
    return "#" + bytes(int(value) for value in colour).hex()
