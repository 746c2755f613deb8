"""What a drawn picture shows, as data: the words a recogniser has to find again.

A scene says nothing about pixels; drawing lies in ``draw``, colours in ``draw_colours``.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FIGURE_COUNT_MAX", "MOODS", "OBJECTS", "SETTINGS", "Scene", "components_of"]

MOODS = ("tender", "dark", "joyful", "epic", "eerie", "wild", "noir", "calm")
SETTINGS = ("mountains", "skyline", "forest", "sea", "road")
OBJECTS = ("none", "boat", "car", "kite", "balloon", "lantern", "ship", "horse")
FIGURE_COUNT_MAX = 3


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture before it is drawn; ``seed`` decides everything the words leave open."""

    mood: str
    setting: str
    figure_count: int
    object: str
    seed: int


_FIGURES = ("none", "one", "two", "many")


def components_of(scene: Scene) -> tuple[str, ...]:
    """Return what a picture of the scene shows, in the words that taste is learned about."""
    thing = () if scene.object == "none" else (f"object:{scene.object}",)
    return (
        f"mood:{scene.mood}",
        f"scene:{scene.setting}",
        f"people:{_FIGURES[min(scene.figure_count, len(_FIGURES) - 1)]}",
        *thing,
    )
