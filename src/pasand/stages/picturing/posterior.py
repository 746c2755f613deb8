"""What the log teaches of pictures: a Bayesian logistic regression, renewed with the counts.

log-odds of a quality play = the title's own
    + worth . looks         how much the member's responses count, shared by all titles
    + words                 what a component earns, shared by all titles: a new title's prior
    + picture               what this picture earns beyond that, shrunk towards 0

``worth`` is one Newton step from its prior on sums that the counters keep; the other two are
gamma-Poisson posteriors, which for plays as rare as these is the same thing. All are normal: a
mean and a variance. Sums are whole numbers, so the same log gives the same posterior, bit by bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Catalog
from pasand.domain.counters_view import CountersView
from pasand.domain.picture_looks import LOOKS, LOOKS_UNIT
from pasand.stages.picturing.gallery import cover_of, parts_of

__all__ = ["Posterior", "posterior_of", "worth_of"]

Floats = NDArray[np.float64]

#: Responses are in logits already, tastes are shares of 1.
PRIOR_WORTH = np.array([0.8 if name.endswith("-taste") else 1.0 for name in LOOKS])
PRIOR_SPREAD = 0.3
#: Plays that say as much as the prior does: of a title's own rate, a component, and a picture.
TITLE_PLAYS, WORD_PLAYS, PICTURE_PLAYS = 2.0, 30.0, 12.0
#: A picture whose members' looks say that it should earn nearly nothing still earns this much.
LOWEST = 0.2


@dataclass(frozen=True, slots=True)
class Posterior:
    """Mean and covariance of the worth of looks, the effect of every word; and by picture code how
    often it earned, and would be expected to by its title and its members' looks alone.
    """

    worth: Floats
    covariance: Floats
    word: Floats
    good: Floats
    expected: Floats

    def of_pictures(self, code: NDArray[np.int64], told: Floats) -> tuple[Floats, Floats]:
        """Return mean and variance of the own effect of pictures, given what their words tell."""
        if not len(self.good):
            return np.zeros(code.shape), np.full(code.shape, 1.0 / PICTURE_PLAYS)
        at = np.maximum(code, 0)
        good, expected = self.good[at], self.expected[at] * np.exp(told)
        mean = np.log((good + PICTURE_PLAYS) / (expected + PICTURE_PLAYS))
        return mean, 1.0 / (0.5 * (good + expected) + PICTURE_PLAYS)


def posterior_of(counters: CountersView, catalog: Catalog) -> Posterior:
    """Return what the counts say of the catalogue's pictures; worked out once for a view."""
    parts = parts_of(catalog)
    size, words = len(LOOKS), len(parts.words)

    def work_out() -> Floats:
        worth, covariance = worth_of(counters)
        word, good, expected = _effects(counters, catalog, words, worth)
        return np.concatenate([worth, covariance.ravel(), word, good, expected])

    flat = counters.remember(("artist", catalog), work_out)
    own = (len(flat) - size - size * size - words) // 2
    edges = np.cumsum([size, size * size, words, own])
    worth, covariance, word, good, expected = np.split(flat, edges)
    return Posterior(worth, covariance.reshape(size, size), word, good, expected)


def worth_of(counters: CountersView) -> tuple[Floats, Floats]:
    """Return mean and covariance of what a logit of looks is worth."""
    sums = counters.pictures
    rate = (sums.earned + 1.0) / (sums.count + 50.0)
    precision = np.eye(len(LOOKS)) / PRIOR_SPREAD**2
    slope = (sums.look_good - rate * sums.look) / LOOKS_UNIT
    bend = rate * (1.0 - rate) * sums.product / LOOKS_UNIT**2
    covariance = np.linalg.inv(precision + bend)
    mean = covariance @ (precision @ PRIOR_WORTH + slope)
    return np.asarray(mean, np.float64), np.asarray(covariance, np.float64)


def _effects(
    counters: CountersView, catalog: Catalog, words: int, worth: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return the effect of each word; of each picture how often it earned and was expected to."""
    code = counters.artwork_codes(catalog)
    known = np.flatnonzero(code < len(counters.pictures.seen))
    if not len(known):
        return np.zeros(words), np.zeros(0), np.zeros(0)
    sums, at, cover = counters.pictures, code[known], cover_of(catalog)
    seen, earned = sums.seen[at], sums.good[at]
    mean = (earned.sum() + 1.0) / (seen.sum() + 50.0)
    title = cover.title[known]
    shown = np.bincount(title, seen, len(catalog))[title] + TITLE_PLAYS / mean
    rate = (np.bincount(title, earned, len(catalog))[title] + TITLE_PLAYS) / shown
    suited = seen
    if sums.count:
        suited = np.maximum(seen + sums.looks[at] @ worth / LOOKS_UNIT, LOWEST * seen)
    good, expected = np.zeros((2, len(code)))
    good[known], expected[known] = earned, suited * rate
    above = np.bincount(cover.word, good[cover.picture], words) + WORD_PLAYS
    below = np.bincount(cover.word, expected[cover.picture], words) + WORD_PLAYS
    return np.log(above / below), good, expected
