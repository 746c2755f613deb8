"""The section of ``bench/README.md`` about other libraries, from ``results/peers.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["peers_section"]

Figure = Mapping[str, Any]

OPENING = """
## Beside other libraries

`make bench-peers` ({commit}, {date}; {machine}): RecTools {rectools}, implicit {implicit}, \
LensKit {lenskit} and WSKNN {wsknn}, trained and ranked beside Pasand on the same events. Full \
ranking, nothing sampled; events in stable order; what a member had before is removed. A \
validation item, each training member's last event, chooses settings and checkpoints; minutes \
count training and choosing, not the ranking of the targets. A minute is one of the whole machine, \
counted in processor time: two models may be at work side by side, a core and twice as long each, \
and neither loses by the other. Ratios are to the best peer, with 95 % intervals of a bootstrap over members. The ranks of \
every target lie in `results/peers/`; what falls short is said in [why](#what-falls-short).
"""
ROW = """
### {data}, {protocol}, time of the request {request_time}

| model | minutes | trained s |{columns}
|---|---:|---:|{lines}
"""
SHORT = """
### What falls short

"""
#: What is aimed at: row, slice, metric, how much of the best bar.
AIMS = (
    ("ml-1m-loo-timed", "all", "ndcg@10", 1.05),
    ("ml-1m-loo-timed", "visit", "ndcg@10", 1.05),
    ("ml-1m-loo", "all", "ndcg@10", 1.05),
    ("ml-1m-loo", "visit", "ndcg@10", 1.05),
    ("ml-1m-time", "all", "ndcg@10", 1.1),
    ("ml-1m-time", "visit", "ndcg@10", 1.1),
    ("globo-day", "all", "ndcg@10", 1.15),
    ("yoochoose-session", "all", "mrr@20", 1.05),
    ("ml-1m-hidden", "all", "ndcg@10", 3.0),
)
#: What is aimed at as it stands: row, whether items' words may be used, NDCG@10.
FLOORS = (
    ("amazon-beauty-loo", "without attributes", 0.0611),
    ("amazon-beauty-loo", "with attributes", 0.065),
)
#: Where quality is to rise with the history's length, step by step.
STEPS = ("events-0", "events-1", "events-3", "events-10", "events-30", "events-100")
STEP_ROWS = ("ml-1m-time", "globo-day")
SECONDS_AIM = 0.2
#: Whose ratios to the best peer are told.
OURS = ("pasand-sequence", "pasand-fusion")


def peers_section(path: Path) -> str:
    """Return the section, empty where the comparison was never run."""
    if not path.exists():
        return ""
    report = json.loads(path.read_text("utf-8"))
    pins = report["libraries"]
    text = OPENING.format(**report, **pins, implicit=pins["pm-implicit"])
    rows: dict[str, list[Figure]] = {}
    for one in report["figures"]:
        rows.setdefault(one["at"]["row"], []).append(one)
    for figures in rows.values():
        text += row_table(figures)
    return text + SHORT + "".join(f"- {line}\n" for line in shortfalls(report["figures"]))


def row_table(figures: Sequence[Figure]) -> str:
    """Return one row of the comparison as a table, the best model first."""
    slices = list(dict.fromkeys(one["at"]["slice"] for one in figures if one["name"] == "mrr@20"))
    columns = [(name, metric) for name in slices for metric in ("ndcg@10", "mrr@20", "hr@10")]
    text = ROW.format(
        **figures[0]["at"],
        columns="".join(f" {metric}, {name} |" for name, metric in columns),
        lines="---:|" * len(columns),
    ).removesuffix("\n")
    models = {one["at"]["model"]: one["at"] for one in figures if one["name"] == "train_seconds"}
    first = columns[0]
    order = sorted(models, key=lambda m: -(value(figures, first[1], m, first[0]) or 0.0))
    for model in order:
        shown = [value(figures, metric, model, name) for name, metric in columns]
        cells = [f"{models[model]['minutes']:g}", f"{value(figures, 'train_seconds', model):,.0f}"]
        cells += ["" if one is None else f"{one:.4f}" for one in shown]
        text += f"\n| {model} | {' | '.join(cells)} |"
    return text + "\n" + ratio_lines(figures)


def ratio_lines(figures: Sequence[Figure]) -> str:
    """Return the ratios to the best peer in words."""
    lines = []
    for one in figures:
        at = one["at"]
        if at.get("peer") == "best" and at["model"].startswith(OURS):
            metric = one["name"].removesuffix("_ratio_to_peer")
            lines.append(
                f"{at['model']}, {metric}, {at['slice']}: {one['value']:.3f} of {at['best']}"
                f" ({one['low']:.3f} to {one['high']:.3f})"
            )
        if one["name"] == "seconds_to_peer_quality_ratio" and one["value"] is not None:
            lines.append(
                f"{at['model']} has {at['peer']}'s quality in {one['value']:.3f} of its time"
            )
    return "\n" + "; ".join(lines) + ".\n" if lines else ""


def value(
    figures: Sequence[Figure], name: str, model: str, slice_name: str | None = None
) -> float | None:
    """Return a model's figure, None where there is none."""
    for one in figures:
        at = one["at"]
        if one["name"] == name and at.get("model") == model and at.get("slice") == slice_name:
            return float(one["value"])
    return None


def shortfalls(figures: Sequence[Figure]) -> list[str]:
    """Return each aim that is missed, and each that was not measured."""
    lines = []
    for row, slice_name, metric, aim in AIMS:
        own = [one for one in figures if one["at"]["row"] == row]
        name = f"{metric}_ratio_to_peer"
        found = [
            one["value"]
            for one in own
            if one["name"] == name
            and one["at"]["peer"] == "best"
            and one["at"]["slice"] == slice_name
        ]
        lines += missed(
            f"{row}, {slice_name}: {metric} over the best", max(found, default=None), aim
        )
    for row, how, floor in FLOORS:
        found = [
            one["value"]
            for one in figures
            if (one["at"]["row"], one["name"], one["at"].get("slice")) == (row, "ndcg@10", "all")
            and one["at"]["model"].startswith("pasand-")
            and ("-content" in one["at"]["model"]) == (how == "with attributes")
        ]
        lines += missed(f"{row}: ndcg@10 {how}", max(found, default=None), floor)
    lines += [line for row in STEP_ROWS for line in falls(row, figures)]
    seconds = [
        one["value"]
        for one in figures
        if one["name"] == "seconds_to_peer_quality_ratio" and one["at"]["data"] == "ml-1m"
    ]
    best = min((one for one in seconds if one is not None), default=None)
    if not seconds:
        lines.append(
            f"seconds to RecTools SASRec's quality: not measured, {SECONDS_AIM:g} aimed at"
        )
    elif best is None or best > SECONDS_AIM:
        lines.append(f"seconds to RecTools SASRec's quality: {best}, {SECONDS_AIM:g} aimed at")
    return lines or ["nothing: every aim is met"]


def missed(what: str, found: float | None, aim: float) -> list[str]:
    """Return a line where an aim is missed or was not measured."""
    if found is None:
        return [f"{what}: not measured, {aim:g} aimed at"]
    return [f"{what}: {found:.4f}, {aim:g} aimed at"] if found < aim else []


def falls(row: str, figures: Sequence[Figure]) -> list[str]:
    """Return a line where our best model does not gain by every step of the history's length."""
    own = [one for one in figures if one["at"]["row"] == row and one["name"] == "ndcg@10"]
    ours = [one for one in own if one["at"]["model"].startswith(OURS)]
    whole = [one for one in ours if one["at"]["slice"] == "all"]
    if not whole:
        return [f"{row}: quality by the length of the history: not measured"]
    model = max(whole, key=lambda one: float(one["value"]))["at"]["model"]
    found = {step: value(own, "ndcg@10", model, step) for step in STEPS}
    steps = {step: one for step, one in found.items() if one is not None}
    reached = list(steps.values())
    if all(later > earlier for earlier, later in zip(reached, reached[1:], strict=False)):
        return []
    told = ", ".join(f"{step.removeprefix('events-')}: {one:.4f}" for step, one in steps.items())
    return [f"{row}: ndcg@10 of {model} does not rise at every step of events so far ({told})"]
