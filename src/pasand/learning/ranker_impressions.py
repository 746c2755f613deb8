"""The ranker learns from its own pages: of what a member saw, what was played.

Logistic regression over the cells that were seen: log odds of a play = w(r) . x + b + p . t. What
the place adds, p . t (row and column by device, and the hero), is there so that a title does not
look better for standing where hands go anyway; it is dropped when serving, and so is never told
to a page. The weights start from, and are drawn towards, those of the replay: a few pages change
little, many decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.events import DEVICES
from pasand.learning.descent import least
from pasand.learning.ranker_lessons import Lessons

__all__ = [
    "PLACE_FEATURES",
    "PLAY_COUNT_MIN",
    "Seen",
    "place_features",
    "train_on_impressions",
]

PLACE_FEATURES = (*(f"row_{d}" for d in DEVICES), *(f"column_{d}" for d in DEVICES), "hero")
#: With fewer plays from pages nothing is learned of them.
PLAY_COUNT_MIN = 150
#: Pulls towards the replay's weights, in squared weights a cell.
RIDGE = 3e-3
#: The same towards no bias of the place, of which every cell tells: little, or what the place adds
#: would pass for the title's own.
RIDGE_PLACE = 2e-4

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Seen:
    """Pages as lessons, of which ``taken`` is 1 for what was played, and ``place`` [pages, cells,
    place features].
    """

    lessons: Lessons
    place: NDArray[np.float32]

    @property
    def play_count(self) -> int:
        """How many cells were played."""
        return int((self.lessons.taken > 0).sum())


def place_features(device: str, row: int, column: int) -> NDArray[np.float32]:
    """Return what the place of a cell is told by."""
    found = np.zeros(len(PLACE_FEATURES), np.float32)
    at = DEVICES.index(device) if device in DEVICES else len(DEVICES) - 1
    found[at], found[len(DEVICES) + at] = np.log1p(row), np.log1p(column)
    found[-1] = row == 0 and column == 0
    return found


def train_on_impressions(arrays: Mapping[str, Any], seen: Seen) -> dict[str, Any]:
    """Return a replay's ranker, gone on with what was seen and played; the same where there are
    too few plays.
    """
    if seen.play_count < PLAY_COUNT_MIN:
        return dict(arrays)
    weight, bias, place = fit(np.asarray(arrays["ranker.weight"], np.float64), seen)
    return {
        **arrays,
        "ranker.weight": weight.astype(np.float32),
        "ranker.bias": np.array([bias], np.float32),
        "ranker.place": place.astype(np.float32),
        "ranker.trained_on": ["impressions"],
    }


def fit(prior: Floats, seen: Seen) -> tuple[Floats, float, Floats]:
    """Return the weights, the constant, and what the place adds."""
    row, cell = np.nonzero(np.isfinite(seen.lessons.offset))
    item = seen.lessons.item[row, cell].astype(np.float64)
    request = seen.lessons.request[row].astype(np.float64)
    place = seen.place[row, cell].astype(np.float64)
    played = (seen.lessons.taken[row, cell] > 0).astype(np.float64)
    count, size = len(item), prior.size

    def loss(flat: Floats) -> tuple[float, Floats]:
        weight, bias, moved = flat[:size].reshape(prior.shape), flat[size], flat[size + 1 :]
        logit = ((request @ weight.T) * item).sum(axis=1) + bias + place @ moved
        value = float((np.logaddexp(0.0, logit) - played * logit).mean())
        error = (1.0 / (1.0 + np.exp(-np.clip(logit, -30.0, 30.0))) - played) / count
        apart = weight - prior
        value += 0.5 * RIDGE * float((apart**2).sum()) + 0.5 * RIDGE_PLACE * float(moved @ moved)
        slope = (item * error[:, None]).T @ request + RIDGE * apart
        ends = (slope.ravel(), [error.sum()], place.T @ error + RIDGE_PLACE * moved)
        return value, np.concatenate(ends)

    share = played.mean()
    start = np.concatenate([prior.ravel(), [np.log(share / (1.0 - share))],
                            np.zeros(place.shape[1])])  # fmt: skip
    found = least(loss, start, 120, 1e-8)
    return found[:size].reshape(prior.shape), float(found[size]), found[size + 1 :]
