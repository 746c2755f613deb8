"""How fast events come in: ``pasand import`` from its start to its end, into a fresh home.

Rows per second count the whole command: starting Python, reading and checking each row, and
having it durably in the log.
"""

from __future__ import annotations

from pathlib import Path

from pasand.bench.catalogue import Size, write_events
from pasand.bench.children import run
from pasand.bench.figures import Measured

__all__ = ["measure_import", "measure_import_data"]

EVENTS_EACH = 100


def measure_import(folder: Path, event_count: int, now_ms: int, seed: int = 1) -> list[Measured]:
    """Import a synthetic CSV of ``event_count`` events (rounded up to whole members)."""
    profiles = -(-event_count // EVENTS_EACH)
    size = Size(10_000, profiles, EVENTS_EACH, seed)
    file, home = folder / "events.csv", folder / "home"
    written = write_events(file, size, now_ms)
    run("init", "--home", str(home))
    ran = run("import", "events", str(file), "--home", str(home), "--json")
    kept = int(ran.figure("imported_events"))
    return [_rate(kept, ran.took_s, data="synthetic", rows=written)]


def measure_import_data(folder: Path, data: Path) -> list[Measured]:
    """Import a MovieLens folder as its owner ships it; titles and members count as time only."""
    home = folder / "home-data"
    run("init", "--home", str(home))
    ran = run("import", "movielens", str(data), "--home", str(home), "--json")
    kept = int(ran.figure("imported_events"))
    return [_rate(kept, ran.took_s, data=data.resolve().name, rows=kept)]


def _rate(kept: int, took_s: float, data: str, rows: int) -> Measured:
    at = {"data": data, "rows": rows, "format": "csv" if data == "synthetic" else "movielens"}
    return Measured("import_events_per_s", round(kept / took_s), "rows/s", "higher", at)
