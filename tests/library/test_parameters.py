"""Parameters of models as scikit-learn has them: stored, printed, changed, copied and checked."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import Any

import pytest
from taken import MODELS, taken

from pasand import (
    AlsRecommender,
    BlendRecommender,
    CovisitRecommender,
    EaseRecommender,
    ItemKnnRecommender,
    PopularRecommender,
    Recommender,
    SequenceRecommender,
    SessionKnnRecommender,
)
from pasand.errors import InvalidInput, NotFitted
from pasand.learning.covisit import CovisitTraining
from pasand.learning.ease import EaseTraining
from pasand.learning.ials import IalsTraining
from pasand.learning.item_knn import ItemKnnTraining
from pasand.learning.sequence.settings import SequenceShape, SequenceTraining
from pasand.learning.session_knn import SessionKnnTraining
from pasand.stages.scoring.blend import BlendWeights
from pasand.stages.scoring.session_knn import SessionKnnWeights

any_model = pytest.mark.parametrize("kind", [*MODELS, SequenceRecommender])
Kind = type[Recommender]


@any_model
def test_a_constructor_only_stores_what_it_is_given(kind: Kind) -> None:
    signature = inspect.signature(kind.__init__).parameters
    names = [name for name in signature if name != "self"]
    marks = {name: object() for name in names}
    model = kind(**marks)
    assert model.get_params() == marks
    assert all(getattr(model, name) is mark for name, mark in marks.items())
    assert all(signature[name].kind is inspect.Parameter.KEYWORD_ONLY for name in names)
    copy = type(model)(**model.get_params(deep=False))
    assert copy.get_params() == marks


@any_model
def test_every_parameter_is_explained_and_every_number_has_limits(kind: Kind) -> None:
    model = kind()
    for name, value in model.get_params().items():
        assert f"{name}: " in (kind.__doc__ or "")
        if not isinstance(value, bool):
            assert name in model.LIMITS or name == "random_state"


@pytest.mark.parametrize(
    ("kind", "engine"),
    [
        (CovisitRecommender, CovisitTraining()),
        (EaseRecommender, EaseTraining()),
        (ItemKnnRecommender, ItemKnnTraining()),
        (AlsRecommender, IalsTraining()),
        (SessionKnnRecommender, SessionKnnTraining()),
        (SessionKnnRecommender, SessionKnnWeights()),
        (SequenceRecommender, SequenceShape()),
        (SequenceRecommender, SequenceTraining()),
        (BlendRecommender, BlendWeights()),
        (BlendRecommender, EaseTraining()),
    ],
)
def test_defaults_are_those_of_the_engine(kind: Kind, engine: Any) -> None:
    defaults = kind.defaults()
    shared = {spec.name for spec in fields(engine)} & set(defaults)
    assert shared
    assert {name: defaults[name] for name in shared} == {
        name: getattr(engine, name) for name in shared
    }


def test_what_differs_from_the_defaults_is_printed() -> None:
    assert repr(EaseRecommender()) == "EaseRecommender()"
    model = EaseRecommender(ridge=20.0, floor=0.5)
    assert repr(model) == "EaseRecommender(ridge=20.0, floor=0.5)"
    assert "<b>20.0</b>" in model._repr_html_()
    assert "not fitted" in model._repr_html_()
    assert "of 40 members" in model.fit(taken())._repr_html_()
    hostile = EaseRecommender(ridge="<script>")  # type: ignore[arg-type]
    assert "<script>" not in hostile._repr_html_()


def test_parameters_are_changed_by_name() -> None:
    model = EaseRecommender()
    assert model.set_params(ridge=3.0) is model
    assert model.ridge == 3.0
    with pytest.raises(InvalidInput, match="Did you mean ridge"):
        model.set_params(floor=0.2, rigde=1.0)
    assert model.floor == 0.1, "a refused call changes nothing"


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (EaseRecommender(ridge=-1.0), "ridge"),
        (EaseRecommender(ridge=float("nan")), "ridge"),
        (EaseRecommender(item_count_max=10.5), "item_count_max"),  # type: ignore[arg-type]
        (PopularRecommender(window_days="month"), "window_days"),  # type: ignore[arg-type]
        (CovisitRecommender(step_max=None), "step_max"),  # type: ignore[arg-type]
        (CovisitRecommender(step_max=True), "step_max"),
    ],
)
def test_parameters_are_checked_when_a_model_is_fitted(model: Recommender, name: str) -> None:
    with pytest.raises(InvalidInput, match=name) as found:
        model.fit(taken())
    assert found.value.field == name


@any_model
def test_a_model_that_is_not_fitted_says_so(kind: Kind) -> None:
    model = kind()
    for ask in (
        lambda: model.recommend([100]),
        lambda: model.similar_items([1]),
        lambda: model.predict({"member_id": [100], "item_id": [1]}),
        lambda: model.item_ids_,
        lambda: model.save("nowhere"),
    ):
        with pytest.raises(NotFitted, match=r"not fitted yet\. Call fit"):
            ask()
