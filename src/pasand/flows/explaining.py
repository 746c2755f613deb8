"""What is told of a page: to its member in plain sentences, to operators with every number.

Everything is read off a page made again (``page_replay.py``): each candidate with the parts of
its score, what every filter took out, which rules acted, why each row stands where it does, and
for one title why it is not there. Of a page that can no longer be made again, its block tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pasand.domain.candidates import Candidates
from pasand.domain.maturity import AGE_MAX
from pasand.domain.page import REASONS, Row
from pasand.domain.query import Query
from pasand.domain.times import write_time
from pasand.flows.page_replay import Past, Replay
from pasand.flows.served import Served, match_percent

__all__ = ["explained", "known_still", "why_not"]

Json = dict[str, Any]

#: What a filter guards, for who asks why a title is not there.
_FILTER_WORDS = {
    "maturity": "It is for an older age than this profile may see.",
    "availability": "It was not to be had at that time and place.",
    "hidden": "The member turned it down.",
    "muted": "It has something that the member muted.",
    "rules": "A rule of the service took it out.",
}


def explained(replay: Replay, numbers: bool = True, ceiling: int = AGE_MAX) -> Json:
    """Return everything that is known of why the page is as it is: all ``numbers`` for operators,
    no title above ``ceiling`` for others.
    """
    served = replay.served
    query, page = served.query, served.page
    told = {
        "page_id": served.page_id,
        "member_id": query.member_id,
        "at": write_time(query.at_ms),
        "device": query.device,
        "plan": page.plan,
        "snapshot": page.snapshot,
        "catalog_version": page.catalog_version,
        "profile_version": query.profile.event_count,
        "rules_version": query.rules.version,
        "seed": query.seed,
        "exact": replay.exact,
        "differs": list(replay.differs),
        "rows": _rows(served, numbers, ceiling),
    }
    if numbers:
        told |= _considered(served)
    return told


def known_still(past: Past, numbers: bool = True) -> Json:
    """Return what the log still tells of a page that cannot be made again; cells, to operators."""
    event, payload = past.event, past.event.payload
    names = ("plan", "snapshot", "catalog_version", "profile_version", "degraded", "seed", "rules")
    rows = [{name: row[name] for name in _LOGGED if name in row} for row in payload.get("rows", ())]
    return {
        "page_id": event.page_id,
        "member_id": event.member_id,
        "at": write_time(event.occurred_ms),
        "device": event.device,
        **{name: payload[name] for name in names if name in payload},
        "rows": rows if numbers else [],
    }


_LOGGED = (
    "row_id",
    "kind",
    "title",
    "items",
    "reason",
    "cause",
    "match",
    "badges",
    "rank",
    "score",
)


def why_not(replay: Replay, item_id: str, numbers: bool = True, ceiling: int = AGE_MAX) -> Json:
    """Return where a title stood on the way to the page, and what kept it from there."""
    catalog = replay.served.query.catalog
    position = catalog.find(item_id)
    if position >= 0 and catalog.maturity[position] > ceiling:
        return {"item_id": item_id, "shown": False, "why": _FILTER_WORDS["maturity"]}
    told = _way_of(replay, item_id)
    return told if numbers else {name: told[name] for name in _PLAIN if name in told}


#: What a member is told of a title that is, or is not, on a page.
_PLAIN = ("item_id", "title", "shown", "row", "column", "why")


def _way_of(replay: Replay, item_id: str) -> Json:
    served = replay.served
    query, detail = served.query, served.trace.detail or {}
    position = query.catalog.find(item_id)
    told: Json = {"item_id": item_id}
    if position < 0:
        return {**told, "shown": False, "why": "It was not in the catalogue then."}
    told["title"] = query.catalog.items[position].title
    place = _places(served).get(position)
    if place is not None:
        return {**told, **_standing(served, position), "shown": True, **place,
                "why": f"It stands in row {place['row']}, cell {place['column']}."}  # fmt: skip
    if position in query.skip:
        why = "It stands on a part of the page before, or was changed a moment earlier."
        return {**told, "shown": False, "stage": "skip", "why": why}
    if position not in detail.get("retrieved", ()):
        why = "No source proposed it: others had more that spoke for them."
        return {**told, "shown": False, "stage": "sources", "why": why}
    for name in (name for name in detail if name.startswith("filter:")):
        if position not in detail[name]:
            stage = name.removeprefix("filter:")
            more = {"rules": _filtering(query, position)} if stage == "rules" else {}
            why = _FILTER_WORDS.get(stage, f"The filter {stage} took it out.")
            return {**told, "shown": False, "stage": name, **more, "why": why}
    return {**told, "shown": False, "stage": "arranger", **_standing(served, position),
            **_proposals(served, position)}  # fmt: skip


def _filtering(query: Query, position: int) -> list[str]:
    """Return the rules that took an item out."""
    return [
        rule.rule_id
        for rule in query.rules.of("filter")
        if rule.mask(query.catalog, query.at_ms)[position]
    ]


def _standing(served: Served, position: int) -> Json:
    """Return a candidate's rank and the parts of its score."""
    candidates = served.candidates
    if candidates is None:
        return {}
    at = int(np.searchsorted(candidates.position, position))
    score = candidates["score"]
    return {
        "rank": int((score > score[at]).sum()) + 1,
        "candidates": len(candidates),
        "score": _rounded(score[at]),
        "parts": _parts(candidates, at),
    }


def _proposals(served: Served, position: int) -> Json:
    """Return in which proposed rows a title stood, and what became of these."""
    detail = served.trace.detail or {}
    shown = {row.row_id for row in served.page.rows}
    columns = served.query.column_count
    proposed = []
    for row in detail.get("rows", ()):
        at = np.flatnonzero(row.position == position)
        if len(at):
            place = int(at[0]) + 1
            entry = {"row_id": row.row_id, "place": place, "row_shown": row.row_id in shown}
            proposed.append(entry)
    if not proposed:
        why = "It was a candidate, and not among the best of any row."
    elif not any(entry["row_shown"] for entry in proposed):
        why = "The rows that wanted it gave way to others worth more."
    else:
        best = min((e for e in proposed if e["row_shown"]), key=lambda entry: entry["place"])
        why = f"It was number {best['place']} for a row of {columns} cells: others came first."
    return {"proposed": proposed, "why": why}


def _rows(served: Served, numbers: bool, ceiling: int) -> list[Json]:
    catalog = served.query.catalog
    position = [row.position for row in served.page.rows]
    every = np.concatenate([np.empty(0, np.int64), *position]).astype(np.int64)
    matches = match_percent(served.query, served.candidates, every).tolist()
    percent = [None if value < 0 else value for value in matches]
    worth = {row.row_id: _worth(row) for row in served.page.rows}
    ranked = sorted(worth.values(), reverse=True)
    rows: list[Json] = []
    at = 0
    for place, row in enumerate(served.page.rows):
        cells = [_cell(served, row, column, numbers) for column in range(len(row))]
        for cell, match in zip(cells, percent[at : at + len(row)], strict=True):
            cell["match"] = match
        at += len(row)
        ages = catalog.maturity[row.position].tolist()
        cells = [cell for cell, age in zip(cells, ages, strict=True) if age <= ceiling]
        cause = catalog.find(row.row_id.partition(":")[2])
        hidden = cause >= 0 and catalog.maturity[cause] > ceiling
        entry = {"row": place, "row_id": row.row_id, "kind": row.kind, "title": row.title}
        entry["title_values"] = dict(row.title_values)
        if hidden:
            entry |= {"row_id": row.kind, "title": row.kind, "title_values": {}}
        entry["why"] = _why_row(served, row, ranked.index(worth[row.row_id]) + 1, len(ranked))
        if numbers:
            entry["worth"] = _rounded(worth[row.row_id])
        rows.append({**entry, "cells": cells})
    return rows


def _why_row(served: Served, row: Row, rank: int, count: int) -> str:
    pins = [rule.does for rule in served.query.rules.of("pin") if rule.does.target == "row"]
    if any(pin.name in (row.row_id, row.kind) for pin in pins):
        return "A rule of the service keeps it here."
    if row.shape == "hero":
        return "The best of everything for this member, shown large."
    if row.shape == "progress":
        return "What was begun comes first."
    if row.shape == "numbered":
        return "A ranking of what everybody takes, near the top on every page."
    return f"By what its cells are worth to this member it is number {rank} of {count} rows."


def _worth(row: Row) -> float:
    value = row.score if row.value is None else row.value
    return float(value.mean()) if len(row) else 0.0


def _cell(served: Served, row: Row, column: int, numbers: bool) -> Json:
    catalog, position = served.query.catalog, int(row.position[column])
    item = catalog.items[position]
    reason = "untried" if row.reason is None else REASONS[row.reason[column]]
    cause = -1 if row.cause is None else int(row.cause[column])
    cell: Json = {"column": column, "item_id": item.item_id, "title": item.title, "reason": reason}
    shown = cause >= 0 and (numbers or catalog.maturity[cause] <= served.query.maturity_ceiling)
    cell["because"] = catalog.item_ids[cause] if shown else None
    if numbers:
        cell |= _standing(served, position)
        cell.pop("candidates", None)
        cell["propensity"] = None if row.propensity is None else float(row.propensity[column])
        if row.artwork is not None and row.artwork_propensity is not None:
            at = int(row.artwork[column])
            cell["artwork_id"] = item.artworks[at].artwork_id if at >= 0 else ""
            cell["artwork_propensity"] = float(row.artwork_propensity[column])
        if row.picture_cause is not None and row.picture_cause[column] >= 0:
            shows = catalog.component.names[int(row.picture_cause[column])]
            cell["picture_shows"] = shows.partition("|")[2]
    return cell


def _considered(served: Served) -> Json:
    """Return what was considered on the way: counts by stage, rules, rows, every candidate."""
    query, trace, candidates = served.query, served.trace, served.candidates
    detail = trace.detail or {}
    left, filters = len(detail.get("retrieved", ())), []
    for name in (name for name in detail if name.startswith("filter:")):
        filters.append(
            {"filter": name.removeprefix("filter:"), "removed": left - len(detail[name])}
        )
        left = len(detail[name])
    shown = {row.row_id for row in served.page.rows}
    rules = [
        {
            "rule_id": rule.rule_id,
            "verb": rule.does.verb,
            "items": int(rule.mask(query.catalog, query.at_ms).sum()),
        }
        for rule in query.rules.active
    ]
    return {
        "sources": {name: count for name, count in trace.count.items() if name not in
                    {entry["filter"] for entry in filters}},
        "filters": filters,
        "failed": dict(trace.failed),
        "rules": rules,
        "rows_not_shown": [
            {
                "row_id": row.row_id,
                "title": row.title,
                "title_values": dict(row.title_values),
                "worth": _rounded(_worth(row)),
            }
            for row in detail.get("rows", ())
            if row.row_id not in shown
        ],
        "candidates": [] if candidates is None else _candidates(served, candidates),
    }  # fmt: skip


def _candidates(served: Served, candidates: Candidates) -> list[Json]:
    """Return every candidate, best first, with where it stands."""
    ids, places = served.query.catalog.item_ids, _places(served)
    order = np.argsort(-candidates["score"], kind="stable").tolist()
    return [
        {
            "item_id": ids[position],
            "rank": rank,
            "score": _rounded(candidates["score"][at]),
            "parts": _parts(candidates, at),
            **places.get(position, {"row": None, "column": None}),
        }
        for rank, at in enumerate(order, 1)
        for position in (int(candidates.position[at]),)
    ]


def _places(served: Served) -> dict[int, Mapping[str, int]]:
    return {
        position: {"row": place, "column": column}
        for place, row in enumerate(served.page.rows)
        for column, position in enumerate(row.position.tolist())
    }


def _parts(candidates: Candidates, at: int) -> dict[str, float]:
    names = (name for name in candidates.columns if name.startswith("part."))
    return {name.removeprefix("part."): _rounded(candidates[name][at]) for name in names}


def _rounded(value: Any) -> float:
    return round(float(value), 4)
