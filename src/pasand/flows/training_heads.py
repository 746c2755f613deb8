"""Training heads: labelled pictures are looked at, and a head is judged on what it has not seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pasand.errors import InvalidInput, PasandError
from pasand.evaluation.picture_measures import area_under_curve, correlation
from pasand.learning.picture_heads import FOLD_COUNT, Labelled
from pasand.picture_ports import Picture
from pasand.stages.recognise.signals import Signals

__all__ = ["Given", "judged", "labelled_by"]


class Given(Protocol):
    """Labels as they are read: see ``Labelled``."""

    @property
    def kind(self) -> str:
        """The kind of head."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """What it tells."""
        ...

    @property
    def paths(self) -> tuple[Path, ...]:
        """The pictures."""
        ...

    @property
    def truth(self) -> NDArray[np.float64]:
        """What is true of each."""
        ...

    @property
    def group(self) -> NDArray[np.int64]:
        """Which belong together."""
        ...


def labelled_by(
    labels: Given,
    look: Callable[[Picture], Signals],
    opened: Callable[[Path], Picture],
    progress: Callable[[int], None],
    warn: Callable[[str], None],
) -> Labelled:
    """Return the pictures as signals; one that cannot be opened is left out."""
    signals, kept = [], []
    for at, path in enumerate(labels.paths):
        try:
            signals.append(look(opened(path)))
            kept.append(at)
        except PasandError as error:
            warn(str(error))
        progress(at + 1)
    group = labels.group[kept]
    if len(np.unique(group)) < 2 * FOLD_COUNT:
        raise InvalidInput("There are too few pictures to learn from.", field="folder")
    return Labelled(labels.kind, labels.names, signals, labels.truth[kept], group)


def judged(given: Labelled, unseen: NDArray[np.float64]) -> dict[str, float]:
    """Return how good a head is: r of a mood, the mean area of genres, the accuracy of classes."""
    truth = given.truth
    if given.kind == "mood":
        both = enumerate(given.names)
        return {f"mood_{name}_r": correlation(unseen[:, at], truth[:, at]) for at, name in both}
    if given.kind == "genre":
        areas = [area_under_curve(unseen[:, at], truth[:, at] > 0) for at in range(truth.shape[1])]
        return {"genre_auc_mean": float(np.mean(areas))}
    return {"class_accuracy": float((unseen.argmax(axis=1) == truth.argmax(axis=1)).mean())}
