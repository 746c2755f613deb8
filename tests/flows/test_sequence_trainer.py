"""The sequence model in the life of an installation: learned, judged, served, started from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pasand.adapters.memory import MemoryModelStore, MemoryStore
from pasand.bootstrap import load_plan
from pasand.domain.catalog import Catalog
from pasand.domain.events import Event
from pasand.domain.profile import Profile, Recent
from pasand.errors import MissingExtra
from pasand.flows import sequence_trainer
from pasand.flows.homepage import homepage
from pasand.flows.learning import learn, models_of
from pasand.flows.sequence_trainer import COUNT_MIN, sequence
from pasand.flows.training import Lesson
from pasand.learning.sequence import course
from pasand.pipeline import Trace
from pasand.settings import LearnSettings, Settings
from pasand.stages.models import Models, Vocabulary
from pasand.testing import samples

torch = pytest.importorskip("torch", reason="the extra [deep] is not installed")

ITEMS = samples.items(44)
CATALOG = Catalog(ITEMS)
#: The newest four are in the catalogue and were never taken.
TAKEN_COUNT = 40
SETTINGS = LearnSettings(sequence_seconds=20)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train a small model for a few passes: what it is part of is what is tested here."""
    torch.set_num_threads(1)
    shape, training = sequence_trainer.SequenceShape, sequence_trainer.SequenceTraining

    def small_shape(**values: Any) -> Any:
        return replace(shape(**values), width=16, window=20)

    def quick(**values: Any) -> Any:
        return replace(
            training(**values), epoch_max=6, batch_size=32, learning_rate=1e-2, warmup_steps=5
        )

    monkeypatch.setattr(sequence_trainer, "SequenceShape", small_shape)
    monkeypatch.setattr(sequence_trainer, "SequenceTraining", quick)


def log_of(member_count: int = 90, play_count: int = 28) -> MemoryStore:
    """Return the log of members who go round the items in order, each from a place of their own."""
    store = MemoryStore()
    plays = [
        samples.event(
            f"p{member}.{at}",
            "play_start",
            member_id=f"m{member}",
            item_id=f"i{(7 * member + at) % TAKEN_COUNT}",
            device="tv",
            occurred_ms=samples.NOW_MS - (play_count - at) * 3_600_000 + member,
        )
        for member in range(member_count)
        for at in range(play_count)
    ]
    store.append(sorted(plays, key=lambda event: event.occurred_ms))
    return store


def watcher(*names: str) -> Profile:
    at_s = samples.NOW_MS // 1000 - 3_600 * len(names)
    recent = tuple(Recent(name, 0, at_s + 3_600 * at, 0) for at, name in enumerate(names))
    return Profile(member_id="m1", recent=recent)


def test_it_is_learned_and_a_page_follows_it() -> None:
    models = MemoryModelStore()
    learned = learn(log_of(), CATALOG, models, SETTINGS)
    assert "sequence" in learned.models
    arrays, _ = models.load(learned.snapshot_id)
    assert set(arrays["sequence.item_ids"]) == {item.item_id for item in ITEMS}
    assert arrays["sequence.item_ids"][: len(arrays["item_ids"])] == arrays["item_ids"]
    live = Models("s", arrays, Vocabulary(arrays["item_ids"]))
    plan = load_plan("homepage", live, Settings())
    query = samples.query(CATALOG, profile=watcher("i3", "i4", "i5", "i6"), device="tv")
    _, candidates = homepage(query, plan, Trace(lambda: 0.0))
    score = dict(zip(candidates.position.tolist(), candidates["sequence"].tolist(), strict=True))
    place = CATALOG.position
    unseen = score.keys() - {place[f"i{at}"] for at in range(3, 7)}
    assert max(unseen, key=lambda at: score[at]) in {place["i7"], place["i8"]}
    # What nobody has taken yet is there, by what its owner says of it.
    assert {place[f"i{at}"] for at in range(TAKEN_COUNT, 44)} <= set(score)


def test_it_is_left_out_where_it_cannot_be_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    data = log_of().interactions({"play_start": 1.0})
    assert len(data) > COUNT_MIN
    lesson = Lesson(data, CATALOG, SETTINGS)
    assert sequence(replace(lesson, settings=LearnSettings(sequence_seconds=0))) == {}
    few = data.where(np.arange(len(data)) < COUNT_MIN - 1)
    assert sequence(replace(lesson, interactions=few)) == {}
    monkeypatch.setattr(sequence_trainer, "can_train", lambda: False)
    assert sequence(lesson) == {}
    assert "sequence" not in models_of(sequence(lesson))


def test_asked_for_without_pytorch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "find_spec", lambda name: None)
    data = log_of(3, 3).interactions({"play_start": 1.0})
    with pytest.raises(MissingExtra, match="PyTorch") as told:
        course.train_sequence(course.Course(data, lambda: 0.0))
    assert "pasand[deep]" in told.value.fix


def test_what_is_served_starts_from_the_rehearsal(tmp_path: Path) -> None:
    data = log_of().interactions({"play_start": 1.0})
    first = sequence(Lesson(data, CATALOG, SETTINGS))
    warm = sequence(Lesson(data, CATALOG, SETTINGS, rehearsal=first, folder=tmp_path))
    assert len(warm["sequence.passes"]) < len(first["sequence.passes"])
    assert warm["sequence.passes"][0, 2] > first["sequence.passes"][0, 2]
    assert (tmp_path / "sequence.npz").exists()


def test_a_later_model_stays_in_the_space_of_the_live_one() -> None:
    data = log_of().interactions({"play_start": 1.0})
    live = sequence(Lesson(data, CATALOG, SETTINGS))
    later = sequence(Lesson(data, CATALOG, replace(SETTINGS, seed=9), live=live))
    old, new = (one["sequence.item"][:TAKEN_COUNT] for one in (live, later))
    cosine = (old * new).sum(axis=1) / np.linalg.norm(old, axis=1) / np.linalg.norm(new, axis=1)
    assert np.median(cosine) > 0.5, "another seed alone turns the space at will"


def test_events_of_a_page_are_those_of_training() -> None:
    """What a profile gives the model is what the log gave it, event by event."""
    from pasand.domain.fold import fold
    from pasand.domain.weights import STREAMING
    from pasand.learning.sequence.sequences import sequences_of
    from pasand.stages.recent_events import recent_events

    store = MemoryStore()
    at_ms = samples.NOW_MS - 9_000_000
    told: list[Event] = []
    for at, (kind, item, more) in enumerate(
        [
            ("play_start", "i1", {}),
            ("play_start", "i1", {}),
            ("rating", "i1", {"payload": {"value": 4.5}}),
            ("play_start", "i2", {}),
            ("thumb", "i2", {"payload": {"value": 1}}),
            ("view", "i3", {}),
            ("purchase", "i4", {}),
            ("rating", "i5", {"payload": {"value": 2}}),
        ]
    ):
        told.append(
            samples.event(
                f"e{at}",
                kind,
                member_id="m1",
                item_id=item,
                occurred_ms=at_ms + 61_000 * at,
                **more,
            )
        )
    store.append(told)
    data = store.interactions(STREAMING.interaction)
    trained = sequences_of(data)
    profile = fold(Profile(member_id="m1"), told, CATALOG.facts)
    served = recent_events(profile, STREAMING, Vocabulary(data.item_ids), 200)
    assert served.item.tolist() == trained.item.tolist()
    assert served.done.tolist() == trained.done.tolist()
    assert (served.at_ms // 1000).tolist() == (trained.at_ms // 1000).tolist()
