"""Learning: log -> interactions -> models -> snapshot -> gate, or the live one stays.

Every model is trained twice: on what lies before the last stretch of the log, to be judged by
what members took in that stretch, and on everything, to be served. Training reads the log and
writes folders of its own; it may run beside a server, which notices a promotion within a second.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Catalog
from pasand.domain.counters import Counters
from pasand.domain.counters_view import HALF_LIFE_HOURS
from pasand.domain.events import Event
from pasand.domain.interactions import Interactions
from pasand.domain.labels import counts_for_learning, opinion
from pasand.domain.occasions import occasions
from pasand.domain.picture_counts import PICTURE_KINDS
from pasand.domain.weights import STREAMING, Weights
from pasand.domain.zones import zone
from pasand.errors import InvalidInput, SnapshotDamaged, SnapshotRefused
from pasand.flows.attention import attention_arrays
from pasand.flows.gating import Quality, faults_of_arrays, pass_gate
from pasand.flows.ranker_trainer import ranker
from pasand.flows.sequence_trainer import sequence
from pasand.flows.teaching import Run, Taken, Teaching
from pasand.flows.training import Lesson, Progress, Trainer
from pasand.learning.covisit import train_covisit
from pasand.learning.ease import EaseTraining, train_ease
from pasand.learning.esteem import train_esteem
from pasand.learning.ials import IalsTraining, train_ials
from pasand.learning.opinions import train_opinions
from pasand.model_ports import ModelStore
from pasand.ports import EventLog
from pasand.settings import LearnSettings
from pasand.stages.scoring.axes import by_axis

__all__ = [
    "TRAINERS",
    "Learned",
    "counted",
    "last_counted",
    "learn",
    "models_of",
    "of_series",
    "opinions_in",
    "to_count",
]

#: From so many items on iALS is searched along its axes; it serves so many at most.
AXES_COUNT_MIN, SERVED_COUNT_MAX = 50_000, 200_000


@dataclass(frozen=True, slots=True)
class Learned:
    """A snapshot that passed the gate; its quality where it could be measured."""

    snapshot_id: str
    interaction_count: int
    member_count: int
    item_count: int
    log_offset: int
    models: tuple[str, ...]
    quality: Quality | None


def learn(
    log: EventLog,
    catalog: Catalog,
    models: ModelStore,
    settings: LearnSettings,
    weights: Weights = STREAMING,
    progress: Progress | None = None,
    run: Run | None = None,
) -> Learned:
    """Train every model on the log and save a snapshot that passed the gate.

    ``weights`` says which events are interactions, and how much one counts; what became of a play
    does not change that (docs/decisions/0016).

    Raises:
        InvalidInput: nobody has taken anything yet.
        SnapshotRefused: the snapshot did not pass the gate. It is kept, not to be promoted.
    """
    tell, run = progress or (lambda what, done, total: None), run or Run()
    offset = log.last_offset()
    tell("reading the log", 0, 5)
    interactions = _interactions(log, catalog, weights)
    taken = list(taken_in_context(log, catalog, tuple(weights.interaction)))
    teaching = Teaching(TRAINERS, models, catalog, settings, run, tell, interactions, taken)
    sibling, rival = teaching.rehearsed()
    arrays = teaching.final()
    esteem = train_esteem(interactions, opinions_in(log, catalog))
    arrays |= {"esteem.takers": esteem.takers, "esteem.liked": esteem.liked}
    arrays |= counted(log, models, weights, until=offset).arrays()
    arrays |= attention_arrays(log, until=offset)
    arrays = without_strangers(arrays, catalog)
    tell("snapshot", 4, 5)
    about = {
        "created_ms": run.now_ms,
        "log_offset": offset,
        "last_event_ms": int(interactions.at_ms[-1]),
        "interactions": len(interactions),
        "seed": settings.seed,
        "settings": asdict(settings),
        "weights": weights.version,
        "models": list(models_of(arrays)),
        "arrays": sorted(teaching.promised or arrays),
        "parent": run.live,
        "full": run.full or not run.live,
        "quality": asdict(sibling) if sibling else None,
        "rival": asdict(rival),
    }
    snapshot_id = models.save(arrays, about)
    tell("gate", 4, 5)
    _pass(models, snapshot_id, catalog, settings, run)
    tell("done", 5, 5)
    return Learned(
        snapshot_id,
        len(interactions),
        len(interactions.member_ids),
        len(interactions.item_ids),
        offset,
        models_of(arrays),
        sibling,
    )


def _interactions(log: EventLog, catalog: Catalog, weights: Weights) -> Interactions:
    interactions = of_series(log.interactions(weights.interaction), catalog)
    if not len(interactions):
        raise InvalidInput(
            "There are no plays, ratings or purchases to learn from.",
            field="events",
            fix="Import events first: pasand import events FILE",
        )
    return interactions


def _pass(
    models: ModelStore, snapshot_id: str, catalog: Catalog, settings: LearnSettings, run: Run
) -> None:
    """Let a snapshot pass the gate, or raise SnapshotRefused."""
    if run.gate is not None:
        verdict = pass_gate(models, snapshot_id, run.gate.examine, settings, run.live, run.now_ms)
        reasons: Sequence[str] = verdict.reasons
    else:
        reasons = faults_of_arrays(*models.load(snapshot_id), catalog)
    if reasons:
        raise SnapshotRefused(
            f"Snapshot {snapshot_id} did not pass the gate: {'; '.join(reasons)}.",
            fix="What is live stays. See docs/operating.md, Models.",
        )


def models_of(arrays: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the models whose arrays these are, where they have any numbers.

    Counts, what suits a day and what everybody thinks of items are none.
    """
    names = {
        name.partition(".")[0]
        for name, array in arrays.items()
        if isinstance(array, np.ndarray) and array.size
    }
    return tuple(sorted(names - {"counters", "occasion", "opinion"}))


def trained(interactions: Interactions, settings: LearnSettings, tell: Progress) -> dict[str, Any]:
    """Return the arrays of the models of what is taken together, by their names."""
    tell("co-visitation", 1, 5)
    covisit = train_covisit(interactions)
    arrays = {
        "item_ids": list(interactions.item_ids),
        **{f"opinion.{name}": odds for name, odds in train_opinions(interactions).items()},
        "covisit.neighbour": covisit.neighbour,
        "covisit.strength": covisit.strength,
    }
    if len(np.unique(interactions.item)) > settings.ease_item_count_max:
        tell("iALS", 2, 5)
        ials = train_ials(interactions, IalsTraining(seed=settings.seed))
        arrays |= {f"ials.{spec.name}": getattr(ials, spec.name) for spec in fields(ials)}
        return arrays | of_many(interactions, ials.item, ials.factor)
    tell("EASE", 2, 5)
    ease = train_ease(interactions, EaseTraining(item_count_max=settings.ease_item_count_max))
    return arrays | {"ease.item": ease.item, "ease.weights": ease.weights}


def of_many(
    interactions: Interactions, item: NDArray[np.int32], factor: NDArray[np.float32]
) -> dict[str, NDArray[Any]]:
    """Return what a page needs of iALS where there are too many items to score each: those that
    were taken most, also axis by axis. Of what hardly anybody took, it has learned nothing.
    """
    if len(item) < AXES_COUNT_MIN:
        return {}
    taken = np.bincount(interactions.item, minlength=len(interactions.item_ids))[item]
    kept = np.sort(np.argsort(-taken, kind="stable")[:SERVED_COUNT_MAX])
    axis, spread = by_axis(factor[kept])
    arrays = {"item": item[kept], "factor": factor[kept], "axis": axis, "spread": spread}
    return {f"ials.{name}": array for name, array in arrays.items()}


def light(lesson: Lesson) -> dict[str, Any]:
    """Train the models that are quick to make anew."""
    return trained(lesson.interactions, lesson.settings, lesson.tell)


#: Everything that a snapshot is trained of, in order.
TRAINERS: Mapping[str, Trainer] = MappingProxyType(
    {"light": light, "sequence": sequence, "ranker": ranker}
)


def last_counted(
    models: ModelStore, weights: Weights = STREAMING, until: int | None = None
) -> tuple[Counters, int]:
    """Return the counters of the newest sound snapshot, and the offset they were counted to,
    which is no later than ``until``.

    What was counted under other weights or speeds is no help: then everything is counted anew.
    """
    for snapshot_id in reversed(models.list()):
        try:
            arrays, about = models.load(snapshot_id)
        except SnapshotDamaged:
            continue
        early = until is None or int(about.get("log_offset", 0)) <= until
        speeds = {text.partition("=")[0] for text in arrays.get("counters.speeds", ())}
        alike = about.get("weights") == weights.version and speeds == set(HALF_LIFE_HOURS)
        if alike and early:
            return Counters.from_arrays(arrays, weights), int(about["log_offset"])
    return Counters(weights), 0


def counted(
    log: EventLog, models: ModelStore, weights: Weights, until: int | None = None
) -> Counters:
    """Return the counters of the log up to an offset: those last stored, and what came since."""
    until = log.last_offset() if until is None else until
    counters, after = last_counted(models, weights, until)
    counters.add(to_count(log, weights, after, until))
    counters.offset = until
    return counters


def to_count(
    log: EventLog, weights: Weights, after: int, until: int | None = None
) -> Iterator[Event]:
    """Yield what counters are made of, after one offset and up to another."""
    kinds = {*weights.popular, *PICTURE_KINDS}
    for stored in log.read(after, sorted(kinds)):
        if until is not None and stored.offset > until:
            return
        yield stored.event


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


def without_strangers(arrays: Mapping[str, Any], catalog: Catalog) -> dict[str, Any]:
    """Return the arrays with no name that the catalogue does not have."""
    known = {
        "item_ids": catalog.position,
        "sequence.item_ids": catalog.position,
        "counters.items": catalog.position,
        "counters.artworks": catalog.artwork.code,
    }
    return {
        name: published(array, known[name]) if name in known else array
        for name, array in arrays.items()
    }


def published(names: Sequence[str], known: Container[str]) -> list[str]:
    """Return ``names`` with a number for each that the catalogue does not have.

    Such a name is a text that a sender made up; a snapshot outlives who is erased.
    """
    return [name if name in known else f"?{number}" for number, name in enumerate(names)]


def opinions_in(log: EventLog, catalog: Catalog) -> Iterator[tuple[str, str, bool]]:
    """Yield member, item and whether they liked it, of all that says so: what was finished,
    thumbs and ratings; an episode speaks for its series.
    """
    for stored in log.read(kinds=("complete", "thumb", "rating", "hide", "not_interested")):
        event = stored.event
        said = "like" if event.kind == "complete" else opinion(event)
        if not said or not counts_for_learning(event):
            continue
        facts = catalog.facts(event.item_id)
        name = facts.series_id if facts and facts.series_id else event.item_id
        yield event.member_id, name, said == "like"


def taken_in_context(log: EventLog, catalog: Catalog, kinds: tuple[str, ...]) -> Iterator[Taken]:
    """Yield when, on which device and on what day everything was taken that has genres."""
    known: dict[str, tuple[str, ...]] = {}
    for stored in log.read(kinds=kinds):
        event = stored.event
        if not counts_for_learning(event):
            continue
        genres = known.get(event.item_id)
        if genres is None:
            facts = catalog.facts(event.item_id)
            genres = known[event.item_id] = facts.genres if facts else ()
        if not genres:
            continue
        local = datetime.fromtimestamp(event.occurred_ms / 1000, UTC)
        if event.time_zone:
            local = local.astimezone(zone(event.time_zone))
        day = occasions(local.date(), event.country)
        yield Taken(event.occurred_ms, event.device, local.hour, genres, day)
