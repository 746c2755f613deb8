"""One run as one HTML page that needs nothing else: no script, no network, light and dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any

from pasand.evaluation.charts import Point, dots, line_panel, nice_top
from pasand.evaluation.curves import Curve, curves
from pasand.evaluation.running import Evaluation
from pasand.evaluation.tables import SHOWN, Row, label, slice_names, table, target_count

__all__ = ["SLICES_EXPLAINED", "headline", "html_report"]

SLICES_EXPLAINED = {
    "all": "every target that counts",
    "visit": "more than an hour after the member's previous event: a choice, not a list typed in",
    "known-item": "items with an event in training",
    "new-item": "items without an event in training",
    "cold": "members without an event in training",
    "events-0": "no events so far",
    "events-1": "1 or 2 events so far",
    "events-3": "3 to 9 events so far",
    "events-10": "10 to 29 events so far",
    "events-30": "30 to 99 events so far",
    "events-100": "100 events so far and more",
}
_POPULAR = ("popular", "popular-all", "trending")
_COMPARED_IN_CHARTS = ("all", "visit", "new-item")


def headline(figures: Sequence[dict[str, Any]]) -> str:
    """Return in one sentence which model is best by NDCG@10 on all, and beside popularity."""
    names = slice_names(figures)
    rows = table(figures, "all" if "all" in names else names[0])
    best = max(rows, key=lambda row: row.value("ndcg@10"))
    told = f"{label(best, rows)} ranks best: NDCG@10 {best.value('ndcg@10'):.4f}"
    popular = [row for row in rows if row.model in _POPULAR]
    beside = max((row.value("ndcg@10") for row in popular), default=0.0)
    if best.model in _POPULAR or not beside > 0:
        return f"{told}."
    return f"{told}, {best.value('ndcg@10') / beside:.2f} times the best popularity."


def html_report(evaluation: Evaluation, warnings: Sequence[str] = ()) -> str:
    """Return the page."""
    figures = evaluation.figures
    style = files("pasand.cli").joinpath("evaluation_report.css").read_text("utf-8")
    title = f"{evaluation.data.name or 'Evaluation'}, {evaluation.protocol}"
    names = slice_names(figures)
    body = [
        f'<p class="over">Protocol {escape(evaluation.protocol)}</p>',
        f"<h1>{escape(evaluation.data.name or 'Evaluation')}</h1>",
        f'<p class="lead">{escape(headline(figures))}</p>',
        *(f'<p class="warning">{escape(warning)}</p>' for warning in warnings),
        "<h2>Side by side</h2>",
        "<p>NDCG@10, every item ranked but what the member had before. Lines are 95 % intervals"
        " over members.</p>",
        *_comparisons(figures, names),
        *_curves(curves(evaluation)),
        "<h2>Tables</h2>",
        *(_table(figures, name, number == 0) for number, name in enumerate(names)),
        _differences(figures, names[0]),
        _conditions(evaluation),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head><body><main>"
        + "\n".join(body)
        + "</main></body></html>\n"
    )


def _comparisons(figures: Sequence[dict[str, Any]], names: Sequence[str]) -> list[str]:
    shown = [name for name in _COMPARED_IN_CHARTS if name in names] or list(names[:1])
    parts = []
    for number, name in enumerate(shown):
        rows = table(figures, name)
        points = [(label(row, rows), _point(row)) for row in rows]
        parts.append(
            f"<h3>{escape(name)}</h3><p>{_explained(figures, name)}</p>"
            f'<div class="panel">{dots(points, f"NDCG at 10, slice {name}", number)}</div>'
        )
    return parts


def _point(row: Row) -> Point:
    value = row.value("ndcg@10")
    low, high = row.interval("ndcg@10") or (value, value)
    return value, low, high


def _explained(figures: Sequence[dict[str, Any]], name: str) -> str:
    told = SLICES_EXPLAINED.get(name, "")
    return f"{target_count(figures, name):,} targets; {escape(told)}."


def _curves(found: Sequence[Curve]) -> list[str]:
    parts = []
    for number, curve in enumerate(found):
        tops = [high for line in curve.lines.values() for _, _, high in line if math.isfinite(high)]
        top = nice_top(max(tops, default=1.0))
        panels = []
        for place, (name, line) in enumerate(curve.lines.items()):
            others = [other for model, other in curve.lines.items() if model != name]
            panel = line_panel(name, line, others, curve.points, top, 100 * number + place)
            panels.append(f'<div class="panel">{panel}</div>')
        parts.append(
            f"<h2>{escape(curve.title)}</h2><p>{escape(curve.explained)} Each panel shows one model"
            f" with its 95 % interval before the others in grey. Across: {escape(curve.along)}.</p>"
            f'<div class="grid3">{"".join(panels)}</div>{_numbers(curve)}'
        )
    return parts


def _numbers(curve: Curve) -> str:
    """Return the numbers behind a curve, folded away."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in curve.lines)
    rows = []
    for place, (point, count) in enumerate(zip(curve.points, curve.target_count, strict=True)):
        values = [line[place][0] for line in curve.lines.values()]
        cells = "".join(f"<td>{v:.4f}</td>" if math.isfinite(v) else "<td>–</td>" for v in values)
        rows.append(f'<tr><th scope="row">{escape(point)}</th><td>{count:,}</td>{cells}</tr>')
    return (
        '<details><summary>The numbers</summary><div class="panel"><table><thead><tr>'
        f'<th scope="col">{escape(curve.along)}</th><th scope="col">targets</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div></details>"
    )


def _table(figures: Sequence[dict[str, Any]], name: str, is_open: bool) -> str:
    rows = table(figures, name)
    best = {metric: max((row.value(metric) for row in rows), default=0.0) for metric in SHOWN}
    lines = []
    for row in rows:
        cells = [_cell(row, metric, best[metric]) for metric in SHOWN]
        lines.append(f'<tr><th scope="row">{escape(label(row, rows))}</th>{"".join(cells)}</tr>')
    head = "".join(f'<th scope="col">{metric.upper()}</th>' for metric in SHOWN)
    return (
        f"<details{' open' if is_open else ''}><summary><strong>{escape(name)}</strong>"
        f" <small>{_explained(figures, name)}</small></summary>"
        f'<div class="panel"><table><thead><tr><th scope="col">model</th>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div></details>"
    )


def _cell(row: Row, metric: str, best: float) -> str:
    value, between = row.value(metric), row.interval(metric)
    kind = ' class="best-cell"' if value == best and value > 0 else ""
    range_ = f"<br><small>{between[0]:.4f}–{between[1]:.4f}</small>" if between else ""
    return f"<td{kind}>{value:.4f}{range_}</td>"


def _differences(figures: Sequence[dict[str, Any]], name: str) -> str:
    rows = []
    for figure in figures:
        at = figure["at"]
        if figure["name"] == "ndcg@10_difference" and at["slice"] == name:
            time = f" <small>time {escape(at['request_time'])}</small>"
            between = f"{figure['low']:+.4f} to {figure['high']:+.4f}" if "low" in figure else "–"
            rows.append(
                f'<tr><th scope="row">{escape(at["model"])} − {escape(at["against"])}{time}</th>'
                f"<td>{figure['value']:+.4f}</td><td>{between}</td><td>{_p(figure['p'])}</td></tr>"
            )
    if not rows:
        return ""
    return (
        "<h2>Two by two</h2><p>Differences in NDCG@10 on the same members, drawn a thousand times"
        f" anew; slice {escape(name)}.</p>"
        '<div class="panel"><table><thead><tr><th scope="col">models</th><th scope="col">difference'
        '</th><th scope="col">95 % interval</th><th scope="col">p</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _p(value: float) -> str:
    return "< 0.01" if value < 0.01 else f"{value:.2f}"


def _conditions(evaluation: Evaluation) -> str:
    data, split = evaluation.data, evaluation.split
    times = list(dict.fromkeys(time for _, time in evaluation.ranked))
    facts = [
        ("Data", f"{data.name}: {len(data):,} events, {len(data.interactions.member_ids):,}"
                 f" members, {len(data.interactions.item_ids):,} items"),
        *((f"SHA-256 of {name}", digest) for name, digest in data.hashes.items()),
        ("Protocol", f"{evaluation.protocol}; split: {split.rule}"),
        ("Training", f"{len(split.training):,} events"),
        ("Targets", f"{len(split.targets):,}"),
        ("Time of the request", ", ".join(times)),
        ("Order of ties", "stable: events of one moment keep the order of the file"),
        ("Ranking", "all items, none sampled, without those the member had before"),
        ("Seed", str(evaluation.seed)),
        *(("Note", note) for note in data.notes),
    ]  # fmt: skip
    listed = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts)
    return f"<h2>Conditions</h2><dl>{listed}</dl>"
