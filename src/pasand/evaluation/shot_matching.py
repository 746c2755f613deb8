"""How well the shots that were found agree with those that are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Matched", "Span", "match_shots"]

#: First and last frame of a transition; both are the new shot's first frame where it is a cut.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Matched:
    """How many of the true transitions were found, and how many of those found are true."""

    hits: int
    true: int
    found: int

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.hits / max(self.true + self.found, 1)


def match_shots(truth: Sequence[Span], found: Sequence[Span], slack: int = 2) -> Matched:
    """Return how transitions agree, each one of one side with one of the other at most; two agree
    where they overlap, or miss it by ``slack`` frames.
    """
    left, hits = list(found), 0
    for first, last in sorted(truth):
        near = [one for one in left if one[0] <= last + slack and one[1] >= first - slack]
        if near:
            left.remove(min(near, key=lambda one: abs(one[0] - first)))
            hits += 1
    return Matched(hits, len(truth), len(found))
