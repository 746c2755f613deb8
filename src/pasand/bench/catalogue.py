"""A synthetic catalogue, its members and their history, as files that anybody could import.

Shaped like real ones: a few titles are taken often and most seldom (Zipf), each member keeps to
some genres, titles have genres, tags, people and three pictures. The same seed gives the same
files but for the times, which end at ``now_ms``. It says nothing of how well anything ranks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
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
    genres = _item_genres(size)
    person_count = max(size.items // 3, 10)
    with path.open("w", encoding="utf-8") as out:
        for number in range(size.items):
            tags = np.unique(draw.integers(0, TAG_COUNT, 5))
            people = np.unique(draw.zipf(1.3, 4) % person_count)
            added_ms = now_ms - int(draw.integers(1, 2_000)) * DAY_MS
            item: dict[str, Any] = {
                "item_id": f"i{number}",
                "title": f"Title {number}",
                "type": "series" if number % 4 == 0 else "film",
                "genres": [GENRES[code] for code in genres[number]],
                "tags": [f"tag {code}" for code in tags.tolist()],
                "people": [f"Person {code}" for code in people.tolist()],
                "year": int(draw.integers(1970, 2026)),
                "maturity": int(draw.choice(AGES)),
                "available_from": added_ms,
                "runtime_minutes": int(draw.integers(20, 160)),
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
    history = sorted(_history(size, now_ms))
    with path.open("w", encoding="utf-8") as out:
        out.write("event_id,member_id,item_id,kind,occurred_at,value,position_s,duration_s,device")
        out.write("\n")
        for number, (at_ms, member, item, kind, rest) in enumerate(history):
            device = DEVICES[member % len(DEVICES)]
            out.write(f"e{number},m{member},i{item},{kind},{at_ms},{rest},{device}\n")
    return len(history)


def _history(size: Size, now_ms: int) -> Iterator[tuple[int, int, int, str, str]]:
    """Yield time, member, item, kind, and the three number columns of exactly the events asked."""
    draw = np.random.default_rng([size.seed, 2])
    by_genre, popularity = _by_genre(size), 1.0 / np.arange(1, size.items + 1)
    chances = [popularity[items] / popularity[items].sum() for items in by_genre]
    popularity /= popularity.sum()
    play_count = -(-size.events_each // 2)
    for member in range(size.profiles):
        liked = draw.choice(len(GENRES), LIKED_GENRE_COUNT, replace=False)
        own_count = int(draw.binomial(play_count, LIKED_SHARE))
        taken = draw.choice(size.items, play_count - own_count, p=popularity).tolist()
        for genre in draw.choice(liked, own_count).tolist():
            items = by_genre[genre]
            taken.append(int(draw.choice(items, p=chances[genre])) if len(items) else 0)
        ages = draw.integers(1, HISTORY_DAYS * DAY_MS // 1000, play_count) * 1000
        left = size.events_each
        for item, age in zip(taken, ages.tolist(), strict=True):
            for event in _watched(now_ms - age - 7_200_000, member, item, draw)[:left]:
                left -= 1
                yield event


def _watched(
    at_ms: int, member: int, item: int, draw: np.random.Generator
) -> list[tuple[int, int, int, str, str]]:
    """Return a play and how it ended: a complete, an abandon or a rating."""
    chance = float(draw.random())
    if chance < 0.6:
        end = (at_ms + 5_400_000, member, item, "complete", ",5400,5400")
    elif chance < 0.85:
        end = (at_ms + 600_000, member, item, "abandon", ",600,5400")
    else:
        end = (at_ms + 5_500_000, member, item, "rating", f"{int(draw.integers(1, 6))},,")
    return [(at_ms, member, item, "play_start", ",0,5400"), end]


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
