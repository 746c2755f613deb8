"""Goal: where the catalogue is too large for EASE, pages follow from iALS as it was measured."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np

from pasand.adapters.memory import MemoryModelStore, MemoryStore
from pasand.domain.catalog import Catalog
from pasand.domain.events import Event
from pasand.domain.interactions import Interactions
from pasand.domain.page import REASONS
from pasand.domain.profile import Profile, Recent
from pasand.evaluation.rankers_items import IalsRanker
from pasand.evaluation.ranking import Histories
from pasand.flows.learning import learn, trained
from pasand.learning.ials import IalsModel, IalsTraining, train_ials
from pasand.settings import LearnSettings
from pasand.stages.models import Models, Vocabulary
from pasand.stages.scorers.blend import BlendScorer
from pasand.stages.scorers.blend import Config as BlendConfig
from pasand.stages.sources.ials import Config, IalsSource
from pasand.testing import samples

COUNT = 20
CATALOG = Catalog(samples.items(COUNT))


def taken() -> Interactions:
    """Return members who take of the even items or of the odd ones."""
    rng = np.random.default_rng(1)
    item = np.concatenate([2 * rng.permutation(10)[:5] + member % 2 for member in range(40)])
    return Interactions(
        np.repeat(np.arange(40), 5).astype(np.int32),
        item.astype(np.int32),
        np.arange(200, dtype=np.int64),
        np.ones(200, np.float32),
        tuple(f"m{member}" for member in range(40)),
        tuple(f"i{number}" for number in range(COUNT)),
    )


def trained_model() -> IalsModel:
    return train_ials(taken(), IalsTraining(dimension=8))


def models_of(model: IalsModel, item_ids: tuple[str, ...] = taken().item_ids) -> Models:
    arrays = {f"ials.{name}": array for name, array in asdict(model).items()}
    return Models("feedbeef", arrays, Vocabulary(item_ids))


def profile(*items: str) -> Profile:
    at_s = samples.NOW_MS // 1000 - 600
    # Code 0 is a play.
    return Profile(
        member_id="m1", recent=tuple(Recent(name, 0, at_s + n, 0) for n, name in enumerate(items))
    )


def test_what_is_served_is_what_was_measured() -> None:
    model = trained_model()
    history = [4, 7, 2]
    query = samples.query(CATALOG, profile=profile(*(f"i{code}" for code in history)))
    found = IalsSource(Config(), models_of(model))(query)
    ranker = IalsRanker(model.item, model.factor, model.common, model.damping, COUNT)
    moment = np.array([samples.NOW_MS])
    asked = Histories(np.array(history, np.int32), np.zeros(3, np.int64), np.array([3]), moment)
    assert np.array_equal(found.position, CATALOG.positions([f"i{n}" for n in range(COUNT)]))
    assert np.allclose(found.columns["ials"], ranker.scores(asked)[0], atol=1e-6)


def test_it_proposes_what_the_same_members_take() -> None:
    query = samples.query(CATALOG, profile=profile("i0", "i2", "i4"))
    found = IalsSource(Config(), models_of(trained_model()))(query)
    score = dict(zip(found.position.tolist(), found.columns["ials"].tolist(), strict=True))
    place = CATALOG.positions([f"i{number}" for number in range(COUNT)])
    alike = [score[int(place[code])] for code in (6, 8, 10)]
    others = [score[int(place[code])] for code in range(1, COUNT, 2)]
    assert min(alike) > max(others)


def test_only_items_of_the_catalogue_and_no_more_than_asked() -> None:
    model = trained_model()
    smaller = samples.items(12)
    query = samples.query(smaller, profile=profile("i0", "i2"), row_count=1, column_count=1)
    assert len(IalsSource(Config(), models_of(model))(query)) == 12
    best = IalsSource(Config(count=3), models_of(model))(query)
    everything = IalsSource(Config(), models_of(model))(query).columns["ials"]
    assert sorted(best.columns["ials"]) == sorted(np.sort(everything)[-3:])


def test_without_a_model_or_a_history_it_proposes_nothing() -> None:
    known = samples.query(CATALOG, profile=profile("i0"))
    assert len(IalsSource(Config(), Models())(known)) == 0
    assert len(IalsSource(Config(), models_of(trained_model()))(samples.query(CATALOG))) == 0
    other = samples.query(CATALOG, profile=profile("gone"))
    assert len(IalsSource(Config(), models_of(trained_model()))(other)) == 0


def test_it_counts_in_the_score_and_gives_its_reason() -> None:
    query = samples.query(CATALOG, profile=profile("i0", "i2", "i4"))
    found = IalsSource(Config(), models_of(trained_model()))(query)
    blend = BlendScorer(BlendConfig(), Models())(query, found)
    assert blend["part.ials"].argmax() == found.columns["ials"].argmax() == blend["score"].argmax()
    reason = REASONS[int(blend["reason"][int(blend["score"].argmax())])]
    assert reason == "similar_taste"
    bare = replace(found, columns={"ease": found.columns["ials"]})
    assert "part.ials" not in BlendScorer(BlendConfig(), Models())(query, bare)


def test_a_large_catalogue_is_learned_by_it_and_a_small_one_by_ease() -> None:
    def names(item_count_max: int) -> set[str]:
        settings = LearnSettings(ease_item_count_max=item_count_max)
        arrays = trained(taken(), settings, lambda what, done, total: None)
        return {name.partition(".")[0] for name in arrays} - {"opinion"}

    assert names(COUNT) == {"item_ids", "covisit", "ease"}
    assert names(COUNT - 1) == {"item_ids", "covisit", "ials"}


def test_a_snapshot_of_a_large_catalogue_passes_the_gate_and_is_served() -> None:
    events: list[Event] = [
        samples.event(f"e{n}", item_id=f"i{item}", member_id=f"m{member}", occurred_ms=1000 * n)
        for n, (member, item) in enumerate(zip(taken().member, taken().item, strict=True))
    ]
    store, kept = MemoryStore(), MemoryModelStore()
    store.append(events)
    settings = LearnSettings(ease_item_count_max=5, gate_target_count=0)
    learned = learn(store, CATALOG, kept, settings)
    arrays, _ = kept.load(learned.snapshot_id)
    models = Models(learned.snapshot_id, arrays, Vocabulary(arrays["item_ids"]))
    query = samples.query(CATALOG, profile=profile("i0", "i2", "i4"))
    assert len(IalsSource(Config(), models)(query)) == COUNT
