"""How fast a large service's pages are for members nobody asked for lately, and what it holds.

Members are drawn uniformly from all, each once; the server has just started and the system's
memory of the home's files was dropped before, so profiles come from the disk. Nothing is warmed
up. Learning trains no sequence model, which would take hours on as many items.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from pasand.bench.catalogue import Size
from pasand.bench.children import resident_mb, run, serving
from pasand.bench.figures import Measured, quantile
from pasand.bench.homes import make_home
from pasand.bench.pages import Asker

__all__ = ["measure_cold_pages"]

SHAPE = (40, 40)
NO_SEQUENCES = {"PASAND_LEARN__SEQUENCE_SECONDS": "0"}


def measure_cold_pages(
    folder: Path, size: Size, now_ms: int, page_count: int = 1_000
) -> list[Measured]:
    """Serve the synthetic home in ``folder``, made there if there is none, and time its pages."""
    home = folder / "home"
    if not (home / "store.db").exists():
        folder.mkdir(parents=True, exist_ok=True)
        make_home(folder, size, now_ms, NO_SEQUENCES)
    key = run("key", "create", "bench", "--home", str(home), "--json").report["secret"]
    draw = np.random.default_rng([size.seed, 4])
    count = min(page_count, size.profiles)
    asked = draw.choice(size.profiles, count, replace=False).tolist()
    forget_files(home)
    rows, columns = SHAPE
    at: dict[str, Any] = {"items": size.items, "profiles": size.profiles}
    started = time.perf_counter()
    with serving(home, wait_s=1_800.0) as server:
        start_s = time.perf_counter() - started
        asker = Asker(server, key)
        answers = [asker.ask(f"m{member}", rows, columns) for member in asked]
        asker.close()
        held = [resident_mb(pid) for pid in (server.pid, *children_of(server.pid))]
    took_ms = [took for took, _ in answers]
    at |= {"events_each": size.events_each, "cache": "cold", "pages": count}
    at |= {"rows": rows, "columns": columns}
    cells = quantile([cell_count for _, cell_count in answers], 0.5)
    found = [
        Measured("start_s", round(start_s, 2), "s", at=at),
        Measured("page_p50_ms", round(quantile(took_ms, 0.5), 2), "ms", at=at),
        Measured("page_p99_ms", round(quantile(took_ms, 0.99), 2), "ms", at=at),
        Measured("page_cells", cells, "cells", "higher", at),
    ]
    known = [megabytes for megabytes in held if megabytes is not None]
    if known:
        largest = max(known) * 1e6 / 2**20
        found.append(Measured("serve_rss_mb", round(largest), "MiB", at=at))
    return found


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started, none where the system does not tell."""
    with suppress(OSError):
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
        return [int(child) for child in text.split()]
    return []


def forget_files(folder: Path) -> None:
    """Have the system forget what it remembers of the files below ``folder``, where it can."""
    for path in folder.rglob("*"):
        if path.is_file() and hasattr(os, "posix_fadvise"):
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(handle)
