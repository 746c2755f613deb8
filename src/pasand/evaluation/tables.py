"""Figures of one run as rows of tables, for whoever shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["SHOWN", "Row", "label", "slice_names", "table", "target_count"]

#: The columns of a table; the other metrics stand among the figures.
SHOWN = ("ndcg@10", "hr@10", "mrr", "recall@50", "coverage@50")


@dataclass(frozen=True, slots=True)
class Row:
    """A model under one request time, and its figures on a slice by their names."""

    model: str
    request_time: str
    figures: Mapping[str, Mapping[str, Any]]

    def value(self, name: str) -> float:
        """Return a figure's value, NaN where there is none."""
        return float(self.figures[name]["value"]) if name in self.figures else float("nan")

    def interval(self, name: str) -> tuple[float, float] | None:
        """Return a figure's interval, None where it has none."""
        found = self.figures.get(name, {})
        return (found["low"], found["high"]) if "low" in found else None


def slice_names(figures: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the slices of a run in their order."""
    return list(dict.fromkeys(figure["at"]["slice"] for figure in figures))


def table(figures: Sequence[Mapping[str, Any]], slice_name: str) -> list[Row]:
    """Return the rows of a slice in the order of the models."""
    found: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}
    for figure in figures:
        at = figure["at"]
        if at["slice"] == slice_name and "model" in at and "against" not in at:
            found.setdefault((at["model"], at["request_time"]), {})[figure["name"]] = figure
    return [Row(model, time, values) for (model, time), values in found.items()]


def target_count(figures: Sequence[Mapping[str, Any]], slice_name: str) -> int:
    """Return how many targets a slice has."""
    for figure in figures:
        if figure["name"] == "targets" and figure["at"]["slice"] == slice_name:
            return int(figure["value"])
    return 0


def label(row: Row, rows: Sequence[Row]) -> str:
    """Return what a row is called: the request time too where rows differ in it."""
    if len({other.request_time for other in rows}) < 2:
        return row.model
    return f"{row.model}, time {row.request_time}"
