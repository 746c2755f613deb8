"""Training the sequence model as one of the trainers of a snapshot, within the time it is given.

The rehearsal and what is served are two trainings of one run: the second starts from the first
and only has the last stretch to learn, so it gets the smaller share of the time.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from pasand.flows.training import Lesson
from pasand.learning.sequence.content import content_of
from pasand.learning.sequence.course import Course, Earlier, can_train, train_sequence
from pasand.learning.sequence.settings import SequenceShape, SequenceTraining

__all__ = ["COUNT_MIN", "sequence"]

#: With fewer interactions there is no order to learn.
COUNT_MIN = 2_000
REHEARSAL_SHARE = 0.6


def sequence(lesson: Lesson) -> dict[str, Any]:
    """Return the arrays of the sequence model, none where it cannot or should not be trained."""
    settings, data = lesson.settings, lesson.interactions
    if not settings.sequence_seconds or len(data) < COUNT_MIN or not can_train():
        return {}
    warm = _earlier(lesson.rehearsal) or _earlier(lesson.previous)
    share = 1.0 - REHEARSAL_SHARE if lesson.rehearsal else REHEARSAL_SHARE
    known = set(data.item_ids)
    catalog = lesson.catalog
    more = [i for i, offered in zip(catalog.item_ids, catalog.offerable, strict=True) if offered]
    more = [item_id for item_id in more if item_id not in known]
    shape = SequenceShape(block_count=settings.sequence_blocks)
    seconds = share * settings.sequence_seconds
    lesson.tell("sequence model", 2, 5)
    return train_sequence(
        Course(
            data,
            time.perf_counter,
            content_of(catalog, [*data.item_ids, *more], shape.content_width, settings.seed),
            more_item_ids=more,
            shape=shape,
            training=SequenceTraining(seed=settings.seed, second_max=seconds),
            warm=warm,
            kin=_earlier(lesson.live),
            folder=lesson.folder,
        )
    )


def _earlier(arrays: Mapping[str, Any]) -> Earlier | None:
    if "sequence.item" not in arrays:
        return None
    return Earlier(arrays, arrays["sequence.item_ids"])
