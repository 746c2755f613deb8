"""Made-up items, members and events for tests: short to write, the same on every run.

Nothing here is drawn at random and nothing pretends to be a real catalogue; the built-in world
(``pasand.world``) does that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pasand.domain.catalog import Artwork, Catalog, Item
from pasand.domain.counters import Counters
from pasand.domain.events import Event
from pasand.domain.member import Member
from pasand.domain.profile import Profile
from pasand.domain.query import Query
from pasand.domain.records import item_record, member_record
from pasand.stages.models import Models, Vocabulary
from pasand.stages.scoring.sequence import DONE, REQUEST, SIZES

__all__ = [
    "DAY_MS",
    "NOW_MS",
    "delete_item_event",
    "delete_member_event",
    "event",
    "item",
    "items",
    "member_event",
    "models",
    "put_event",
    "query",
    "sequence_arrays",
]

NOW_MS = 1_780_000_000_000
DAY_MS = 86_400_000
GENRES = ("Drama", "Comedy", "Crime", "Space", "Nature")
TAGS = ("slow burn", "by the sea", "heist", "night")
AGES = (0, 8, 13, 17, 18)


def item(item_id: str, **fields: Any) -> Item:
    """Return an item with the fields that matter to a test."""
    return Item(item_id=item_id, **{"title": f"Title {item_id}", "maturity": 0, **fields})


def items(count: int, pictures: int = 2) -> list[Item]:
    """Return items of all ages, with genres, tags and pictures."""
    return [
        item(
            f"i{number}",
            genres=(GENRES[number % 5], GENRES[(number // 5) % 5])
            if number % 5 != (number // 5) % 5
            else (GENRES[number % 5],),
            tags=(TAGS[number % 4],),
            people=(f"Person {number % 7}",),
            maturity=AGES[number % 5],
            year=1990 + number % 30,
            released_ms=NOW_MS - (number + 1) * 7 * DAY_MS,
            runtime_minutes=90.0 + number % 40,
            artworks=tuple(Artwork(artwork_id=f"i{number}.a{n}") for n in range(pictures)),
        )
        for number in range(count)
    ]


def event(event_id: str, kind: str = "play_start", **fields: Any) -> Event:
    """Return something that member m1 did with item i1, unless told otherwise."""
    known = {"occurred_ms": NOW_MS, "member_id": "m1", "item_id": "i1", **fields}
    return Event(event_id=event_id, kind=kind, **known)


def put_event(put: Item, event_id: str = "", at_ms: int = NOW_MS) -> Event:
    """Return the event that adds or replaces an item."""
    return Event(
        event_id=event_id or f"put.{put.item_id}",
        kind="item_put",
        occurred_ms=at_ms,
        item_id=put.item_id,
        payload=item_record(put),
    )


def delete_item_event(item_id: str, event_id: str = "") -> Event:
    """Return the event that takes an item out."""
    name = event_id or f"deleted.{item_id}"
    return Event(event_id=name, kind="item_deleted", occurred_ms=NOW_MS, item_id=item_id)


def member_event(put: Member, event_id: str = "") -> Event:
    """Return the event that adds or replaces a member."""
    return Event(
        event_id=event_id or f"put.{put.member_id}",
        kind="member_put",
        occurred_ms=NOW_MS,
        member_id=put.member_id,
        payload=member_record(put),
    )


def delete_member_event(member_id: str, event_id: str = "") -> Event:
    """Return the event that takes a member out."""
    name = event_id or f"deleted.{member_id}"
    return Event(event_id=name, kind="member_deleted", occurred_ms=NOW_MS, member_id=member_id)


def query(
    catalog: Catalog | Sequence[Item] = (), counters: Counters | None = None, **fields: Any
) -> Query:
    """Return a query over a catalogue, by a member nothing is known of unless told otherwise."""
    known = {
        "member_id": "m1",
        "profile": Profile(member_id="m1"),
        "catalog": catalog if isinstance(catalog, Catalog) else Catalog(catalog),
        "counters": (counters or Counters()).view(),
        "at_ms": NOW_MS,
        "seed": 1,
    }
    return Query(**{**known, **fields})


def sequence_arrays(item_ids: Sequence[str], width: int = 8, blocks: int = 2) -> dict[str, Any]:
    """Return the arrays of a sequence model that was never trained: its numbers mean nothing."""

    def waves(*shape: int) -> Any:
        return (0.3 * np.sin(1.7 * np.arange(np.prod(shape)))).reshape(shape).astype(np.float32)

    sizes = {
        "item": (len(item_ids), width), "of_content": (4, width), "decay": (2, 3), "place": (2, 16),
        "outcome": (3, width, width), "outcome_state": (3, width), "outcome_item": (3, width),
        "outcome_offset": (3,), "block.attend": (blocks, width, 4 * width),
        "block.attended": (blocks, width, width), "block.widen": (blocks, width, 4 * width),
        "block.narrow": (blocks, 2 * width, width), "block.norm": (blocks, 3, width),
        **{f"done.{name}": (SIZES[name], width) for name in DONE},
        **{f"request.{name}": (SIZES[name], width) for name in REQUEST},
    }  # fmt: skip
    arrays: dict[str, Any] = {f"sequence.{name}": waves(*shape) for name, shape in sizes.items()}
    arrays["sequence.size"] = np.array([width, blocks, 2, 20, 1, 50], np.int64)
    arrays["sequence.bend_s"] = np.array([60.0, 3600.0, 86400.0], np.float32)
    return arrays | {"sequence.item_ids": list(item_ids)}


def models(item_ids: Sequence[str], snapshot_id: str = "feedbeef") -> Models:
    """Return models in which each item is followed by the next ones, less and less."""
    count = len(item_ids)
    steps = np.arange(1, min(count, 25))
    neighbour = (np.arange(count)[:, None] + steps) % max(count, 1)
    strength = np.broadcast_to(1.0 / steps, neighbour.shape)
    arrays = {
        "item_ids": list(item_ids),
        "covisit.neighbour": neighbour.astype(np.int32),
        "covisit.strength": strength.astype(np.float32),
        "ease.item": np.arange(count, dtype=np.int64),
        "ease.weights": (np.eye(count, k=1) + 0.5 * np.eye(count, k=2)).astype(np.float32),
        **sequence_arrays(item_ids),
        "context.genres": list(GENRES),
        "context.lift": np.linspace(-1, 1, 5 * 6 * len(GENRES), dtype=np.float32).reshape(5, 6, -1),
    }
    return Models(snapshot_id, arrays, Vocabulary(item_ids))
