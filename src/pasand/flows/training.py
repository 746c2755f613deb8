"""Training as a row of trainers, each of which gives the arrays of some models.

A trainer is a function from a ``Lesson`` to arrays by name. What one of them ended with is kept
until the whole run is over: a run after a kill trains no model twice on the same input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from pasand import __version__
from pasand.domain.catalog import Catalog
from pasand.domain.interactions import Interactions
from pasand.flows.ranker_replay import Replay
from pasand.model_ports import Checkpoints
from pasand.settings import LearnSettings

__all__ = ["Lesson", "Part", "Progress", "Trainer", "train_all"]

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a trainer is given.

    ``previous`` are the arrays of a snapshot to start warm from, with its ``item_ids``; empty
    for a full refit. ``rehearsal`` are the arrays that the same trainer has just made from what
    lies before the gate's targets; empty in the rehearsal itself, and where there is none.
    ``live`` are the arrays that serve now, in whose space vectors stay, started from or not.
    ``made`` are the arrays of the trainers before it in this run, and ``replay`` the requests of
    the gate's stretch, without those of its targets' members; None outside the rehearsal.
    ``folder`` is the trainer's own, kept over kills until the run ends; None where nothing is.
    """

    interactions: Interactions
    catalog: Catalog
    settings: LearnSettings
    previous: Mapping[str, Any] = field(default_factory=dict)
    rehearsal: Mapping[str, Any] = field(default_factory=dict)
    live: Mapping[str, Any] = field(default_factory=dict)
    made: Mapping[str, Any] = field(default_factory=dict)
    replay: Replay | None = None
    folder: Path | None = None
    tell: Progress = lambda what, done, total: None


Trainer = Callable[[Lesson], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """One training of every model: its name, its input, what each trainer made before it;
    ``given`` are arrays that no trainer makes.
    """

    name: str
    interactions: Interactions
    previous: Mapping[str, Any] = field(default_factory=dict)
    rehearsals: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    live: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    replay: Replay | None = None


def train_all(
    trainers: Mapping[str, Trainer],
    part: Part,
    catalog: Catalog,
    settings: LearnSettings,
    tell: Progress,
    checkpoints: Checkpoints | None = None,
) -> dict[str, dict[str, Any]]:
    """Return the arrays of every trainer by its name, trained now or taken from a killed run."""
    key = _key(part, settings)
    made: dict[str, dict[str, Any]] = {}
    so_far = dict(part.given)
    for name, train in trainers.items():
        arrays = checkpoints.finished(part.name, name, key) if checkpoints else None
        if arrays is None:
            lesson = Lesson(
                part.interactions,
                catalog,
                settings,
                part.previous,
                part.rehearsals.get(name, {}),
                part.live,
                so_far,
                part.replay,
                checkpoints.folder(part.name, name) if checkpoints else None,
                tell,
            )
            arrays = train(lesson)
            if checkpoints:
                checkpoints.finish(part.name, name, key, arrays)
        made[name] = arrays
        so_far |= arrays
    return made


def _key(part: Part, settings: LearnSettings) -> str:
    """Return what stands for a trainer's input: the same key, the same arrays.

    Of what it started warm from, only whether it did: a run that goes on must not start anew
    because another snapshot went live meanwhile.
    """
    data = part.interactions
    digest = blake2b(digest_size=16)
    digest.update(repr((__version__, part.name, bool(part.previous), settings)).encode())
    columns = (data.member, data.item, data.at_ms, data.weight, *data.feature.values())
    for column in columns:
        digest.update(np.ascontiguousarray(column).tobytes())
    digest.update("\n".join((*data.member_ids, "", *data.item_ids)).encode())
    return digest.hexdigest()
