"""Faces with five points each, from a YuNet network (Wu et al. 2023). Never whose face it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.picture_facts import Face
from pasand.model_ports import Inference
from pasand.picture_ports import Picture, Resizer
from pasand.stages.recognise.framing import fitted, planes, share_box
from pasand.stages.recognise.suppress import surest

__all__ = ["Config", "YunetFaces", "decoded", "frontal"]

STRIDES = (8, 16, 32)


@dataclass(frozen=True, slots=True)
class Config:
    """``least``: what is less sure is no face; ``side``: of the longer side the network sees;
    ``overlap``: boxes that share more are one face; ``count_max``: how many are told at most.
    """

    least: float = 0.65
    side: int = 480
    overlap: float = 0.3
    count_max: int = 50


class YunetFaces:
    """A ``FaceFinder`` over a YuNet network that takes any size of 32 pixels' steps."""

    def __init__(
        self, config: Config, network: Inference, resize: Resizer, name: str = "yunet"
    ) -> None:
        self.config, self.name = config, name
        self._network, self._resize = network, resize

    def faces(self, picture: Picture) -> tuple[Face, ...]:
        """Return the faces, the largest first."""
        tall, wide = picture.shape[:2]
        scale = self.config.side / max(tall, wide)
        frame_width, frame_height = (
            max(-(-round(length * scale) // 32) * 32, 32) for length in (wide, tall)
        )
        frame, width, height = fitted(picture, self._resize, frame_width, frame_height, 0)
        outputs = self._network.run({"input": planes(frame, blue_first=True)})
        corners, points, score = decoded(outputs, frame_width, self.config.least)
        size = np.array((width, height))
        found = []
        for at in surest(corners, score, self.config.overlap)[: self.config.count_max]:
            spots = np.clip(points[at] / size, 0.0, 1.0).round(4)
            box = share_box(*(corners[at].reshape(2, 2) / size).ravel())
            if box.area > 0:
                pairs = tuple((float(x), float(y)) for x, y in spots)
                turned = round(frontal(points[at]), 3)
                found.append(Face(round(float(score[at]), 4), box, turned, pairs))
        return tuple(sorted(found, key=lambda face: -face.box.area))


def decoded(
    outputs: Mapping[str, Any], width: int, least: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return corners [n, 4], points [n, 5, 2] in pixels of the frame, and score [n]."""
    corners, points, scores = [], [], []
    for stride in STRIDES:
        kind, there = (np.asarray(outputs[f"{n}_{stride}"])[0, :, 0] for n in ("cls", "obj"))
        score = np.sqrt(np.clip(kind, 0.0, 1.0) * np.clip(there, 0.0, 1.0)).astype(np.float64)
        at = np.flatnonzero(score >= least)
        down, across = np.divmod(at, width // stride)
        cell = np.stack((across, down), axis=1)
        box = np.asarray(outputs[f"bbox_{stride}"])[0, at].astype(np.float64)
        centre = (cell + box[:, :2]) * stride
        half = np.exp(np.minimum(box[:, 2:], 12.0)) * stride / 2
        corners.append(np.concatenate((centre - half, centre + half), axis=1))
        spots = np.asarray(outputs[f"kps_{stride}"])[0, at].astype(np.float64)
        points.append((spots.reshape(-1, 5, 2) + cell[:, None]) * stride)
        scores.append(score[at])
    return np.concatenate(corners), np.concatenate(points), np.concatenate(scores)


def frontal(points: NDArray[np.float64]) -> float:
    """Return 1 for a face that looks into the camera, 0 for a profile.

    The nose lies midway between the eyes, and between the corners of the mouth, in the first; it
    reaches one of them in the second.
    """
    turned = []
    for left, right in (points[:2], points[3:]):
        across = right - left
        length = float(across @ across)
        place = float((points[2] - left) @ across) / length if length > 0 else 0.0
        turned.append(min(abs(2 * place - 1), 1.0))
    return 1.0 - sum(turned) / 2
