"""Goal: the best of very many items are found by looking along a few axes first."""

from __future__ import annotations

import numpy as np
import pytest

from pasand.domain.interactions import Interactions
from pasand.domain.profile import Profile, Recent
from pasand.flows import learning
from pasand.flows.learning import of_many, trained
from pasand.learning.ials import IalsTraining, train_ials
from pasand.settings import LearnSettings
from pasand.stages.models import Models, Vocabulary
from pasand.stages.scoring.axes import by_axis, promising_items
from pasand.stages.sources.ials import Config, IalsSource
from pasand.testing import samples

COUNT = 40
CATALOG = samples.items(COUNT)


def taken() -> Interactions:
    draw = np.random.default_rng(5)
    member = np.repeat(np.arange(60, dtype=np.int32), 8)
    item = (draw.zipf(1.5, len(member)) % COUNT).astype(np.int32)
    item[:COUNT] = np.arange(COUNT)
    at_ms = np.arange(len(item), dtype=np.int64)
    names = tuple(f"i{n}" for n in range(COUNT))
    members = tuple(f"m{n}" for n in range(60))
    return Interactions(member, item, at_ms, np.ones(len(item), np.float32), members, names)


def test_along_all_axes_the_search_is_exact_and_along_some_nearly() -> None:
    draw = np.random.default_rng(3)
    vector = draw.normal(size=(4_000, 32)).astype(np.float32)
    axis, spread = by_axis(vector)
    shares = []
    for _ in range(20):
        # A few large coordinates, as members' vectors have.
        query = (draw.normal(size=32) ** 5).astype(np.float32)
        best = set(np.argsort(-(vector @ query))[:50].tolist())
        assert set(promising_items(axis, spread, query, 50, 32).tolist()) == best
        few = promising_items(axis, spread, query, 400, 8)
        assert len(few) == 400
        shares.append(len(best & set(few.tolist())) / 50)
    assert np.mean(shares) > 0.9


def test_only_what_was_taken_most_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    data = taken()
    model = train_ials(data, IalsTraining(dimension=8))
    assert of_many(data, model.item, model.factor) == {}
    monkeypatch.setattr(learning, "AXES_COUNT_MIN", 1)
    monkeypatch.setattr(learning, "SERVED_COUNT_MAX", 10)
    arrays = of_many(data, model.item, model.factor)
    counts = np.bincount(data.item, minlength=COUNT)
    kept = arrays["ials.item"]
    assert len(kept) == 10 and counts[kept].min() >= np.sort(counts)[-10]
    for at, code in enumerate(kept.tolist()):
        vector = model.factor[model.item.tolist().index(code)]
        assert np.array_equal(arrays["ials.factor"][at], vector)
        assert np.array_equal(arrays["ials.axis"][:, at], vector)


def test_what_is_proposed_is_what_the_whole_model_says(monkeypatch: pytest.MonkeyPatch) -> None:
    def proposed(look: int) -> tuple[list[int], list[float]]:
        arrays = trained(taken(), LearnSettings(ease_item_count_max=5), lambda *told: None)
        models = Models("feedbeef", arrays, Vocabulary(arrays["item_ids"]))
        assert ("ials.axis" in arrays) == bool(look)
        found = IalsSource(Config(count=4, look=look), models)(query)
        return found.position.tolist(), found["ials"].tolist()

    recent = tuple(Recent(f"i{n}", 0, samples.NOW_MS // 1000 - 60 + n, 0) for n in range(3))
    profile = Profile(member_id="m1", recent=recent)
    query = samples.query(CATALOG, profile=profile, row_count=1, column_count=1)
    whole, scores = proposed(0)
    monkeypatch.setattr(learning, "AXES_COUNT_MIN", 1)
    few, some = proposed(20)
    assert len(set(few) & set(whole)) >= len(whole) - 1
    assert max(some) == pytest.approx(max(scores), rel=1e-5)
