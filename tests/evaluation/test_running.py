"""A run as a whole: figures with their conditions, determinism, slices, comparisons."""

from __future__ import annotations

import numpy as np
import pytest
from toys import ITEMS, Memory, Popular, Recorder, rows, trainer_of, world

from pasand.errors import InvalidInput
from pasand.evaluation.data import EvaluationData
from pasand.evaluation.metrics import RANK_METRICS, macro_mean
from pasand.evaluation.running import Evaluation, Figure, run
from pasand.evaluation.splits import Rules

CONDITIONS = {
    "data", "protocol", "slice", "model", "request_time", "split", "tie_order", "seed",
}  # fmt: skip


def run_popular(data: EvaluationData, protocol: str = "time", **more: object) -> Evaluation:
    return run(data, protocol, ["popular"], trainer_of(Popular.of), **more)  # type: ignore[arg-type]


def one(figures: list[Figure], name: str, slice_name: str = "all", **at: str) -> Figure:
    found = [
        figure
        for figure in figures
        if figure["name"] == name
        and figure["at"]["slice"] == slice_name
        and at.items() <= figure["at"].items()
    ]
    assert len(found) == 1
    return found[0]


def test_every_figure_names_its_conditions_and_lies_in_its_interval() -> None:
    found = run_popular(world(), seed=3)
    for figure in found.figures:
        at = figure["at"]
        assert at["data"] == "toy" and at["tie_order"] == "stable" and at["seed"] == 3
        assert at["split"] == "first 0.9 of events, 50 targets a member"
        assert figure["name"] == "targets" or at.keys() == CONDITIONS
        assert np.isfinite(figure["value"])
        if "low" in figure:
            assert figure["low"] <= figure["value"] <= figure["high"]
    names = {figure["name"] for figure in found.figures}
    assert {*RANK_METRICS, "coverage@200", "novelty@10", "popularity_share@10"} <= names
    assert one(found.figures, "ndcg@10")["low"] < one(found.figures, "ndcg@10")["high"]


def test_a_run_repeats_exactly() -> None:
    assert run_popular(world(), seed=3).figures == run_popular(world(), seed=3).figures


def test_figures_are_those_of_the_ranks() -> None:
    found = run_popular(world())
    targets, rank = found.split.targets, found.ranked["popular", "known"].rank
    warm = ~targets.cold
    value = np.where(rank[warm] <= 10, 1.0 / np.log2(1.0 + rank[warm]), 0.0)
    assert one(found.figures, "ndcg@10")["value"] == pytest.approx(value.mean(), abs=1e-12)
    macro = one(found.figures, "ndcg@10_macro")["value"]
    assert macro == pytest.approx(macro_mean(value, targets.member[warm]), abs=1e-12)
    assert one(found.figures, "targets")["value"] == warm.sum()


def test_request_times_are_two_rows_and_none_without_times() -> None:
    both = run_popular(world(), request_times=("known", "unknown"))
    known = one(both.figures, "mrr", request_time="known")
    assert one(both.figures, "mrr", request_time="unknown")["value"] == known["value"]
    untimed = EvaluationData(rows([0, 1] * 6, [*range(12)], [*range(12)], timed=False))
    figures = run_popular(untimed, "leave-one-out", request_times=("known", "unknown")).figures
    assert {f["at"]["request_time"] for f in figures if "model" in f["at"]} == {"none"}


def test_two_models_are_compared_on_the_same_members() -> None:
    data = world()

    def trainer(training, live, models):  # type: ignore[no-untyped-def]
        silent = [Recorder(ITEMS, name="one"), Recorder(ITEMS, name="two")]
        return [Memory(data.interactions), Popular.of(training, live), *silent]

    found = run(data, "time", [], trainer)
    better = one(found.figures, "ndcg@10_difference", model="memory", against="popular")
    means = [one(found.figures, "ndcg@10", model=m)["value"] for m in ("memory", "popular")]
    assert better["value"] == pytest.approx(means[0] - means[1], abs=1e-12)
    assert better["low"] > 0.5 and better["p"] < 0.01
    same = one(found.figures, "mrr_difference", model="one", against="two")
    assert (same["low"], same["value"], same["high"], same["p"]) == (0.0, 0.0, 0.0, 1.0)


def test_genres_bring_calibration() -> None:
    data = world()
    assert not [f for f in run_popular(data).figures if "calibration" in f["name"]]
    genres = {f"i{code}": ("Drama",) if code % 2 else ("Comedy", "Drama") for code in range(ITEMS)}
    told = EvaluationData(data.interactions, genres=genres)
    figure = one(run_popular(told).figures, "calibration_kl@10")
    assert figure["better"] == "lower" and 0 < figure["value"] < 1


def test_slices_may_be_chosen() -> None:
    chosen = run_popular(world(), slice_names=("events-10", "all")).figures
    assert {figure["at"]["slice"] for figure in chosen} == {"events-10", "all"}
    with pytest.raises(InvalidInput, match="no slice 'visits'"):
        run_popular(world(), slice_names=("visits",))


def test_rules_make_other_rows() -> None:
    few = run_popular(world(), rules=Rules(target_count_max=1))
    assert len(few.split.targets) <= 40
    assert few.figures[0]["at"]["split"].endswith("1 targets a member")
