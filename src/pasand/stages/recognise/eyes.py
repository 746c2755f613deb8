"""Who does each job of recognising, what they saw, and which jobs have no answer, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pasand.domain.picture_facts import Face, PictureFacts, Seen
from pasand.picture_ports import (
    Belief,
    Classifier,
    Embedder,
    ExpressionReader,
    FaceFinder,
    ObjectFinder,
    Picture,
    PoseFinder,
    SubjectFinder,
)
from pasand.stages.recognise.heads import Head
from pasand.stages.recognise.objects import COCO_NAMES
from pasand.stages.recognise.words import ZeroShot

__all__ = ["Eyes", "Sight", "see", "unsure_of", "who_does"]

NO_MODEL = "no model"
NOT_SURE = "not sure"
#: Jobs that photograph models do, which are silent in doubt.
GUESSED = ("objects", "faces", "shot", "scene", "category", "mood", "genre")
#: Of which head each job is, where heads do it.
HEAD_JOBS = {"mood": "mood", "genre": "genre", "class": "category"}


@dataclass(frozen=True, slots=True)
class Eyes:
    """Who does each job; None where nobody does. ``heads`` by kind: mood, genre, class."""

    objects: ObjectFinder | None = None
    faces: FaceFinder | None = None
    expression: ExpressionReader | None = None
    embedder: Embedder | None = None
    classifier: Classifier | None = None
    pose: PoseFinder | None = None
    subject: SubjectFinder | None = None
    words: ZeroShot | None = None
    heads: Mapping[str, Head] = field(default_factory=dict)
    object_kinds: tuple[str, ...] = COCO_NAMES


@dataclass(frozen=True, slots=True)
class Sight:
    """What the models put out for one picture, before any of it is believed."""

    objects: tuple[Seen, ...] | None
    faces: tuple[Face, ...] | None
    belief: Belief | None
    embedding: NDArray[np.float32] | None
    joints: NDArray[np.float32] | None
    subject: NDArray[np.bool_] | None
    word_vector: NDArray[np.float32] | None


def see(eyes: Eyes, picture: Picture) -> Sight:
    """Return what the models put out."""
    return Sight(
        objects=eyes.objects.find(picture) if eyes.objects else None,
        faces=eyes.faces.faces(picture) if eyes.faces else None,
        belief=eyes.classifier.believe(picture) if eyes.classifier else None,
        embedding=eyes.embedder.embed(picture) if eyes.embedder else None,
        joints=eyes.pose.joints(picture) if eyes.pose else None,
        subject=eyes.subject.subject(picture) if eyes.subject else None,
        word_vector=eyes.words.vector(picture) if eyes.words else None,
    )


def who_does(eyes: Eyes) -> dict[str, str]:
    """Return who does each job that anybody does."""
    words, classes = eyes.words, eyes.classifier
    finders = {"objects": eyes.objects, "faces": eyes.faces, "subject": eyes.subject,
               "expression": eyes.expression, "scene": words or classes,
               "vector": words or eyes.embedder, "genre": words}  # fmt: skip
    found = {job: finder.name for job, finder in finders.items() if finder}
    if eyes.faces or eyes.objects:
        found["shot"] = "+".join(e.name for e in (eyes.faces, eyes.objects, eyes.pose) if e)
    if words or classes:
        found["mood"] = words.name if words else f"affect of {found['scene']}"
    for kind, job in HEAD_JOBS.items():
        if kind in eyes.heads:
            found[job] = f"head on {eyes.heads[kind].model}"
    return found | dict.fromkeys(("look", "composition", "lettering"), "statistics")


def unsure_of(eyes: Eyes, facts: PictureFacts, doubt: str, of_objects: str) -> dict[str, str]:
    """Return why a job has no answer, by job. Seeing nothing without a doubt is an answer."""
    answers = {
        "objects": facts.objects, "faces": facts.faces, "shot": facts.shot, "scene": facts.scene,
        "category": facts.category, "mood": facts.mood, "genre": facts.genres,
        "vector": facts.vector,
    }  # fmt: skip
    done, found = who_does(eyes), {}
    for job in (job for job, answer in answers.items() if not answer):
        if job not in done:
            # Heads are an installation's own: nobody misses one that was never trained.
            if job not in ("category", "genre"):
                found[job] = NO_MODEL
        elif why := {"objects": of_objects}.get(job, doubt if job in GUESSED else ""):
            found[job] = why
        elif job not in ("objects", "faces"):
            found[job] = NOT_SURE
    return found
