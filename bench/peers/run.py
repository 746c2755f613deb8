"""Compare our models with the libraries one would take instead: ``make bench-peers``.

Each row's split is cut once; then each model's script runs in a process of its own for the same
minutes of the machine: of all its cores for those minutes, or, by ``--threads 1``, of one core for
as much longer, beside another run that has the other core. Whatever was done before at the same
key is kept: run again, it goes on where it stopped, and what is finished is not done twice. Ranks
of all targets go to ``results/peers/ROW/MODEL.parquet``, how they came about beside them, and
figures of all rows are made from those files by one code into ``results/peers.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from ledger import (
    Result,
    options_of,
    pins,
    read_ranks,
    row_figures,
    run_key,
    source_hash,
    write_ranks,
)
from models import MODELS, Model
from rows import ROWS, Row, chosen_rows
from splitting import exported
from task import write_whole

from pasand import __version__
from pasand.adapters.interaction_files import read_data
from pasand.cli.options import commit, machine, say
from pasand.evaluation.slices import slices
from pasand.evaluation.splits import Split

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SEED = 1


@dataclass(frozen=True)
class Place:
    """Where things are, and what holds for every model of this run."""

    data: Path
    out: Path
    cache: Path
    python: Path
    minutes: float
    device: str = "cpu"
    threads: int = 0


def main(arguments: list[str] | None = None) -> int:
    """Run what is wanted; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--row", nargs="*", default=[], help="rows; all when left out")
    parser.add_argument(
        "--model", nargs="*", default=[], help="models; all of a row's when left out"
    )
    parser.add_argument(
        "--minutes", type=float, default=0.0, help="for each model; a row's own if 0"
    )
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "results")
    parser.add_argument("--cache", type=Path, default=HERE / ".cache")
    parser.add_argument("--python", type=Path, default=HERE / ".venv" / "bin" / "python")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--threads", type=int, default=0, help="cores for a model; all if 0")
    parser.add_argument("--list", action="store_true", help="say what there is and do nothing")
    parser.add_argument("--figures", action="store_true", help="only make figures of what is there")
    given = parser.parse_args(arguments)
    rows = chosen_rows(given.row)
    if given.list:
        for row in ROWS:
            print(f"{row.name}: {row.data}, {row.protocol}, time {row.request_time}: ", end="")
            print(", ".join(row.models))
        return 0
    place = Place(
        given.data, given.out, given.cache, given.python, given.minutes, given.device, given.threads
    )
    failed = [] if given.figures else list(run_rows(rows, given.model, place))
    write_report(place)
    for text in failed:
        say(text)
    return 1 if failed else 0


def run_rows(rows: list[Row], only: list[str], place: Place) -> Iterator[str]:
    """Train and rank; yield what failed."""
    for row in rows:
        folder = data_folder(row, place)
        if folder is None:
            say(f"{row.name}: {place.data / row.data} is not there; left out")
            continue
        _, split_folder, _ = split_of(folder, row.protocol, place.cache)
        for name in row.models:
            if only and name not in only:
                continue
            failure = run_model(row, MODELS[name], split_folder, place)
            if failure:
                yield f"{row.name} {name}: {failure}"
        write_report(place)


@cache
def split_of(folder: Path, protocol: str, cache_folder: Path) -> tuple[Split, Path, dict[str, str]]:
    """Return a data set's split, where it is written for the models, and what was read."""
    data = read_data(folder)
    return *exported(data, protocol, cache_folder), dict(data.hashes)


def data_folder(row: Row, place: Place) -> Path | None:
    """Return the row's data set, None where it is absent."""
    folder = place.data / row.data
    return folder if folder.exists() else None


def run_model(row: Row, model: Model, split_folder: Path, place: Place) -> str:
    """Have one model's ranks, from before or by running it; return what failed, if anything."""
    minutes = place.minutes or row.minutes
    key = run_key(
        model,
        row,
        split_folder.name,
        pins((HERE / "requirements.txt").read_text("utf-8")),
        code=source_hash(ROOT / "src" / "pasand"),
        seed=SEED,
        device=place.device,
    )
    folder = place.cache / "runs" / key
    if found := kept_before(model, key, minutes, place):
        say(f"{row.name} {model.name}: done before")
        copy_results(found, place.out / "peers" / row.name)
        return ""
    folder.mkdir(parents=True, exist_ok=True)
    if not finished(folder, minutes):
        say(f"{row.name} {model.name}: {minutes:g} minutes at most")
        shares = os.getloadavg()[0]
        code = subprocess.run(
            command(row, model, split_folder, folder, minutes, place),
            env=environment(place.threads),
            timeout=60 * minutes * (os.cpu_count() or 1) + 4 * 3600,
            check=False,
        ).returncode
        if code or not finished(folder, minutes):
            return f"its script ended with {code}"
        note_load(folder, minutes, shares)
    keep(row, model, folder, minutes, key, place)
    return ""


def kept_before(model: Model, key: str, minutes: float, place: Place) -> Path | None:
    """Return the facts of the same run among the results, of whichever row; they outlive caches."""
    for facts in sorted((place.out / "peers").glob(f"*/{model.name}.json")):
        done = json.loads(facts.read_text("utf-8"))
        ranks = facts.with_suffix(".parquet")
        if (done["key"], done["minutes"]) == (key, minutes) and ranks.exists():
            return facts
    return None


def copy_results(facts: Path, folder: Path) -> None:
    """Have another row's results of a run among this row's too."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in (facts.with_suffix(".parquet"), facts):
        if not (folder / file.name).exists() or not file.samefile(folder / file.name):
            write_whole(folder / file.name, file.read_bytes())


def command(
    row: Row, model: Model, split_folder: Path, folder: Path, minutes: float, place: Place
) -> list[str]:
    """Return the command of a model's script; ours runs in the environment that this runs in."""
    given = [
        sys.executable if model.ours else str(place.python),
        str(HERE / model.script),
        "--task", str(split_folder), "--run", str(folder), "--minutes", f"{minutes:g}",
        "--seed", str(SEED), "--device", place.device,
        "--options", json.dumps(options_of(model, row)),
    ]  # fmt: skip
    if row.request_time == "known":
        given.append("--timed-request")
    if model.ours:
        given += ["--data", str(place.data / row.data), "--protocol", row.protocol]
    return given


def environment(threads: int) -> dict[str, str]:
    """Return the environment of a model's process: its cores, and Pasand's code to rank by."""
    cores = str(threads or os.cpu_count() or 1)
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), cores)
    return os.environ | threads | {"PYTHONPATH": str(ROOT / "src")}


def finished(folder: Path, minutes: float) -> bool:
    """Return whether the ranks of this budget are there."""
    return (folder / f"rank-{minutes:g}.npy").exists()


def note_load(folder: Path, minutes: float, before: float) -> None:
    """Say beside the results how busy the machine was when the model began."""
    file = folder / f"done-{minutes:g}.json"
    done = json.loads(file.read_text("utf-8")) | {"load_before": round(before, 2)}
    write_whole(file, json.dumps(done, indent=1).encode())


def keep(row: Row, model: Model, folder: Path, minutes: float, key: str, place: Place) -> None:
    """Put the ranks and how they came about where the figures are made from."""
    kept = place.out / "peers" / row.name
    write_ranks(kept / f"{model.name}.parquet", np.load(folder / f"rank-{minutes:g}.npy"))
    done = json.loads((folder / f"done-{minutes:g}.json").read_text("utf-8"))
    done |= {"minutes": minutes, "key": key, "device": place.device, "commit": commit()}
    done |= {"threads": place.threads or os.cpu_count()}
    write_whole(kept / f"{model.name}.json", (json.dumps(done, indent=1) + "\n").encode())


def write_report(place: Place) -> None:
    """Make the figures of every row that has ranks, and write them."""
    figures: list[dict[str, Any]] = []
    hashes: dict[str, str] = {}
    before = previous(place)
    for row in ROWS:
        kept = place.out / "peers" / row.name
        folder = data_folder(row, place)
        names = [name for name in row.models if (kept / f"{name}.parquet").exists()]
        if not names:
            continue
        if folder is None:
            figures += before.get(row.name, [])
            continue
        split, _, read = split_of(folder, row.protocol, place.cache)
        hashes |= read
        results = [result(kept, name) for name in names]
        conditions = {"row": row.name, "split": split.rule, "tie_order": "stable", "seed": SEED}
        figures += row_figures(row, results, split.targets.member, slices(split), conditions)
    report = {
        "command": "make bench-peers",
        "version": __version__,
        "commit": commit(),
        "machine": machine(),
        "data": hashes,
        "seed": SEED,
        "libraries": pins((HERE / "requirements.txt").read_text("utf-8")),
        "figures": figures,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
    }
    place.out.mkdir(parents=True, exist_ok=True)
    write_whole(place.out / "peers.json", by_lines(report).encode())


def by_lines(report: dict[str, Any]) -> str:
    """Return the report as JSON with a line for each figure, for there are thousands."""
    head = json.dumps({**report, "figures": []}, indent=1).removesuffix("\n}")
    lines = ",\n  ".join(json.dumps(one) for one in report["figures"])
    return head.replace('"figures": []', f'"figures": [\n  {lines}\n ]') + "\n}\n"


def result(kept: Path, name: str) -> Result:
    """Return a model's ranks and how it came by them."""
    done = json.loads((kept / f"{name}.json").read_text("utf-8"))
    return Result(name, read_ranks(kept / f"{name}.parquet"), done)


def previous(place: Place) -> dict[str, list[dict[str, Any]]]:
    """Return the figures written before, by row."""
    found: dict[str, list[dict[str, Any]]] = {}
    if (place.out / "peers.json").exists():
        for one in json.loads((place.out / "peers.json").read_text("utf-8"))["figures"]:
            found.setdefault(one["at"]["row"], []).append(one)
    return found


if __name__ == "__main__":
    # Ended from outside, it ends the model's process too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
