"""The recommender: what every model of the library offers, whatever it learns by.

A model says how it trains (``train``) and how its arrays are ranked with (``ranker``); reading
frames, histories, ties, exclusion and answers are the same for all and stand here.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from os import PathLike
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.errors import InvalidInput, NotFitted
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.ranking import Histories, Ranker
from pasand.library.fitted import Asked, Fitted, asked_of
from pasand.library.folder import read_folder, write_folder
from pasand.library.frames import as_frame, is_frame, make_frame, values_of
from pasand.library.labels import ids_from
from pasand.library.parameters import Parameters
from pasand.library.picking import pick
from pasand.library.progress import Progress, progress_of
from pasand.library.reading import EventRows, moment_ms, read_ids, read_interactions, read_rows

__all__ = ["Arrays", "Recommender", "UnknownMemberWarning", "history_of_one"]

Arrays = Mapping[str, Any]
_Kind = TypeVar("_Kind", bound="Recommender")


class UnknownMemberWarning(UserWarning):
    """Lists were asked for members of whom nothing is known; they are given what is popular."""


class Recommender(Parameters):
    """A model that learns from interactions and recommends items to members.

    Subclasses are constructed with keyword parameters only. ``fit`` takes a frame with the
    columns ``member_id``, ``item_id`` and ``at``; see docs/library.md for other names they may
    have, and for the optional columns.
    """

    verbose: bool = False
    _fitted: Fitted | None = None

    def train(self, interactions: Interactions, items: Any, progress: Progress) -> Arrays:
        """Return the arrays that were learned. ``items`` is the caller's frame of items."""
        raise NotImplementedError

    def ranker(self, arrays: Arrays, interactions: Interactions, live: LiveCounts) -> Ranker:
        """Return what scores histories with the arrays that were learned."""
        raise NotImplementedError

    def similarity(self, arrays: Arrays, fitted: Fitted, code: int) -> NDArray[np.float32]:
        """Return how much every item is like one: by default, how well it goes after it alone."""
        ranker = self.ranker(arrays, fitted.interactions, fitted.live)
        score: NDArray[np.float32] = ranker.scores(history_of_one(fitted, code))[0]
        return score

    def fit(self, interactions: Any, items: Any = None, progress: Progress | None = None) -> Self:
        """Learn from a frame of interactions, and return the model itself.

        Args:
            interactions: a row for each time a member took an item.
            items: what is on offer, a frame with ``item_id``. Only these are recommended, also
                those that nobody has taken yet. Without it, every item of ``interactions`` is.
            progress: called with what is being done, how much of it, and of how much.

        Raises:
            InvalidInput: a parameter, a column or a value cannot be used; the error names it.
        """
        self.check_params()
        report = progress_of(progress, self.verbose)
        report("reading", 0, 2)
        given = read_interactions(interactions, items)
        report(f"fitting {type(self).__name__}", 1, 2)
        arrays = self.train(given.interactions, items, report)
        report("fitted", 2, 2)
        self._fitted = Fitted(given, arrays)
        return self

    def recommend(
        self,
        members: Any = None,
        k: int = 10,
        *,
        exclude_seen: bool = True,
        items: Any = None,
        at: Any = None,
        histories: Any = None,
    ) -> Any:
        """Return the best ``k`` items of each member: ``member_id, item_id, rank, score``.

        Args:
            members: ids, or a frame with ``member_id``; all that are known when left out. A
                member of whom nothing is known is given what is popular, with a warning.
            k: how many items; fewer are returned where fewer are left.
            exclude_seen: leave out what the member has taken before.
            items: ids, or a frame with ``item_id``, to choose from.
            at: the moment the lists are for; by default right after the last event known.
            histories: a frame of interactions that came after the fit, of known members or new
                ones. What the fit has seen already counts once. These are the members unless
                others are named.
        """
        _check_count(k)
        fitted, asked = self._asked(members, histories, at)
        _warn_of_unknown(asked)
        offered = fitted.given.offered & self._allowed(fitted, items)
        preference = cache(fitted.preference)
        member_id, code, rank, score = [], [], [], []
        for one, row in self._scored(fitted, asked):
            allowed = offered.copy()
            if exclude_seen:
                allowed[one.item] = False
            best = pick(row, allowed, preference(one.moment_ms), k)
            member_id += [one.member_id] * len(best)
            code.append(best)
            rank.append(np.arange(1, len(best) + 1))
            score.append(row[best])
        columns = {
            "member_id": _column(member_id, fitted.given.member.is_text),
            "item_id": fitted.given.item.value[_joined(code, np.int64)],
            "rank": _joined(rank, np.int64),
            "score": _joined(score, np.float64),
        }
        kind = as_frame(histories).kind if histories is not None else fitted.given.frame_kind
        return make_frame(kind, columns)

    def similar_items(self, item_ids: Any, k: int = 10) -> Any:
        """Return items that go with each item: ``item_id, similar_item_id, rank, score``.

        Only those that the model has evidence for, so there may be fewer than ``k``.

        Raises:
            InvalidInput: an item is not known, or the model knows no similarity.
        """
        _check_count(k)
        fitted = self._known()
        ids = _ids(item_ids, "item_id")
        codes = fitted.given.item.codes(ids, "item_id")
        if (codes < 0).any():
            unknown = ids[codes < 0].tolist()[0]
            raise InvalidInput(f"The model knows no item {unknown!r}.", field="item_ids")
        asked, code, rank, score = [], [], [], []
        preference = fitted.preference(fitted.end_ms)
        for one in codes.tolist():
            row = self.similarity(fitted.arrays, fitted, one)
            allowed = fitted.given.offered & (row > 0)
            allowed[one] = False
            best = pick(row, allowed, preference, k)
            asked.append(np.full(len(best), one))
            code.append(best)
            rank.append(np.arange(1, len(best) + 1))
            score.append(row[best])
        columns = {
            "item_id": fitted.given.item.value[_joined(asked, np.int64)],
            "similar_item_id": fitted.given.item.value[_joined(code, np.int64)],
            "rank": _joined(rank, np.int64),
            "score": _joined(score, np.float64),
        }
        return make_frame(fitted.given.frame_kind, columns)

    def predict(self, pairs: Any, at: Any = None) -> Any:
        """Return the score of each pair of a frame: ``member_id, item_id, score``, in its order.

        Scores order the items of one member; they are no probabilities. An item that the model
        does not know has none (NaN).
        """
        frame = as_frame(pairs)
        ids, items = read_ids(frame, "member_id"), read_ids(frame, "item_id")
        fitted, asked = self._asked(ids, None, at)
        codes = fitted.given.item.codes(items, "item_id")
        places: dict[Any, list[int]] = {}
        for place, member_id in enumerate(ids.tolist()):
            places.setdefault(member_id, []).append(place)
        score = np.full(len(ids), np.nan)
        for one, row in self._scored(fitted, asked):
            rows = np.asarray(places[one.member_id], np.intp)
            known = rows[codes[rows] >= 0]
            score[known] = row[codes[known]]
        return make_frame(frame.kind, {"member_id": ids, "item_id": items, "score": score})

    def save(self, folder: str | PathLike[str]) -> None:
        """Write the fitted model into a folder, histories included, without pickle.

        A model that was saved there before is replaced, whole or not at all.
        """
        write_folder(folder, type(self).__name__, self.get_params(), self._known())

    @classmethod
    def load(cls, folder: str | PathLike[str], *, frames: str | None = None) -> Self:
        """Return a model that was saved in a folder.

        ``frames`` names the kind of frames that it is to answer with, where it is not to be the
        kind that it was fitted on: pandas, polars, pyarrow, numpy or dict.

        Raises:
            InvalidInput: there is no model, or one of another class.
            SnapshotDamaged: a file is not what was written.
        """
        name, params, fitted = read_folder(folder, frames)
        # Naming a model of ours loads its module; a caller's own subclasses are loaded already.
        getattr(import_module("pasand"), name, None)
        found = {kind.__name__: kind for kind in _below(cls)}.get(name)
        if found is None:
            raise InvalidInput(
                f"The model in {folder} is a {name}.", field="folder", fix=f"Use {name}.load."
            )
        model = found(**params)
        model._fitted = fitted
        return model

    def state(self) -> str:
        """Return in a few words what the model was fitted on."""
        if self._fitted is None:
            return "not fitted"
        data = self._fitted.interactions
        return (
            f"fitted on {len(data):,} interactions of {len(data.member_ids):,} members "
            f"with {len(data.item_ids):,} items"
        )

    @property
    def item_ids_(self) -> NDArray[Any]:
        """The ids of the items that are known, ascending."""
        return self._known().given.item.value

    @property
    def member_ids_(self) -> NDArray[Any]:
        """The ids of the members that are known, ascending."""
        return self._known().given.member.value

    def _known(self) -> Fitted:
        if self._fitted is None:
            name = type(self).__name__
            raise NotFitted(f"This {name} is not fitted yet.", fix="Call fit(interactions) first.")
        return self._fitted

    def _asked(self, members: Any, histories: Any, at: Any) -> tuple[Fitted, Sequence[Asked]]:
        fitted = self._known()
        more: EventRows | None = None
        if histories is not None:
            more = read_rows(as_frame(histories))
        if members is not None:
            ids = _ids(members, "member_id")
        else:
            ids = fitted.given.member.value if more is None else more.member
        ids = _once(ids)
        asked = asked_of(fitted, ids, more, None if at is None else moment_ms(at))
        return fitted, asked

    def _allowed(self, fitted: Fitted, items: Any) -> NDArray[np.bool_]:
        allowed = np.full(len(fitted.given.item), items is None)
        if items is not None:
            codes = fitted.given.item.codes(_ids(items, "item_id"), "item_id")
            allowed[codes[codes >= 0]] = True
        return allowed

    def _scored(
        self, fitted: Fitted, asked: Sequence[Asked]
    ) -> Iterator[tuple[Asked, NDArray[np.float32]]]:
        ranker = self.ranker(fitted.arrays, fitted.interactions, fitted.live)
        for one in asked:
            yield one, ranker.scores(one.histories())[0]


def history_of_one(fitted: Fitted, code: int) -> Histories:
    """Return the history of somebody who has just taken one item and nothing else."""
    moment_ms = fitted.end_ms
    item, at_ms = np.asarray([code], np.int32), np.asarray([moment_ms - 1], np.int64)
    return Asked(None, item, at_ms, moment_ms).histories()


def _check_count(k: int) -> None:
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1:
        raise InvalidInput(f"k is {k!r}.", field="k", fix="Give a whole number from 1 on.")


def _warn_of_unknown(asked: Sequence[Asked]) -> None:
    unknown = [one.member_id for one in asked if not len(one.item)]
    if unknown:
        warnings.warn(
            f"Nothing is known of {len(unknown):,} of {len(asked):,} members (first: "
            f"{unknown[0]!r}): they are given what is popular.",
            UnknownMemberWarning,
            stacklevel=3,
        )


def _ids(given: Any, name: str) -> NDArray[Any]:
    if is_frame(given):
        return read_ids(as_frame(given), name)
    return ids_from(
        values_of([given] if isinstance(given, (str, int, np.integer)) else given), name
    )


def _once(ids: NDArray[Any]) -> NDArray[Any]:
    """Return ids without repetition, in the order they are first named."""
    return _column(list(dict.fromkeys(ids.tolist())), ids.dtype == object)


def _column(values: list[Any], is_text: bool) -> NDArray[Any]:
    made = np.empty(len(values), object if is_text else np.int64)
    made[:] = values
    return made


def _joined(parts: Sequence[NDArray[Any]], dtype: type[Any]) -> NDArray[Any]:
    return np.concatenate(parts).astype(dtype) if parts else np.empty(0, dtype)


def _below(kind: type[_Kind]) -> Iterator[type[_Kind]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _below(child)
