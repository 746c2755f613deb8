"""Comparisons: the table follows the evaluation, touches no model, and can be drawn."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import polars
import pytest
from taken import START_S, lists, taken

from pasand import (
    AlsRecommender,
    BlendRecommender,
    CovisitRecommender,
    EaseRecommender,
    ItemKnnRecommender,
    PopularRecommender,
    SessionKnnRecommender,
    compare,
    plot,
)
from pasand.errors import InvalidInput, NotFitted
from pasand.evaluation.data import EvaluationData
from pasand.evaluation.running import run
from pasand.flows.evaluating import rankers
from pasand.library.reading import read_interactions

MODELS = {
    "popular": PopularRecommender(),
    "ease": EaseRecommender(),
    "covisit": CovisitRecommender(),
}


def test_the_figures_are_those_of_the_evaluation() -> None:
    columns = taken(80, step_s=500)
    models = {
        **MODELS,
        "item-knn": ItemKnnRecommender(),
        "session-knn": SessionKnnRecommender(),
        "ials": AlsRecommender(),
        "blend": BlendRecommender(),
    }
    found = lists(compare(models, columns, metrics=("ndcg@10", "mrr", "coverage@10")))
    data = EvaluationData(read_interactions(columns).interactions)
    expected = run(data, "time", tuple(models), rankers, slice_names=("all",)).figures
    for name in ("ndcg@10", "mrr", "coverage@10"):
        by_model = {
            f["at"]["model"]: f for f in expected if f["name"] == name and "model" in f["at"]
        }
        assert found[name] == [by_model[model]["value"] for model in models]
        assert found[f"{name}_low"] == pytest.approx(
            [by_model[model].get("low", np.nan) for model in models], nan_ok=True
        )
    assert found["model"] == list(models)
    assert set(found["request_time"]) == {"known"}
    assert set(found["protocol"]) == {"time"}
    assert found["target_count"][0] == len(columns["at"]) - int(0.9 * len(columns["at"]))


def test_differences_are_from_the_first_model() -> None:
    found = compare(MODELS, pandas.DataFrame(taken(80)))
    assert isinstance(found, pandas.DataFrame)
    assert np.isnan(found["ndcg@10_p"][0])
    assert found["ndcg@10_p"][1:].between(0, 1).all()
    assert (found["ndcg@10_low"] <= found["ndcg@10"]).all()
    assert (found["ndcg@10"] <= found["ndcg@10_high"]).all()


def test_a_comparison_is_repeated_by_its_random_state() -> None:
    one, same, other = (lists(compare(MODELS, taken(80), random_state=seed)) for seed in (1, 1, 2))
    assert repr(one) == repr(same)
    assert one["ndcg@10"] == other["ndcg@10"]
    assert one["ndcg@10_low"] != other["ndcg@10_low"]
    assert one["data_hash"] == other["data_hash"]
    assert one["data_hash"] != lists(compare(MODELS, taken(81)))["data_hash"]


def test_models_stay_as_they_were_and_are_named_by_their_parameters() -> None:
    model = EaseRecommender(ridge=7.0)
    found = compare([model, EaseRecommender()], polars.DataFrame(taken(80)))
    assert found["model"].to_list() == ["EaseRecommender(ridge=7.0)", "EaseRecommender()"]
    with pytest.raises(NotFitted):
        model.recommend([100])


@pytest.mark.parametrize("protocol", ["leave-one-out", "session"])
def test_other_protocols_run(protocol: str) -> None:
    columns = taken(80)
    columns["at"] = START_S + np.arange(len(columns["at"])) * 20
    found = lists(compare(MODELS, columns, protocol=protocol))
    assert set(found["protocol"]) == {protocol}


def test_slices_stand_one_under_the_other() -> None:
    found = lists(compare(MODELS, taken(80), slices=("all", "visit")))
    assert found["slice"] == ["all"] * 3 + ["visit"] * 3


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"models": []}, "no model to compare"),
        ({"models": ["ease"]}, "no model of Pasand"),
        ({"models": [EaseRecommender(), EaseRecommender()]}, "stands twice"),
        ({"models": [EaseRecommender(ridge=-1)]}, "ridge"),
        ({"metrics": ["ndcg@11"]}, "no metric 'ndcg@11'"),
        ({"protocol": "coin"}, "no protocol"),
        ({"slices": ["left-handed"]}, "no slice"),
    ],
)
def test_what_is_wrong_is_said(wrong: dict[str, Any], said: str) -> None:
    arguments: dict[str, Any] = {"models": MODELS, "interactions": taken(80), **wrong}
    with pytest.raises(InvalidInput, match=said):
        compare(arguments.pop("models"), arguments.pop("interactions"), **arguments)


def test_a_comparison_is_drawn(tmp_path: Path) -> None:
    named = {"a < b & c": PopularRecommender(), "ease": EaseRecommender()}
    found = compare(named, taken(80), slices=("all", "visit"))
    drawn = plot(found)
    drawn.save(tmp_path / "plot.svg")
    root = ElementTree.fromstring((tmp_path / "plot.svg").read_text("utf-8"))
    texts = [node.text for node in root.iter() if node.tag.endswith("text")]
    assert texts.count("a < b & c") == 2
    assert "ndcg@10, visit" in texts
    assert f"{lists(found)['ndcg@10'][0]:.4f}" in texts
    assert drawn._repr_svg_() == drawn.svg
    with pytest.raises(InvalidInput, match="no column recall@10"):
        plot(found, "recall@10")
