"""Objects of the 80 kinds of COCO, from a YOLOX network (Ge et al. 2021) without its last step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.picture_facts import Seen
from pasand.model_ports import Inference
from pasand.picture_ports import Picture, Resizer
from pasand.stages.recognise.framing import fitted, planes, share_box
from pasand.stages.recognise.suppress import surest

__all__ = ["COCO_NAMES", "Config", "YoloxObjects", "decoded"]

COCO_NAMES = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat",
    "traffic light", "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog",
    "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "backpack", "umbrella",
    "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard", "sports ball", "kite",
    "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle",
    "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich", "orange",
    "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant",
    "bed", "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone",
    "microwave", "oven", "toaster", "sink", "refrigerator", "book", "clock", "vase", "scissors",
    "teddy bear", "hair drier", "toothbrush",
)  # fmt: skip
#: The grey that YOLOX was trained to see around a picture.
GREY = 114
STRIDES = (8, 16, 32)


@dataclass(frozen=True, slots=True)
class Config:
    """``least``: what is less sure is not told; ``overlap``: boxes of a kind that share more are
    one; ``side``: of the square the network takes; ``count_max``: how many are told at most.
    """

    least: float = 0.3
    overlap: float = 0.5
    side: int = 416
    count_max: int = 100


class YoloxObjects:
    """An ``ObjectFinder`` over a YOLOX network: ``images`` in, ``output`` out."""

    def __init__(
        self,
        config: Config,
        network: Inference,
        resize: Resizer,
        name: str = "yolox",
        names: Sequence[str] = COCO_NAMES,
    ) -> None:
        self.config, self.name, self._names = config, name, tuple(names)
        self._network, self._resize = network, resize

    def find(self, picture: Picture) -> tuple[Seen, ...]:
        """Return what is seen, the surest first."""
        config = self.config
        frame, width, height = fitted(picture, self._resize, config.side, config.side, GREY)
        (output,) = self._network.run({"images": planes(frame, blue_first=True)}).values()
        corners, score, kind = decoded(np.asarray(output)[0], config.side, config.least)
        keep = surest(corners, score, config.overlap, kind)[: config.count_max]
        shares = corners[keep] / np.array((width, height, width, height))
        return tuple(
            Seen(self._names[kind[at]], round(float(score[at]), 4), box)
            for at, edges in zip(keep, shares, strict=True)
            if (box := share_box(*edges)).area > 0
        )


@cache
def _grid(side: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the corner of every cell of the three grids, in cells, and each cell's stride."""
    corner, stride = [], []
    for step in STRIDES:
        count = side // step
        down, across = np.divmod(np.arange(count * count), count)
        corner.append(np.stack((across, down), axis=1))
        stride.append(np.full((count * count, 1), step))
    return np.concatenate(corner).astype(np.float32), np.concatenate(stride).astype(np.float32)


def decoded(
    output: NDArray[Any], side: int, least: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """Return corners in pixels of the frame, score and kind of all cells of at least ``least``.

    A row of ``output`` is x, y, log width, log height in cells, that there is anything, and how
    likely it is of each kind.
    """
    likely = np.flatnonzero(output[:, 4] >= least)  # A score is never above this.
    kind = output[likely, 5:].argmax(axis=1)
    score = output[likely, 4] * output[likely, 5 + kind]
    sure = score >= least
    likely, kind, score = likely[sure], kind[sure], score[sure]
    corner, stride = _grid(side)
    rows = output[likely].astype(np.float64)
    centre = (rows[:, :2] + corner[likely]) * stride[likely]
    # Bounded, so that a damaged network cannot overflow.
    half = np.exp(np.minimum(rows[:, 2:4], 12.0)) * stride[likely] / 2
    return np.concatenate((centre - half, centre + half), axis=1), score.astype(np.float64), kind
