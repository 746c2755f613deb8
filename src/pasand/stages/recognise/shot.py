"""Shot size and how many people: from faces, bodies and joints, with how far from a doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.picture_facts import Face, Guess, Seen

__all__ = ["Config", "ShotSize", "people_of"]

#: Joints as COCO numbers them.
SHOULDERS, HIPS, KNEES = (5, 6), (11, 12), (13, 14)


@dataclass(frozen=True, slots=True)
class Config:
    """``close``, ``wide``: the height of the largest face, as a share of the picture's, from
    which it is a close-up, and below which it is a wide shot; ``body_wide``: the same of a
    person's box; ``joint_least``: a joint that is less sure is not in the picture.
    """

    close: float = 0.30
    wide: float = 0.10
    body_wide: float = 0.55
    joint_least: float = 0.35


class ShotSize:
    """Decides by the largest face; where there is none, by the largest body."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def __call__(
        self,
        faces: Sequence[Face],
        objects: Sequence[Seen],
        joints: NDArray[np.float32] | None = None,
    ) -> Guess | None:
        """Return the size, None where nobody is there to tell it by."""
        if faces:
            face = max(faces, key=lambda face: face.box.area)
            return _by_height(face.box.height, self.config.wide, self.config.close, face.confidence)
        bodies = [seen for seen in objects if seen.name == "person"]
        if not bodies:
            return None
        body = max(bodies, key=lambda seen: seen.box.area)
        if body.box.height < self.config.body_wide:
            return Guess("wide", round(body.confidence, 3))
        return self._by_joints(joints, body.confidence)

    def _by_joints(self, joints: NDArray[np.float32] | None, confidence: float) -> Guess | None:
        """Return the size of a large body whose face is not seen."""
        if joints is None:
            return None
        shoulders, hips, knees = (
            float(joints[list(pair), 2].max()) for pair in (SHOULDERS, HIPS, KNEES)
        )
        least = self.config.joint_least
        if shoulders < least:
            return None
        size = "wide" if knees >= least else "medium" if hips >= least else "close-up"
        return Guess(size, round(min(confidence, shoulders), 3))


def _by_height(height: float, wide: float, close: float, confidence: float) -> Guess:
    size = "close-up" if height >= close else "wide" if height < wide else "medium"
    # A fifth beside a bound, the word is as sure as the face; on it, half as sure.
    beside = min(abs(np.log(max(height, 1e-3) / bound)) for bound in (wide, close))
    return Guess(size, round(float(confidence * min(0.5 + 2.5 * beside, 1.0)), 3))


def people_of(faces: Sequence[Face], objects: Sequence[Seen], least: float) -> Guess:
    """Return none, one, two or many: the more of faces and of bodies.

    None is as sure as there is no half-seen person; the others as the least sure one counted.
    """
    seen = [
        sorted((f.confidence for f in faces), reverse=True),
        sorted((s.confidence for s in objects if s.name == "person"), reverse=True),
    ]
    counts = [[c for c in one if c >= least] for one in seen]
    counted = max(counts, key=len)
    if not counted:
        return Guess("none", round(1.0 - max((c for one in seen for c in one), default=0.0), 3))
    word = ("none", "one", "two")[len(counted)] if len(counted) < 3 else "many"
    return Guess(word, round(counted[min(len(counted), 3) - 1], 3))
