"""Metrics of whole lists, whatever the target: novelty, share of the popular, calibration.

They speak of the first ten items of each list and need to know what trained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.evaluation.splits import Targets, first_takes

__all__ = [
    "ListFacts",
    "calibration",
    "genre_shares",
    "genres_of_histories",
    "list_metrics",
    "most_popular",
    "novelty",
]

Values = NDArray[np.float64]

LENGTH = 10
POPULAR_SHARE = 0.01
POPULAR_COUNT_MIN = 10
#: How much of the history's genres is mixed into the list's, so that no genre's share is 0.
ALPHA = 0.01


@dataclass(frozen=True)
class ListFacts:
    """What these metrics know of items and histories, made once for all models of a run.

    ``surprise`` is the self-information of each item in bits, ``popular`` marks the most popular
    items, ``genre`` holds the shares of genres a row per item and ``wanted`` a row per target:
    those of its history; both None where no item has a genre.
    """

    surprise: Values
    popular: NDArray[np.bool_]
    genre: Values | None = None
    wanted: Values | None = None

    @staticmethod
    def of(
        training: Interactions, targets: Targets, genres: Mapping[str, Sequence[str]]
    ) -> ListFacts:
        """Gather the facts of one split."""
        item_count = len(training.item_ids)
        once = first_takes(training.member, training.item)
        taken_by = np.bincount(training.item[once], minlength=item_count)
        member_count = len(np.unique(training.member))
        popularity = np.bincount(training.item, minlength=item_count)
        genre = genre_shares(training.item_ids, genres)
        return ListFacts(
            surprise=novelty(taken_by, member_count),
            popular=most_popular(popularity),
            genre=genre,
            wanted=None if genre is None else genres_of_histories(targets, genre),
        )


def list_metrics(top: NDArray[np.int32], facts: ListFacts) -> dict[str, Values]:
    """Return each metric a value per list, NaN where a list says nothing of it."""
    first = top[:, :LENGTH]
    there = first >= 0
    count = np.maximum(there.sum(axis=1), 1)
    found = {
        "novelty@10": (facts.surprise[first] * there).sum(axis=1) / count,
        "popularity_share@10": (facts.popular[first] & there).sum(axis=1) / count,
    }
    if facts.genre is not None and facts.wanted is not None:
        columns = [(column[first] * there).sum(axis=1) for column in facts.genre.T]
        listed = np.stack(columns, axis=1)
        found["calibration_kl@10"] = calibration(facts.wanted, listed)
    return found


def novelty(taken_by: NDArray[np.integer], member_count: int) -> Values:
    """Return -log2 of the share of members who took an item; what nobody took counts as one's."""
    bits: Values = -np.log2(np.maximum(taken_by, 1) / max(member_count, 1))
    return bits


def most_popular(popularity: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Mark the hundredth of the taken items with most events, at least ten; ties by code."""
    taken = int(np.count_nonzero(popularity))
    count = max(POPULAR_COUNT_MIN, int(np.ceil(POPULAR_SHARE * taken)))
    marked = np.zeros(len(popularity), bool)
    marked[np.argsort(-popularity, kind="stable")[:count]] = True
    return marked


def genre_shares(item_ids: Sequence[str], genres: Mapping[str, Sequence[str]]) -> Values | None:
    """Return a row per item, its genres alike and together 1, or none; None where none has any."""
    names = sorted({name for item_id in item_ids for name in genres.get(item_id, ())})
    if not names:
        return None
    column = {name: number for number, name in enumerate(names)}
    shares = np.zeros((len(item_ids), len(names)))
    for row, item_id in enumerate(item_ids):
        for name in genres.get(item_id, ()):
            shares[row, column[name]] = 1.0 / len(genres[item_id])
    return shares


def genres_of_histories(targets: Targets, genre: Values) -> Values:
    """Return the genres of each target's history, summed over its items."""
    wanted = np.empty((len(targets), genre.shape[1]))
    for column in range(genre.shape[1]):
        so_far = np.concatenate(([0.0], np.cumsum(genre[targets.item_sequence, column])))
        wanted[:, column] = so_far[targets.place] - so_far[targets.first]
    return wanted


def calibration(wanted: Values, listed: Values) -> Values:
    """Return KL(p || q) of genres, p of the history and q of the list (Steck 2018), in nats.

    q is mixed with a hundredth of p. 0 is a list that has the genres of its history in the same
    shares; NaN where history or list has no genre at all.
    """
    total_p, total_q = wanted.sum(axis=1), listed.sum(axis=1)
    known = (total_p > 1e-9) & (total_q > 1e-9)
    p = np.maximum(wanted, 0.0) / np.where(known, total_p, 1.0)[:, None]
    q = listed / np.where(known, total_q, 1.0)[:, None]
    q = (1.0 - ALPHA) * q + ALPHA * p
    terms = np.zeros_like(p)
    np.divide(p, q, out=terms, where=p > 1e-12)
    np.log(terms, out=terms, where=terms > 0)
    return np.where(known, (p * terms).sum(axis=1), np.nan)
