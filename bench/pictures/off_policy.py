"""Measure how far our off-policy estimators are from the Open Bandit Pipeline's on the same rows.

``.venv/bin/python bench/pictures/off_policy.py --data ../shared --out FILE``. The peer's values
stand in ``tests/evaluation/off_policy/peer.json`` (``bench/peers/off_policy_peer.py`` writes them).
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from pasand.cli.options import figure, write_figures
from pasand.evaluation.off_policy.estimating import estimate
from pasand.evaluation.off_policy.estimators import ESTIMATORS, Hyper
from pasand.evaluation.off_policy.logged import LoggedChoices

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "evaluation" / "off_policy"


def main() -> int:
    """Measure, print and write; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    peer = json.loads((FOLDER / "peer.json").read_text("utf-8"))
    figures, hashes, worst = [], {}, 0.0
    for name in ("random_men", "bts_men"):
        path = options.data / "data" / "open-bandit" / name / "log.csv"
        hashes[f"{name}/log.csv"] = hashlib.sha256(path.read_bytes()).hexdigest()
        assert hashes[f"{name}/log.csv"] == peer[name]["sha256"], "the peer saw other rows"
        for estimator, (value, low, high) in values(path, peer[name]).items():
            theirs = peer[name]["values"][estimator]
            worst = max(worst, abs(value - theirs))
            row = figure("ope_value", value, "clicks an impression", "none",
                         {"name": peer["source"], "value": theirs}, log=name, estimator=estimator)  # fmt: skip
            figures.append(row | {"low": low, "high": high})
            print(f"{name:12} {estimator:10} {value:.10f} [{low:.6f}, {high:.6f}] {theirs:.10f}")
    figures.insert(0, figure("ope_max_abs_diff_to_peer", worst, "", "lower"))
    print("ope_max_abs_diff_to_peer", worst)
    write_figures(options.out, "bench pictures off-policy", figures, hashes, 0)
    return 0


def values(path: Path, numbers: dict[str, Any]) -> dict[str, tuple[float, float, float]]:
    """Return our values and intervals of the policy that the peer was given."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    log = LoggedChoices(
        action=np.array([int(row["item_id"]) for row in rows]),
        propensity=np.array([float(row["propensity_score"]) for row in rows]),
        reward=np.array([float(row["click"]) for row in rows]),
    )
    position = np.array([int(row["position"]) for row in rows])[:, None]
    column = np.arange(numbers["width"])
    logit = np.cos(column * 0.7 + position) * 2.0
    policy = np.exp(logit) / np.exp(logit).sum(axis=1, keepdims=True)
    guess = np.broadcast_to(0.005 + 0.004 * np.sin(column * 1.3 + position), policy.shape)
    hyper = Hyper(numbers["tau"], numbers["lambda"])
    soft = tuple(name for name in ESTIMATORS if name != "replay")
    found = dict(estimate(log, policy, guess, names=soft, hyper=hyper).values)
    sure = np.eye(numbers["width"])[policy.argmax(axis=1)]
    found |= estimate(log, sure, names=("replay",)).values
    return {name: (one.value, one.low, one.high) for name, one in found.items()}


if __name__ == "__main__":
    raise SystemExit(main())
