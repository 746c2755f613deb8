"""Joints of the main body from a MoveNet network, and the subject's mask from a DeepLab one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.picture_facts import Box
from pasand.model_ports import Inference
from pasand.picture_ports import Picture, Resizer
from pasand.stages.recognise.framing import fitted

__all__ = ["Config", "DeeplabSubject", "MovenetPose", "subject_box"]


@dataclass(frozen=True, slots=True)
class Config:
    """``pose_side``, ``mask_side``: of the squares that the two networks take."""

    pose_side: int = 192
    mask_side: int = 513


class MovenetPose:
    """A ``PoseFinder``: ``image`` in, rows of down, across and confidence out."""

    def __init__(
        self, config: Config, network: Inference, resize: Resizer, name: str = "movenet"
    ) -> None:
        self.config, self.name = config, name
        self._network, self._resize = network, resize

    def joints(self, picture: Picture) -> NDArray[np.float32]:
        """Return [17, 3]: across and down as shares of the picture, and confidence."""
        side = self.config.pose_side
        frame, width, height = fitted(picture, self._resize, side, side, 0)
        (output,) = self._network.run({"image": frame[None]}).values()
        rows = np.asarray(output, np.float32).reshape(17, 3)
        places = np.stack((rows[:, 1] * side / width, rows[:, 0] * side / height), axis=1)
        found: NDArray[np.float32] = np.concatenate(
            (np.clip(places, 0, 1), np.clip(rows[:, 2:], 0, 1)), axis=1
        ).astype(np.float32)
        return found


class DeeplabSubject:
    """A ``SubjectFinder``: everything that is of one of the network's kinds, but background."""

    def __init__(
        self, config: Config, network: Inference, resize: Resizer, name: str = "deeplab"
    ) -> None:
        self.config, self.name = config, name
        self._network, self._resize = network, resize

    def subject(self, picture: Picture) -> NDArray[np.bool_]:
        """Return a mask of the network's size, the whole picture squashed into it."""
        side = self.config.mask_side
        (kind,) = self._network.run({"image": self._resize(picture, side, side)[None]}).values()
        mask: NDArray[np.bool_] = np.asarray(kind).reshape(side, side) > 0
        return mask


def subject_box(mask: NDArray[np.bool_], least: float = 0.01) -> Box | None:
    """Return the box around nine tenths of a mask each way, None where it covers too little."""
    if mask.mean() < least:
        return None
    edges = []
    for axis in (0, 1):
        part = mask.sum(axis=axis).cumsum() / mask.sum()
        low, high = np.searchsorted(part, (0.05, 0.95))
        edges.append((low / len(part), (high + 1) / len(part)))
    (left, right), (top, bottom) = edges
    return Box(*(round(float(v), 4) for v in (left, top, right - left, bottom - top)))
