"""Write ``bench/README.md`` from ``bench/results/*.json``: ``python bench/tables.py``.

Measures nothing; ``make bench`` writes the results.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
SIZES = (1_000, 10_000, 100_000)
Report = dict[str, Any]

OPENING = """\
# Benchmarks

`make bench` runs `pasand bench page|import|learn|install`, each with \
`--out bench/results/NAME.json`; `python bench/tables.py` writes this file from those. Each \
benchmark drives the real command as a child process with default settings, on synthetic data \
(`src/pasand/bench/catalogue.py`) or on a data set that you name with `--data`.

Machine: {machine}. Date: {date}. Commit: {commit}. The machine is shared, so take p99 above all \
with care.
"""
PAGE = """
## A page over HTTP, one request at a time

2,000 members with 30 events each, device tv, 300 pages a round, each of another member, the \
median of 3 rounds; one connection that stays open; every page is logged. Time runs from sending \
the request to having read the whole answer. *First*: the member's profile is folded from the \
log. Budget for 40 × 40 of 100,000 items: p50 10 ms, p99 30 ms.

| items | rows × columns asked | cells (median) | p50 ms | p99 ms | first p50 ms | first p99 ms |
|---:|---|---:|---:|---:|---:|---:|
"""
HOMES = """
| items | items imported a second | learning s | server start s | server memory at most, MB |
|---:|---:|---:|---:|---:|
"""
IMPORT = """
## Importing events

`pasand import events` (or `movielens`) from its start to its end, into a fresh home.

| data | rows | rows a second |
|---|---:|---:|
"""
LEARN = """
## Learning

`pasand learn`: co-visitation, EASE (up to 8,000 items) and context, reading the log included.

| data | items | interactions | s |
|---|---:|---:|---:|
"""
INSTALL = """
## Install

The wheel with its core dependencies in an empty environment, beside pip, setuptools and Pasand \
itself; compiled Python files count.

| | | budget |
|---|---:|---:|
"""


def value(report: Report, name: str, **at: object) -> Any:
    """Return a figure's value, a dash where it was not measured."""
    for figure in report["figures"]:
        if figure["name"] == name and at.items() <= figure["at"].items():
            return figure["value"]
    return "-"


def row(*cells: object) -> str:
    """Return one line of a table."""
    shown = (f"{cell:,}" if isinstance(cell, (int, float)) else str(cell) for cell in cells)
    return f"| {' | '.join(shown)} |\n"


def tables(page: Report, imports: Report, learn: Report, install: Report) -> str:
    """Return the text of the README."""
    text = OPENING.format(**page) + PAGE
    timed = ("page_cells", "page_p50_ms", "page_p99_ms", "page_first_p50_ms", "page_first_p99_ms")
    for items in SIZES:
        for rows in (20, 40):
            found = [value(page, name, items=items, rows=rows) for name in timed]
            text += row(items, f"{rows} × {rows}", *found)
    text += HOMES
    for items in SIZES:
        names = ("import_items_per_s", "learn_seconds", "start_s", "server_memory_mb")
        text += row(items, *(value(page, name, items=items) for name in names))
    text += IMPORT
    for figure in imports["figures"]:
        at = figure["at"]
        text += row(f"{at['data']}, {at['format']}", at["rows"], figure["value"])
    text += LEARN
    for figure in learn["figures"]:
        at = figure["at"]
        text += row(at["data"], at.get("items", ""), at["interactions"], figure["value"])
    text += INSTALL + row("distributions", value(install, "install_distributions"), 30)
    text += row("MB", value(install, "install_mb"), 300)
    return text + row("the wheel itself, MB", value(install, "wheel_mb"), "")


def main() -> None:
    """Write the README."""
    names = ("page", "import", "learn", "install")
    found = [json.loads((FOLDER / "results" / f"{name}.json").read_text("utf-8")) for name in names]
    (FOLDER / "README.md").write_text(tables(*found), "utf-8")


if __name__ == "__main__":
    main()
