"""The gate of a home: its examiner here, and the child process that examines a snapshot."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pasand.domain.catalog import Catalog
    from pasand.domain.interactions import Interactions
    from pasand.flows.gating import Examine, Report, Stretch
    from pasand.flows.golden import Examiner
    from pasand.flows.live import Stores
    from pasand.flows.teaching import Gate
    from pasand.settings import LearnSettings, Settings

__all__ = ["examine_in", "examiner_over", "gate_of"]

_TOLD_MAX = 300


def gate_of(home: Path, stores: Stores, settings: Settings, catalog: Catalog) -> Gate:
    """Return the gate that the snapshots of a home have to pass."""
    from pasand.flows.teaching import Gate

    return Gate(examiner_over(stores, settings, catalog), examine_in(home, settings.learn))


def examiner_over(
    stores: Stores, settings: Settings, catalog: Catalog
) -> Callable[[Interactions], Examiner]:
    """Return how an examiner is made over the interactions of a home's log."""
    from pasand.bootstrap import load_plan
    from pasand.flows.choosing import weights_in
    from pasand.flows.golden import Examiner

    return lambda interactions: Examiner(
        stores.log,
        catalog,
        interactions,
        stores.catalog.member,
        lambda models: (
            load_plan("homepage", models, settings),
            load_plan("kids", models, settings),
        ),
        weights_in(settings),
        settings.serve,
        settings.learn.seed,
        settings.learn.gate_target_count,
    )


def examine_in(home: Path, settings: LearnSettings) -> Examine:
    """Return how a snapshot of ``home`` is examined in a child process with limits."""
    return partial(_examine, home, settings)


def _examine(home: Path, settings: LearnSettings, snapshot_id: str, stretch: Stretch) -> Report:
    """Return the child's report; one that crashes or takes too long is a fault of the snapshot."""
    import msgspec

    from pasand.flows.gating import Report

    moments = (str(stretch.after_ms), str(stretch.until_ms))
    limits = (str(settings.gate_memory_mb), str(settings.gate_seconds))
    command = [sys.executable, "-m", "pasand.cli.gate_process", str(home), snapshot_id]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [*command, *moments, *limits],
            capture_output=True,
            env=environment,
            timeout=settings.gate_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        told = f"examining it took longer than {settings.gate_seconds} s"
        return Report(snapshot_id, (told,))
    try:
        return msgspec.json.decode(done.stdout.rpartition(b"\n")[2], type=Report)
    except msgspec.DecodeError:
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][-_TOLD_MAX:]
        ended = f"signal {-done.returncode}" if done.returncode < 0 else f"code {done.returncode}"
        told = f"the process that examined it ended with {ended}" + (f" ({last})" if last else "")
        return Report(snapshot_id, (told,))
