"""Trivago's click-outs with the list that was on the screen, its prices, and what came before.

An act's kind is the owner's ``action_type``. A row of a session counts as before another by its
step, for several share a second. Lists whose click-out is of a hotel that they do not show, or
whose prices are not theirs one by one, are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pasand.adapters.set_columns import read_columns
from pasand.adapters.trivago import trivago_file
from pasand.evaluation.displayed import Act, DisplayedList

__all__ = ["read_trivago_lists"]

_TEXT = {"header": True, "all_varchar": True, "delim": ","}
_COLUMNS = {
    "member": "user_id",
    "session": "session_id",
    "at_s": "CAST(timestamp AS BIGINT)",
    "step": "CAST(step AS BIGINT)",
    "kind": "action_type",
    "reference": "coalesce(reference, '')",
    "platform": "coalesce(platform, '')",
    "city": "coalesce(city, '')",
    "device": "coalesce(device, '')",
    "filters": "coalesce(current_filters, '')",
    "shown": "coalesce(impressions, '')",
    "prices": "coalesce(prices, '')",
}
_DEVICES = {"mobile": "phone", "tablet": "tablet", "desktop": "desktop"}
_CLICK_OUT = "clickout item"
Row = dict[str, Any]


def read_trivago_lists(path: Path) -> list[DisplayedList]:
    """Return the lists at a path in order of time."""
    file = trivago_file(path)
    assert file is not None
    columns = {name: of.tolist() for name, of in read_columns(file, _COLUMNS, form=_TEXT).items()}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    members = {name: code for code, name in enumerate(dict.fromkeys(columns["member"]))}
    sessions: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        sessions.setdefault((row["member"], row["session"]), []).append(row)
    found = [
        one
        for code, own in enumerate(sessions.values())
        for one in _of_session(code, members[own[0]["member"]], own)
    ]
    return sorted(found, key=lambda one: one.at_ms)


def _of_session(code: int, member: int, rows: list[Row]) -> Iterator[DisplayedList]:
    rows = sorted(rows, key=lambda row: row["step"])
    acts = [_act(row) for row in rows]
    begin_ms = 1000 * min(row["at_s"] for row in rows)
    for number, row in enumerate(rows):
        items, prices = _numbers(row["shown"]), _numbers(row["prices"])
        taken = acts[number].item
        if row["kind"] != _CLICK_OUT or taken not in items or len(prices) != len(items):
            continue
        yield DisplayedList(
            session=code,
            member=member,
            begin_ms=begin_ms,
            at_ms=1000 * row["at_s"],
            items=np.array(items, np.int64),
            prices=np.array(prices, np.float64),
            taken=items.index(taken),
            device=_DEVICES.get(row["device"], "other"),
            country=row["platform"],
            place=row["city"],
            filters=tuple(name for name in row["filters"].split("|") if name),
            acts=tuple(acts[:number]),
        )


def _act(row: Row) -> Act:
    reference = row["reference"]
    if reference.isascii() and reference.isdigit() and len(reference) <= 18:
        return Act(row["kind"], item=int(reference))
    return Act(row["kind"], text=reference)


def _numbers(text: str) -> list[int]:
    parts = text.split("|") if text else []
    return [int(part) for part in parts] if all(part.isdigit() for part in parts) else []
