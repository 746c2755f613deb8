"""MovieLens folders as their owner ships them (1M, 100K, latest) as items, members and events.

A rating becomes a ``rating`` event and nothing is invented: no plays, devices or impressions.
Members are ids only; gender, age, occupation and postcode are never read into them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np

from pasand.adapters.movielens_ratings import RATING_FILES, Ratings, find_ratings, load_ratings
from pasand.adapters.movielens_titles import decoded_lines, read_items
from pasand.domain.catalog import Item
from pasand.domain.events import Event
from pasand.domain.ids import ID_PATTERN
from pasand.domain.intake import SetAside
from pasand.domain.interactions import ACTIONS, Interactions
from pasand.domain.member import Member
from pasand.errors import NotFound

__all__ = [
    "PICTURE_SUFFIXES",
    "EventRow",
    "MovieLens",
    "artworks_for",
    "is_movielens",
    "read_interactions",
    "read_movielens",
]

#: Files of members: name, separator, number of columns.
_MEMBER_FILES = (("users.dat", "::", 5), ("u.user", "|", 5))

#: The kinds of picture taken, the first where an item has several.
PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")

#: (event_id, member_id, item_id, value, occurred_ms)
EventRow = tuple[str, str, str, float, int]


class MovieLens:
    """One folder. Ratings are read once and kept; titles and members are read when asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ratings_file = find_ratings(folder).name

    @cached_property
    def ratings(self) -> Ratings:
        """The ratings in the order of the file."""
        return load_ratings(self.folder)

    @property
    def last_ms(self) -> int:
        """The time of the newest rating: the data's now. 0 where there is none."""
        return int(self.ratings.at_ms.max()) if len(self.ratings) else 0

    def items(self) -> Iterator[Item | SetAside]:
        """Yield every title, and the rows that could not be used."""
        return read_items(self.folder)

    def members(self) -> Iterator[Member | SetAside]:
        """Yield the members of the members' file, then those known by their ratings only."""
        seen: set[int] = set()
        for row in _member_ids(self.folder):
            if isinstance(row, SetAside):
                yield row
            elif row not in seen:
                seen.add(row)
                yield Member(member_id=f"u{row}")
        for user in np.unique(self.ratings.member).tolist():
            if user not in seen:
                yield Member(member_id=f"u{user}")

    def event_rows(self) -> Iterator[EventRow | SetAside]:
        """Yield the ratings as tuples, for bulk imports; rows set aside come first.

        Whole lists were rated within a second. A profile orders what happened at one time by the
        events' ids, so these keep the order of the file.
        """
        ratings = self.ratings
        yield from ratings.set_aside
        columns = (ratings.member, ratings.item, ratings.value, ratings.at_ms)
        count: dict[tuple[int, int], int] = {}
        for user, movie, value, at_ms in zip(*(c.tolist() for c in columns), strict=True):
            order = count[user, at_ms] = count.get((user, at_ms), 0) + 1
            event_id = f"ml.{user}.{at_ms // 1000}.{order:04d}.{movie}"
            yield event_id, f"u{user}", str(movie), value, at_ms

    def events(self) -> Iterator[Event | SetAside]:
        """Yield the ratings as events in the order of the file; rows set aside come first."""
        for row in self.event_rows():
            if isinstance(row, SetAside):
                yield row
                continue
            event_id, member_id, item_id, value, at_ms = row
            yield Event(
                event_id=event_id,
                kind="rating",
                occurred_ms=at_ms,
                member_id=member_id,
                item_id=item_id,
                payload={"value": value},
            )


def is_movielens(path: Path) -> bool:
    """Say whether a folder holds MovieLens ratings."""
    return any((Path(path) / form.name).is_file() for form in RATING_FILES)


def read_movielens(path: Path) -> MovieLens:
    """Return a MovieLens folder."""
    folder = Path(path)
    if not folder.is_dir():
        fix = "Give the folder into which MovieLens was unpacked."
        raise NotFound(f"There is no folder {folder}.", field="path", fix=fix)
    return MovieLens(folder)


def _member_ids(folder: Path) -> Iterator[int | SetAside]:
    for name, separator, column_count in _MEMBER_FILES:
        path = folder / name
        if not path.is_file():
            continue
        for number, line in decoded_lines(path):
            cells = line.split(separator)
            if len(cells) == column_count and cells[0].isascii() and cells[0].isdigit():
                yield int(cells[0])
            else:
                reason = f"not {column_count} columns that begin with a user id"
                yield SetAside(number, line, reason, name)
        return


def read_interactions(path: Path) -> Interactions:
    """Return the ratings in stable time order (ties keep the file's order), each weighing 1."""
    ratings = read_movielens(path).ratings
    order = np.argsort(ratings.at_ms, kind="stable")
    users, member = np.unique(ratings.member, return_inverse=True)
    movies, item = np.unique(ratings.item, return_inverse=True)
    half_stars = np.rint(ratings.value[order] * 2).astype(np.int16)
    return Interactions(
        member=member[order].astype(np.int32),
        item=item[order].astype(np.int32),
        at_ms=ratings.at_ms[order],
        weight=np.ones(len(order), np.float32),
        member_ids=tuple(f"u{user}" for user in users.tolist()),
        item_ids=tuple(str(movie) for movie in movies.tolist()),
        feature={
            "action": np.full(len(order), ACTIONS.index("rating"), np.int16),
            "rating": half_stars,
        },
    )


def artworks_for(folder: Path) -> dict[str, Path]:
    """Return the pictures of a folder named by item id: ``1.jpg`` is a picture of item 1."""
    if not Path(folder).is_dir():
        fix = "Give a folder of pictures named by movie id, such as 1.jpg."
        raise NotFound(f"There is no folder {folder}.", field="artwork", fix=fix)
    is_id = re.compile(ID_PATTERN).match
    found: dict[str, Path] = {}
    for suffix in PICTURE_SUFFIXES:
        for path in sorted(Path(folder).iterdir()):
            if path.suffix.lower() == suffix and is_id(path.stem) and path.is_file():
                found.setdefault(path.stem, path)
    return found
