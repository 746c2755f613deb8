"""Heads learn what their signals tell, judge themselves on what they have not seen, and abstain."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pasand.adapters.vision_heads import HeadFolder
from pasand.errors import InvalidInput
from pasand.evaluation.picture_measures import area_under_curve, correlation
from pasand.learning.picture_heads import Labelled, fit_head, folds_of
from pasand.stages.recognise.heads import apply, head_arrays, head_of


def labelled(kind: str, count: int = 160, seed: int = 1) -> Labelled:
    """Return signals in which the truth lies, with some noise."""
    draw = np.random.default_rng(seed)
    hidden = draw.normal(size=(count, 3))
    noisy = np.concatenate((hidden, 0.5 * draw.normal(size=(count, 5))), axis=1)
    unit = (noisy / np.linalg.norm(noisy, axis=1, keepdims=True)).astype(np.float32)
    names = {"mood": ("valence", "arousal"), "genre": ("Comedy", "War"), "class": ("a", "b", "c")}
    truth = {
        "mood": np.tanh(hidden[:, :2]),
        "genre": (hidden[:, :2] > 0.3).astype(float),
        "class": np.eye(3)[hidden.argmax(axis=1)],
    }
    signals = [{"embedding": row} for row in unit]
    return Labelled(kind, names[kind], signals, truth[kind], np.arange(count) // 2)


def test_a_mood_is_learned() -> None:
    given = labelled("mood")
    fitted = fit_head(given, seed=3)
    assert correlation(fitted.unseen[:, 0], given.truth[:, 0]) > 0.7
    found = apply(fitted.head, given.signals[0])
    assert found is not None and set(found[0]) == {"valence", "arousal"}


def test_likelihoods_are_likelihoods() -> None:
    given = labelled("genre")
    fitted = fit_head(given, seed=3)
    assert area_under_curve(fitted.unseen[:, 0], given.truth[:, 0] > 0) > 0.8
    told = [found[0] for one in given.signals if (found := apply(fitted.head, one))]
    mean = np.mean([one["Comedy"] for one in told])
    assert abs(mean - given.truth[:, 0].mean()) < 0.1
    assert all(0 <= likely <= 1 for one in told for likely in one.values())


def test_of_classes_one_is_likely() -> None:
    given = labelled("class")
    fitted = fit_head(given, seed=3)
    assert (fitted.unseen.argmax(axis=1) == given.truth.argmax(axis=1)).mean() > 0.75
    found = apply(fitted.head, given.signals[0])
    assert found is not None and sum(found[0].values()) == pytest.approx(1.0)


def test_what_is_unlike_all_it_learned_from_it_does_not_know() -> None:
    given = labelled("mood")
    head = fit_head(given, seed=3).head
    usual = apply(head, given.signals[5])
    strange = apply(head, {"embedding": np.full(8, -40.0, np.float32)})
    assert usual is not None and strange is not None
    assert usual[1] > 0.5 > 0.1 > strange[1]


def test_at_the_variance_of_the_strangest_tenth_it_is_half_as_sure() -> None:
    given = labelled("mood")
    head = fit_head(given, seed=3).head
    asked = {"embedding": given.signals[5]["embedding"] * np.float32(3)}
    found = head.output(asked)
    assert found is not None and found[1] > 0
    told = apply(replace(head, variance_most=found[1]), asked)
    assert told is not None and told[1] == pytest.approx(0.5)


def test_it_says_nothing_where_a_signal_lacks() -> None:
    head = fit_head(labelled("mood"), seed=3).head
    assert apply(head, {"look": np.zeros(5, np.float32)}) is None
    assert apply(head, {"embedding": np.zeros(9, np.float32)}) is None


def test_groups_stay_together() -> None:
    group = np.repeat(np.arange(40), 5)
    fold = folds_of(group, seed=1)
    assert all(len(set(fold[group == one])) == 1 for one in range(40))
    assert len(set(fold)) == 5


def test_a_kept_head_says_the_same(tmp_path: Path) -> None:
    given, folder = labelled("class"), HeadFolder(tmp_path / "heads")
    assert folder.load() == {}
    head = fit_head(given, seed=3, model="tiny").head
    folder.save("class", *head_arrays(head))
    again = head_of(*folder.load()["class"])
    assert again.model == "tiny" and again.names == head.names
    assert apply(again, given.signals[7]) == apply(head, given.signals[7])


def test_a_damaged_head_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mood.npz").write_bytes(b"PK no zip")
    with pytest.raises(InvalidInput, match="damaged"):
        HeadFolder(tmp_path).load()
