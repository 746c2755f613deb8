"""The comparison with other libraries keeps what was done, goes on, and counts all models alike.

None of those libraries is needed here: invented models stand in for them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

PEERS = Path(__file__).resolve().parents[2] / "bench" / "peers"
NAMES = ("models", "rows", "task", "splitting", "ledger", "run")
SEED = 3

FAKE = f"""
import os, sys, time
sys.path.insert(0, {str(PEERS)!r})
import numpy as np
from task import Task, Work, rank_queries
work = Work()
(work.folder / "runs").open("a").write("x")
clock = work.start()
if work.options.get("dies") and not work.notes["spent_s"]:
    work.note(spent_s=7.0)
    os._exit(9)
task = Task.read(work.task_folder, work.timed_request)
work.looked(clock.spent_s, 0.25, epoch=1)
taken = np.tile(task.taken, (1, 1))
rank = rank_queries(task.targets, task.item_count, lambda rows: taken.repeat(len(rows), 0))
work.finish(rank, clock.spent_s, time.monotonic())
"""


@pytest.fixture
def peers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The driver's modules, which find each other by their folder."""
    monkeypatch.syspath_prepend(PEERS)
    yield SimpleNamespace(**{name: import_module(name) for name in NAMES})
    for name in NAMES:
        sys.modules.pop(name, None)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with an invented data set in the form of MovieLens."""
    folder = tmp_path / "data" / "films"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(SEED)
    ratings = ["userId,movieId,rating,timestamp"]
    for member in range(1, 31):
        for place, item in enumerate(rng.permutation(20)[: int(rng.integers(4, 12))]):
            ratings.append(f"{member},{item + 1},4.0,{1_000_000_000 + 90_000 * place + member}")
    (folder / "ratings.csv").write_text("\n".join(ratings) + "\n")
    films = [f"{item},Film {item} (2001),Drama" for item in range(1, 21)]
    (folder / "movies.csv").write_text("movieId,title,genres\n" + "\n".join(films) + "\n")
    return folder.parent


@pytest.fixture
def driver(peers: Any, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The driver with one row of invented models, and a function that runs it."""
    script = tmp_path / "fake.py"
    script.write_text(FAKE)
    for name, options in (("fake", {}), ("frail", {"dies": True})):
        model = peers.models.Model(name, str(script), options)
        monkeypatch.setitem(peers.models.MODELS, name, model)
    row = peers.rows.Row(
        "films-loo", "films", "leave-one-out", "known", ("fake", "pasand-popular-all"), minutes=2.0
    )

    def use(row: Any) -> None:
        monkeypatch.setattr(peers.rows, "ROWS", (row,))
        monkeypatch.setattr(peers.run, "ROWS", (row,))

    use(row)
    out, cache = tmp_path / "out", tmp_path / "cache"

    def compare(*more: str) -> int:
        given = ["--data", str(data), "--out", str(out), "--cache", str(cache)]
        return int(peers.run.main([*given, "--python", sys.executable, *more]))

    return SimpleNamespace(compare=compare, use=use, out=out, cache=cache, row=row)


def runs_of(driver: Any, model: str) -> int:
    (folder,) = (driver.cache / "runs").glob(f"{model}-*")
    return len((folder / "runs").read_text())


def figures_of(driver: Any) -> list[dict[str, Any]]:
    return list(json.loads((driver.out / "peers.json").read_text())["figures"])


def test_a_second_run_does_nothing_and_says_the_same(driver: Any) -> None:
    assert driver.compare() == 0
    first = figures_of(driver)
    assert driver.compare() == 0
    assert runs_of(driver, "fake") == 1
    assert figures_of(driver) == first
    kept = driver.out / "peers" / "films-loo"
    names = ["fake.json", "fake.parquet", "pasand-popular-all.json", "pasand-popular-all.parquet"]
    assert sorted(file.name for file in kept.iterdir()) == names
    found = {(one["name"], one["at"].get("model")): one for one in first}
    assert found["train_seconds", "fake"]["at"]["minutes"] == 2.0
    assert found["epoch_seconds", "fake"]["unit"] == "s"
    # What is kept counts without the cache too, for any row that asks the same of the model.
    shutil.rmtree(driver.cache)
    driver.use(replace(driver.row, name="films-again"))
    assert driver.compare() == 0
    assert not (driver.cache / "runs").exists()
    assert (driver.out / "peers" / "films-again" / "fake.parquet").exists()


def test_ours_and_a_peer_that_say_the_same_are_ranked_the_same(driver: Any, peers: Any) -> None:
    """The invented peer counts without the validation items, so only order can differ."""
    assert driver.compare() == 0
    kept = driver.out / "peers" / "films-loo"
    ours = peers.ledger.read_ranks(kept / "pasand-popular-all.parquet")
    theirs = peers.ledger.read_ranks(kept / "fake.parquet")
    assert len(ours) == len(theirs) == 30
    assert ours.min() >= 1.0 and ours.max() <= 20.0
    assert np.corrcoef(ours, theirs)[0, 1] > 0.6


def test_minutes_add_up_over_runs_that_were_cut_off(driver: Any) -> None:
    assert driver.compare("--model", "frail") == 0  # The row has no such model: nothing to do.
    driver.use(replace(driver.row, models=("frail",)))
    assert driver.compare() == 1
    assert not (driver.out / "peers" / "films-loo" / "frail.parquet").exists()
    assert driver.compare() == 0
    done = json.loads((driver.out / "peers" / "films-loo" / "frail.json").read_text())
    assert done["train_seconds"] >= 7.0
    assert runs_of(driver, "frail") == 2
    # Another budget is another result of the same run.
    assert driver.compare("--minutes", "3") == 0
    assert runs_of(driver, "frail") == 3
    done = json.loads((driver.out / "peers" / "films-loo" / "frail.json").read_text())
    assert done["minutes"] == 3.0


def test_a_run_is_known_by_all_that_could_change_its_ranks(peers: Any) -> None:
    model = peers.models.MODELS["rectools-sasrec"]
    timed = peers.models.MODELS["rectools-hstu"]
    ours = peers.models.MODELS["pasand-ease"]
    row, hidden = peers.rows.ROWS[0], peers.rows.ROWS[1]
    pins = peers.ledger.pins((PEERS / "requirements.txt").read_text("utf-8"))
    key = peers.ledger.run_key
    usual = key(model, row, "split", pins)
    assert usual == key(model, hidden, "split", pins, code="ours alone hang on our code")
    assert usual != key(model, row, "another split", pins)
    assert usual != key(model, row, "split", pins | {"torch": "9"})
    assert usual == key(model, row, "split", pins | {"lenskit": "9"})
    assert usual != key(model, row, "split", pins, seed=2)
    assert usual != key(model, row, "split", pins, device="cuda")
    assert key(timed, row, "split", pins) != key(timed, hidden, "split", pins)
    assert key(ours, row, "split", pins, code="a") != key(ours, row, "split", pins, code="b")


def test_every_row_is_made_of_models_that_there_are(peers: Any) -> None:
    pins = peers.ledger.pins((PEERS / "requirements.txt").read_text("utf-8"))
    for row in peers.rows.ROWS:
        assert set(row.models) <= set(peers.models.MODELS)
        assert set(row.bars) <= set(row.models)
        for name in row.models:
            model = peers.models.MODELS[name]
            assert (PEERS / model.script).exists()
            assert set(model.pins) <= set(pins)
    with pytest.raises(SystemExit, match="no row nowhere"):
        peers.rows.chosen_rows(["nowhere"])


def test_ranks_are_kept_as_they_are(peers: Any, tmp_path: Path) -> None:
    rank = np.array([1.0, 2.5, 3706.0])
    peers.ledger.write_ranks(tmp_path / "row" / "model.parquet", rank)
    assert peers.ledger.read_ranks(tmp_path / "row" / "model.parquet").tolist() == rank.tolist()
    assert [file.name for file in (tmp_path / "row").iterdir()] == ["model.parquet"]


def test_history_is_removed_and_what_has_no_score_is_last(peers: Any) -> None:
    queries = peers.task.Queries(
        item=np.array([0, 1, 2, 3, 1], np.int32),
        at_ms=np.array([10, 20, 30, 40, 50]),
        first=np.array([0, 0]),
        place=np.array([2, 3]),
    )
    scores = np.array([[9.0, 8.0, 1.0, 5.0, np.nan], [9.0, 8.0, 7.0, np.nan, np.nan]], np.float32)
    rank = peers.task.rank_queries(queries, 5, lambda rows: scores[rows])
    # Item 2 behind 3 and before 4; then item 3 and 4 alike, all others had before.
    assert rank.tolist() == [2.0, 1.5]
    rows = np.array([0, 1])
    assert queries.request_at_ms(rows).tolist() == [30, 40]
    hidden = peers.task.Queries(queries.item, queries.at_ms, queries.first, queries.place, False)
    assert hidden.request_at_ms(rows).tolist() == [20, 30]


def test_validation_items_are_last_events_that_are_new_to_their_members(peers: Any) -> None:
    member = np.array([0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 3], np.int32)
    item = np.array([5, 6, 7, 5, 6, 8, 9, 8, 1, 2, 3, 4], np.int32)
    first, place = peers.splitting.validation_places(member, item)
    # Member 1 has too few, member 2 ends with an item from before.
    assert (first.tolist(), place.tolist()) == ([0, 8], [2, 11])
    _, few = peers.splitting.validation_places(member, item, count_max=1)
    assert len(few) == 1


def test_ratios_are_to_the_best_of_the_bars(peers: Any) -> None:
    row = peers.rows.Row("r", "d", "time", "known", (), slices=("all",), bars=("pasand-popular",))
    done = {"minutes": 1.0, "train_seconds": 60.0}
    result = peers.ledger.Result
    curve = [
        {"second": 20.0, "ndcg@10": 0.2, "epoch": 1},
        {"second": 50.0, "ndcg@10": 0.4, "epoch": 2},
    ]
    early = [
        {"second": 5.0, "ndcg@10": 0.3, "epoch": 1},
        {"second": 10.0, "ndcg@10": 0.4, "epoch": 2},
    ]
    results = [
        result("pasand-popular", np.array([1.0, 3.0]), done | {"curve": []}),
        result("rectools-sasrec", np.array([3.0, 3.0]), done | {"curve": curve}),
        result("pasand-sequence", np.array([1.0, 1.0]), done | {"curve": early}),
    ]
    masks = {"all": np.array([True, True]), "cold": np.array([False, False])}
    at = {"row": "r", "seed": 1}
    figures = peers.ledger.row_figures(row, results, np.array([4, 9]), masks, at)
    ratios = {one["at"]["peer"]: one for one in figures if one["name"] == "ndcg@10_ratio_to_peer"}
    assert set(ratios) == {"pasand-popular", "rectools-sasrec", "best"}
    assert ratios["rectools-sasrec"]["value"] == 2.0
    assert ratios["best"]["value"] == pytest.approx(1 / 0.75, abs=1e-4)
    assert ratios["best"]["at"]["best"] == "pasand-popular"
    assert ratios["best"]["low"] == 1.0 and ratios["best"]["high"] == 2.0
    (quality,) = (one for one in figures if one["name"] == "seconds_to_peer_quality_ratio")
    assert quality["value"] == 0.2
    assert quality["at"]["model"] == "pasand-sequence"


def test_a_minute_is_processor_time_which_waiting_does_not_spend(peers: Any) -> None:
    clock = peers.task.Clock(60.0, 5.0)
    time.sleep(0.2)
    waited_s = clock.spent_s - 5.0
    until_s = time.process_time() + 0.2
    while time.process_time() < until_s:
        pass
    worked_s = clock.spent_s - 5.0 - waited_s
    assert worked_s >= 0.2 / (os.cpu_count() or 1) > waited_s


def test_ours_are_trained_anew_when_their_code_changes_and_not_when_other_code_does(
    peers: Any, tmp_path: Path
) -> None:
    root = peers.ledger.ROOT_MODULE.removeprefix("pasand.").replace(".", "/")
    written = {
        root: "def f():\n    from pasand.learning.models import late",
        "learning/models/__init__": "",
        "learning/models/late": "from pasand.domain.pages import page",
        "learning/elsewhere": "",
        "domain/pages": "",
    }
    for name, code in written.items():
        file = tmp_path / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code)
    before = peers.ledger.source_hash(tmp_path)
    for name in ("learning/elsewhere", "domain/pages"):
        (tmp_path / f"{name}.py").write_text("changed = 1")
    assert peers.ledger.source_hash(tmp_path) == before
    (tmp_path / "learning/models/late.py").write_text("changed = 1")
    assert peers.ledger.source_hash(tmp_path) != before


def test_the_peers_environment_needs_nothing_of_pasand_but_numpy() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import task;"
        "print(*sorted(m for m in ('msgspec', 'duckdb', 'apsw', 'typer') if m in sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, str(PEERS)], capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == []
