"""A synthetic catalogue, its members and their history, as files that anybody could import.

Shaped like real ones: a few titles are taken often and most seldom (Zipf), each member keeps to
some genres, titles have genres, tags, people and three pictures. The same seed gives the same
files but for the times, which end at ``now_ms``. It says nothing of how well anything ranks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["GENRES", "Size", "write_events", "write_items", "write_members"]

GENRES = (
    "Action", "Adventure", "Animation", "Biography", "Comedy", "Crime", "Documentary", "Drama",
    "Family", "Fantasy", "History", "Horror", "Music", "Mystery", "Romance", "Sci-Fi", "Sport",
    "Thriller", "War", "Western",
)  # fmt: skip
COUNTRIES = ("IN", "US", "GB", "BR", "DE", "JP")
DEVICES = ("tv", "phone", "desktop", "tablet")
AGES = (0, 8, 13, 17, 18)
TAG_COUNT = 400
LIKED_GENRE_COUNT = 3
LIKED_SHARE = 0.7
#: Kinds of event, and value, position and duration of each.
KINDS = ("play_start,", "complete,", "abandon,", *["rating,"] * 5)
RESTS = (",0,5400", ",5400,5400", ",600,5400", *[f"{stars},," for stars in range(1, 6)])
CHUNK_COUNT = 100_000
DAY_MS = 86_400_000
HISTORY_DAYS = 60

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Size:
    """How large a synthetic home is."""

    items: int
    profiles: int
    events_each: int = 30
    seed: int = 1


def write_items(path: Path, size: Size, now_ms: int) -> None:
    """Write the items as JSON lines."""
    draw = np.random.default_rng([size.seed, 1])
    person_count = max(size.items // 3, 10)
    columns = zip(
        _item_genres(size),
        draw.integers(0, TAG_COUNT, (size.items, 5)).tolist(),
        (draw.zipf(1.3, (size.items, 4)) % person_count).tolist(),
        draw.integers(1, 2_000, size.items).tolist(),
        draw.integers(1970, 2026, size.items).tolist(),
        draw.choice(AGES, size.items).tolist(),
        draw.integers(20, 160, size.items).tolist(),
        strict=True,
    )
    with path.open("w", encoding="utf-8") as out:
        for number, (genres, tags, people, days, year, maturity, minutes) in enumerate(columns):
            item: dict[str, Any] = {
                "item_id": f"i{number}",
                "title": f"Title {number}",
                "type": "series" if number % 4 == 0 else "film",
                "genres": [GENRES[code] for code in genres],
                "tags": [f"tag {code}" for code in sorted(set(tags))],
                "people": [f"Person {code}" for code in sorted(set(people))],
                "year": year,
                "maturity": maturity,
                "available_from": now_ms - days * DAY_MS,
                "runtime_minutes": minutes,
                "synopsis": f"What becomes of number {number}, told in one calm sentence or two.",
                "language": "en",
                "artworks": [
                    {"artwork_id": f"i{number}.a{which}", "file": f"i{number}.a{which}.jpg"}
                    for which in range(3)
                ],
            }
            out.write(json.dumps(item) + "\n")


def write_members(path: Path, size: Size) -> None:
    """Write the members as CSV."""
    with path.open("w", encoding="utf-8") as out:
        out.write("member_id,account_id,name,maturity_ceiling,language,country,time_zone\n")
        for number in range(size.profiles):
            country = COUNTRIES[number % len(COUNTRIES)]
            out.write(f"m{number},a{number // 2},Member {number},18,en,{country},UTC\n")


def write_events(path: Path, size: Size, now_ms: int) -> int:
    """Write what members did as CSV, in the order of time; return how many events."""
    at_ms, member, item, kind = _history(size, now_ms)
    order = np.lexsort((kind, item, member, at_ms))
    with path.open("w", encoding="utf-8") as out:
        out.write("event_id,member_id,item_id,kind,occurred_at,value,position_s,duration_s,device")
        out.write("\n")
        for first in range(0, len(order), CHUNK_COUNT):
            part = order[first : first + CHUNK_COUNT]
            rows = zip(
                *(column[part].tolist() for column in (at_ms, member, item, kind)), strict=True
            )
            out.writelines(
                f"e{number},m{who},i{what},{KINDS[code]}{when},{RESTS[code]},{DEVICES[who % 4]}\n"
                for number, (when, who, what, code) in enumerate(rows, first)
            )
    return len(order)


def _history(size: Size, now_ms: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Return time, member, item and kind (a place in KINDS) of exactly the events asked: plays,
    each followed by how it ended, a complete, an abandon or a rating.
    """
    draw = np.random.default_rng([size.seed, 2])
    play_count = -(-size.events_each // 2)
    shape = (size.profiles, play_count)
    item = _taken(size, draw, shape)
    age_s = draw.integers(1, HISTORY_DAYS * DAY_MS // 1000, shape)
    end = np.searchsorted(np.cumsum([0.6, 0.25]), draw.random(shape), side="right") + 1
    stars = draw.integers(0, 5, shape)
    begun_ms = now_ms - 1000 * age_s - 7_200_000
    kind = np.stack([np.zeros(shape, np.int64), np.where(end == 3, end + stars, end)], axis=2)
    after_ms = np.asarray([0, 5_400_000, 600_000, 5_500_000])[end]
    at_ms = np.stack([begun_ms, begun_ms + after_ms], axis=2)
    member = np.broadcast_to(np.arange(size.profiles)[:, None, None], at_ms.shape)
    both = np.broadcast_to(item[:, :, None], at_ms.shape)
    kept = np.arange(2 * play_count).reshape(play_count, 2) < size.events_each
    return (
        at_ms[:, kept].ravel(),
        member[:, kept].ravel(),
        both[:, kept].ravel(),
        kind[:, kept].ravel(),
    )


def _taken(size: Size, draw: np.random.Generator, shape: tuple[int, int]) -> Ints:
    """Return the item of each play: of a liked genre mostly, else of all, by its popularity."""
    liked = np.argpartition(draw.random((shape[0], len(GENRES))), LIKED_GENRE_COUNT)
    which = draw.integers(0, LIKED_GENRE_COUNT, shape)
    genre = np.take_along_axis(liked, which, axis=1)
    genre[draw.random(shape) >= LIKED_SHARE] = len(GENRES)
    chance = draw.random(shape)
    popularity = 1.0 / np.arange(1, size.items + 1)
    item = np.zeros(shape, np.int64)
    for code, items in enumerate([*_by_genre(size), np.arange(size.items)]):
        here = genre == code
        if len(items):
            grown = np.cumsum(popularity[items])
            found = np.searchsorted(grown, chance[here] * grown[-1], side="right")
            item[here] = items[np.minimum(found, len(items) - 1)]
    return item


def _item_genres(size: Size) -> list[list[int]]:
    draw = np.random.default_rng([size.seed, 3])
    codes = draw.integers(0, len(GENRES), (size.items, 3))
    counts = draw.integers(1, 4, size.items)
    return [
        np.unique(row[:count]).tolist() for row, count in zip(codes, counts.tolist(), strict=True)
    ]


def _by_genre(size: Size) -> list[Ints]:
    found: list[list[int]] = [[] for _ in GENRES]
    for item, codes in enumerate(_item_genres(size)):
        for code in codes:
            found[code].append(item)
    return [np.asarray(items, np.int64) for items in found]
