"""The section of ``bench/README.md`` about context, from ``results/context-*.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["context_section"]

Figure = Mapping[str, Any]

OPENING = """
## What context is worth on real data

`make bench-context`, as [evaluation](../docs/evaluation.md#what-context-is-worth) says: the same \
model ranks with everything it knows of the request and without. In brackets 95 % intervals of a \
bootstrap. Commits: {commits}.

| data, protocol | targets | metric | with context | without | ratio | aim |
|---|---:|---|---:|---:|---:|---:|
"""
GAINS = """
How much greater the metric is with one signal than without it:

| data, protocol | signal | gain |
|---|---|---:|
"""
#: The figure of each kind of data, and its aim.
AIMS = {"frappe_context_ratio": 1.05, "globo_context_ratio": 1.03, "trivago_mrr_ratio": 1.10}


def context_section(folder: Path) -> str:
    """Return the section, empty where context was never measured."""
    reports = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("context-*.json"))]
    if not reports:
        return ""
    commits = ", ".join(sorted({report["commit"] for report in reports}))
    text, gains = OPENING.format(commits=commits), GAINS
    for report in reports:
        figures: Sequence[Figure] = report["figures"]
        for one in figures:
            if one["name"] in AIMS:
                text += _ratio(one, figures)
            if one["name"] == "signal_gain":
                gains += _row(_where(one), one["at"]["signal"], _cell(one))
    return text + gains


def _ratio(one: Figure, figures: Sequence[Figure]) -> str:
    at = one["at"]
    found = {
        (other["name"], other["at"].get("model")): other
        for other in figures
        if other["at"]["protocol"] == at["protocol"]
    }
    metric = at["metric"]
    beside = found[metric, at["against"]]
    return _row(
        _where(one),
        f"{found['targets', None]['value']:,.0f}",
        f"{metric}, against {at['against']}",
        _cell(found[metric, "full"]),
        _cell(beside),
        _cell(one),
        AIMS[one["name"]],
    )


def _where(one: Figure) -> str:
    return f"{one['at']['data']}, {one['at']['protocol']}"


def _cell(one: Figure) -> str:
    return f"{one['value']:.4f} ({one['low']:.4f} to {one['high']:.4f})"


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |\n"
