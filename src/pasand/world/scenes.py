"""What a drawn picture shows, as data: the words a recogniser has to find again.

A scene says nothing about pixels; drawing lies in ``draw``, colours in ``draw_colours``.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FIGURE_COUNT_MAX", "MOODS", "OBJECTS", "SETTINGS", "Scene"]

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
