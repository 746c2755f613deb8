"""Heads for mood, genre and class: kernel ridge regression on what models say of pictures.

How far the kernel reaches and how much is shrunk is chosen by folds, in which pictures of one
group (a theme, a series of shots) stay together, so that a head is judged on what it never saw.
The same folds make its likelihoods honest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.stages.recognise.heads import Head, RowScale, distances, kernel, scaled
from pasand.stages.recognise.signals import Signals

__all__ = [
    "FOLD_COUNT",
    "Fitted",
    "Labelled",
    "fit_head",
    "folds_of",
    "heads_apart",
    "judged_apart",
    "out_of_fold",
]

Floats = NDArray[np.float64]
FOLD_COUNT = 5
#: How much each row of numbers counts in the distance of two pictures, by the kind of head.
ROW_WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "mood": {"embedding": 1.0, "affect": 0.5, "objects": 0.2},
    "genre": {
        "embedding": 1.0, "features": 0.5, "objects": 0.3, "look": 0.2, "faces": 0.3,
        "affect": 0.1,
    },
    "class": {"embedding": 1.0, "features": 0.7, "classes": 0.3},
}  # fmt: skip
#: Rows that are directions or likelihoods already: only their mean is taken off.
AS_THEY_ARE = frozenset(("embedding", "features", "classes", "objects"))
REACHES = (0.5, 1.0)
RIDGES = (0.1, 0.3, 1.0, 3.0)


@dataclass(frozen=True, slots=True)
class Labelled:
    """Pictures as signals, what is true of each [n, names], and which belong together.

    ``kind``: mood (numbers), genre (any of the names, 0 or 1), class (one of them, 1).
    """

    kind: str
    names: tuple[str, ...]
    signals: Sequence[Signals]
    truth: Floats
    group: NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A head, and what it said of each picture when it had not seen any of its group."""

    head: Head
    unseen: Floats


def fit_head(labelled: Labelled, seed: int, model: str = "") -> Fitted:
    """Return the head that does best on groups it has not seen."""
    rows = _rows(labelled)
    fold = folds_of(labelled.group, seed)
    said = out_of_fold(rows, labelled, fold)
    choice = min(said, key=lambda one: float(((said[one] - labelled.truth) ** 2).mean()))
    unseen = said[choice]
    return Fitted(_solved(rows, labelled, *choice, unseen, model), unseen)


def heads_apart(labelled: Labelled, seed: int) -> Iterator[tuple[Head, NDArray[np.intp]]]:
    """Yield, for each fold, a head that chose and learned without it, and the fold's pictures."""
    fold = folds_of(labelled.group, seed)
    for one in np.unique(fold):
        train, test = np.flatnonzero(fold != one), np.flatnonzero(fold == one)
        part = replace(
            labelled,
            signals=[labelled.signals[int(at)] for at in train],
            truth=labelled.truth[train],
            group=labelled.group[train],
        )
        yield fit_head(part, seed).head, test


def judged_apart(labelled: Labelled, seed: int) -> Floats:
    """Return what is said of each picture by a head that neither chose nor learned by its fold."""
    said = np.zeros_like(labelled.truth, dtype=np.float64)
    for head, test in heads_apart(labelled, seed):
        for at in test:
            found = head.output(labelled.signals[int(at)])
            assert found is not None
            said[at] = found[0]
    return said


def out_of_fold(
    rows: Mapping[str, NDArray[np.float32]], labelled: Labelled, fold: NDArray[np.integer[Any]]
) -> dict[tuple[float, float], Floats]:
    """Return, for each reach and ridge, what is said of each picture by a head that was trained
    without its fold.
    """
    choices = [(reach, ridge) for reach in REACHES for ridge in RIDGES]
    said = {choice: np.zeros_like(labelled.truth, dtype=np.float64) for choice in choices}
    for one in np.unique(fold):
        train, test = np.flatnonzero(fold != one), np.flatnonzero(fold == one)
        scales, inner = _scales(rows, labelled.kind, train)
        known = {name: scaled(rows[name][train], scale) for name, scale in scales.items()}
        asked = {name: scaled(rows[name][test], scale) for name, scale in scales.items()}
        away = distances(asked, known, scales)
        offset = labelled.truth[train].mean(axis=0)
        for reach, ridge in choices:
            alike = kernel(inner, reach) + ridge * np.eye(len(train))
            weights = np.linalg.solve(alike, labelled.truth[train] - offset)
            said[reach, ridge][test] = kernel(away, reach) @ weights + offset
    return said


def folds_of(group: NDArray[np.integer[Any]], seed: int) -> NDArray[np.int64]:
    """Return a fold for each picture; those of a group are in one."""
    groups, place = np.unique(group, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(groups))
    fold: NDArray[np.int64] = (order % FOLD_COUNT)[place].astype(np.int64)
    return fold


def _rows(labelled: Labelled) -> dict[str, NDArray[np.float32]]:
    """Return the rows that this kind of head reads and that every picture has."""
    wanted = ROW_WEIGHTS[labelled.kind]
    names = [name for name in wanted if all(name in one for one in labelled.signals)]
    return {name: np.stack([one[name] for one in labelled.signals]) for name in names}


def _scales(
    rows: Mapping[str, NDArray[np.float32]], kind: str, train: NDArray[np.intp]
) -> tuple[dict[str, RowScale], Floats]:
    """Return how each row is brought to scale, and the distances of the pictures trained on."""
    scales: dict[str, RowScale] = {}
    known: dict[str, NDArray[np.float32]] = {}
    for name, values in rows.items():
        mean = values[train].mean(axis=0)
        spread = np.ones_like(mean) if name in AS_THEY_ARE else values[train].std(axis=0) + 1e-3
        one = RowScale(mean, spread.astype(np.float32), 1.0, ROW_WEIGHTS[kind][name])
        known[name] = scaled(values[train], one)
        # The mean squared distance of two is twice the mean square: the rows have mean 0.
        away = max(2 * float((known[name].astype(np.float64) ** 2).sum(axis=1).mean()), 1e-9)
        scales[name] = RowScale(one.mean, one.deviation, away, one.weight)
    return scales, distances(known, known, scales)


def _solved(
    rows: Mapping[str, NDArray[np.float32]],
    labelled: Labelled,
    reach: float,
    ridge: float,
    unseen: Floats,
    model: str,
) -> Head:
    every = np.arange(len(labelled.truth))
    scales, inner = _scales(rows, labelled.kind, every)
    alike = kernel(inner, reach) + ridge * np.eye(len(every))
    unfold = np.linalg.inv(alike)
    offset = labelled.truth.mean(axis=0)
    # What the variance of each would be, had it not been among them.
    left_out = np.clip(1 / np.diag(unfold) - ridge, 0.0, 1.0)
    calm: Callable[[Floats, Floats], Floats] = (
        _temperature if labelled.kind == "class" else _sigmoids
    )
    fitted = np.zeros((2, 0)) if labelled.kind == "mood" else calm(unseen, labelled.truth)
    return Head(
        kind=labelled.kind,
        names=labelled.names,
        scales=scales,
        support={name: scaled(rows[name], scale) for name, scale in scales.items()},
        reach=reach,
        weights=(unfold @ (labelled.truth - offset)).astype(np.float32),
        offset=offset.astype(np.float32),
        unfold=unfold.astype(np.float32),
        calm=fitted.astype(np.float32),
        variance_most=float(np.quantile(left_out, 0.9)),
        model=model,
    )


def _sigmoids(said: Floats, truth: Floats) -> Floats:
    """Return a and b of each name such that 1 / (1 + exp(-(a × said + b))) is its likelihood.

    Newton's method on the log loss, a little drawn to nothing.
    """
    found = np.zeros((2, said.shape[1]))
    for at in range(said.shape[1]):
        design = np.stack((said[:, at], np.ones(len(said))), axis=1)
        both = np.zeros(2)
        for _ in range(30):
            likely = 1 / (1 + np.exp(-np.clip(design @ both, -30, 30)))
            slope = design.T @ (likely - truth[:, at]) + 1e-2 * both
            bend = (design * (likely * (1 - likely))[:, None]).T @ design + 1e-2 * np.eye(2)
            both = both - np.linalg.solve(bend, slope)
        found[:, at] = both
    return found


def _temperature(said: Floats, truth: Floats) -> Floats:
    """Return by how much outputs are multiplied for their softmax to lose least, in a row of it."""
    right = truth.argmax(axis=1)
    losses = []
    factors = np.geomspace(0.5, 40, 40)
    for factor in factors:
        raised = factor * (said - said.max(axis=1, keepdims=True))
        share = raised[np.arange(len(said)), right] - np.log(np.exp(raised).sum(axis=1))
        losses.append(-float(share.mean()))
    return np.full((1, 1), factors[int(np.argmin(losses))])
