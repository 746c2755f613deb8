"""What a whole picture is like: its class and its vector, over several views of it.

A view is a rectangle and whether it is mirrored. What two views agree on is surer; a vector of
several views holds more of the picture's corners.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.model_ports import Inference
from pasand.picture_ports import Belief, Picture, Resizer

__all__ = [
    "CORNERS",
    "MIDDLE",
    "MIRRORED",
    "WHOLE",
    "Config",
    "ViewedClasses",
    "ViewedVector",
    "softmax",
    "unit_rows",
    "views_of",
]

View = tuple[str, bool]
WHOLE: View = ("whole", False)
MIRRORED: View = ("whole", True)
MIDDLE: View = ("middle", False)
CORNERS: tuple[View, ...] = tuple(
    (corner, False) for corner in ("top left", "top right", "bottom left", "bottom right")
)
#: How much of each side a corner's view takes.
CORNER_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Config:
    """``side``: of the square the network takes; ``views``: those it is shown."""

    side: int = 224
    views: tuple[View, ...] = (WHOLE, MIRRORED, MIDDLE, *CORNERS)


class ViewedVector:
    """An ``Embedder``: the direction of the views' mean direction. A byte a channel goes in."""

    def __init__(self, config: Config, network: Inference, resize: Resizer, name: str) -> None:
        self.config, self.name = config, name
        self._network, self._resize = network, resize

    def embed(self, picture: Picture) -> NDArray[np.float32]:
        """Return the vector, of unit length."""
        found = [
            np.asarray(next(iter(self._network.run({"image": view[None]}).values()))).ravel()
            for view in views_of(picture, self._resize, self.config.side, self.config.views)
        ]
        mean: NDArray[np.float32] = unit_rows(unit_rows(np.stack(found)).mean(axis=0))
        return mean.astype(np.float32)


class ViewedClasses:
    """A ``Classifier`` over a network that gives ``logits`` and, if it can, ``features``."""

    def __init__(
        self,
        config: Config,
        network: Inference,
        resize: Resizer,
        words: Sequence[str],
        name: str,
    ) -> None:
        self.config, self.name, self.words = config, name, tuple(words)
        self._network, self._resize = network, resize

    def believe(self, picture: Picture) -> Belief:
        """Return what the network thinks of each view."""
        logits, features = [], []
        for view in views_of(picture, self._resize, self.config.side, self.config.views):
            outputs = self._network.run({"image": view[None]})
            logits.append(np.asarray(outputs["logits"], np.float32).ravel())
            features.append(np.asarray(outputs.get("features", ()), np.float32).ravel())
        return Belief(np.stack(logits), np.stack(features))


def views_of(
    picture: Picture, resize: Resizer, side: int, views: Sequence[View]
) -> Iterator[Picture]:
    """Yield each view as a square of this side."""
    for place, mirrored in views:
        view = resize(_part(picture, place), side, side)
        yield np.ascontiguousarray(view[:, ::-1]) if mirrored else view


def _part(picture: Picture, place: str) -> Picture:
    """Return the rectangle of a view."""
    tall, wide = picture.shape[:2]
    if place == "whole":
        return picture
    if place == "middle":
        side = min(tall, wide)
        top, left = (tall - side) // 2, (wide - side) // 2
        return picture[top : top + side, left : left + side]
    height, width = (max(round(CORNER_SHARE * length), 1) for length in (tall, wide))
    top = tall - height if "bottom" in place else 0
    left = wide - width if "right" in place else 0
    return picture[top : top + height, left : left + width]


def softmax(logits: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Return rows that sum to 1."""
    raised: NDArray[np.floating[Any]] = np.exp(logits - logits.max(axis=-1, keepdims=True))
    found: NDArray[np.floating[Any]] = raised / raised.sum(axis=-1, keepdims=True)
    return found


def unit_rows(rows: NDArray[np.floating[Any]]) -> NDArray[Any]:
    """Return rows of unit length; zeros stay zeros."""
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    found: NDArray[Any] = rows / np.maximum(length, 1e-9)
    return found
