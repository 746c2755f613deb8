"""Charts as SVG texts, made without a library: a line with its band, and dots with whiskers.

Colours and type come from the page's style sheet by class names. Every chart says in words what
it shows (``title`` and ``desc``), for those who listen to it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

__all__ = ["Point", "dots", "line_panel", "nice_top"]

Point = tuple[float, float, float]

PANEL_WIDTH, PANEL_HEIGHT = 340, 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 34, 34
_LABELS_MAX = 8


def nice_top(value: float) -> float:
    """Return the least of 1, 2, 2.5, 5 times a power of ten that is not below ``value``."""
    if not value > 0 or not math.isfinite(value):
        return 1.0
    unit = 10.0 ** math.floor(math.log10(value))
    return float(next(step * unit for step in (1, 2, 2.5, 5, 10) if step * unit >= value * 0.999))


def line_panel(
    name: str,
    line: Sequence[Point],
    others: Sequence[Sequence[Point]],
    points: Sequence[str],
    top: float,
    number: int,
) -> str:
    """Return one model's line with its band before the lines of the others in grey.

    ``number`` makes the ids of the chart its own; charts beside each other share ``top``.
    """
    known = [f"{point}: {value:.3f}" for point, (value, _, _) in zip(points, line, strict=True)
             if math.isfinite(value)]  # fmt: skip
    body = [_frame(points, top)]
    body += [f'<path class="other" d="{_path(other, top)}"/>' for other in others]
    body += [f'<path class="band" d="{band}"/>' for band in _bands(line, top)]
    body.append(f'<path class="line" d="{_path(line, top)}"/>')
    body += [
        f'<circle class="dot" cx="{_x(place, len(line)):.1f}" cy="{_y(value, top):.1f}" r="2.6"/>'
        for place, (value, _, _) in enumerate(line)
        if math.isfinite(value)
    ]
    body.append(f'<text class="name" x="{_LEFT}" y="18">{escape(name)}</text>')
    said = f"NDCG at 10 of {name}. " + "; ".join(known)
    return _svg(PANEL_WIDTH, PANEL_HEIGHT, f"NDCG at 10 of {name}", said, body, f"p{number}")


def dots(rows: Sequence[tuple[str, Point]], title: str, number: int, width: int = 720) -> str:
    """Return a row a model: its value as a dot, its interval as a whisker, its figure in words."""
    left, right, step = 210, 190, 40
    height = step * len(rows) + 34
    top = nice_top(max((high for _, (_, _, high) in rows if math.isfinite(high)), default=1.0))
    best = max((value for _, (value, _, _) in rows if math.isfinite(value)), default=0.0)

    def x(value: float) -> float:
        return left + (width - left - right) * min(value, top) / top

    body = []
    for mark in (0.0, top / 2, top):
        body.append(f'<path class="grid" d="M{x(mark):.1f} 4V{height - 24}"/>')
        at = f'x="{x(mark):.1f}" y="{height - 6}"'
        body.append(f'<text class="scale middle" {at}>{mark:.3g}</text>')
    for place, (name, (value, low, high)) in enumerate(rows):
        y = 6 + step * place + step / 2
        kind = "best" if value == best and best > 0 else "rest"
        body.append(f'<text class="name {kind}" x="0" y="{y + 6:.1f}">{escape(name)}</text>')
        if not math.isfinite(value):
            continue
        body.append(
            f'<line class="whisker {kind}" x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{y}" y2="{y}"/>'
            f'<circle class="dot {kind}" cx="{x(value):.1f}" cy="{y}" r="6"/>'
            f'<text class="value {kind}" x="{width - right + 20}" y="{y + 6:.1f}">{value:.4f}'
            f'<tspan class="faint" dx="8">{low:.4f}–{high:.4f}</tspan></text>'
        )
    said = "; ".join(
        f"{name} {value:.4f}, from {low:.4f} to {high:.4f}" for name, (value, low, high) in rows
    )
    return _svg(width, height, title, said, body, f"d{number}")


def _svg(width: int, height: int, title: str, said: str, body: Sequence[str], name: str) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-labelledby="{name}t {name}d">'
        f'<title id="{name}t">{escape(title)}</title><desc id="{name}d">{escape(said)}</desc>'
        + "".join(body)
        + "</svg>"
    )


def _frame(points: Sequence[str], top: float) -> str:
    """Return the lines of the scale and the names of the points, as many as there is room for."""
    parts = []
    for share in (0.0, 0.5, 1.0):
        y = _y(share * top, top)
        parts.append(
            f'<path class="grid" d="M{_LEFT} {y:.1f}H{PANEL_WIDTH - _RIGHT}"/>'
            f'<text class="scale end" x="{_LEFT - 7}" y="{y + 4:.1f}">{share * top:.3g}</text>'
        )
    every = -(-len(points) // _LABELS_MAX)
    for place in range(0, len(points), every):
        parts.append(
            f'<text class="scale middle" x="{_x(place, len(points)):.1f}"'
            f' y="{PANEL_HEIGHT - 12}">{escape(points[place])}</text>'
        )
    return "".join(parts)


def _x(place: int, count: int) -> float:
    inner = PANEL_WIDTH - _LEFT - _RIGHT - 24
    return _LEFT + 12 + (inner * place / (count - 1) if count > 1 else inner / 2)


def _y(value: float, top: float) -> float:
    inner = PANEL_HEIGHT - _TOP - _BOTTOM
    return _TOP + inner * (1.0 - min(max(value, 0.0), top) / top)


def _runs(line: Sequence[Point]) -> list[list[int]]:
    """Return the places of a line in runs without a gap."""
    runs: list[list[int]] = [[]]
    for place, (value, _, _) in enumerate(line):
        if math.isfinite(value):
            runs[-1].append(place)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _path(line: Sequence[Point], top: float) -> str:
    parts = []
    for run in _runs(line):
        pairs = [f"{_x(place, len(line)):.1f} {_y(line[place][0], top):.1f}" for place in run]
        parts.append("M" + "L".join(pairs))
    return "".join(parts)


def _bands(line: Sequence[Point], top: float) -> list[str]:
    bands = []
    for run in _runs(line):
        upper = [f"{_x(place, len(line)):.1f} {_y(line[place][2], top):.1f}" for place in run]
        lower = [f"{_x(place, len(line)):.1f} {_y(line[place][1], top):.1f}" for place in run]
        bands.append("M" + "L".join([*upper, *reversed(lower)]) + "Z")
    return bands
