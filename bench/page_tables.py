"""The section of ``bench/README.md`` about what pages are worth, from ``results/page.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["page_section"]

Figure = Mapping[str, Any]

OPENING = """
## What a page is worth

`make bench-page` ({commit}, {date}; {machine}): the product's own pages for moments of the past, \
as [evaluation](../docs/evaluation.md#pages) says. Models learned from what lies before; of the \
pages below 10 rows × 20 are counted, of the first screen 3 × 6. In brackets 95 % intervals of a \
bootstrap over members. {notes}
"""
POLICIES = """
### {data}, {slice}

{targets:,} targets. *page* is what is served; *template*, *independent* and *list* arrange the \
same rows of the same models; plain lists are of 18 and 200 titles.

| | reach 3 × 6 | reach 10 × 20 | attention | next five, 3 × 6 | calibration | genres |
|---|---:|---:|---:|---:|---:|---:|
"""
GAINS = """
### Without one part or signal

By how large a share attention-weighted hits (of exploration: minutes watched in the second month) \
are greater with it than without it.

| data | left out | all | visits |
|---|---|---:|---:|
"""
MONTHS = """
### Months of the world's members

{members:,} members, {weeks} weeks each, by `pasand simulate` from the same homes. In its second \
month the engine has learned from its own pages; *not learned* goes on with the models of before.

| | discovery | cells seen before a play | failed visits | minutes a week | returns |
|---|---:|---:|---:|---:|---:|
"""
OTHERS = """
### Other promises

| | | aim |
|---|---:|---:|
"""
#: Metrics in the order of the tables.
METRICS = (
    "reach_3x6", "reach_10x20", "attention_hits", "first_screen_hit_share", "calibration_kl",
    "distinct_genres",
)  # fmt: skip
SIMULATED = (
    "discovery_share", "cells_seen_before_play", "failed_session_share", "minutes_per_member",
    "returns_share",
)  # fmt: skip
#: What is aimed at: figure, slice, "" for any, and how much.
AIMS = (
    ("reach_10x20", "all", "0.72"),
    ("reach_3x6", "all", "0.30"),
    ("reach_10x20", "visit", "0.53"),
    ("reach_3x6", "visit", "0.14"),
    ("reach_10x20_ratio", "visit", "1.10"),
    ("reach_3x6_ratio", "visit", "1.10"),
    ("row_coherence", "all", "1"),
    ("findable", "", "0.9"),
    ("evidence_fidelity", "", "0.9"),
    ("strongest_first", "all", "0.9"),
    ("attention_error", "", "0.03"),
)


def page_section(path: Path) -> str:
    """Return the section, empty where pages were never measured."""
    if not path.exists():
        return ""
    report = json.loads(path.read_text("utf-8"))
    figures: Sequence[Figure] = report["figures"]
    notes = " ".join(report.get("notes", ()))
    text = OPENING.format(**{**report, "notes": notes})
    for data, part in dict.fromkeys(
        (one["at"]["data"], one["at"]["slice"]) for one in figures if one["name"] == "targets"
    ):
        text += _policies(figures, data, part)
    return text + _gains(figures) + _months(figures) + _others(figures)


def _policies(figures: Sequence[Figure], data: str, part: str) -> str:
    own = [f for f in figures if f["at"].get("data") == data and f["at"].get("slice") == part]
    (count,) = (one["value"] for one in own if one["name"] == "targets")
    shown = [f for f in own if f["name"] in METRICS]
    text = POLICIES.format(data=data, slice=part, targets=count)
    for policy in dict.fromkeys(one["at"]["policy"] for one in shown):
        found = {one["name"]: one for one in shown if one["at"]["policy"] == policy}
        text += _row(policy, *(_cell(found.get(metric)) for metric in METRICS))
    for other in dict.fromkeys(
        f["at"]["against"] for f in own if f["name"].endswith("_difference")
    ):
        found = {
            one["name"].removesuffix("_difference"): one
            for one in own
            if one["name"].endswith("_difference") and one["at"]["against"] == other
        }
        text += _row(f"page less {other}", *(_cell(found.get(metric)) for metric in METRICS))
    return text


def _gains(figures: Sequence[Figure]) -> str:
    own = [one for one in figures if one["name"] in ("ablation_gain", "signal_gain")]
    text = GAINS if own else ""
    named = [(f["at"]["data"], f["at"].get("part") or f["at"]["signal"]) for f in own]
    for data, what in dict.fromkeys(named):
        of_slice = {
            one["at"]["slice"]: one
            for one, name in zip(own, named, strict=True)
            if name == (data, what)
        }
        text += _row(data, what, *(_cell(of_slice.get(part)) for part in ("all", "visit")))
    return text


def _months(figures: Sequence[Figure]) -> str:
    own = [one for one in figures if one["name"] in SIMULATED]
    ratios = [one for one in figures if one["name"].removesuffix("_ratio") in SIMULATED]
    text = MONTHS.format(**own[0]["at"]) if own else ""
    for policy in dict.fromkeys(one["at"]["policy"] for one in own):
        found = {one["name"]: one for one in own if one["at"]["policy"] == policy}
        text += _row(policy, *(_cell(found[name]) for name in SIMULATED))
    pairs = [(one["at"]["policy"], one["at"].get("against")) for one in ratios]
    for policy, other in dict.fromkeys(pair for pair in pairs if pair[1]):
        found = {
            one["name"].removesuffix("_ratio"): one
            for one, pair in zip(ratios, pairs, strict=True)
            if pair == (policy, other)
        }
        text += _row(f"{policy} / {other}", *(_cell(found.get(name)) for name in SIMULATED))
    return text


def _others(figures: Sequence[Figure]) -> str:
    text = OTHERS
    for name, part, aim in AIMS:
        for one in figures:
            at = one["at"]
            if one["name"] != name or part != at.get("slice", ""):
                continue
            if at.get("policy", "page") == "page":
                where = [at["data"], part, at.get("device", "")]
                text += _row(", ".join(filter(None, (name, *where))), _cell(one), aim)
    return text


def _cell(one: Figure | None) -> str:
    """Return a value with its interval, a dash where there is none."""
    if one is None or one["value"] is None:
        return "-"
    digits = 1 if abs(one["value"]) >= 10 else 3
    if "low" not in one:
        return f"{one['value']:.{digits}f}"
    return f"{one['value']:.{digits}f} ({one['low']:.{digits}f} to {one['high']:.{digits}f})"


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |\n"
