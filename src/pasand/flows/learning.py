"""Learning: log -> interactions -> models -> snapshot -> gate -> promoted, or the old one stays.

Training reads the log and writes a folder; it may run beside a server, which notices the
promotion within a second.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from pasand.domain.catalog import Catalog
from pasand.domain.counters import Counters
from pasand.domain.events import Event
from pasand.domain.interactions import Interactions
from pasand.domain.labels import counts_for_learning
from pasand.domain.weights import STREAMING, Weights
from pasand.domain.zones import zone
from pasand.errors import InvalidInput, SnapshotDamaged
from pasand.learning.context import train_context
from pasand.learning.covisit import train_covisit
from pasand.learning.ease import EaseTraining, train_ease
from pasand.ports import EventLog, ModelStore
from pasand.settings import LearnSettings

__all__ = ["Learned", "counted", "last_counted", "learn", "to_count"]

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
    weights: Weights = STREAMING,
    progress: Progress | None = None,
) -> Learned:
    """Train every model on the log and save a snapshot that passed the gate.

    ``weights`` says which events are interactions, and how much one counts; what became of a play
    does not change that (docs/decisions/0016).

    Raises:
        InvalidInput: nobody has taken anything yet.
        SnapshotDamaged: the snapshot did not pass the gate; nothing was promoted.
    """
    tell = progress or (lambda what, done, total: None)
    offset = log.last_offset()
    tell("reading the log", 0, 5)
    interactions = of_series(log.interactions(weights.interaction), catalog)
    if not len(interactions):
        raise InvalidInput(
            "There are no plays, ratings or purchases to learn from.",
            field="events",
            fix="Import events first: pasand import events FILE",
        )
    arrays = trained(interactions, settings, tell)
    tell("hours and devices", 3, 5)
    context = train_context(taken_in_context(log, catalog, tuple(weights.interaction)))
    arrays |= {"context.genres": list(context.genres), "context.lift": context.lift}
    arrays |= counted(log, models, weights, until=offset).arrays()
    tell("snapshot", 4, 5)
    for name, known in (
        ("item_ids", catalog.position),
        ("counters.items", catalog.position),
        ("counters.artworks", catalog.artwork.code),
    ):
        arrays[name] = published(arrays[name], known)
    about = {
        "log_offset": offset,
        "last_event_ms": int(interactions.at_ms[-1]),
        "interactions": len(interactions),
        "seed": settings.seed,
        "weights": weights.version,
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


def trained(interactions: Interactions, settings: LearnSettings, tell: Progress) -> dict[str, Any]:
    """Return the arrays of the models of what is taken together, by their names."""
    tell("co-visitation", 1, 5)
    covisit = train_covisit(interactions)
    tell("EASE", 2, 5)
    ease = train_ease(interactions, EaseTraining(item_count_max=settings.ease_item_count_max))
    return {
        "item_ids": list(interactions.item_ids),
        "covisit.neighbour": covisit.neighbour,
        "covisit.strength": covisit.strength,
        "ease.item": ease.item,
        "ease.weights": ease.weights,
    }


def last_counted(models: ModelStore, weights: Weights = STREAMING) -> tuple[Counters, int]:
    """Return the counters of the newest sound snapshot, and the offset they were counted to.

    What was counted under other weights is no help: then everything is counted anew.
    """
    for snapshot_id in reversed(models.list()):
        try:
            arrays, about = models.load(snapshot_id)
        except SnapshotDamaged:
            continue
        if about.get("weights") == weights.version:
            return Counters.from_arrays(arrays, weights), int(about["log_offset"])
    return Counters(weights), 0


def counted(
    log: EventLog, models: ModelStore, weights: Weights, until: int | None = None
) -> Counters:
    """Return the counters of the log up to an offset: those last stored, and what came since."""
    counters, after = last_counted(models, weights)
    counters.add(to_count(log, weights, after, until))
    return counters


def to_count(
    log: EventLog, weights: Weights, after: int, until: int | None = None
) -> Iterator[Event]:
    """Yield what counters are made of, after one offset and up to another."""
    kinds = {*weights.popular, "impression", "play_start"}
    for stored in log.read(after, sorted(kinds)):
        if until is not None and stored.offset > until:
            return
        yield stored.event


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


def published(names: Sequence[str], known: Container[str]) -> list[str]:
    """Return ``names`` with a number for each that the catalogue does not have.

    Such a name is a text that a sender made up; a snapshot outlives who is erased.
    """
    return [name if name in known else f"?{number}" for number, name in enumerate(names)]


def taken_in_context(
    log: EventLog, catalog: Catalog, kinds: tuple[str, ...]
) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """Yield device, local hour and genres of everything taken on a known device."""
    for stored in log.read(kinds=kinds):
        event = stored.event
        if not counts_for_learning(event):
            continue
        facts = catalog.facts(event.item_id) if event.device else None
        if facts is None or not facts.genres:
            continue
        local = datetime.fromtimestamp(event.occurred_ms / 1000, UTC)
        if event.time_zone:
            local = local.astimezone(zone(event.time_zone))
        yield event.device, local.hour, facts.genres
