"""Operators' pins: a row or an item stands at its place, whatever arranged the page.

A pinned item is taken out of the proposals before the page is arranged and put in afterwards, so
nothing that was drawn changes its probability: what stands right of it moves by one cell, and its
own probability is 1. It must have come through every filter. A row keeps its own rule: where that
has no room for the item, the item stands at its place in a row of what is featured.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from pasand.domain.candidates import Candidates
from pasand.domain.page import REASONS, Page, Row
from pasand.domain.query import Query
from pasand.domain.rule_language import Directive
from pasand.pipeline import RowMaker
from pasand.stages.rows.proposals import untaken

__all__ = ["pinned", "without_pinned"]

_FEATURED = REASONS.index("featured")


def without_pinned(candidates: Candidates, rows: Sequence[Row]) -> Sequence[Row]:
    """Return the proposals without the items that stand elsewhere by a pin."""
    names = candidates.position[candidates.column("pinned") > 0]
    if not len(names):
        return rows
    return [row.take(np.flatnonzero(~np.isin(row.position, names))) for row in rows]


def pinned(
    query: Query,
    candidates: Candidates,
    rows: Sequence[Row],
    page: Page,
    row_makers: Collection[RowMaker],
) -> Page:
    """Return the page with what is pinned at its place."""
    pins = [rule.does for rule in query.rules.of("pin")]
    if not pins or not page.rows:
        return page
    placed = list(page.rows)
    hero = 1 if placed[0].shape == "hero" else 0
    by_row = sorted((pin for pin in pins if pin.target == "row"), key=lambda pin: pin.row)
    for pin in by_row:
        placed = _with_row(query, placed, rows, pin, hero)
    # Of several pins of one place the oldest has it, so it is put in last.
    items = [pin for pin in reversed(pins) if pin.target == "item"]
    done: set[int] = set()
    for pin in sorted(items, key=lambda pin: (pin.row, pin.column)):
        cell = _cell(query, candidates, pin)
        if cell is not None and cell not in done:
            done.add(cell)
            placed = _with_item(query, placed, candidates, cell, pin, hero, row_makers)
    return replace(page, rows=tuple(placed))


def _with_row(
    query: Query, placed: list[Row], rows: Sequence[Row], pin: Directive, hero: int
) -> list[Row]:
    """Return the rows with one of them at its place, proposed anew where it was not chosen."""
    own = [row for row in placed[hero:] if pin.name in (row.row_id, row.kind)]
    row = own[0] if own else _proposed(query, placed, rows, pin.name)
    if row is None:
        return placed
    rest = [one for one in placed if one is not row]
    at = min(hero + pin.row - 1, len(rest))
    return [*rest[:at], row, *rest[at:]][: max(query.row_count, at + 1)]


def _proposed(query: Query, placed: list[Row], rows: Sequence[Row], name: str) -> Row | None:
    """Return a row of that name of what stands nowhere else, None where too little is left."""
    shown = np.concatenate([row.position for row in placed])
    for row in rows:
        if name in (row.row_id, row.kind):
            free = np.flatnonzero(~np.isin(row.position, shown))[: query.column_count]
            if len(free) >= max(row.cell_count_min, 1):
                return row.take(free)
    return None


def _cell(query: Query, candidates: Candidates, pin: Directive) -> int | None:
    """Return where a pinned item stands among the candidates, None where it may not be shown."""
    position = query.catalog.find(pin.name)
    at = int(np.searchsorted(candidates.position, position))
    there = at < len(candidates) and candidates.position[at] == position
    return at if there and candidates.column("pinned")[at] > 0 else None


def _with_item(
    query: Query,
    placed: list[Row],
    candidates: Candidates,
    cell: int,
    pin: Directive,
    hero: int,
    row_makers: Collection[RowMaker],
) -> list[Row]:
    if pin.row == 0 and hero:
        return _as_hero(query, placed, candidates, cell)
    at = min(hero + max(pin.row, 1) - 1, len(placed))
    if at < len(placed) and _takes(query, placed[at], candidates.position[cell], row_makers):
        row = _inserted(query, placed[at], candidates, cell, pin.column - 1)
        return [*placed[:at], row, *placed[at + 1 :]]
    row = _inserted(query, _featured(f"featured:{at}"), candidates, cell, 0)
    return [*placed[:at], row, *placed[at:]][: max(query.row_count, at + 1)]


def _takes(query: Query, row: Row, position: int, row_makers: Collection[RowMaker]) -> bool:
    """Return whether an item may stand in a row by the row's own rule."""
    if row.kind == "featured":
        return True
    maker = next((maker for maker in row_makers if row.kind in maker.kinds), None)
    if maker is None or row.shape != "card":
        return False
    alone = replace(row.take(slice(0, 1)), position=np.array([position], np.int32))
    open_to = row.takes_finished or bool(untaken(query, alone.position)[0])
    return open_to and bool(maker.holds(query, alone)[0])


def _featured(row_id: str) -> Row:
    """Return a row of what operators have pinned, with nothing in it yet."""
    return Row(
        row_id=row_id,
        kind="featured",
        title="row.featured",
        position=np.empty(0, np.int32),
        score=np.empty(0, np.float32),
        value=np.empty(0, np.float32),
        reason=np.empty(0, np.int8),
        cause=np.empty(0, np.int32),
        propensity=np.empty(0),
        cell_count_min=1,
    )


def _as_hero(query: Query, placed: list[Row], candidates: Candidates, cell: int) -> list[Row]:
    """Return the rows with another hero; the one before leads the picks, where there are some."""
    before = placed[0]
    placed[0] = _inserted(query, before.take(slice(0, 0)), candidates, cell, 0)
    for at, row in enumerate(placed):
        if row.kind == "top-picks":
            moved = _joined(row, 0, {name: getattr(before, name)[0] for name in _columns(before)})
            placed[at] = _cut(moved, query.column_count)
    return placed


def _inserted(query: Query, row: Row, candidates: Candidates, cell: int, column: int) -> Row:
    """Return a row with a candidate at a column, cut to what fits."""
    values = {
        "position": candidates.position[cell],
        "score": candidates["score"][cell],
        "value": candidates.column("value")[cell],
        "reason": _FEATURED,
        "cause": -1,
        "propensity": 1.0,
    }
    column = min(column, len(row), query.column_count - 1)
    return _cut(_joined(row, column, values), query.column_count)


def _joined(row: Row, column: int, values: dict[str, Any]) -> Row:
    """Return a row with one more cell; what is not said of it is 0."""
    columns: dict[str, Any] = {
        name: np.insert(getattr(row, name), column, values.get(name, 0)) for name in _columns(row)
    }
    return replace(row, **columns)


def _columns(row: Row) -> list[str]:
    """Return the names of a row's facts about its cells."""
    return [spec.name for spec in fields(row) if isinstance(getattr(row, spec.name), np.ndarray)]


def _cut(row: Row, count: int) -> Row:
    """Return a row that is not too long: its last cell goes that nobody pinned."""
    if len(row) <= count:
        return row
    free = [at for at in range(len(row)) if row.reason is None or row.reason[at] != _FEATURED]
    last = free[-1] if free else len(row) - 1
    return row.take(np.delete(np.arange(len(row)), last))
