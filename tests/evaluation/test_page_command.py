"""Goal: pages of the past are evaluated from the command line, and a run goes on from another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from owners import write_set
from typer.testing import CliRunner

from pasand.cli.app import app
from pasand.cli.page_parts import Task, make_part, parts, setting_of
from pasand.evaluation.page_metrics import METRICS


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, Any]]:
    """Return invented ratings, where their evaluation was kept, and what it printed."""
    data = tmp_path_factory.mktemp("data") / "invented"
    data.mkdir()
    write_set("ml-1m", data)
    work = tmp_path_factory.mktemp("work")
    words = ["evaluate", "page", "--data", str(data), "--work", str(work), "--json"]
    shown = CliRunner().invoke(app, [*words, "--sequence-seconds", "0"])
    assert shown.exit_code == 0, shown.output
    report: dict[str, Any] = json.loads(shown.stdout)
    return data, work, report


def figures(report: dict[str, Any], name: str, **at: str) -> list[dict[str, Any]]:
    return [
        one for one in report["figures"] if one["name"] == name and at.items() <= one["at"].items()
    ]


def test_every_figure_is_there(made: tuple[Path, Path, dict[str, Any]]) -> None:
    _, _, report = made
    assert list(report["data"]) == ["invented/ratings.dat"] and report["seed"] == 1
    for policy in ("page", "template", "independent", "list"):
        for metric in METRICS[:-1]:
            (one,) = figures(report, metric, policy=policy, slice="all")
            assert one["at"]["data"] == "invented" and one["at"]["snapshot"]
            assert one["value"] >= 0 and one["low"] <= one["value"] <= one["high"]
    for model in ("popular", "ease", "covisit+ease"):
        assert figures(report, "reach_10x20", policy=f"list of {model}", slice="all")
    assert figures(report, "reach_3x6_ratio", against="list of covisit+ease")
    (coherent,) = figures(report, "row_coherence", slice="all")
    assert coherent["value"] == coherent["at"]["least"] == 1.0
    (findable,) = figures(report, "findable")
    (on_page,) = figures(report, "findable_on_page")
    assert 0 < on_page["value"] <= findable["value"] <= 1 and findable["at"]["members"] == 12
    (borne,) = figures(report, "evidence_fidelity")
    assert 0 <= borne["value"] <= 1
    (rated,) = figures(report, "signal_gain", signal="rating", slice="all")
    assert rated["at"]["metric"] == "liked_attention"
    parts = {one["at"]["part"] for one in figures(report, "ablation_gain")}
    assert parts >= {"arranger", "context", "profile"}
    signals = {one["at"]["signal"] for one in figures(report, "signal_gain")}
    assert signals == {"popularity", "hour", "date", "rating"}


def test_a_run_goes_on_from_what_was_kept(made: tuple[Path, Path, dict[str, Any]]) -> None:
    data, work, _ = made
    task = Task(str(data), work / "invented", sequence_seconds=0)
    setting = setting_of(task)
    (path,) = setting.folder.glob("*.npz")
    before = path.stat().st_mtime_ns
    (part,) = parts(task)
    kept = make_part(part)
    assert path.stat().st_mtime_ns == before
    path.unlink()
    again = make_part(part)
    assert kept.keys() == again.keys()
    assert all(np.array_equal(kept[name], again[name], equal_nan=True) for name in kept)
    other = Task(str(data), work / "invented", target_count=3, sequence_seconds=0)
    assert setting_of(other).folder != setting.folder
    assert len(setting_of(other).asked) < len(setting.asked)


def test_models_are_evaluated_as_before_and_need_their_data() -> None:
    shown = CliRunner().invoke(app, ["evaluate"])
    assert shown.exit_code == 2 and "--data" in shown.output
