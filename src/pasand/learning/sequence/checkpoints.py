"""Checkpoints of a training that may be killed at any moment, as one file of plain arrays.

The file is written beside and renamed, so that there is always a whole one. It belongs to one
training: ``key`` stands for what is trained on and how, and another training begins anew.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray

from pasand.learning.sequence.fitting import Pass, Run

__all__ = ["read_checkpoint", "write_checkpoint"]

_COUNTERS = ("step", "epoch", "spent_s", "refitted")


def write_checkpoint(run: Run, path: Path, key: str = "") -> None:
    """Write everything that a training needs to go on."""
    arrays: dict[str, NDArray[np.generic]] = {
        "key": np.frombuffer(key.encode(), np.uint8),
        "counters": np.array([getattr(run, name) for name in _COUNTERS], np.float64),
        "passes": np.array(
            [(one.epoch, one.cost, one.ndcg, one.second) for one in run.passes], np.float64
        ).reshape(-1, 4),
    }
    for part, state in (("now", run.network.state_dict()), ("mean", run.average)):
        arrays |= _arrays(part, state)
    arrays |= _arrays("best", run.best)
    for at, kept in run.optimiser.state_dict()["state"].items():
        arrays |= _arrays(f"moment{at}", kept)
    draft = path.with_suffix(".draft")
    path.parent.mkdir(parents=True, exist_ok=True)
    with draft.open("wb") as out:
        np.savez(out, **arrays)  # type: ignore[arg-type]
        out.flush()
        os.fsync(out.fileno())
    draft.replace(path)


def read_checkpoint(run: Run, path: Path, key: str = "") -> bool:
    """Fill a fresh run from a checkpoint; return whether there was one that fits."""
    if not path.exists():
        return False
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        if arrays["key"].tobytes() != key.encode():
            return False
        states = [_tensors(part, arrays) for part in ("now", "mean", "best")]
        run.network.load_state_dict(states[0])
    except (OSError, ValueError, KeyError, RuntimeError, BadZipFile):
        return False
    run.average, run.best = states[1], states[2]
    step, epoch, spent_s, refitted = arrays["counters"].tolist()
    run.step, run.epoch, run.spent_s, run.refitted = int(step), int(epoch), spent_s, int(refitted)
    run.passes = [Pass(int(e), c, n, s) for e, c, n, s in arrays["passes"].tolist()]
    state = run.optimiser.state_dict()
    state["state"] = {
        at: _tensors(f"moment{at}", arrays)
        for at in range(sum(len(group["params"]) for group in state["param_groups"]))
        if any(name.startswith(f"moment{at}.") for name in arrays)
    }
    run.optimiser.load_state_dict(state)
    return True


def _arrays(part: str, state: Mapping[str, torch.Tensor]) -> dict[str, NDArray[np.generic]]:
    return {f"{part}.{name}": value.detach().numpy() for name, value in state.items()}


def _tensors(part: str, arrays: Mapping[str, NDArray[np.generic]]) -> dict[str, torch.Tensor]:
    ahead = f"{part}."
    return {
        name.removeprefix(ahead): torch.from_numpy(np.array(value))
        for name, value in arrays.items()
        if name.startswith(ahead)
    }
