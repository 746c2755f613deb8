"""The data that an evaluation is pointed at, whichever known form they lie there in.

Data sets are recognised by their owners' files; anything else is read as a table of events, as
``pasand import`` reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from pasand.adapters.frappe import is_frappe, read_frappe
from pasand.adapters.globo import is_globo
from pasand.adapters.globo_files import METADATA_FILE, click_files
from pasand.adapters.globo_interactions import read_globo_interactions
from pasand.adapters.item_sequences import is_item_sequences, read_item_sequences, sequence_file
from pasand.adapters.movielens import is_movielens, read_interactions, read_movielens
from pasand.adapters.online_retail import (
    is_online_retail,
    online_retail_file,
    read_online_retail,
)
from pasand.adapters.table_files import read_event_rows
from pasand.adapters.trivago import is_trivago, read_trivago, trivago_file
from pasand.adapters.yoochoose import is_yoochoose, read_yoochoose, yoochoose_files
from pasand.domain.catalog import Item
from pasand.domain.events import Event
from pasand.domain.interaction_features import action_of_kind, device_code, rating_code
from pasand.domain.interactions import Interactions
from pasand.domain.labels import counts_for_learning
from pasand.domain.parse import parse_event
from pasand.errors import CallerError, InvalidInput
from pasand.evaluation.data import EvaluationData
from pasand.learning.sequence.content import item_words

__all__ = ["hash_of_ratings", "read_data"]

_FAR_FUTURE_MS = 4_000_000_000_000

#: The kinds of event that a table's interactions are made of, and how much one counts.
_KINDS = {"play_start": 1.0, "rating": 1.0, "purchase": 1.0, "view": 0.2}


def read_data(path: Path) -> EvaluationData:
    """Return the data at a path, named after it, with the SHA-256 of every file that was read.

    Raises:
        InvalidInput: nothing there can be read as interactions.
    """
    if not path.exists():
        raise InvalidInput(f"There is nothing at {path}.", field="data", fix="Check the path.")
    for recognised, read, files in _FORMS:
        if recognised(path):
            hashes = {file.name: _hash(file) for file in files(path)}
            return replace(read(path), name=_name(path), hashes=hashes)
    if path.is_dir():
        raise InvalidInput(
            f"{path} holds no data set that is known.",
            field="data",
            fix="Name a folder as its owner ships it (docs/evaluation.md), or a table of events.",
        )
    return replace(_read_table(path), name=_name(path), hashes={path.name: _hash(path)})


def hash_of_ratings(path: Path) -> dict[str, str]:
    """Return {folder name: SHA-256 of its ratings file} of a MovieLens folder."""
    return {_name(path): _hash(path / read_movielens(path).ratings_file)}


def _read_movielens(path: Path) -> EvaluationData:
    own = read_movielens(path)
    ratings = own.ratings
    exact = ratings.exact
    if exact is not None:
        exact = exact[np.argsort(ratings.at_ms, kind="stable")]
    items = [item for item in own.items() if isinstance(item, Item)]
    genres = {item.item_id: item.genres for item in items}
    words = {item.item_id: tuple(item_words(item)) for item in items}
    notes: tuple[str, ...] = ()
    if exact is not None and not exact.all():
        notes = (f"{exact.mean():.1%} of the times are exact; hours are shown of these alone.",)
    return EvaluationData(
        read_interactions(path), exact=exact, genres=genres, words=words, notes=notes
    )


def _movielens_files(path: Path) -> list[Path]:
    return [path / read_movielens(path).ratings_file]


def _globo_files(path: Path) -> list[Path]:
    return [*click_files(path), *(f for f in [path / METADATA_FILE] if f.is_file())]


def _one(find: Callable[[Path], Path | None]) -> Callable[[Path], list[Path]]:
    return lambda path: [file for file in [find(path)] if file is not None]


_FORMS: Sequence[
    tuple[
        Callable[[Path], bool],
        Callable[[Path], EvaluationData],
        Callable[[Path], Sequence[Path]],
    ]
] = (
    (is_movielens, _read_movielens, _movielens_files),
    (is_globo, read_globo_interactions, _globo_files),
    (is_yoochoose, read_yoochoose, yoochoose_files),
    (is_item_sequences, read_item_sequences, _one(sequence_file)),
    (is_online_retail, read_online_retail, _one(online_retail_file)),
    (is_trivago, read_trivago, _one(trivago_file)),
    (is_frappe, read_frappe, lambda path: [path / "frappe.csv"]),
)


def _read_table(path: Path) -> EvaluationData:
    events = []
    for row in read_event_rows(path):
        if row.values is None:
            continue
        try:
            event = parse_event(row.values, now_ms=_FAR_FUTURE_MS, time_required=True)
        except CallerError:
            continue
        if event.kind in _KINDS and event.item_id and counts_for_learning(event):
            events.append(event)
    if not events:
        raise InvalidInput(
            f"{path.name} has no plays, views, ratings or purchases.",
            field="data",
            fix="See docs/import.md.",
        )
    return _of_events(sorted(events, key=lambda event: event.occurred_ms))


def _of_events(events: Sequence[Event]) -> EvaluationData:
    """Return events in time order as data, with their sessions where every one has one."""
    members = {name: code for code, name in enumerate(dict.fromkeys(e.member_id for e in events))}
    items = {name: code for code, name in enumerate(dict.fromkeys(e.item_id for e in events))}
    columns = {
        "action": [action_of_kind(e.kind) for e in events],
        "rating": [rating_code(e.number("value")) if e.kind == "rating" else 0 for e in events],
        "device": [device_code(e.device) for e in events],
    }
    interactions = Interactions(
        member=np.array([members[e.member_id] for e in events], np.int32),
        item=np.array([items[e.item_id] for e in events], np.int32),
        at_ms=np.array([e.occurred_ms for e in events], np.int64),
        weight=np.array([_KINDS[e.kind] for e in events], np.float32),
        member_ids=tuple(members),
        item_ids=tuple(items),
        feature={name: np.array(column, np.int16) for name, column in columns.items()},
    )
    named = [(e.member_id, e.session_id) for e in events]
    session = None
    if all(e.session_id for e in events):
        codes = {name: code for code, name in enumerate(dict.fromkeys(named))}
        session = np.array([codes[name] for name in named], np.int32)
    return EvaluationData(interactions, session=session, exact=np.ones(len(events), bool))


def _name(path: Path) -> str:
    return path.resolve().name


def _hash(path: Path) -> str:
    with path.open("rb") as source:
        digest = sha256()
        while block := source.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
