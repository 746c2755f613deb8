"""What was done and what it gave: keys of runs, the files of ranks, figures made of ranks.

Nothing here trains or needs the peers' libraries. A run's key holds whatever could change its
ranks: the split, the model's options and pins (for ours, its code), the seed, the device. The
budget is no part of it: minutes add up over runs, and each budget's ranks are files of their own.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from models import Model
from numpy.typing import NDArray
from rows import MINUTES, Row

from pasand.cli.options import figure
from pasand.evaluation.bootstrap import Draws, interval
from pasand.evaluation.metrics import RANK_METRICS, macro_mean, micro_mean

__all__ = [
    "Result",
    "options_of",
    "pins",
    "read_ranks",
    "row_figures",
    "run_key",
    "source_hash",
    "write_ranks",
]

Figures = list[dict[str, Any]]
Means = tuple[float, NDArray[np.float64]]
RATIOS = ("ndcg@10", "mrr@20")
#: Where our own models begin, and the packages that they are made of.
ROOT_MODULE = "pasand.flows.evaluating"
CODE = (
    ROOT_MODULE,
    "pasand.domain.interactions",
    "pasand.domain.labels",
    "pasand.evaluation",
    "pasand.learning",
    "pasand.stages.scoring",
)


@dataclass(frozen=True)
class Result:
    """One model's ranks on one row, and how it came by them."""

    model: str
    rank: NDArray[np.float64]
    done: Mapping[str, Any]


def pins(requirements: str) -> dict[str, str]:
    """Return {package: version} of a requirements file."""
    found = re.findall(r"^([A-Za-z][\w.-]*)(?:\[[\w,]*\])?==(\S+)", requirements, re.MULTILINE)
    return {name.lower(): version for name, version in found}


def source_hash(source: Path) -> str:
    """Return a hash of the code that our own models are made of: of the modules of ``CODE`` that
    are imported on the way from ``ROOT_MODULE``, wherever in a module that is.
    """
    files = {".".join(("pasand", *path.relative_to(source).with_suffix("").parts)): path
             for path in source.rglob("*.py")}  # fmt: skip
    found: dict[str, bytes] = {}
    waiting = [ROOT_MODULE]
    while waiting:
        module = waiting.pop()
        if module in found or module not in files or not within(module, CODE):
            continue
        found[module] = files[module].read_bytes()
        for node in ast.walk(ast.parse(found[module])):
            if isinstance(node, ast.ImportFrom) and node.module:
                waiting += [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
    digest = sha256()
    for module in sorted(found):
        digest.update(module.encode() + b"\0" + found[module])
    return digest.hexdigest()


def within(module: str, packages: Sequence[str]) -> bool:
    """Return whether a module is one of the packages or lies in one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def options_of(model: Model, row: Row) -> dict[str, Any]:
    """Return a model's options on a row."""
    options = dict(model.options)
    if model.script == "transformer_peers.py":
        options["session_max_len"] = row.length
    # Ours ends by itself within the minutes; without their limit it is given a peer's patience.
    if model.script == "transformer_peers.py" or (model.ours and row.minutes > MINUTES):
        options |= {"patience": row.patience} if row.patience else {}
    return options


def run_key(
    model: Model,
    row: Row,
    split: str,
    versions: Mapping[str, str],
    *,
    code: str = "",
    seed: int = 1,
    device: str = "cpu",
) -> str:
    """Return what the run's folder is called by."""
    made_from = {
        "split": split,
        "script": model.script,
        "options": options_of(model, row),
        "request_time": row.request_time if model.timed else "",
        "pins": {name: versions[name] for name in model.pins},
        "code": code if model.ours else "",
        "seed": seed,
        "device": device,
    }
    digest = sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()
    return f"{model.name}-{digest[:12]}"


def write_ranks(path: Path, rank: NDArray[np.floating]) -> None:
    """Write the rank of each target as Parquet, whole or not at all."""
    import duckdb

    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    with duckdb.connect(":memory:") as connection:
        connection.execute("CREATE TABLE ranks (target INTEGER, rank FLOAT)")
        connection.execute(
            "INSERT INTO ranks SELECT unnest(?::INTEGER[]), unnest(?::FLOAT[])",
            [list(range(len(rank))), np.asarray(rank, np.float32).tolist()],
        )
        connection.execute(f"COPY ranks TO '{draft}' (FORMAT parquet, COMPRESSION zstd)")
    draft.replace(path)


def read_ranks(path: Path) -> NDArray[np.float64]:
    """Return the ranks of all targets, in their order."""
    import duckdb

    with duckdb.connect(":memory:") as connection:
        found = connection.execute(
            "SELECT rank FROM read_parquet(?) ORDER BY target", [str(path)]
        ).fetchnumpy()
    return np.asarray(found["rank"], np.float64)


def row_figures(
    row: Row,
    results: Sequence[Result],
    member: NDArray[np.integer],
    masks: Mapping[str, NDArray[np.bool_]],
    conditions: Mapping[str, Any],
) -> Figures:
    """Return all figures of a row: metrics, ratios to the peers, seconds."""
    at = {
        "data": row.data,
        "protocol": row.protocol,
        "request_time": row.request_time,
        **conditions,
    }
    figures = [
        figure("targets", int(mask.sum()), "1", "none", **at, slice=name)
        for name, mask in masks.items()
    ]
    for result in results:
        own = {**at, "model": result.model, "minutes": result.done["minutes"]}
        figures += metric_figures(result.rank, member, masks, row.slices, own)
        seconds = result.done["train_seconds"]
        figures.append(figure("train_seconds", seconds, "s", "lower", **own))
        epochs = [look["epoch"] for look in result.done["curve"] if "epoch" in look]
        if epochs:
            each = round(seconds / max(epochs[-1], 1e-3), 1)
            figures.append(figure("epoch_seconds", each, "s", "lower", **own))
    figures += ratio_figures(row, results, member, masks, at)
    return figures + quality_figures(row, results, at)


def metric_figures(
    rank: NDArray[np.float64],
    member: NDArray[np.integer],
    masks: Mapping[str, NDArray[np.bool_]],
    whole: Sequence[str],
    at: Mapping[str, Any],
) -> Figures:
    """Return every metric of one model on the slices ``whole``, and NDCG@10 on the others.

    Everything else can be had from the kept ranks.
    """
    figures = []
    for name, mask in masks.items():
        place = {**at, "slice": name}
        for metric, function in RANK_METRICS.items():
            value = function(rank[mask])
            if name in whole or metric == "ndcg@10":
                figures.append(figure(metric, round(micro_mean(value), 6), **place))
            if name in whole and metric in RATIOS:
                macro = round(macro_mean(value, member[mask]), 6)
                figures.append(figure(f"{metric}_macro", macro, **place))
    return figures


def ratio_figures(
    row: Row,
    results: Sequence[Result],
    member: NDArray[np.integer],
    masks: Mapping[str, NDArray[np.bool_]],
    at: Mapping[str, Any],
) -> Figures:
    """Return our models over each bar of the row and over the best one, with 95 % intervals.

    Intervals are of a bootstrap over members, the same members for both models.
    """
    figures = []
    codes, member = np.unique(member, return_inverse=True)
    draws = Draws.of(len(codes), int(at["seed"]))
    for name in [name for name in row.slices if name in masks]:
        mask = masks[name]
        for metric in RATIOS:
            found = {
                result.model: means(RANK_METRICS[metric](result.rank[mask]), member[mask], draws)
                for result in results
            }
            bars = {model: one for model, one in found.items() if row.is_bar(model) and one[0] > 0}
            for model, mine in found.items():
                if not row.is_bar(model):
                    place = {**at, "slice": name, "model": model}
                    figures += ratios(metric, mine, bars, place)
    return figures


def ratios(metric: str, mine: Means, bars: Mapping[str, Means], at: Mapping[str, Any]) -> Figures:
    """Return one model's means over those of every bar, and of the best bar."""
    if not bars:
        return []
    best = max(bars, key=lambda model: bars[model][0])
    found = []
    for peer, named in [*((peer, {"peer": peer}) for peer in bars), (best, {"peer": "best"})]:
        mean, drawn = bars[peer]
        low, high = interval(mine[1] / np.maximum(drawn, 1e-12))
        more = {"best": best} if named["peer"] == "best" else {}
        one = figure(f"{metric}_ratio_to_peer", round(mine[0] / mean, 4))
        one["at"] = {**at, **named, **more}
        found.append(one | {"low": round(low, 4), "high": round(high, 4)})
        if at["protocol"] == "hidden-items" and metric == "ndcg@10" and more:
            found.append(found[-1] | {"name": "cold_ndcg@10_ratio_to_popularity"})
    return found


def means(value: NDArray[np.float64], member: NDArray[np.integer], draws: Draws) -> Means:
    """Return the mean, and the means that the draws of members give."""
    return micro_mean(value), draws.micro_means(value[:, None], member)[:, 0]


def quality_figures(row: Row, results: Sequence[Result], at: Mapping[str, Any]) -> Figures:
    """Return how soon ours has the validation NDCG@10 that the peer ends with, over its seconds."""
    curves = {result.model: result.done["curve"] for result in results}
    theirs = curves.get("rectools-sasrec", [])
    figures = []
    for model, curve in curves.items():
        if row.is_bar(model) or not theirs or not curve:
            continue
        peak = max(theirs, key=lambda look: look["ndcg@10"])
        reached = [look["second"] for look in curve if look["ndcg@10"] >= peak["ndcg@10"]]
        ratio = round(min(reached) / peak["second"], 4) if reached else None
        place = {"model": model, "peer": "rectools-sasrec"}
        peers = {"peer_ndcg@10": peak["ndcg@10"], "peer_seconds": peak["second"]}
        name = "seconds_to_peer_quality_ratio"
        one = figure(name, ratio, "1", "lower")
        figures.append(one | {"at": {**at, **place, **peers}})
    return figures
