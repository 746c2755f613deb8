"""Larger pictures of the world's titles, drawn when they are first asked for.

A large picture carries no title: the page sets its own over it.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from pasand.world.scenes import Scene
from pasand.world.titles import make_titles

__all__ = ["LargePictures"]


class LargePictures:
    """Draws ``artwork_id`` at a width below ``folder``, once."""

    def __init__(self, seed: int, now_ms: int, folder: Path) -> None:
        self._folder = folder / "large"
        self._lock = threading.Lock()
        self._scenes: dict[str, Scene] = {
            artwork.artwork_id: scene
            for title in make_titles(seed, now_ms)
            for artwork, scene in zip(title.item.artworks, title.scenes, strict=True)
        }

    def __call__(self, artwork_id: str, width: int) -> Path | None:
        """Return the file of a picture, drawing it first if need be; None where it cannot."""
        scene = self._scenes.get(artwork_id)
        if scene is None:
            return None
        path = self._folder / f"{artwork_id}.{width}.jpg"
        if not path.exists():
            from pasand.world.draw import draw

            with self._lock:
                self._folder.mkdir(parents=True, exist_ok=True)
                draft = path.with_suffix(".draft")
                draw(scene, "", width, width * 9 // 16).save(draft, "JPEG", quality=85)
                os.replace(draft, path)
        return path
