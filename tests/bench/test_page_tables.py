"""The tables of what pages are worth show every figure of the report, and a dash for none."""

from __future__ import annotations

import json
from importlib import util
from pathlib import Path
from typing import Any

BENCH = Path(__file__).resolve().parents[2] / "bench"


def section(path: Path) -> str:
    spec = util.spec_from_file_location("page_tables", BENCH / "page_tables.py")
    assert spec is not None and spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: str = module.page_section(path)
    return made


def figure(name: str, value: float | None, **at: Any) -> dict[str, Any]:
    found = {"name": name, "value": value, "at": {"data": "toy", **at}}
    return found | ({} if value is None else {"low": value - 0.1, "high": value + 0.1})


def test_every_figure_has_its_place(tmp_path: Path) -> None:
    months = {"policy": "engine", "members": 40, "weeks": 4}
    simulated = ("discovery_share", "cells_seen_before_play", "failed_session_share",
                 "minutes_per_member", "returns_share")  # fmt: skip
    figures = [
        figure("targets", 7, slice="all"),
        figure("reach_10x20", 0.75, slice="all", policy="page"),
        figure("reach_10x20", 0.25, slice="all", policy="list of ease"),
        figure("reach_10x20_difference", 0.5, slice="all", policy="page", against="template"),
        figure("distinct_genres", 11.25, slice="all", policy="page"),
        figure("signal_gain", 0.3, slice="all", signal="hour"),
        figure("signal_gain", None, slice="visit", signal="hour"),
        figure("ablation_gain", 0.2, slice="all", part="exploration"),
        *(figure(name, 0.4, **months) for name in simulated),
        figure("minutes_per_member_ratio", 1.5, **{**months, "against": "popular"}),
        figure("findable", 0.95),
    ]
    path = tmp_path / "page.json"
    report = {"commit": "abc", "date": "today", "machine": "this", "figures": figures}
    path.write_text(json.dumps(report), "utf-8")
    text = section(path)
    assert "### toy, all" in text and "7 targets" in text
    assert "| page | - | 0.750 (0.650 to 0.850) | - | - | - | 11.2 (11.2 to 11.3) |" in text
    assert "| page less template | - | 0.500 (0.400 to 0.600) |" in text
    assert "| list of ease | - | 0.250" in text
    assert "| toy | hour | 0.300 (0.200 to 0.400) | - |" in text
    assert "| toy | exploration | 0.200" in text
    assert "| engine | 0.400" in text and "| engine / popular | - | - | - | 1.500" in text
    assert "| findable, toy | 0.950 (0.850 to 1.050) | 0.9 |" in text
    assert "| reach_10x20, toy, all | 0.750 (0.650 to 0.850) | 0.72 |" in text


def test_nothing_measured_is_no_section(tmp_path: Path) -> None:
    assert section(tmp_path / "page.json") == ""
