"""The expression of a face, an option that is off: from a network for 7 (Arriaga et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pasand.domain.picture_facts import Face, Guess
from pasand.model_ports import Inference
from pasand.picture_ports import Picture, Resizer
from pasand.stages.recognise.look import luma

__all__ = ["EXPRESSIONS", "Config", "XceptionExpression"]

EXPRESSIONS = ("angry", "disgusted", "afraid", "happy", "sad", "surprised", "neutral")


@dataclass(frozen=True, slots=True)
class Config:
    """``side``: of the square the network takes; ``margin``: how far around the face it looks."""

    side: int = 64
    margin: float = 0.1


class XceptionExpression:
    """An ``ExpressionReader`` over grey squares from -1 to 1."""

    def __init__(
        self, config: Config, network: Inference, resize: Resizer, name: str = "xception"
    ) -> None:
        self.config, self.name = config, name
        self._network, self._resize = network, resize

    def expression(self, picture: Picture, face: Face) -> Guess:
        """Return the likeliest expression."""
        tall, wide = picture.shape[:2]
        across, down = face.box.centre
        half = max(face.box.width * wide, face.box.height * tall) * (0.5 + self.config.margin)
        left, top = max(int(across * wide - half), 0), max(int(down * tall - half), 0)
        right, bottom = int(across * wide + half) + 1, int(down * tall + half) + 1
        square = self._resize(picture[top:bottom, left:right], self.config.side, self.config.side)
        grey = 2 * luma(square)[None, None] - 1
        (share,) = self._network.run({"input": grey.astype(np.float32)}).values()
        most = np.asarray(share).ravel()
        at = int(most.argmax())
        return Guess(EXPRESSIONS[at], round(float(most[at]), 3))
