"""Training the ranker as one of the trainers of a snapshot: from what members took next, and
from what they saw and played on pages as soon as there is enough of it.

It learns in the rehearsal, whose models have not seen what is to be foretold, and once: the
weights of the rehearsal serve beside the models that were trained on everything.
"""

from __future__ import annotations

from typing import Any

from pasand.flows.ranker_pages import seen_on_pages
from pasand.flows.training import Lesson
from pasand.learning.ranker import train_ranker
from pasand.learning.ranker_impressions import train_on_impressions
from pasand.stages.models import Models, Vocabulary

__all__ = ["LESSON_COUNT_MIN", "ranker"]

#: With fewer lessons, weights chosen by hand are better.
LESSON_COUNT_MIN = 200


def ranker(lesson: Lesson) -> dict[str, Any]:
    """Return the arrays of a ranker, none where there is too little to learn from."""
    count = lesson.settings.ranker_lessons
    if lesson.replay is None or not count:
        return dict(lesson.rehearsal)
    lesson.tell("ranker", 3, 5)
    vocabulary = Vocabulary(lesson.interactions.item_ids)
    models = Models("rehearsal", lesson.made, vocabulary)
    lessons = lesson.replay.lessons(models, count)
    if len(lessons) < LESSON_COUNT_MIN:
        return {}
    replayed = train_ranker(lessons, "replay")
    return train_on_impressions(replayed, seen_on_pages(lesson.replay, models, count))
