"""Interactions from data that an evaluation is pointed at, with the hashes of what was read."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np

from pasand.adapters.movielens import is_movielens, read_interactions, read_movielens
from pasand.adapters.table_files import read_event_rows
from pasand.domain.interactions import Interactions
from pasand.domain.parse import parse_event
from pasand.errors import CallerError, InvalidInput

__all__ = ["hash_of_ratings", "read_data"]

_FAR_FUTURE_MS = 4_000_000_000_000
_KINDS = {"play_start": 1.0, "rating": 1.0, "purchase": 1.0, "view": 0.2}


def read_data(path: Path) -> tuple[Interactions, dict[str, str]]:
    """Return the interactions of a MovieLens folder or a table, and {file name: sha256}.

    Raises:
        InvalidInput: nothing there can be read as interactions.
    """
    if not path.exists():
        raise InvalidInput(f"There is nothing at {path}.", field="data", fix="Check the path.")
    if is_movielens(path):
        return read_interactions(path), hash_of_ratings(path)
    if path.is_dir():
        raise InvalidInput(
            f"{path} is not a MovieLens folder.", field="data", fix="Name a table of events."
        )
    return _read_table(path), {path.name: _hash(path)}


def hash_of_ratings(path: Path) -> dict[str, str]:
    """Return {folder name: sha256 of its ratings file} of a MovieLens folder."""
    file = path / Path(read_movielens(path).ratings_file).name
    return {path.resolve().name: _hash(file)}


def _read_table(path: Path) -> Interactions:
    members: dict[str, int] = {}
    items: dict[str, int] = {}
    rows = []
    for row in read_event_rows(path):
        if row.values is None:
            continue
        try:
            event = parse_event(row.values, now_ms=_FAR_FUTURE_MS, time_required=True)
        except CallerError:
            continue
        if event.kind in _KINDS and event.item_id:
            rows.append(
                (
                    members.setdefault(event.member_id, len(members)),
                    items.setdefault(event.item_id, len(items)),
                    event.occurred_ms,
                    _KINDS[event.kind],
                )
            )
    if not rows:
        raise InvalidInput(
            f"{path.name} has no plays, ratings or purchases.",
            field="data",
            fix="See docs/import.md.",
        )
    member, item, at_ms, weight = (np.asarray(column) for column in zip(*rows, strict=True))
    order = np.argsort(at_ms, kind="stable")
    return Interactions(
        member[order].astype(np.int32),
        item[order].astype(np.int32),
        at_ms[order].astype(np.int64),
        weight[order].astype(np.float32),
        tuple(members),
        tuple(items),
    )


def _hash(path: Path) -> str:
    with path.open("rb") as source:
        digest = sha256()
        while block := source.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
