"""Write the values that the Open Bandit Pipeline finds on logs in its owner's format.

``bench/peers/.venv/bin/python bench/peers/off_policy_peer.py [--data ../shared/data/open-bandit]``
writes ``tests/evaluation/off_policy/peer.json``: for an invented log, which lies beside it, and
for each log below ``--data``. Policy and guesses are formulas of column and position, so that
both sides can make them from the rows alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from obp.ope import (
    DirectMethod,
    DoublyRobust,
    DoublyRobustWithShrinkage,
    InverseProbabilityWeighting,
    ReplayMethod,
    SelfNormalizedInverseProbabilityWeighting,
    SwitchDoublyRobust,
)

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "evaluation" / "off_policy"
TAU, LAMBDA = 2.0, 3.0


def main() -> int:
    """Compute and write; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data/open-bandit")
    data = parser.parse_args().data
    logs = {"invented": FOLDER / "log.csv"}
    logs |= {path.parent.name: path for path in sorted(data.glob("*/log.csv"))}
    found = {name: values(path) for name, path in logs.items()}
    text = json.dumps({"source": f"obp {version('obp')}", **found}, indent=1)
    (FOLDER / "peer.json").write_text(text + "\n", "utf-8")
    return 0


def values(path: Path) -> dict[str, Any]:
    """Return every estimator's value on one log."""
    rows = pd.read_csv(path, index_col=0)
    width = 34
    position = rows["position"].to_numpy() - 1
    slots = np.arange(1, position.max() + 2)
    column = np.arange(width)[:, None]
    logit = np.cos(column * 0.7 + slots) * 2.0
    policy = np.exp(logit) / np.exp(logit).sum(axis=0)
    guess = 0.005 + 0.004 * np.sin(column * 1.3 + slots)
    sure = np.eye(width)[policy.argmax(axis=0)].T
    count = len(rows)
    given = {
        "reward": rows["click"].to_numpy().astype(float),
        "action": rows["item_id"].to_numpy(),
        "pscore": rows["propensity_score"].to_numpy(),
        "position": position,
        "action_dist": np.broadcast_to(policy, (count, *policy.shape)).copy(),
        "estimated_rewards_by_reg_model": np.broadcast_to(guess, (count, *guess.shape)).copy(),
    }
    estimators = {
        "ips": InverseProbabilityWeighting(),
        "snips": SelfNormalizedInverseProbabilityWeighting(),
        "dm": DirectMethod(),
        "dr": DoublyRobust(),
        "switch_dr": SwitchDoublyRobust(tau=TAU),
        "dr_os": DoublyRobustWithShrinkage(lambda_=LAMBDA),
    }
    found = {name: float(one.estimate_policy_value(**given)) for name, one in estimators.items()}
    given["action_dist"] = np.broadcast_to(sure, (count, *sure.shape)).copy()
    found["replay"] = float(ReplayMethod().estimate_policy_value(**given))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"width": width, "tau": TAU, "lambda": LAMBDA, "sha256": digest, "values": found}


if __name__ == "__main__":
    raise SystemExit(main())
