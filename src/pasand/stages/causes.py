"""What the newest entries of a history add to each candidate, and what would be without one.

Also ``borne_out``, which keeps a row from claiming what its cells do not bear out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.page import REASONS, Row
from pasand.domain.query import Query
from pasand.stages.columns import history
from pasand.stages.models import Models
from pasand.stages.scoring.covisit import HISTORY_COUNT_MAX, covisit_history_weight
from pasand.stages.scoring.ease import ease_history_weight
from pasand.stages.scoring.ials import HISTORY_COUNT_MAX as IALS_COUNT_MAX
from pasand.stages.scoring.ials import ials_history_weight, regularised

__all__ = [
    "CAUSES", "FALLS", "Followers", "History", "borne_out", "ease_change", "ials_change",
]  # fmt: skip

#: Columns of candidates: the causes that were tried, and how far the score falls without each.
CAUSES = "because.cause"
FALLS = "because.falls"
_BECAUSE = REASONS.index("because")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class History:
    """A member's history as model codes with weights, newest last; ``cause`` are the catalogue
    positions of its newest entries, ``place`` where these stand in it.
    """

    code: NDArray[np.int64]
    weight: Floats
    cause: NDArray[np.int32]
    place: NDArray[np.intp]

    @staticmethod
    def of(query: Query, models: Models, among: int) -> History | None:
        """Return the history, None where none of it can be a cause."""
        known = models.vocabulary.code
        entries = [
            (known[item_id], weight)
            for item_id, weight, _ in history(query.profile, query.weights)
            if item_id in known
        ]
        code = np.array([at for at, _ in entries], np.int64)
        position = models.vocabulary.positions(query.catalog)[code] if entries else code
        place = np.flatnonzero(position >= 0)[-among:]
        if not len(place):
            return None
        weight = np.array([weight for _, weight in entries], np.float64)
        return History(code, weight, position[place].astype(np.int32), place)

    def without(self, step: Floats, shorter: Floats) -> Floats:
        """Return how each entry's weight changes with each cause gone: [cause, entry].

        ``step`` weighs a history of this length, ``shorter`` one of an entry less.
        """
        entry, gone = np.arange(len(self.code)), self.place[:, None]
        # Older ones are one step newer then; what is newer stays as it is.
        older = np.append(shorter, 0.0) - step
        return np.where(entry < gone, older, np.where(entry == gone, -step, 0.0)) * self.weight


@dataclass(frozen=True, slots=True)
class Followers:
    """What follows the newest entries: ``strength`` [entry, candidate], ``weight`` [cause, entry]
    as it changes; ``follows`` [candidate, cause] says which causes lead to a candidate at all.
    """

    strength: Floats
    weight: Floats
    follows: NDArray[np.bool_]

    @staticmethod
    def of(query: Query, candidates: Candidates, models: Models, past: History) -> Followers:
        """Return the part of the co-visitation table that this page needs."""
        first = min(int(past.place.min()), max(len(past.code) - HISTORY_COUNT_MAX - 1, 0))
        code = past.code[first:]
        strength = np.zeros((len(code), len(candidates)))
        neighbour, strengths = models.get("covisit.neighbour"), models.get("covisit.strength")
        if neighbour is not None and strengths is not None:
            position = models.vocabulary.positions(query.catalog)
            near = np.asarray(neighbour[code])
            place = np.where(near >= 0, position[near], -1)
            at = np.minimum(np.searchsorted(candidates.position, place), len(candidates) - 1)
            entry, column = np.nonzero((place >= 0) & (candidates.position[at] == place))
            strength[entry, at[entry, column]] = np.asarray(strengths[code])[entry, column]
        count = len(past.code)
        step, shorter = (_newest(covisit_history_weight(HISTORY_COUNT_MAX), n)
                         for n in (count, count - 1))  # fmt: skip
        weight = past.without(step, shorter)[:, first:]
        follows = strength[past.place - first].T > 0
        return Followers(strength, weight, follows)

    def change(self) -> Floats:
        """Return how what follows changes without each cause: [candidate, cause]."""
        return (self.weight @ self.strength).T


def ease_change(query: Query, candidates: Candidates, models: Models, past: History) -> Floats:
    """Return how EASE's scores change without each cause: [candidate, cause]."""
    weights, item = models.get("ease.weights"), models.get("ease.item")
    change = np.zeros((len(candidates), len(past.cause)))
    if weights is None or item is None:
        return change
    place = _places(query, models, "ease", np.asarray(item))
    row = _rows_of(models, np.asarray(item))[past.code]
    known = row >= 0
    step, shorter = (ease_history_weight(max(n, 0)).astype(np.float64)
                     for n in (len(past.code), len(past.code) - 1))  # fmt: skip
    delta = np.where(known, past.without(step, shorter), 0.0)
    moved = np.flatnonzero((np.abs(delta) > 1e-3).any(axis=0))
    at = place[candidates.position]
    there = np.flatnonzero((at >= 0) & (candidates.column("ease") != 0))
    table = np.asarray(weights)[np.ix_(row[moved], at[there])]
    change[there] = (delta[:, moved] @ table).T
    return change


def ials_change(query: Query, candidates: Candidates, models: Models, past: History) -> Floats:
    """Return what each cause adds to iALS's scores, taken off: [candidate, cause].

    The member's vector is a sum over the history (Hu et al. 2008, section 5); the small change of
    the other entries' weights is left out.
    """
    change = np.zeros((len(candidates), len(past.cause)))
    factor, common, damping, item = (
        models.get(f"ials.{name}") for name in ("factor", "common", "damping", "item")
    )
    if factor is None or common is None or damping is None or item is None:
        return change
    item = np.asarray(item)
    place = _places(query, models, "ials", item)
    row = _rows_of(models, item)[past.code]
    known = row >= 0
    weight = np.where(known, ials_history_weight(len(past.code)) * past.weight, 0.0)
    weight[: -IALS_COUNT_MAX or None] *= len(weight) <= IALS_COUNT_MAX
    entry = factor[row].astype(np.float64)
    ridge = common + regularised(np.array([weight.sum()]), *np.asarray(damping).tolist())
    system = np.diag(ridge.astype(np.float64)) + (entry * weight[:, None]).T @ entry
    added = np.linalg.solve(system, (entry[past.place] * weight[past.place, None]).T)
    at = place[candidates.position]
    there = np.flatnonzero((at >= 0) & (candidates.column("ials") != 0))
    change[there] = -(factor[at[there]].astype(np.float64) @ added)
    return change


def borne_out(candidates: Candidates, rows: Sequence[Row]) -> list[Row]:
    """Return the rows without cells that say "because" of what would not lower their score."""
    if FALLS not in candidates or not len(candidates):
        return list(rows)
    causes = candidates[CAUSES][0]
    order = np.argsort(causes)
    claims = [row for row in rows if row.reason is not None and row.cause is not None]
    position = _joined([row.position for row in claims])
    reason, cause = _joined([row.reason for row in claims]), _joined([row.cause for row in claims])
    at = order[np.minimum(np.searchsorted(causes[order], cause), len(causes) - 1)]
    cell = np.searchsorted(candidates.position, position)
    true = (causes[at] == cause) & (candidates[FALLS][cell, at] > 0) | (reason != _BECAUSE)
    if true.all():
        return list(rows)
    end = np.cumsum([len(row) for row in claims])
    of_row = {id(row): mask for row, mask in zip(claims, np.split(true, end[:-1]), strict=True)}
    return [
        row if (mask := of_row.get(id(row))) is None or mask.all() else row.take(mask.nonzero()[0])
        for row in rows
    ]


def _joined(columns: Sequence[Any]) -> NDArray[Any]:
    return np.concatenate(columns) if columns else np.empty(0, np.int32)


def _newest(weight: NDArray[np.floating], count: int) -> Floats:
    """Return weights for so many entries of which only the newest are asked."""
    long = np.zeros(max(count, 0))
    taken = min(len(weight), len(long))
    if taken:
        long[-taken:] = weight[-taken:]
    return long


def _rows_of(models: Models, item: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return for each code of the vocabulary its row in a model of these items, -1 for none."""
    row = np.full(len(models.vocabulary), -1, np.intp)
    row[item] = np.arange(len(item))
    return row


def _places(query: Query, models: Models, name: str, item: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return for each catalogue position its place among a model's items, -1 where it has none."""
    memory = query.catalog.memory("causes")
    key = (models.snapshot_id, name)
    if key not in memory:
        place = np.full(len(query.catalog), -1, np.intp)
        position = models.vocabulary.positions(query.catalog)[item]
        place[position[position >= 0]] = np.flatnonzero(position >= 0)
        memory[key] = place
    found: NDArray[np.intp] = memory[key]
    return found
