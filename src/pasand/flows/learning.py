"""Learning: log -> interactions -> models -> snapshot -> gate -> promoted, or the old one stays.

Training reads the log and writes a folder; it may run beside a server, which notices the
promotion within a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from pasand.domain.catalog import Catalog
from pasand.domain.counters import POPULAR_WEIGHTS, Counters
from pasand.domain.interactions import Interactions
from pasand.domain.zones import zone
from pasand.errors import InvalidInput, SnapshotDamaged
from pasand.learning.context import train_context
from pasand.learning.covisit import train_covisit
from pasand.learning.ease import EaseTraining, train_ease
from pasand.ports import EventLog, ModelStore
from pasand.settings import LearnSettings

__all__ = ["Learned", "counted", "last_counted", "learn"]

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Learned:
    """A snapshot that passed the gate."""

    snapshot_id: str
    interaction_count: int
    member_count: int
    item_count: int
    log_offset: int


def learn(
    log: EventLog,
    catalog: Catalog,
    models: ModelStore,
    settings: LearnSettings,
    progress: Progress | None = None,
) -> Learned:
    """Train every model on the log and save a snapshot that passed the gate.

    Raises:
        InvalidInput: nobody has taken anything yet.
        SnapshotDamaged: the snapshot did not pass the gate; nothing was promoted.
    """
    tell = progress or (lambda what, done, total: None)
    offset = log.last_offset()
    tell("reading the log", 0, 5)
    interactions = of_series(log.interactions(settings.kinds), catalog)
    if not len(interactions):
        raise InvalidInput(
            "There are no plays, ratings or purchases to learn from.",
            field="events",
            fix="Import events first: pasand import events FILE",
        )
    tell("co-visitation", 1, 5)
    covisit = train_covisit(interactions)
    tell("EASE", 2, 5)
    ease = train_ease(interactions, EaseTraining(item_count_max=settings.ease_item_count_max))
    tell("hours and devices", 3, 5)
    context = train_context(taken_in_context(log, catalog, tuple(settings.kinds)))
    counters = counted(log, *last_counted(models), until=offset)
    tell("snapshot", 4, 5)
    arrays: dict[str, Any] = {
        "item_ids": list(interactions.item_ids),
        "covisit.neighbour": covisit.neighbour,
        "covisit.strength": covisit.strength,
        "ease.item": ease.item,
        "ease.weights": ease.weights,
        "context.genres": list(context.genres),
        "context.lift": context.lift,
        **counters.arrays(),
    }
    about = {
        "log_offset": offset,
        "last_event_ms": int(interactions.at_ms[-1]),
        "interactions": len(interactions),
        "seed": settings.seed,
    }
    snapshot_id = models.save(arrays, about)
    gate(models, snapshot_id, catalog)
    tell("done", 5, 5)
    return Learned(
        snapshot_id,
        len(interactions),
        len(interactions.member_ids),
        len(interactions.item_ids),
        offset,
    )


def last_counted(models: ModelStore) -> tuple[Counters, int]:
    """Return the counters of the newest sound snapshot, and the offset they were counted to."""
    for snapshot_id in reversed(models.list()):
        try:
            arrays, about = models.load(snapshot_id)
        except SnapshotDamaged:
            continue
        return Counters.from_arrays(arrays), int(about["log_offset"])
    return Counters(), 0


def counted(log: EventLog, counters: Counters, after: int, until: int | None = None) -> Counters:
    """Add to ``counters`` what the log has after one offset and up to another."""
    kinds = (*POPULAR_WEIGHTS, "impression")
    counters.add(
        stored.event for stored in log.read(after, kinds) if until is None or stored.offset <= until
    )
    return counters


def gate(models: ModelStore, snapshot_id: str, catalog: Catalog) -> None:
    """Read a snapshot back as a server would; refuse numbers that are none or a lost catalogue."""
    arrays, _ = models.load(snapshot_id)
    for name, array in arrays.items():
        if isinstance(array, np.ndarray) and not np.isfinite(array).all():
            raise SnapshotDamaged(f"{name} holds numbers that are none.", fix="Check the events.")
    known = sum(item_id in catalog.position for item_id in arrays["item_ids"])
    if len(catalog) and not known:
        raise SnapshotDamaged(
            "No item of the events is in the catalogue.", fix="Import the items, then learn again."
        )


def of_series(interactions: Interactions, catalog: Catalog) -> Interactions:
    """Return the interactions with every episode counted for its series."""
    target: dict[str, int] = {}
    moved = []
    for item_id in interactions.item_ids:
        facts = catalog.facts(item_id)
        name = facts.series_id if facts and facts.series_id else item_id
        moved.append(target.setdefault(name, len(target)))
    if len(target) == len(interactions.item_ids):
        return interactions
    item = np.asarray(moved, np.int32)[interactions.item]
    return replace(interactions, item=item, item_ids=tuple(target))


def taken_in_context(
    log: EventLog, catalog: Catalog, kinds: tuple[str, ...]
) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """Yield device, local hour and genres of everything taken on a known device."""
    for stored in log.read(kinds=kinds):
        event = stored.event
        facts = catalog.facts(event.item_id) if event.device else None
        if facts is None or not facts.genres:
            continue
        local = datetime.fromtimestamp(event.occurred_ms / 1000, UTC)
        if event.time_zone:
            local = local.astimezone(zone(event.time_zone))
        yield event.device, local.hour, facts.genres
