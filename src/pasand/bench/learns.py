"""How long learning takes: ``pasand learn`` with default settings, as the command tells it."""

from __future__ import annotations

from pathlib import Path

from pasand.bench.catalogue import Size
from pasand.bench.children import Ran, run
from pasand.bench.figures import Measured
from pasand.bench.homes import make_home

__all__ = ["measure_learning", "measure_learning_data"]


def measure_learning(folder: Path, size: Size, now_ms: int) -> list[Measured]:
    """Learn from a synthetic home."""
    made = make_home(folder, size, now_ms)
    at = {
        "data": "synthetic",
        "items": size.items,
        "profiles": size.profiles,
        "interactions": made.interactions,
    }
    return [Measured("learn_seconds", round(made.learn_s, 2), "s", at=at)]


def measure_learning_data(folder: Path, data: Path) -> list[Measured]:
    """Learn from a MovieLens folder."""
    home = folder / "home-data"
    run("init", "--home", str(home))
    run("import", "movielens", str(data), "--home", str(home))
    ran: Ran = run("learn", "--home", str(home), "--json")
    (learned,) = (f for f in ran.report["figures"] if f["name"] == "learn_seconds")
    at = {"data": data.resolve().name, "interactions": learned["at"]["interactions"]}
    return [Measured("learn_seconds", round(float(learned["value"]), 2), "s", at=at)]
