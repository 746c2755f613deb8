"""Saved models: read back they answer as before, replace each other whole, and show damage."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas
import polars
import pytest
from taken import MODELS, lists, named, taken

from pasand import EaseRecommender, PopularRecommender, Recommender
from pasand.errors import InvalidInput, SnapshotDamaged


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("text", [False, True])
def test_a_model_answers_as_before(kind: type[Recommender], text: bool, tmp_path: Path) -> None:
    frame = polars.DataFrame({k: list(c) for k, c in (named(taken()) if text else taken()).items()})
    model = kind().fit(frame)
    model.save(tmp_path / "model")
    found = kind.load(tmp_path / "model")
    assert type(found) is kind
    assert repr(found) == repr(model)
    assert isinstance(found.recommend(k=3), polars.DataFrame)
    assert lists(found.recommend(k=9)) == lists(model.recommend(k=9))
    assert found.member_ids_.tolist() == model.member_ids_.tolist()


def test_parameters_are_kept_also_those_of_numpy(tmp_path: Path) -> None:
    EaseRecommender(ridge=np.float32(2.5), item_count_max=np.int64(9)).fit(taken()).save(tmp_path)
    assert repr(Recommender.load(tmp_path)) == "EaseRecommender(ridge=2.5, item_count_max=9)"


def test_any_model_is_found_by_its_name_in_a_new_process(tmp_path: Path) -> None:
    EaseRecommender(ridge=3.0).fit(taken()).save(tmp_path)
    code = "import sys; from pasand import Recommender; print(Recommender.load(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "EaseRecommender(ridge=3.0)"


def test_a_model_of_another_class_is_refused(tmp_path: Path) -> None:
    EaseRecommender().fit(taken()).save(tmp_path)
    with pytest.raises(InvalidInput, match=r"is a EaseRecommender.*Use EaseRecommender\.load"):
        PopularRecommender.load(tmp_path)


def test_where_there_is_no_model_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no saved model"):
        Recommender.load(tmp_path / "nothing")


def test_a_later_model_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    for ridge in (1.0, 2.0, 1.0):
        EaseRecommender(ridge=ridge).fit(taken()).save(tmp_path)
        assert Recommender.load(tmp_path).get_params()["ridge"] == ridge
    assert len([entry for entry in tmp_path.iterdir() if entry.is_dir()]) == 1


def test_frames_may_be_of_another_kind_than_those_fitted_on(tmp_path: Path) -> None:
    PopularRecommender().fit(pandas.DataFrame(taken())).save(tmp_path)
    assert isinstance(Recommender.load(tmp_path, frames="dict").recommend([100]), dict)
    with pytest.raises(InvalidInput, match="Choose from pandas"):
        Recommender.load(tmp_path, frames="excel")


def test_a_folder_may_be_moved(tmp_path: Path) -> None:
    model = EaseRecommender().fit(taken())
    model.save(tmp_path / "here")
    (tmp_path / "here").rename(tmp_path / "there")
    assert [entry.name for entry in tmp_path.iterdir()] == ["there"]
    assert lists(Recommender.load(tmp_path / "there").recommend()) == lists(model.recommend())


def saved(tmp_path: Path) -> Path:
    EaseRecommender().fit(taken()).save(tmp_path)
    return tmp_path / "model.json"


def test_a_changed_array_is_seen(tmp_path: Path) -> None:
    saved(tmp_path)
    (array,) = tmp_path.rglob("model.weights.npy")
    data = bytearray(array.read_bytes())
    data[-1] ^= 1
    array.write_bytes(data)
    with pytest.raises(SnapshotDamaged, match=r"not what was written\. Fit the model again"):
        Recommender.load(tmp_path)
    array.unlink()
    with pytest.raises(SnapshotDamaged, match="No such file"):
        Recommender.load(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read"),
        ("{}", "another format"),
        (None, "names files elsewhere"),
    ],
)
def test_a_changed_manifest_is_seen(text: str | None, said: str, tmp_path: Path) -> None:
    manifest = saved(tmp_path)
    elsewhere = json.dumps(json.loads(manifest.read_text("utf-8")) | {"folder": "../other"})
    manifest.write_text(elsewhere if text is None else text, "utf-8")
    with pytest.raises(SnapshotDamaged, match=said):
        Recommender.load(tmp_path)
