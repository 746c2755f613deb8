"""Which stills of a film are offered: good ones, of different things, and none that give it away.

What must not be offered is told with the reason. Of the others the best comes first, then always
the one that is good and least like those already chosen: in what it shows, how near it is, who is
in it, how it feels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.stages.film.sights import Sight

__all__ = ["Candidate", "Chooser", "Config"]


@dataclass(frozen=True, slots=True)
class Config:
    """``late``: from this share of a film on, stills may give it away; below ``light`` and
    ``sharp`` (of the film's own median, a logarithm) none are offered; ``alike`` weighs
    likeness against goodness; above ``twin`` two are the same picture.
    """

    late: float = 0.8
    light: float = 0.09
    light_max: float = 0.93
    contrast: float = 0.05
    sharp: float = 2.0
    lettering: float = 0.004
    unsafe: float = 0.5
    alike: float = 1.2
    twin: float = 0.97


@dataclass(frozen=True, slots=True)
class Candidate:
    """A still of one shot; ``place`` is where in the film it is, from 0 to 1."""

    frame: int
    time_s: float
    place: float
    score: float
    sharp: float
    light: float
    contrast: float
    sight: Sight


class Chooser:
    """Chooses among the candidates of one film."""

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or Config()

    def __call__(
        self, candidates: Sequence[Candidate], count: int
    ) -> tuple[list[int], dict[int, str]]:
        """Return the places of those chosen, best first, and why each refused one was refused."""
        typical = float(np.median([one.sharp for one in candidates])) if candidates else 0.0
        refused = {
            at: why
            for at, one in enumerate(candidates)
            if (why := self._against(one, typical, len(candidates)))
        }
        left = [at for at in range(len(candidates)) if at not in refused]
        goodness = {at: goodness_of(candidates[at]) for at in left}
        chosen: list[int] = []
        while left and len(chosen) < count:
            near = {at: self._nearest(candidates, at, chosen) for at in left}
            best = max(left, key=lambda at: (goodness[at] - self.config.alike * near[at], -at))
            left.remove(best)
            if near[best] >= self.config.twin:
                refused[best] = "the same as one that is offered"
            else:
                chosen.append(best)
        return chosen, refused

    def _against(self, one: Candidate, typical: float, count: int) -> str:
        """Return why a still is not offered, "" where nothing is against it."""
        c = self.config
        reasons = (
            (one.place > c.late and count > 1, "late in the film: it may give it away"),
            (one.light < c.light, "too dark"),
            (one.light > c.light_max, "too bright"),
            (one.contrast < c.contrast, "hardly anything is seen"),
            (one.sharp < typical - c.sharp, "blurred"),
            (one.sight.lettering > c.lettering, "letters stand in it"),
            (one.sight.unsafe >= c.unsafe, "it may be unsafe"),
        )
        return next((why for against, why in reasons if against), "")

    def _nearest(self, candidates: Sequence[Candidate], at: int, chosen: Sequence[int]) -> float:
        near = (alike(candidates[at].sight, candidates[one].sight) for one in chosen)
        return max(near, default=0.0)


def goodness_of(one: Candidate) -> float:
    """Return how good a still is by itself, over all shots of a film."""
    faces = [box[2] * box[3] * turned for box, turned in one.sight.faces]
    seen = min(4.0 * max(faces, default=0.0), 0.6) + (0.3 if faces else 0.0)
    size = 0.0 if one.sight.subject is None else one.sight.subject[2] * one.sight.subject[3]
    return one.score / 4 + seen + 0.3 * min(size, 0.5) - 0.2 * one.place


def alike(one: Sight, other: Sight) -> float:
    """Return how much two stills are alike, 1 for the same."""
    a, b = _line(one), _line(other)
    shown = max(float(a @ b), 0.0) if len(a) and len(a) == len(b) else 0.0
    words = ((one.shot, other.shot), (one.people, other.people), (one.mood, other.mood))
    said = [mine == theirs for mine, theirs in words if mine and theirs]
    return shown if not said else 0.7 * shown + 0.3 * sum(said) / len(said)


def _line(sight: Sight) -> NDArray[np.float32]:
    return np.asarray(sight.vector, np.float32)
