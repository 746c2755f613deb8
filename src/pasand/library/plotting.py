"""A comparison as a picture: each model's figure with its interval, as SVG that notebooks show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from os import PathLike
from pathlib import Path
from typing import Any
from zlib import crc32

from pasand.errors import InvalidInput
from pasand.evaluation.charts import dots
from pasand.library.frames import as_frame

__all__ = ["Plot", "plot"]

_WIDTH, _HEADING = 720, 30
_LABEL_MAX = 24
#: Colours follow the page that the drawing stands in, light or dark; names are its own.
_STYLE = """\
.pasand-plot text{font:14px system-ui,sans-serif;fill:currentColor}
.pasand-plot .scale,.pasand-plot .faint{font-size:12px;opacity:.7}
.pasand-plot .middle{text-anchor:middle}
.pasand-plot .heading,.pasand-plot .best{font-weight:600}
.pasand-plot .grid{fill:none;stroke:currentColor;stroke-opacity:.15}
.pasand-plot .whisker{stroke:#b4552d;stroke-width:3;stroke-opacity:.45}
.pasand-plot .dot{fill:#b4552d}"""

Row = tuple[str, tuple[float, float, float]]


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing: shown by notebooks as it is, or saved as a file."""

    svg: str = field(repr=False)

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: str | PathLike[str]) -> None:
        """Write the drawing as an SVG file."""
        Path(path).write_text(self.svg, "utf-8")


def plot(comparison: Any, metric: str = "ndcg@10") -> Plot:
    """Draw a metric of what ``compare`` returned: a dot a model, with its interval.

    Slices stand one under the other, each with its own scale.

    Raises:
        InvalidInput: the frame has no such metric.
    """
    panels, y = [], 0
    for number, (name, rows) in enumerate(_slices(comparison, metric).items()):
        title = f"{metric}, {name}"
        drawn = dots(rows, title, crc32(f"{title}{number}{rows}".encode()), _WIDTH)
        height = int(re.findall(r'viewBox="0 0 \d+ (\d+)"', drawn)[0])
        panels += [
            f'<text class="heading" x="0" y="{y + 20}">{escape(title)}</text>',
            drawn.replace("<svg ", f'<svg y="{y + _HEADING}" height="{height}" ', 1),
        ]
        y += _HEADING + height + 10
    return Plot(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="pasand-plot" viewBox="0 0 {_WIDTH} {y}" '
        f'width="{_WIDTH}" height="{y}"><style>{_STYLE}</style>{"".join(panels)}</svg>'
    )


def _slices(comparison: Any, metric: str) -> dict[str, list[Row]]:
    """Return each slice's models with their figures and intervals."""
    frame = as_frame(comparison)
    wanted = ("slice", "model", metric, f"{metric}_low", f"{metric}_high")
    for name in wanted:
        if name not in frame.names:
            raise InvalidInput(
                f"There is no column {name} among {', '.join(frame.names)}.",
                field="metric",
                fix="Give what compare() returned, and one of its metrics.",
            )
    found: dict[str, list[Row]] = {}
    for name, row in _rows(*(frame.column(name).tolist() for name in wanted)):
        found.setdefault(name, []).append(row)
    return found


def _rows(*columns: list[Any]) -> Iterator[tuple[str, Row]]:
    for name, model, value, low, high in zip(*columns, strict=True):
        label = model if len(model) <= _LABEL_MAX else f"{model[: _LABEL_MAX - 1]}…"
        # A figure without an interval is a dot alone.
        yield name, (label, (value, low, high) if low == low else (value, value, value))
