"""One picture as named rows of numbers, for heads that are trained on labelled pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pasand.domain.picture_facts import Face, Look, Seen
from pasand.picture_ports import Belief
from pasand.stages.recognise.affect import affect_table
from pasand.stages.recognise.viewing import softmax, unit_rows

__all__ = ["Signals", "affect_of", "signals_of"]

Signals = Mapping[str, NDArray[np.float32]]


def signals_of(
    look: Look,
    embedding: NDArray[np.float32] | None = None,
    belief: Belief | None = None,
    words: Sequence[str] = (),
    objects: tuple[Sequence[Seen], Sequence[str]] | None = None,
    faces: Sequence[Face] | None = None,
) -> Signals:
    """Return what there is; a head that was trained with more does without, or not at all.

    ``objects`` are what is seen and all kinds there could have been.
    """
    light = (look.brightness, look.contrast, look.saturation, look.warmth, look.sharpness)
    found: dict[str, NDArray[np.float32]] = {"look": np.array(light, np.float32)}
    if embedding is not None:
        found["embedding"] = embedding
    if belief is not None:
        share = softmax(belief.logits).mean(axis=0)
        found["classes"] = np.sqrt(share).astype(np.float32)
        found["affect"] = affect_of(belief, words)
        if belief.features.shape[1]:
            mean = unit_rows(unit_rows(belief.features).mean(axis=0))
            found["features"] = mean.astype(np.float32)
    if objects is not None:
        seen, kinds = objects
        most = dict.fromkeys(kinds, 0.0)
        for one in seen:
            most[one.name] = max(most.get(one.name, 0.0), one.confidence)
        found["objects"] = np.sqrt(np.array([most[kind] for kind in kinds], np.float32))
    if faces is not None:
        size = [face.box.area**0.5 for face in faces]
        found["faces"] = np.array((len(size), max(size, default=0.0), sum(size)), np.float32)
    return found


def affect_of(belief: Belief, words: Sequence[str]) -> NDArray[np.float32]:
    """Return valence and arousal that the likely words have of themselves, sharp and softened."""
    table = affect_table(tuple(words))
    each = [softmax(belief.logits / heat) @ table for heat in (1.0, 2.0)]
    mean: NDArray[np.float32] = np.concatenate(each, axis=1).mean(axis=0).astype(np.float32)
    return mean
