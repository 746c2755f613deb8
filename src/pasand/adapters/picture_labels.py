"""Labelled pictures: a folder with labels.csv beside them, or a folder of each class."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pasand.adapters.vision_pictures import pictures_below
from pasand.errors import InvalidInput

__all__ = ["KINDS", "Labels", "read_labels"]

KINDS = ("mood", "genre", "class")
#: A genre of fewer pictures is not learned.
GENRE_COUNT_MIN = 10
_MIDDLE, _REACH = 4.0, 3.0  # Moods are rated from 1 to 7; ours lie from -1 to 1.


@dataclass(frozen=True, slots=True)
class Labels:
    """What is true of each picture [n, names], and which pictures belong together."""

    kind: str
    names: tuple[str, ...]
    paths: tuple[Path, ...]
    truth: NDArray[np.float64]
    group: NDArray[np.int64]


def read_labels(kind: str, folder: Path) -> Labels:
    """Return the labels of a folder."""
    if kind not in KINDS:
        raise InvalidInput(f"{kind!r} is no kind of head.", field="kind", fix=f"One of {KINDS}.")
    if not folder.is_dir():
        raise InvalidInput(f"{folder} is no folder.", field="folder")
    if kind == "class":
        return _classes(folder)
    rows = _rows(folder / "labels.csv")
    paths = tuple(folder / row["file"] for row in rows)
    if kind == "genre":
        return _genres(rows, paths)
    try:
        rated = [(float(row["valence_mean"]), float(row["arousal_mean"])) for row in rows]
    except (KeyError, ValueError) as error:
        raise _unlike(folder, f"{error!r}") from None
    truth = (np.array(rated) - _MIDDLE) / _REACH
    group = _numbers([row.get("theme") or row["file"] for row in rows])
    return Labels("mood", ("valence", "arousal"), paths, truth, group)


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise _unlike(path.parent, str(error)) from None
    if not rows or any(not row.get("file") for row in rows):
        raise _unlike(path.parent, "it needs a column file, and rows")
    return rows


def _unlike(folder: Path, why: str) -> InvalidInput:
    fix = "See: pasand vision train --help."
    return InvalidInput(f"labels.csv of {folder} cannot be used: {why}.", field="folder", fix=fix)


def _genres(rows: list[dict[str, str]], paths: tuple[Path, ...]) -> Labels:
    told = [set(filter(None, (row.get("genres") or "").split("|"))) for row in rows]
    count = Counter(genre for genres in told for genre in genres)
    names = tuple(sorted(genre for genre, times in count.items() if times >= GENRE_COUNT_MIN))
    if not names:
        raise _unlike(paths[0].parent, f"no genre has {GENRE_COUNT_MIN} pictures")
    truth = np.array([[float(name in genres) for name in names] for genres in told])
    return Labels("genre", names, paths, truth, np.arange(len(paths)))


def _classes(folder: Path) -> Labels:
    names = tuple(sorted(part.name for part in folder.iterdir() if part.is_dir()))
    found = [(path, at) for at, name in enumerate(names) for path in pictures_below(folder / name)]
    if len({at for _, at in found}) < 2:
        raise InvalidInput(f"{folder} needs a folder of pictures for each class.", field="folder")
    truth = np.eye(len(names))[[at for _, at in found]]
    return Labels("class", names, tuple(path for path, _ in found), truth, np.arange(len(found)))


def _numbers(words: list[str]) -> NDArray[np.int64]:
    return np.unique(words, return_inverse=True)[1].astype(np.int64)
