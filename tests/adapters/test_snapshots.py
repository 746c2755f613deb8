"""Goal: a snapshot is served only if this installation made it, and nothing half-made stays."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from pasand.adapters.snapshot_folder import FolderModelStore
from pasand.adapters.training_folder import TrainingFolder
from pasand.domain.names import Names
from pasand.errors import HomeBusy, SnapshotDamaged

ARRAYS = {"item_ids": ["i1"], "ease.weights": np.ones((2, 2), np.float32)}


def store_in(home: Path) -> FolderModelStore:
    return FolderModelStore(home / "snapshots")


def test_a_snapshot_from_elsewhere_is_refused_until_learned_anew(tmp_path: Path) -> None:
    here, elsewhere = store_in(tmp_path / "here"), store_in(tmp_path / "elsewhere")
    own, foreign = here.save(ARRAYS, {"number": 1}), elsewhere.save(ARRAYS, {"number": 2})
    shutil.copytree(elsewhere.folder(foreign), here.folder(foreign))
    here.load(own)
    for act in (here.load, here.about):
        with pytest.raises(SnapshotDamaged, match="not signed by this installation") as refused:
            act(foreign)
        assert "pasand learn" in refused.value.fix
    # As from before there were signatures, and as after the key was lost.
    (here.folder(own) / "manifest.sig").unlink()
    with pytest.raises(SnapshotDamaged, match="not signed"):
        here.load(own)
    (tmp_path / "elsewhere" / "snapshot.key").unlink()
    with pytest.raises(SnapshotDamaged, match="not signed"):
        elsewhere.load(foreign)
    assert not (tmp_path / "elsewhere" / "snapshot.key").exists(), "reading makes no key"
    again = elsewhere.save(ARRAYS, {"number": 3})
    elsewhere.load(again)


def test_only_the_owner_reads_the_key(tmp_path: Path) -> None:
    store_in(tmp_path).save(ARRAYS, {})
    key = tmp_path / "snapshot.key"
    assert key.stat().st_mode & 0o777 == 0o600 and len(key.read_bytes()) == 32
    before = key.read_bytes()
    store_in(tmp_path).save(ARRAYS, {"number": 2})
    assert key.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"snapshots", "snapshot.key"}


def test_a_verdict_is_of_one_snapshot_and_cannot_be_forged(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    one, other = store.save(ARRAYS, {"number": 1}), store.save(ARRAYS, {"number": 2})
    store.put_verdict(one, {"passed": False})
    path = store.folder(one) / "gate.json"
    said = json.loads(path.read_bytes())
    path.write_text(json.dumps({**said, "verdict": '{"passed": true}'}))
    assert store.verdict(one) is None
    store.put_verdict(one, {"passed": True})
    shutil.copy(path, store.folder(other) / "gate.json")
    assert store.verdict(one) == {"passed": True} and store.verdict(other) is None
    path.write_bytes(b"[")
    assert store.verdict(one) is None


def test_drafts_of_killed_runs_are_swept_and_never_listed(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    kept = store.save(ARRAYS, {})
    for name in (".draft-7", ".gone-abc"):
        shutil.copytree(store.folder(kept), tmp_path / "snapshots" / name)
    assert store.list() == [kept]
    store.sweep()
    assert [path.name for path in (tmp_path / "snapshots").iterdir()] == [kept]


def test_what_a_trainer_ended_with_is_found_under_the_same_input_alone(tmp_path: Path) -> None:
    training = TrainingFolder(tmp_path)
    assert training.finished("all", "light", "k1") is None
    training.finish("all", "light", "k1", ARRAYS)
    found = training.finished("all", "light", "k1")
    assert found is not None and np.array_equal(found["ease.weights"], ARRAYS["ease.weights"])
    assert found["item_ids"] == ["i1"]
    for part, trainer, key in (
        ("all", "light", "k2"), ("rehearsal", "light", "k1"), ("all", "sequence", "k1"),
    ):  # fmt: skip
        assert training.finished(part, trainer, key) is None
    training.finish("all", "light", "k2", ARRAYS)
    assert training.finished("all", "light", "k1") is None, "one is kept"
    (damaged,) = (tmp_path / "training" / "all" / "light.done").glob("*/ease.weights.npy")
    damaged.write_bytes(b"torn")
    assert training.finished("all", "light", "k2") is None
    state = training.folder("all", "sequence") / "epoch"
    state.write_text("3")
    with pytest.raises(HomeBusy, match="is learning"):
        TrainingFolder(tmp_path)
    training.release()
    again = TrainingFolder(tmp_path)
    assert (again.folder("all", "sequence") / "epoch").read_text() == "3"
    again.clear()
    assert not (tmp_path / "training").exists()
    again.release()


def test_long_lists_of_text_are_packed_and_read_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pasand.adapters.snapshot_folder.PLAIN_COUNT_MAX", 2)
    store = store_in(tmp_path)
    texts = {"item_ids": ["i1", "ü", ""], "few": ["a", "b"]}
    snapshot_id = store.save({**ARRAYS, **texts}, {})
    arrays, _ = store.load(snapshot_id)
    assert arrays.keys() == {*ARRAYS, "few"} and arrays["few"] == ["a", "b"]
    assert isinstance(arrays["item_ids"], Names) and list(arrays["item_ids"]) == ["i1", "ü", ""]
    assert store.save(arrays, {}) == snapshot_id
    (store.folder(snapshot_id) / "item_ids.text.npy").write_bytes(b"other")
    with pytest.raises(SnapshotDamaged, match="item_ids"):
        store.load(snapshot_id)
